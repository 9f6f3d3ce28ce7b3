"""`topickit score`."""

import json
import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from topickit.cli.compare import FormatOption, PlainFormat
from topickit.cli.options import (
    CacheFolder,
    Device,
    File,
    InFormat,
    NoCache,
    OutFile,
    TextColumn,
    Vectors,
)
from topickit.cli.reading import cache_folder, emit, load_vectors, read_column

if TYPE_CHECKING:
    from topickit.model import TopicModel
    from topickit.vectors import IntArray

TOP = 10
_NAMES = {
    "nmi": "NMI",
    "ami": "AMI",
    "ari": "ARI (outliers as one group)",
    "ari_covered": "ARI (documents in a topic)",
    "homogeneity": "Homogeneity",
    "completeness": "Completeness",
    "v_measure": "V-measure",
    "coverage": "In a topic",
    "n_topics": "Topics",
    "n_gold": "Gold labels",
    "n_documents": "Documents with a gold label",
    "c_npmi": "c_npmi",
    "c_v": "c_v",
    "u_mass": "u_mass",
    "diversity": "Diversity",
    "inverted_rbo": "Inverted rank-biased overlap",
    "embedding_coherence": "Embedding coherence",
    "n_words_absent": "Words that the file does not have",
    "outlier_share": "Outliers",
}
_SHARES = {"coverage", "outlier_share"}
_INDENT = 36


def score(
    model: Annotated[Path, typer.Argument(help="A saved model.")],
    file: File,
    labels: Annotated[
        str | None, typer.Option("--labels", help="Column of gold labels; an empty cell is left out.")
    ] = None,
    text: TextColumn = None,
    vectors: Vectors = None,
    format: FormatOption = PlainFormat.text,
    out: OutFile = None,
    input_format: InFormat = None,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    device: Device = None,
) -> None:
    """Measure a saved model on the texts of a file: agreement with gold labels, coherence, diversity."""
    from topickit.model import TopicModel

    loaded = TopicModel.load(model, device=device).set_params(cache=cache_folder(cache, no_cache))
    gold = None
    if labels is None:
        texts = read_column(file, text, input_format)
    else:
        from topickit.tables import read_labelled

        read = read_labelled(file, labels, text, None if input_format is None else input_format.value)
        texts, gold = read.texts, [None if label == "" else label for label in read.labels]
    predicted = loaded.predict(texts, embeddings=load_vectors(vectors, len(texts)))
    found = _measured(loaded, texts, predicted, embeds=vectors is None)
    if gold is not None:
        found["agreement"], found["topics"] = _against(predicted, gold), _topics(loaded, predicted, gold)
    as_json = format is PlainFormat.json
    emit(json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) if as_json else _text(found), out)


def _measured(
    model: "TopicModel", texts: list[str], predicted: "IntArray", *, embeds: bool
) -> dict[str, Any]:
    """Measure what needs no gold labels."""
    from topickit import metrics

    reference = metrics.Reference.of(metrics.tokenize(texts))
    topics = _single_words(model)
    known = [[word for word in topic if word in reference][:TOP] for topic in topics]
    numbers = {
        name: float(measure(known, reference, top=TOP)) for name, measure in metrics.COHERENCES.items()
    }
    numbers |= {name: measure(topics, top=TOP) for name, measure in metrics.MEASURES.items()}
    if embeds:
        numbers["embedding_coherence"] = _embedding_coherence(model, topics)
    return {
        "n_documents": len(texts),
        "n_topics": len(model.topics_),
        "outlier_share": float((predicted < 0).mean()) if len(predicted) else 0.0,
        "words": {name: _finite(number) for name, number in numbers.items()}
        | {"n_words_absent": sum(word not in reference for topic in topics for word in topic)},
    }


def _single_words(model: "TopicModel") -> list[list[str]]:
    """Each topic's keywords that are one word, as `metrics.tokenize` would give them."""
    from topickit.metrics import tokenize

    return [
        [tokens[0] for tokens in tokenize(list(topic.words)) if len(tokens) == 1][:TOP]
        for topic in model.topics_
    ]


def _embedding_coherence(model: "TopicModel", topics: list[list[str]]) -> float:
    from topickit.embed import base
    from topickit.metrics import embedding_coherence

    words = sorted({word for topic in topics for word in topic})
    if not words:
        return math.nan
    vectors = base.embed(model.embedder_, words)
    return float(embedding_coherence(topics, dict(zip(words, vectors, strict=True)), top=TOP))


def _against(predicted: "IntArray", gold: list[Any]) -> dict[str, float | int | None]:
    from topickit.metrics import agreement

    return {name: _finite(number) for name, number in agreement(predicted, gold).to_dict().items()}


def _topics(model: "TopicModel", predicted: "IntArray", gold: list[Any]) -> list[dict[str, Any]]:
    """List each topic's most frequent gold label, and what shares of the topic and of the label that is."""
    whole = Counter(label for label in gold if label is not None)
    inside: dict[int, Counter[Any]] = {}
    for topic, label in zip(predicted.tolist(), gold, strict=True):
        if label is not None:
            inside.setdefault(topic, Counter())[label] += 1
    names = {-1: "(in no topic)", **{topic.id: topic.name for topic in model.topics_}}
    rows = []
    for topic in sorted(inside, key=lambda topic: (topic < 0, topic)):
        label, n = inside[topic].most_common(1)[0]
        total = inside[topic].total()
        rows.append(
            {
                "topic": topic,
                "name": names[topic],
                "n_documents": total,
                "label": label if isinstance(label, str | int | float) else str(label),
                "share_of_topic": n / total,
                "share_of_label": n / whole[label],
            }
        )
    return rows


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _text(found: dict[str, Any]) -> str:
    head = f"{found['n_topics']:,} topics on {found['n_documents']:,} documents"
    lines = [head, "", *_lines({"outlier_share": found["outlier_share"]})]
    if "agreement" in found:
        lines += ["", "Agreement with the gold labels", *_lines(found["agreement"])]
    lines += [
        "",
        f"Words (at most {TOP} single words a topic; reference: this file)",
        *_lines(found["words"]),
    ]
    if found.get("topics"):
        lines += ["", "Topics against gold labels", *_table(found["topics"])]
    return "\n".join(lines)


def _lines(numbers: dict[str, Any]) -> list[str]:
    return [f"  {_NAMES[name]:<{_INDENT}}{_shown(name, number):>9}" for name, number in numbers.items()]


def _shown(name: str, number: float | None) -> str:
    if number is None:
        return "–"
    if isinstance(number, int):
        return f"{number:,}"
    return f"{number:.1%}" if name in _SHARES else f"{number:.3f}"


def _table(topics: list[dict[str, Any]]) -> list[str]:
    from rich.cells import set_cell_size

    wide = min(max([len(str(row["label"])) for row in topics] + [10]), 28)
    lines = [f"  {'topic':>5} {'size':>8}  {'gold label':<{wide}} {'of topic':>9} {'of label':>9}  name"]
    for row in topics:
        shares = f"{row['share_of_topic']:>9.1%} {row['share_of_label']:>9.1%}"
        label = set_cell_size(_one_line(str(row["label"])), wide)
        lines.append(
            f"  {row['topic']:>5} {row['n_documents']:>8,}  {label} {shares}  {_one_line(row['name'])}"
        )
    return lines


def _one_line(text: str) -> str:
    from topickit.report.wording import one_line

    return one_line(text)
