"""`topickit score`."""

import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from topickit._core.display import one_line
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
from topickit.cli.reading import cache_folder, emit, format_of, keep_apart, load_vectors, read_column
from topickit.errors import ParameterError, is_missing

if TYPE_CHECKING:
    from topickit._core.vectors import FloatArray, IntArray
    from topickit.corpus.documents import Documents
    from topickit.model import TopicModel

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
    "silhouette": "Silhouette (cosine; in a topic)",
    "over_seeds": "ARI of two seeds (mean)",
    "per_topic": "A topic found again (mean Jaccard)",
    "n_seeds": "Seeds",
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
    format: FormatOption = None,
    out: OutFile = None,
    input_format: InFormat = None,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    device: Device = None,
    stability: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Fit the model's settings to the file with N seeds, and compare; 0: do not.",
        ),
    ] = 0,
) -> None:
    """Measure a saved model on a file: gold labels, coherence, diversity, silhouette, stability."""
    from topickit.model import TopicModel

    if stability == 1:
        raise ParameterError("--stability compares seeds: give 2 or more, or 0 for none; got 1")
    keep_apart(out, file, vectors, model)
    loaded = TopicModel.load(model, device=device).set_params(cache=cache_folder(cache, no_cache))
    gold = None
    if labels is None:
        texts = read_column(file, text, input_format)
    else:
        from topickit.corpus.tables import read_labelled

        read = read_labelled(file, labels, text, None if input_format is None else input_format.value)
        texts = read.texts
        gold = [None if _is_blank(label) else label for label in read.labels]
    placed = _placed(loaded, texts, load_vectors(vectors, len(texts)))
    predicted = placed.documents.per_row(placed.labels, -1)
    found = _measured(loaded, texts, predicted, embeds=vectors is None)
    found["silhouette"] = _silhouette(placed)
    if gold is not None:
        found["agreement"], found["topics"] = _against(predicted, gold), _topics(loaded, predicted, gold)
    if stability:
        found["stability"] = _stability(loaded, placed, stability)
    as_json = format_of(format, out, PlainFormat) is PlainFormat.json
    emit(json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) if as_json else _text(found), out)


def _is_blank(label: object) -> bool:
    return is_missing(label) or (isinstance(label, str) and not label.strip())


@dataclass(frozen=True, eq=False)
class _Placed:
    """The distinct documents of the file, their vectors and topics."""

    documents: "Documents"
    vectors: "FloatArray"
    labels: "IntArray"

    @property
    def rows(self) -> "IntArray":
        """The document of each row of the file that is not blank: a mean over these counts repeated ones."""
        return self.documents.rows[self.documents.rows >= 0]


def _placed(model: "TopicModel", texts: list[str], embeddings: Any) -> _Placed:
    """Give each document its topic, as `predict` does, and keep the vectors: they cost the most."""
    documents, vectors = model._vectors(texts, embeddings)
    return _Placed(documents, vectors, model.fitted_.assigner.labels(vectors))


def _silhouette(placed: _Placed) -> float | None:
    from topickit.metrics import silhouette

    rows, vectors, labels = placed.rows, placed.vectors, placed.labels
    if len(rows) == len(labels):  # the order does not matter: this spares a copy of all vectors
        return _finite(silhouette(vectors, labels))
    return _finite(silhouette(vectors[rows], labels[rows]))


def _stability(model: "TopicModel", placed: _Placed, n_seeds: int) -> dict[str, Any]:
    """Fit the model's settings to the rows of the file with several seeds; no text is embedded again."""
    import numpy as np

    from topickit import metrics
    from topickit._core.progress import stage

    rows = placed.rows
    texts, vectors = [placed.documents.texts[row] for row in rows.tolist()], placed.vectors[rows]
    with stage("Fitting with other seeds", n_seeds) as progress:

        def fit(_: "IntArray", seed: int) -> "IntArray":  # without subsamples, rows are always all
            labels = _with_seed(model, seed).fit(texts, embeddings=vectors).labels_
            progress.advance(1)
            return labels

        found = metrics.stability(fit, len(texts), seeds=range(n_seeds), n_samples=0)
    per_topic = float(np.mean(found.per_topic)) if len(found.per_topic) else math.nan
    return {"n_seeds": n_seeds, "over_seeds": _finite(found.over_seeds), "per_topic": _finite(per_topic)}


def _with_seed(model: "TopicModel", seed: int) -> "TopicModel":
    """The recipe of a model with another seed, which a clusterer that is an object has for itself."""
    from sklearn.base import clone

    recipe: TopicModel = clone(model)
    seeds = {"random_state", "clusterer__random_state"} & recipe.get_params().keys()
    # The vectors are those that the model's embedder made: nothing is to be added to them again.
    recipe.set_params(cache=None, embedder="lexical", **dict.fromkeys(seeds, seed))
    return recipe


def _measured(
    model: "TopicModel", texts: list[str], predicted: "IntArray", *, embeds: bool
) -> dict[str, Any]:
    """Measure what needs no gold labels."""
    from topickit import metrics

    reference = metrics.Reference.of(metrics.tokenize(texts))
    listed = [list(topic.words) for topic in model.topics_]
    topics = [words[:TOP] for words in metrics.as_tokens(listed, reference, phrases=False)]
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
    lines = [head, "", *_lines({name: found[name] for name in ("outlier_share", "silhouette")})]
    if "agreement" in found:
        lines += ["", "Agreement with the gold labels", *_lines(found["agreement"])]
    lines += [
        "",
        f"Words (at most {TOP} single words a topic; reference: this file)",
        *_lines(found["words"]),
    ]
    if "stability" in found:
        lines += ["", "Stability (the model's settings, fitted to this file)", *_lines(found["stability"])]
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
        label = set_cell_size(one_line(str(row["label"])), wide)
        lines.append(
            f"  {row['topic']:>5} {row['n_documents']:>8,}  {label} {shares}  {one_line(row['name'])}"
        )
    return lines
