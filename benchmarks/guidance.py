"""Models that are told of topics, beside others that are told the same: ``python -m benchmarks.guidance``.

A sample of each collection, the names of `guidance_names.json`, three seeds: which classes are told, which rows
are labelled, and which labels are wrong. BERTopic runs at one seed. With ``--keep-peers`` its kept results are
used; ``--quick`` measures one collection at one seed and writes nothing.
"""

import argparse
import json
import time
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score as ari

from benchmarks.common import read, require_data, write
from benchmarks.debian_texts import MissingError
from benchmarks.guidance_data import (
    LEXICAL,
    N_DOCUMENTS,
    WITH_VECTORS,
    Sample,
    column,
    labelled,
    sample,
    told_half,
)
from benchmarks.guidance_peers import (
    CLASSIFIERS,
    EXAMPLES,
    SEED,
    bertopic,
    fixed_kmeans,
    logistic,
    nearest_mean,
    nearest_name,
)
from topickit import TopicModel
from topickit.corpus.documents import Documents
from topickit.embed import base, pipeline

SEEDS = (0, 1, 2)
LABELS = (1, 2, 5, 10, 20, 50)
CLASSIFIER_LABELS = 20
WRONG = 0.1
Row = dict[str, Any]


class Space:
    """The vectors of a sample and of its names, in one space."""

    def __init__(self, data: Sample) -> None:
        self.data = data
        self.classes = sorted(data.names)
        texts = [data.names[name] for name in self.classes]
        if data.vectors is None:
            fitted = pipeline.fit("lexical", documents := Documents.of(data.texts))
            self.vectors = fitted.vectors[documents.rows]
            self.names = base.embed(fitted.embedder, texts)
        else:
            self.vectors = data.vectors
            self.names = base.embed(base.resolve("all-MiniLM-L6-v2"), texts)

    def fit(
        self,
        told: list[str] | None = None,
        labels: list[str | None] | None = None,
        *,
        seed: int = 0,
        closed: bool = False,
    ) -> TopicModel:
        """Fit topickit, told of classes by name or by a column of labels; `closed`: and that there are no others."""
        given = {"embeddings": self.vectors}
        if labels is not None:
            given["known_labels"] = labels
        topics = None
        if told is not None:
            topics = {name: self.data.names[name] for name in told}
            given["known_vectors"] = {name: self.names[self.classes.index(name)] for name in told}
        n_topics = len(self.classes) if closed else None
        model = TopicModel(known_topics=topics, n_topics=n_topics, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return model.fit(self.data.texts, **given)


def named(model: TopicModel) -> NDArray[Any]:
    """Return the name of the known topic of each document, "" where it is in none."""
    names = np.array([*(topic.name if topic.is_known else "" for topic in model.topics_), ""], dtype=object)
    return np.asarray(names[model.labels_], dtype=object).astype(str)


def unguided(space: Space, seed: int) -> tuple[TopicModel, float]:
    """Fit without any knowledge, with the time."""
    start = time.perf_counter()
    model = space.fit(seed=seed)
    return model, time.perf_counter() - start


def all_names(space: Space, seed: int, alone: TopicModel, seconds_alone: float) -> Row:
    """All names told."""
    gold = space.data.gold
    start = time.perf_counter()
    model = space.fit(space.classes, seed=seed)
    seconds = time.perf_counter() - start
    closed = space.fit(space.classes, seed=seed, closed=True)
    rows = labelled(gold, CLASSIFIER_LABELS, seed)
    nearest = np.array(space.classes)[nearest_name(space.vectors, space.names)]
    learned = logistic(space.vectors, gold, rows)
    return {
        "topickit": {"accuracy": accuracy(gold, named(model)), "ari": ari(gold, model.labels_)},
        "topickit, closed": {"accuracy": accuracy(gold, named(closed)), "ari": ari(gold, closed.labels_)},
        "unguided": {"ari": ari(gold, alone.labels_)},
        "nearest name": {"accuracy": accuracy(gold, nearest), "ari": ari(gold, nearest)},
        "logistic regression": {"accuracy": accuracy(gold, learned), "ari": ari(gold, learned)},
        "topics": len(model.topics_),
        "seconds": seconds,
        "seconds_unguided": seconds_alone,
    }


def half(space: Space, seed: int, alone: TopicModel) -> Row:
    """Half of the classes told, by names and by examples."""
    gold, told = space.data.gold, told_half(space.data, seed)
    is_told = np.isin(gold, told)
    rows = labelled(gold, EXAMPLES, seed, told)
    by_names = space.fit(told, seed=seed)
    by_examples = space.fit(labels=column(gold, rows), seed=seed)
    learned = logistic(space.vectors, gold, labelled(gold, CLASSIFIER_LABELS, seed))
    means = [space.vectors[rows[gold[rows] == name]].mean(axis=0) for name in told]
    fixed = np.array([mean / np.linalg.norm(mean) for mean in means], dtype=np.float32)
    result = {
        "classes": len(space.classes) - len(told),
        "unguided": {"ari": ari(gold[~is_told], alone.labels_[~is_told])},
        "classifier": {"accuracy": accuracy(gold[is_told], learned[is_told])},
        "names": score_half(gold, is_told, named(by_names), by_names.labels_),
        "examples": score_half(gold, is_told, named(by_examples), by_examples.labels_),
    }
    centers = {"names": space.names[[space.classes.index(name) for name in told]], "examples": fixed}
    for kind, given in centers.items():
        labels = fixed_kmeans(space.vectors, given, len(space.classes), seed)
        names = np.array([*told, *[""] * (len(space.classes) - len(told))])[labels]
        result[f"k-means, {kind}"] = score_half(gold, is_told, names, labels)
    return result


def score_half(
    gold: NDArray[Any], is_told: NDArray[np.bool_], names: NDArray[Any], labels: NDArray[Any]
) -> Row:
    """Score documents of told classes by names, and those of the others by groups."""
    pulled = names[~is_told] != ""
    return {
        "accuracy": accuracy(gold[is_told], names[is_told]),
        "ari": ari(gold[~is_told], labels[~is_told]),
        "topics": len(set(labels[names == ""].tolist()) - {-1, ""}),
        "pulled": float(pulled.mean()),
    }


def curve(space: Space, seed: int, numbers: tuple[int, ...]) -> list[Row]:
    """Accuracy on the rows without a label, by the number of labels of each class."""
    gold, result = space.data.gold, []
    for n in numbers:
        rows = labelled(gold, n, seed)
        rest = np.setdiff1d(np.arange(len(gold)), rows)
        found = named(space.fit(labels=column(gold, rows), seed=seed, closed=True))
        row: Row = {"labels": n, "topickit": accuracy(gold[rest], found[rest])}
        for name, classify in CLASSIFIERS.items():
            row[name] = accuracy(gold[rest], classify(space.vectors, gold, rows)[rest])
        result.append(row)
    return result


def wrong_labels(space: Space, seed: int) -> Row:
    """Find labels that are wrong: a tenth of 20 labels a class is changed to another class."""
    gold = space.data.gold
    rng = np.random.default_rng(200 + seed)
    rows = labelled(gold, CLASSIFIER_LABELS, seed)
    wrong = rng.choice(rows, max(1, round(WRONG * len(rows))), replace=False)
    given = gold.copy()
    for row in wrong.tolist():
        given[row] = rng.choice([name for name in space.classes if name != gold[row]])
    model = space.fit(labels=column(given, rows), seed=seed)
    listed = [label.row for label in model.fitted_.doubtful]
    first = listed[: len(wrong)]
    hits = len(set(first) & set(wrong.tolist()))
    by_mean = nearest_mean(space.vectors, given, rows)[rows]
    return {
        "wrong": len(wrong),
        "listed": len(listed),
        "precision": hits / len(wrong),
        "disagree_with_nearest_mean": int((by_mean != given[rows]).sum()),
    }


def accuracy(gold: NDArray[Any], found: NDArray[Any]) -> float:
    """Share of the documents with the right name."""
    return float((np.asarray(gold) == np.asarray(found)).mean())


def peers(data: Sample, kept: list[Row] | None = None) -> list[Row]:
    """Score BERTopic on its tasks."""
    titles = {title: name for name, title in data.names.items()}
    told = told_half(data, SEED)
    is_told = np.isin(data.gold, told)
    result = []
    for found in bertopic(data) if kept is None else kept:
        row = {key: found[key] for key in ("task", "threshold", "seconds", "error") if key in found}
        if "topics" in found:
            topics = np.array(found["topics"])
            names = np.array([titles.get(topic, "") for topic in found["topics"]])
            if found["task"] == "all":
                row |= {"accuracy": accuracy(data.gold, names), "ari": ari(data.gold, topics)}
            else:
                if found["task"] == "examples":
                    names = _majority(topics, data.gold, labelled(data.gold, EXAMPLES, SEED, told))
                row |= score_half(data.gold, is_told, names, topics)
            row["outliers"] = float((topics == "").mean())
        result.append(row)
    return result


def _majority(topics: NDArray[Any], gold: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
    """Name topics by the labels told that most of their labelled documents have; outliers have none."""
    names = np.full(len(topics), "", dtype=object)
    for topic in set(topics[rows].tolist()) - {""}:
        labels, counts = np.unique(gold[rows[topics[rows] == topic]], return_counts=True)
        names[topics == topic] = labels[counts.argmax()]
    return names.astype(str)


def measure(data: Sample, seeds: tuple[int, ...], numbers: tuple[int, ...] = LABELS) -> Row:
    """Measure a collection; of BERTopic see `peers`."""
    space, result = Space(data), {"collection": data.name, "n": len(data.texts), "classes": len(data.names)}
    rows: dict[str, list[Any]] = {"all": [], "half": [], "curve": [], "wrong": []}
    space.fit(seed=seeds[0])  # compiles
    for seed in seeds:
        alone, spent = unguided(space, seed)
        rows["all"].append(all_names(space, seed, alone, spent))
        rows["half"].append(half(space, seed, alone))
        rows["wrong"].append(wrong_labels(space, seed))
        rows["curve"].append(curve(space, seed, numbers))
        print(data.name, seed, json.dumps({name: part[-1] for name, part in rows.items()}), flush=True)
    return {**result, **rows}


def main() -> None:
    """Measure all collections."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--keep-peers", action="store_true")
    parser.add_argument("--seeds", type=int, default=len(SEEDS))
    asked = parser.parse_args()
    require_data()
    if asked.quick:
        print(measure(sample("bbc_news", 600), (0,), (1, 10)))
        return
    before = {row["collection"]: row for row in (read("guidance") or {"rows": []})["rows"]}
    rows = []
    for name in (*WITH_VECTORS, *LEXICAL):
        try:
            data = sample(name)
        except MissingError as error:
            print(error)
            continue
        row = measure(data, tuple(range(asked.seeds)))
        if name in WITH_VECTORS:
            row["bertopic"] = before[name]["bertopic"] if asked.keep_peers else peers(data)
        rows.append(row)
        write("guidance", {"documents": N_DOCUMENTS, "seeds": asked.seeds, "rows": rows})


if __name__ == "__main__":
    main()
