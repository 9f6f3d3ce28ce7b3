"""`topickit score`."""

import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from topickit._core.display import one_line
from topickit.cli.options import (
    CacheFolder,
    Device,
    Embeddings,
    Encoding,
    File,
    InFormat,
    Model,
    NoCache,
    NoHeader,
    OutFile,
    TextColumn,
)
from topickit.cli.reading import cache_folder, load_embeddings, read_column
from topickit.cli.writing import FormatOption, PlainFormat, check_separate, choose_format, write_result
from topickit.errors import ParameterError, is_missing

if TYPE_CHECKING:
    from topickit._core.vectors import FloatArray, IntArray
    from topickit.corpus.documents import Documents
    from topickit.model import TopicModel

TOP = 10
_NAMES = {
    "nmi": "NMI",
    "ami": "AMI",
    "ari": "ARI (outliers as one cluster)",
    "ari_covered": "ARI (documents in a topic)",
    "homogeneity": "Homogeneity",
    "completeness": "Completeness",
    "v_measure": "V-measure",
    "coverage": "Documents in a topic",
    "n_topics": "Topics",
    "n_gold": "Distinct true labels",
    "n_documents": "Documents with a true label",
    "c_npmi": "c_npmi",
    "c_v": "c_v",
    "u_mass": "u_mass",
    "diversity": "Diversity",
    "inverted_rbo": "Inverted rank-biased overlap",
    "embedding_coherence": "Embedding coherence",
    "n_words_absent": "Keywords that are not in the file",
    "n_topics_without_coherence": "Topics of fewer than two such words",
    "outlier_share": "Outliers",
    "silhouette": "Silhouette (cosine, without outliers)",
    "over_seeds": "ARI between two seeds (mean)",
    "per_topic": "Stability per topic (mean Jaccard)",
    "n_seeds": "Seeds",
}
_SHARES = {"coverage", "outlier_share"}
_INDENT = 38


TrueLabelsColumn = Annotated[
    str | None,
    typer.Option(
        "--true-labels",
        metavar="COLUMN",
        help="Column of true labels to compare the topics with; rows with an empty cell are ignored.",
    ),
]
NSeeds = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        help="Fit the model's settings to the file with N seeds and compare the results; 0 = do not.",
    ),
]


def score(
    model: Model,
    file: File,
    true_labels: TrueLabelsColumn = None,
    text: TextColumn = None,
    embeddings: Embeddings = None,
    format: FormatOption = None,
    out: OutFile = None,
    input_format: InFormat = None,
    encoding: Encoding = None,
    no_header: NoHeader = False,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    device: Device = None,
    stability: NSeeds = 0,
) -> None:
    """Measure a saved model on a file.

    Measures topic coherence, keyword diversity and the silhouette.
    With --true-labels, also the agreement with these labels.
    With --stability, also the agreement between seeds.
    """
    from topickit.model import TopicModel

    if stability == 1:
        raise ParameterError("--stability compares seeds: set it to 2 or more, or to 0; got 1")
    check_separate(out, file, embeddings, model)
    loaded = TopicModel.load(model, device=device).set_params(cache=cache_folder(cache, no_cache))
    gold = None
    if true_labels is None:
        texts = read_column(file, text, input_format, encoding=encoding, header=not no_header)
    else:
        from topickit.corpus.tables import read_with_labels

        table = read_with_labels(
            file, true_labels, text, input_format, encoding=encoding, header=not no_header
        )
        texts = table.texts
        gold = [None if _is_blank(label) else label for label in table.labels]
    assigned = _assign(loaded, texts, load_embeddings(embeddings, len(texts)))
    predicted = assigned.documents.per_row(assigned.labels, -1)
    scores = _scores(loaded, texts, predicted, embeds=embeddings is None)
    scores["silhouette"] = _silhouette(assigned)
    if gold is not None:
        scores["agreement"], scores["topics"] = _agreement(predicted, gold), _topics(loaded, predicted, gold)
    if stability:
        scores["stability"] = _stability(loaded, assigned, stability)
    as_json = choose_format(format, out, PlainFormat) is PlainFormat.json
    write_result(
        json.dumps(scores, indent=2, ensure_ascii=False, allow_nan=False) if as_json else _text(scores), out
    )


def _is_blank(label: object) -> bool:
    return is_missing(label) or (isinstance(label, str) and not label.strip())


@dataclass(frozen=True, eq=False)
class _Assigned:
    """The distinct documents of the file, their embeddings and topics."""

    documents: "Documents"
    vectors: "FloatArray"
    labels: "IntArray"

    @property
    def rows(self) -> "IntArray":
        """The document of each row that is not blank, so that a mean counts repeated texts."""
        return self.documents.rows[self.documents.rows >= 0]


def _assign(model: "TopicModel", texts: list[str], embeddings: Any) -> _Assigned:
    """Assign each document to a topic, as `predict` does, and keep the embeddings for other measures."""
    documents, vectors = model._vectors(texts, embeddings)
    fitted = model.fitted_
    return _Assigned(documents, vectors, fitted.ids_of(fitted.assigner.labels(vectors)))


