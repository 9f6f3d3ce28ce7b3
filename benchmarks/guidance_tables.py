"""The results of `benchmarks.guidance` as Markdown."""

from statistics import mean, median
from typing import Any

from benchmarks.guidance_data import TITLES
from benchmarks.markdown import Result, made_on, table

DEFAULT = 0.7
NAMED = ("topickit", "topickit, closed", "unguided", "nearest name", "logistic regression")
HALF = {
    "topickit, names": "names",
    "topickit, 10 examples": "examples",
    "k-means, names": "k-means, names",
    "k-means, 10 examples": "k-means, examples",
}
CURVE = ("topickit", "nearest mean", "logistic regression", "label spreading")


def section(result: Result) -> str:
    """All parts of the benchmark."""
    rows: list[dict[str, Any]] = result["rows"]
    return "\n\n".join(
        [
            "## Known topics",
            f"`python -m benchmarks.guidance`. At most {result['documents']:,} documents of each collection, drawn once; means of "
            f"{result['seeds']} seed(s), which draw the told classes, the labelled rows and the wrong labels. BERTopic ran at one "
            'seed. Names of classes are spelled out in `benchmarks/guidance_names.json`. MiniLM embeddings; "lexical" for 10kGNAD '
            "and Debian, whose names are found by their words only.",
            made_on(result),
            "### All classes told by name",
            "Accuracy and ARI on all documents. *Closed*: `n_topics` is the number of classes, so that no other topic is looked for. "
            "*Logistic regression*: 20 labels a class, no names. *BERTopic*: `zeroshot_topic_list` at its default "
            "threshold, and at the threshold from .3 to .8 with the best ARI.",
            table(["collection", *NAMED, "BERTopic, .7", "BERTopic, best"], [_named(row) for row in rows]),
            "### Half of the classes told",
            "Accuracy on documents of told classes; ARI and number of topics on the others; share of the others in told topics "
            "(*pulled*). *Classifier*: logistic regression on 20 labels of every class. *k-means* is given the number of "
            "classes, and the told centers stay. BERTopic: zero-shot at .7 and at the threshold of the best accuracy, and "
            "semi-supervised (`y`), whose topics are named by the most frequent label in them.",
            table(
                ["collection", "told", "accuracy", "ARI of the others", "topics (classes)", "pulled"],
                [line for row in rows for line in _half(row)],
            ),
            "### Labels of each class",
            "Accuracy on the documents without a label, by the number of labels of each class (at most half of a class). "
            "topickit is told that there are no other classes, as classifiers are.",
            table(["collection", "labels", *CURVE], [line for row in rows for line in _curve(row)]),
            "### Wrong labels",
            "A tenth of 20 labels a class is changed. *Precision*: share of wrong labels among the first listed as doubtful, as "
            "many as are wrong.",
            table(["collection", "wrong", "listed", "precision"], [_wrong(row) for row in rows]),
            "### Time",
            "Seconds of a fit from embeddings, told all names and without; medians. Other processes ran on the machine.",
            table(["collection", "told", "not told", "ratio"], [_seconds(row) for row in rows]),
        ]
    )


def _named(row: dict[str, Any]) -> list[str]:
    of_seeds = [[found[system] for found in row["all"]] for system in NAMED]
    cells = [_pair(_mean(found, "accuracy"), _mean(found, "ari")) for found in of_seeds]
    peers = [peer for peer in row.get("bertopic", ()) if peer["task"] == "all" and "ari" in peer]
    usual = [peer for peer in peers if peer["threshold"] == DEFAULT]
    best = max(peers, key=lambda peer: peer["ari"], default=None)
    named = [_pair(peer["accuracy"], peer["ari"]) for peer in usual] or ["—"]
    last = "—" if best is None else f"{_pair(best['accuracy'], best['ari'])} ({best['threshold']})"
    return [TITLES[row["collection"]], *cells, named[0], last]


def _half(row: dict[str, Any]) -> list[list[str]]:
    seeds, title = row["half"], TITLES[row["collection"]]
    classes = round(mean(found["classes"] for found in seeds))
    lines = [
        [title, "classifier", f"{mean(found['classifier']['accuracy'] for found in seeds):.3f}", "", "", ""],
        [title, "nothing", "", f"{mean(found['unguided']['ari'] for found in seeds):.3f}", "", ""],
    ]
    for name, key in HALF.items():
        lines.append([title, name, *_scores([found[key] for found in seeds], classes)])
    peers = [peer for peer in row.get("bertopic", ()) if peer["task"] != "all" and "ari" in peer]
    zeroshot = [peer for peer in peers if peer["task"] == "half"]
    best = max(zeroshot, key=lambda peer: peer["accuracy"], default=None)
    for peer in zeroshot:
        if peer["threshold"] == DEFAULT or peer is best:
            lines.append([title, f"BERTopic zero-shot, {peer['threshold']}", *_scores([peer], classes)])
    examples = [peer for peer in peers if peer["task"] == "examples"]
    lines += [[title, "BERTopic, `y`", *_scores([peer], classes)] for peer in examples]
    return lines


def _scores(found: list[dict[str, Any]], classes: int) -> list[str]:
    topics = round(mean(one["topics"] for one in found))
    accuracy, ari = _mean(found, "accuracy"), _mean(found, "ari")
    pulled = mean(one["pulled"] for one in found)
    return [f"{accuracy:.3f}", f"{ari:.3f}", f"{topics} ({classes})", f"{pulled:.1%}"]


def _curve(row: dict[str, Any]) -> list[list[str]]:
    lines = []
    for points in zip(*row["curve"], strict=True):
        cells = [f"{mean(point[name] for point in points):.3f}" for name in CURVE]
        lines.append([TITLES[row["collection"]], str(points[0]["labels"]), *cells])
    return lines


def _wrong(row: dict[str, Any]) -> list[str]:
    found = row["wrong"]
    numbers = [f"{mean(one[key] for one in found):.0f}" for key in ("wrong", "listed")]
    return [TITLES[row["collection"]], *numbers, f"{mean(one['precision'] for one in found):.2f}"]


def _seconds(row: dict[str, Any]) -> list[str]:
    told, alone = ([found[key] for found in row["all"]] for key in ("seconds", "seconds_unguided"))
    ratio = median(one / other for one, other in zip(told, alone, strict=True))
    return [TITLES[row["collection"]], f"{median(told):.1f}", f"{median(alone):.1f}", f"{ratio:.2f}"]


def _mean(found: list[dict[str, Any]], key: str) -> float | None:
    values = [one[key] for one in found if key in one]
    return mean(values) if values else None


def _pair(accuracy: float | None, ari: float | None) -> str:
    return " / ".join("–" if value is None else f"{value:.3f}" for value in (accuracy, ari))
