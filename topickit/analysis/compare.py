"""Compare two models or labelings: matching topics, new topics, and documents that moved."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from topickit._core.shares import compare_shares
from topickit._core.vectors import FloatArray, IntArray, unit_rows
from topickit.analysis.comparison import (
    N_FLOWS,
    THRESHOLDS,
    Basis,
    Comparison,
    Counterpart,
    Flow,
    Growth,
    Match,
    NewTopic,
)
from topickit.errors import InputError, ParameterError
from topickit.fitted.derive import sizes_of
from topickit.fitted.fitted import Fitted
from topickit.keywords.folding import fold
from topickit.metrics.groups import UNKNOWN, LabelCodes, Overlaps, agreement, overlaps


@dataclass(frozen=True, eq=False)
class _Side:
    """One of the two: labels as numbers, and the id, name and keywords of each topic."""

    codes: IntArray
    ids: list[Any]
    names: list[str]
    words: list[tuple[str, ...]]
    fitted: Fitted | None

    @property
    def n(self) -> int:
        """Number of documents."""
        return len(self.codes) if self.fitted is None else self.fitted.topics.n_documents

    @property
    def is_counted(self) -> bool:
        """Whether documents are counted and not listed."""
        return self.fitted is not None and self.fitted.row_weights is not None

    def sizes(self) -> IntArray:
        weights = None if self.fitted is None else self.fitted.row_weights
        return sizes_of(np.maximum(self.codes, -1), weights, len(self.ids))[:-1]

    def shares(self) -> NDArray[np.float64]:
        return np.asarray(self.sizes() / max(1, self.n))


def compare(
    a: Any, b: Any, *, same_embeddings: bool | None = None, threshold: float | None = None
) -> Comparison:
    """Compare two fitted models, or two labelings of the same documents.

    Parameters
    ----------
    a, b : Fitted, fitted TopicModel, or iterable of int, str or None
        In labels, −1 stands for outliers and None for unknown. Labels must be of the same documents, in
        the same order.
    same_embeddings : bool, optional
        Whether the embeddings of both models are comparable: made by the same embedder, and fitted to the
        same corpus if the embedder is fitted. None decides by the models' provenance, and takes the
        embeddings of fitted embedders to differ. Only used if the corpora differ.
    threshold : float, optional
        Minimum strength of the relation of two related topics, above 0 and at most 1. None takes 0.5 of
        the smaller topic's documents, a cosine similarity of 0.8, or a Jaccard index of keywords of 0.2.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If two labelings, or labels and a model, differ in length.
    ParameterError
        If `threshold` is out of range.

    Examples
    --------
    >>> comparison = compare([0, 0, 0, 1, 1], [1, 1, 2, 0, 0])
    >>> [(match.topic, match.counterparts[0].topic) for match in comparison.matches]
    [(0, 1), (1, 0)]
    >>> comparison.moved.tolist()
    [2]
    """
    if threshold is not None and not 0 < threshold <= 1:
        raise ParameterError(f"threshold must be above 0 and at most 1, got {threshold}")
    left, right = _side(a, "a"), _side(b, "b")
    basis, note = _basis(left, right, same_embeddings)
    shared = None
    if basis == "documents":
        labeled = (left.codes != UNKNOWN) & (right.codes != UNKNOWN)
        shared = overlaps(left.codes[labeled], right.codes[labeled], len(left.ids), len(right.ids))
        smaller = np.minimum.outer(shared.sizes_a, shared.sizes_b)
        scores, strength = shared.jaccard, shared.shared / np.maximum(smaller, 1)
    else:
        scores = strength = _cosines(left, right) if basis == "embeddings" else _keyword_jaccard(left, right)
    related = strength >= (THRESHOLDS[basis] if threshold is None else threshold)
    moved = None if shared is None else _moved_rows(left, right, scores)
    return Comparison(
        basis=basis,
        note=note,
        n_documents=(left.n, right.n),
        n_topics=(len(left.ids), len(right.ids)),
        agreement=agreement(_optional(left.codes), _optional(right.codes)) if shared is not None else None,
        matches=_matches(left, right, scores, related, shared),
        vanished=tuple(left.ids[i] for i in np.flatnonzero(~related.any(axis=1))),
        appeared=tuple(right.ids[i] for i in np.flatnonzero(~related.any(axis=0))),
        moved=moved,
        flows=() if moved is None else _flows(left, right, moved),
        growth=_tested(_growth(left, right, related), left, right, basis),
        new_topics=tuple(
            NewTopic(right.ids[i], right.names[i], int(right.sizes()[i]), float(right.shares()[i]))
            for i in np.flatnonzero(~related.any(axis=0))
        ),
    )


def _growth(left: _Side, right: _Side, related: NDArray[np.bool_]) -> tuple[Growth, ...]:
    """Compare the shares of groups of related topics: the connected components of the relation."""
    n = len(left.ids)
    graph = np.zeros((n + len(right.ids),) * 2, dtype=bool)
    graph[:n, n:] = related
    n_groups, group = connected_components(csr_array(graph), directed=False)
    rows = []
    for number in range(n_groups):
        ours, theirs = np.flatnonzero(group[:n] == number), np.flatnonzero(group[n:] == number)
        if len(ours) and len(theirs):
            largest = int(theirs[np.argmax(right.sizes()[theirs])])
            rows.append(
                Growth(
                    tuple(left.ids[i] for i in ours),
                    tuple(right.ids[i] for i in theirs),
                    right.names[largest],
                    float(left.shares()[ours].sum()),
                    float(right.shares()[theirs].sum()),
                )
            )
    return tuple(sorted(rows, key=lambda row: -abs(row.share_b - row.share_a)))


def _tested(growth: tuple[Growth, ...], left: _Side, right: _Side, basis: Basis) -> tuple[Growth, ...]:
    """Test whether the shares of groups differ; two labelings of the same documents are no two samples."""
    if basis == "documents" or not growth:
        return growth
    n = left.n, right.n
    shares = np.array([(row.share_a, row.share_b) for row in growth])
    sizes = np.rint(shares * n).astype(np.int64).T
    tests = compare_shares(sizes[0], n[0], sizes[1], n[1])
    values = zip(growth, tests.low.tolist(), tests.high.tolist(), tests.p_values.tolist(), strict=True)
    return tuple(replace(row, low=low, high=high, p_value=p) for row, low, high, p in values)


def _side(value: Any, name: str) -> _Side:
    fitted = getattr(value, "fitted_", value)
    if isinstance(fitted, Fitted):
        topics = fitted.topics
        return _Side(
            fitted.labels,
            [topic.id for topic in topics],
            [topic.name for topic in topics],
            [topic.words for topic in topics],
            fitted,
        )
    labels = LabelCodes.of(value, what=f"the labels {name}")
    blank: list[tuple[str, ...]] = [()] * len(labels.names)
    return _Side(labels.codes, labels.names, [""] * len(labels.names), blank, None)


def _basis(left: _Side, right: _Side, same_embeddings: bool | None) -> tuple[Basis, str]:
    """Choose the basis of the comparison and explain it."""
    n_left, n_right = left.n, right.n
    listed = not (left.is_counted or right.is_counted)
    if left.fitted is None or right.fitted is None:
        for side in (left, right):
            if side.fitted is not None:
                side.fitted.need_rows("a comparison with labels")
        if n_left != n_right:
            raise InputError(
                "labels can only be compared if they are of the same documents; "
                f"got {n_left} and {n_right} rows"
            )
        return "documents", "Compared by shared documents."
    if listed and n_left == n_right and (same := _same_texts(left.fitted, right.fitted)) is not False:
        assumption = "" if same else f" (assuming that the {n_left:,} documents of both are the same)"
        return "documents", f"Compared by shared documents{assumption}."
    if _comparable(left.fitted, right.fitted, same_embeddings):
        return "embeddings", "The corpora differ: compared by the cosine similarity of mean embeddings."
    return "keywords", "The corpora and embeddings differ: compared by keywords."


def _same_texts(a: Fitted, b: Fitted) -> bool | None:
    """Tell whether two models are of the same texts in the same order; None if unknown."""
    if a.corpus is None or b.corpus is None:  # loaded without texts
        digests = a.provenance.digest, b.provenance.digest
        return None if None in digests else digests[0] == digests[1]
    first, second = a.corpus.documents, b.corpus.documents
    return first.texts == second.texts and np.array_equal(first.rows, second.rows)


def _comparable(a: Fitted, b: Fitted, same_embeddings: bool | None) -> bool:
    if a.means.shape[1] != b.means.shape[1]:
        return False
    if same_embeddings is not None:
        return same_embeddings
    # Only sentence-transformers models are known to embed a text independently of the corpus.
    first, second = a.provenance.embedder, b.provenance.embedder
    return first.kind == second.kind == "sentence" and str(first) == str(second)


def _cosines(left: _Side, right: _Side) -> NDArray[np.float64]:
    rows: list[FloatArray] = [unit_rows(side.fitted.means) for side in (left, right) if side.fitted]
    return np.asarray(rows[0].astype(np.float64) @ rows[1].T.astype(np.float64))


def _keys(side: _Side) -> list[set[str]]:
    """Fold the keywords of each topic; their usual form (iPhone, IPHONE) depends on the corpus."""
    return [{fold(word) for word in words} for words in side.words]


def _keyword_jaccard(left: _Side, right: _Side) -> NDArray[np.float64]:
    scores = np.zeros((len(left.ids), len(right.ids)))
    sets = _keys(right)
    for i, ours in enumerate(_keys(left)):
        scores[i] = [len(ours & theirs) / max(len(ours | theirs), 1) for theirs in sets]
    return scores


def _optional(codes: IntArray) -> list[int | None]:
    return [None if code == UNKNOWN else code for code in codes.tolist()]


def _matches(
    left: _Side,
    right: _Side,
    scores: NDArray[np.float64],
    related: NDArray[np.bool_],
    shared: Overlaps | None,
) -> tuple[Match, ...]:
    sizes_left, sizes_right = left.sizes(), right.sizes()
    matches = []
    keys = _keys(right)
    for i, topic in enumerate(left.ids):
        order = np.argsort(-scores[i], kind="stable").tolist()
        counterparts = tuple(
            Counterpart(
                topic=right.ids[j],
                name=right.names[j],
                size=int(sizes_right[j]),
                score=float(scores[i, j]),
                shared=None if shared is None else int(shared.shared[i, j]),
                shared_keywords=tuple(word for word in left.words[i] if fold(word) in keys[j]),
            )
            for j in order
            if related[i, j]
        )
        matches.append(Match(topic, left.names[i], int(sizes_left[i]), counterparts))
    return tuple(matches)


def _moved_rows(left: _Side, right: _Side, scores: NDArray[np.float64]) -> IntArray:
    labeled = np.flatnonzero((left.codes != UNKNOWN) & (right.codes != UNKNOWN))
    expected = np.full(len(left.ids) + 1, -1)  # the last entry is that of outliers
    for topic, row in enumerate(scores):
        expected[topic] = row.argmax() if row.any() else UNKNOWN
    return np.asarray(labeled[right.codes[labeled] != expected[left.codes[labeled]]])


def _flows(left: _Side, right: _Side, moved: IntArray) -> tuple[Flow, ...]:
    pairs = np.stack([left.codes[moved], right.codes[moved]], axis=1)
    distinct, counts = np.unique(pairs, axis=0, return_counts=True)
    largest = np.argsort(-counts, kind="stable")[:N_FLOWS]
    return tuple(
        Flow(
            source=left.ids[distinct[i, 0]] if distinct[i, 0] >= 0 else -1,
            target=right.ids[distinct[i, 1]] if distinct[i, 1] >= 0 else -1,
            n_documents=int(counts[i]),
        )
        for i in largest
    )