def _silhouette(assigned: _Assigned) -> float | None:
    from topickit.metrics import silhouette

    rows, vectors, labels = assigned.rows, assigned.vectors, assigned.labels
    if len(rows) == len(labels):  # the order does not matter: no copy is needed
        return _finite(silhouette(vectors, labels))
    return _finite(silhouette(vectors[rows], labels[rows]))


def _stability(model: "TopicModel", assigned: _Assigned, n_seeds: int) -> dict[str, Any]:
    """Fit the model's settings to the rows of the file with several seeds, without embedding them again."""
    import numpy as np

    from topickit import metrics
    from topickit._core.progress import stage

    rows = assigned.rows
    texts, vectors = [assigned.documents.texts[row] for row in rows.tolist()], assigned.vectors[rows]
    with stage("Fitting with other seeds", n_seeds) as progress:

        def fit(_: "IntArray", seed: int) -> "IntArray":  # all rows: there are no subsamples
            labels = _clone_with_seed(model, seed).fit(texts, embeddings=vectors).labels_
            progress.advance(1)
            return labels

        result = metrics.stability(fit, len(texts), seeds=range(n_seeds), n_samples=0)
    per_topic = float(np.mean(result.per_topic)) if len(result.per_topic) else math.nan
    return {"n_seeds": n_seeds, "over_seeds": _finite(result.over_seeds), "per_topic": _finite(per_topic)}


def _clone_with_seed(model: "TopicModel", seed: int) -> "TopicModel":
    """Clone an unfitted model with another seed, also for a clusterer object of its own."""
    from sklearn.base import clone

    recipe: TopicModel = clone(model)
    seeds = {"random_state", "clusterer__random_state"} & recipe.get_params().keys()
    # The vectors come from the model's embedder: another one must not add words to them again.
    recipe.set_params(cache=None, embedder="lexical", long_documents="truncate", **dict.fromkeys(seeds, seed))
    return recipe


def _scores(model: "TopicModel", texts: list[str], predicted: "IntArray", *, embeds: bool) -> dict[str, Any]:
    """Compute the measures that need no true labels."""
    from topickit import metrics

    reference = metrics.Reference.of(metrics.tokenize(texts))
    listed = [list(topic.words) for topic in model.topics_]
    topics = [words[:TOP] for words in metrics.as_tokens(listed, reference, phrases=False)]
    in_file = [[word for word in topic if word in reference][:TOP] for topic in topics]
    numbers = {
        name: float(measure(in_file, reference, top=TOP)) for name, measure in metrics.COHERENCES.items()
    }
    n_undefined = sum(len(words) < 2 for words in in_file)
    numbers |= {name: measure(topics, top=TOP) for name, measure in metrics.MEASURES.items()}
    if embeds:
        numbers["embedding_coherence"] = _embedding_coherence(model, topics)
    return {
        "n_documents": len(texts),
        "n_topics": len(model.topics_),
        "outlier_share": float((predicted < 0).mean()) if len(predicted) else 0.0,
        "words": {name: _finite(number) for name, number in numbers.items()}
        | {
            "n_words_absent": sum(word not in reference for topic in topics for word in topic),
            "n_topics_without_coherence": n_undefined,
        },
    }


def _embedding_coherence(model: "TopicModel", topics: list[list[str]]) -> float:
    from topickit.embed import base
    from topickit.metrics import embedding_coherence

    words = sorted({word for topic in topics for word in topic})
    if not words:
        return math.nan
    vectors = base.embed(model.embedder_, words)
    return float(embedding_coherence(topics, dict(zip(words, vectors, strict=True)), top=TOP))


def _agreement(predicted: "IntArray", gold: list[Any]) -> dict[str, float | int | None]:
    from topickit.metrics import agreement

    return {name: _finite(number) for name, number in agreement(predicted, gold).to_dict().items()}


def _topics(model: "TopicModel", predicted: "IntArray", gold: list[Any]) -> list[dict[str, Any]]:
    """List the most frequent true label of each topic, and its shares of the topic and of the label."""
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


def _text(scores: dict[str, Any]) -> str:
    head = f"{scores['n_topics']:,} topics, {scores['n_documents']:,} documents"
    lines = [head, "", *_lines({name: scores[name] for name in ("outlier_share", "silhouette")})]
    if "agreement" in scores:
        lines += ["", "Agreement with the true labels", *_lines(scores["agreement"])]
    lines += [
        "",
        f"Keywords (at most {TOP} single words per topic; reference corpus: the file)",
        *_lines(scores["words"]),
    ]
    if "stability" in scores:
        lines += ["", "Stability (the model's settings, fitted to the file)", *_lines(scores["stability"])]
    if scores.get("topics"):
        lines += ["", "Topics and true labels", *_table(scores["topics"])]
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
    lines = [f"  {'topic':>5} {'size':>8}  {'true label':<{wide}} {'of topic':>9} {'of label':>9}  name"]
    for row in topics:
        shares = f"{row['share_of_topic']:>9.1%} {row['share_of_label']:>9.1%}"
        label = set_cell_size(one_line(str(row["label"])), wide)
        lines.append(
            f"  {row['topic']:>5} {row['n_documents']:>8,}  {label} {shares}  {one_line(row['name'])}"
        )
    return lines
