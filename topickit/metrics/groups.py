"""Metrics of labels: agreement with other labels, silhouette, and stability.

Throughout, −1 is "in no topic". Rows whose label is None or NaN are unknown and left out.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topickit._core.validation import check_vectors
from topickit._core.vectors import IntArray
from topickit.cluster.stability import NOISE, NOT_SAMPLED, stability
from topickit.errors import InputError, InputTypeError, is_missing

BLOCK_ROWS = 16_384
UNKNOWN = NOT_SAMPLED


@dataclass(frozen=True, eq=False)
class LabelCodes:
    """Labels of any kind as numbers.

    Attributes
    ----------
    codes : int64 ndarray of shape (n,)
        0 … k − 1; −1 for no topic, −2 for unknown.
    names : list
        The label of each number, sorted if they are comparable, else by first occurrence.
    """

    codes: IntArray
    names: list[Any] = field(repr=False)

    @classmethod
    def of(cls, labels: Iterable[Any], *, what: str = "labels") -> "LabelCodes":
        """Number labels.

        Raises
        ------
        InputTypeError
            When `labels` is a str, or a label is not hashable.

        Examples
        --------
        >>> result = LabelCodes.of(["b", "a", None, -1])
        >>> result.codes.tolist(), result.names
        ([1, 0, -2, -1], ['a', 'b'])
        """
        if isinstance(labels, str) or not isinstance(labels, Iterable):
            raise InputTypeError(f"{what} must be one label a document, got {type(labels).__name__}")
        if isinstance(labels, np.ndarray) and labels.ndim != 1:
            raise InputError(f"{what} must have shape (n,), one label a document; got {labels.shape}")
        values = labels.tolist() if hasattr(labels, "tolist") else list(labels)
        values = [None if is_missing(value) else value for value in values]
        try:
            distinct = [v for v in dict.fromkeys(values) if v is not None and v != -1]
        except TypeError as error:
            raise InputTypeError(f"{what} must be str or int: {error}") from error
        if all(isinstance(v, str) for v in distinct) or all(isinstance(v, int | float) for v in distinct):
            distinct.sort()
        number: dict[Any, int] = {None: UNKNOWN, -1: NOISE, **{name: i for i, name in enumerate(distinct)}}
        codes = np.fromiter((number.get(v, UNKNOWN) for v in values), dtype=np.int64, count=len(values))
        return cls(codes, distinct)


@dataclass(frozen=True)
class Agreement:
    """The agreement of two labelings of the same documents.

    Attributes
    ----------
    nmi, ami, ari : float
        Normalised and adjusted mutual information (arithmetic means), adjusted Rand index; documents in no
        topic count as one more topic.
    homogeneity, completeness, v_measure : float
        Whether topics lie within one gold label; gold labels within one topic; their harmonic mean (= nmi).
    ari_covered : float
        Adjusted Rand index of the documents in topics; NaN if there are none.
    coverage : float
        The share of documents that are in a topic.
    n_topics, n_gold : int
        Number of distinct labels, without −1.
    n_documents : int
        Rows whose label and gold label are both known.

    Examples
    --------
    >>> result = agreement([0, 0, 1, -1], ["sea", "sea", "food", "food"])
    >>> result.ari_covered, result.coverage
    (1.0, 0.75)
    """

    nmi: float
    ami: float
    ari: float
    homogeneity: float
    completeness: float
    v_measure: float
    ari_covered: float
    coverage: float
    n_topics: int
    n_gold: int
    n_documents: int

    def to_dict(self) -> dict[str, float | int]:
        """Return the figures as plain data.

        Returns
        -------
        dict of str to float or int
            By the names of the attributes.
        """
        return asdict(self)


def agreement(labels: Iterable[Any], gold: Iterable[Any]) -> Agreement:
    """Measure the agreement of topics with gold labels, or with other topics.

    Parameters
    ----------
    labels : iterable of int, str or None, of length n
        The topic of each document; −1 for none, which counts as one topic except in `ari_covered`.
    gold : iterable of int, str or None, of length n
        Rows without a gold label (None or NaN) are left out.

    Returns
    -------
    Agreement

    Raises
    ------
    InputError
        When the lengths differ, or no row has both labels.

    Examples
    --------
    >>> result = agreement([0, 0, 1, -1], ["a", "a", "b", None])
    >>> result.ari, result.n_documents, result.coverage
    (1.0, 3, 1.0)
    """
    ours, theirs = LabelCodes.of(labels), LabelCodes.of(gold, what="gold")
    if len(ours.codes) != len(theirs.codes):
        raise InputError(
            f"labels and gold must have one label for each document: {len(ours.codes)} and "
            f"{len(theirs.codes)} rows"
        )
    both = (ours.codes != UNKNOWN) & (theirs.codes != UNKNOWN)
    if not both.any():
        raise InputError("no document has both a label and a gold label")
    return _agreement(ours.codes[both], theirs.codes[both])


def _agreement(ours: IntArray, theirs: IntArray) -> Agreement:
    from sklearn.metrics import adjusted_mutual_info_score, homogeneity_completeness_v_measure

    covered = ours != NOISE
    homogeneity, completeness, v_measure = homogeneity_completeness_v_measure(theirs, ours)
    return Agreement(
        nmi=float(v_measure),  # the same number where both means are arithmetic
        ami=float(adjusted_mutual_info_score(theirs, ours)),
        ari=adjusted_rand(ours, theirs),
        homogeneity=float(homogeneity),
        completeness=float(completeness),
        v_measure=float(v_measure),
        ari_covered=adjusted_rand(ours[covered], theirs[covered]) if covered.any() else float("nan"),
        coverage=float(covered.mean()),
        n_topics=len(np.unique(ours[covered])),
        n_gold=len(np.unique(theirs[theirs != NOISE])),
        n_documents=len(ours),
    )


def adjusted_rand(a: IntArray, b: IntArray) -> float:
    """Adjusted Rand index of two vectors of numbers, each of which is a group (Hubert and Arabie 1985).

    Examples
    --------
    >>> adjusted_rand(np.array([0, 0, 1]), np.array([5, 5, 2]))
    1.0
    """
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(a, b))


def silhouette(vectors: ArrayLike, labels: Iterable[Any]) -> float:
    """Compute the mean silhouette of documents by cosine distance, exactly for any number of documents.

    The mean cosine distance of a row to a topic is one minus its product with the mean of the topic's unit
    vectors, so neither distances between documents nor a sample are needed.

    Parameters
    ----------
    vectors : array-like of shape (n, d)
        Embeddings of any length; a zero vector has distance 1 to all others.
    labels : iterable of int, str or None, of length n
        Rows in no topic (−1) or with unknown label are left out.

    Returns
    -------
    float
        −1 to 1; the document of a topic of one counts as 0. NaN for fewer than two topics.

    Raises
    ------
    InputError
        When vectors and labels differ in length, or vectors cannot be used.

    Notes
    -----
    Time is proportional to n · d · topics; memory is bounded by blocks of rows.

    References
    ----------
    Rousseeuw, "Silhouettes: a Graphical Aid to the Interpretation and Validation of Cluster Analysis",
    Journal of Computational and Applied Mathematics 20, 1987.

    Examples
    --------
    >>> silhouette([[1, 0], [1, 0], [0, 1], [0, 1]], [0, 0, 1, 1])
    1.0
    """
    codes = LabelCodes.of(labels).codes
    rows = check_vectors(vectors, n_rows=len(codes), what="vectors")
    kept = np.flatnonzero(codes >= 0)
    sizes = np.bincount(codes[kept])
    if len(sizes) < 2:
        return float("nan")
    sums = np.zeros((len(sizes), rows.shape[1]))
    for block in _blocks(kept):
        np.add.at(sums, codes[block], _unit(rows[block]))
    total = sum(
        float(_silhouettes(_unit(rows[block]), codes[block], sums, sizes).sum()) for block in _blocks(kept)
    )
    return total / len(kept)


def _blocks(rows: IntArray) -> list[IntArray]:
    return [rows[start : start + BLOCK_ROWS] for start in range(0, len(rows), BLOCK_ROWS)]


def _unit(rows: NDArray[Any]) -> NDArray[np.float64]:
    # Not vectors.unit_rows: its float32 would show in the difference of two near means.
    rows = rows.astype(np.float64)
    norms = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.where(norms > 0, norms, 1.0))


def _silhouettes(
    rows: NDArray[np.float64], codes: IntArray, sums: NDArray[np.float64], sizes: NDArray[np.intp]
) -> NDArray[np.float64]:
    totals = sizes - rows @ sums.T  # of the cosine distances of each row to each topic's rows
    own = np.arange(len(rows)), codes
    to_itself = 1 - (rows**2).sum(axis=1)
    inside = (totals[own] - to_itself) / np.maximum(sizes[codes] - 1, 1)
    others = totals / sizes
    others[own] = np.inf
    outside = others.min(axis=1)
    widest = np.maximum(inside, outside)
    defined = (sizes[codes] > 1) & (widest > 0)
    return np.where(defined, (outside - inside) / np.where(defined, widest, 1.0), 0.0)


def topic_stability(labels: Iterable[Any], resampled_labels: Iterable[Iterable[Any]]) -> NDArray[np.float64]:
    """Measure how stable each topic is over other labelings of the same documents.

    Parameters
    ----------
    labels : iterable of int or str, of length n
        The topic of each document; −1 for none.
    resampled_labels : iterable of such labelings
        From other samples or seeds; None for a document that a labeling does not cover.

    Returns
    -------
    float64 ndarray of shape (n_topics,)
        By topic in sorted order: the largest Jaccard index with a topic of another labeling, averaged over
        the labelings. Above 0.75 is stable, below 0.5 dissolved. NaN for a topic that no labeling covers.

    Raises
    ------
    InputError
        When a labeling has another length.

    References
    ----------
    Hennig, "Cluster-wise Assessment of Cluster Stability", Computational Statistics and Data Analysis 52,
    2007.

    Examples
    --------
    >>> topic_stability([0, 0, 1, 1], [[5, 5, 6, 6], [5, 5, 5, 5]]).tolist()
    [0.75, 0.75]
    """
    first, codes = LabelCodes.of(labels), []
    for i, other in enumerate(resampled_labels):
        codes.append(LabelCodes.of(other, what=f"resampled_labels[{i}]").codes)
        if len(codes[i]) != len(first.codes):
            raise InputError(
                f"resampled_labels[{i}] must label the same documents: {len(first.codes)} and "
                f"{len(codes[i])} rows"
            )
    return stability(first.codes, codes, np.ones(len(first.codes)), len(first.names))


@dataclass(frozen=True, eq=False)
class Overlaps:
    """Numbers of documents that topics of two labelings share.

    Attributes
    ----------
    shared : int64 ndarray of shape (k_a, k_b)
    sizes_a, sizes_b : int64 ndarrays of shape (k_a,) and (k_b,)
    """

    shared: IntArray
    sizes_a: IntArray
    sizes_b: IntArray

    @property
    def jaccard(self) -> NDArray[np.float64]:
        """Jaccard index of each pair of topics, (k_a, k_b)."""
        either = self.sizes_a[:, None] + self.sizes_b - self.shared
        return np.asarray(self.shared / np.maximum(either, 1))


def overlaps(a: IntArray, b: IntArray, n_a: int, n_b: int) -> Overlaps:
    """Count the documents in each topic of two labelings, and in each pair of topics.

    Parameters
    ----------
    a, b : int64 ndarrays of shape (n,)
        Below 0 for no topic.
    n_a, n_b : int
        Numbers of topics.

    Examples
    --------
    >>> overlaps(np.array([0, 0, 1]), np.array([0, -1, 0]), 2, 1).shared.tolist()
    [[1], [1]]
    """
    both = (a >= 0) & (b >= 0)
    shared = np.bincount(a[both] * n_b + b[both], minlength=n_a * n_b).reshape(n_a, n_b)
    return Overlaps(shared, np.bincount(a[a >= 0], minlength=n_a), np.bincount(b[b >= 0], minlength=n_b))
