"""ClusteringResult: what a clusterer proposes for its training vectors, and all that is read of it."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.state import State
from topickit._core.vectors import FloatArray, IntArray
from topickit.errors import TopickitWarning

NOT_SAMPLED = -2


@dataclass(frozen=True, eq=False)
class ClusteringResult:
    """Groups of the training rows, with their prototypes where the method has exact ones.

    Attributes
    ----------
    labels : int64 ndarray of shape (n,)
        Group of each training row, 0 … n_groups − 1 in any order; −1 for a row in no group.
    prototypes : float32 ndarray of shape (p, d), optional
        Given when the groups *are* what these rows say (the centroids of k-means, the centres of
        communities in rank order). Otherwise the Assigner makes its own.
    prototype_clusters : int64 ndarray of shape (p,), optional
        The group that each prototype stands for.
    rule : {"nearest", "first"}
        How prototypes are read: the nearest in Euclidean distance, or the first whose cosine
        reaches `threshold`.
    threshold : float, optional
        The cosine that `rule="first"` asks for.
    notes : mapping
        What the method found out on the way (a resolution, a stability), for reports.
    resampled_labels : tuple of int64 ndarray of shape (n,)
        What the same method says of the same rows from other samples of them: its groups there, −1
        for none, and `NOT_SAMPLED` for a row that the sample does not judge.
    may_grow : bool
        The number of groups was found from the rows, so a small group that they cover up may be added.
    finer : function, optional
        Makes a clustering of at least as many groups as were asked for, where these are fewer.
    """

    labels: IntArray
    prototypes: FloatArray | None = None
    prototype_clusters: IntArray | None = None
    rule: Literal["nearest", "first"] = "nearest"
    threshold: float | None = None
    notes: Mapping[str, object] = field(default_factory=dict)
    resampled_labels: tuple[IntArray, ...] = ()
    may_grow: bool = False
    finer: "Callable[[], ClusteringResult] | None" = field(default=None, repr=False)

    @property
    def n_groups(self) -> int:
        """The number of groups."""
        return int(self.labels.max(initial=-1)) + 1

    def or_one_cluster(self) -> "ClusteringResult":
        """Give the clustering itself, or, where no row is in a group, one group of all rows."""
        if not len(self.labels) or (self.labels >= 0).any():
            return self
        warnings.warn(
            f"the clusterer found no group among {len(self.labels):,} distinct documents, so one topic holds "
            "them all; lower its threshold or its smallest size, or choose another clusterer",
            TopickitWarning,
            stacklevel=4,
        )
        return ClusteringResult(np.zeros(len(self.labels), dtype=np.int64), notes=self.notes)

    def stability_of(self, labels: IntArray, weights: NDArray[Any], n_topics: int) -> list[float | None]:
        """Say how well topics are found again by the same method in other samples.

        The mean over samples of the largest Jaccard index that one of their groups has with the topic
        (Hennig, "Cluster-wise Assessment of Cluster Stability", Computational Statistics and Data
        Analysis 52, 2007).

        Parameters
        ----------
        labels : int64 ndarray of shape (n,)
            Topics of the training rows.
        weights : ndarray of shape (n,)
        n_topics : int

        Returns
        -------
        list of float or None, of length n_topics
            None where no other sample was taken, or none judged a row of the topic.
        """
        return _means(
            [best_jaccard(labels, other, weights, n_topics) for other in self.resampled_labels], n_topics
        )


@dataclass(frozen=True, eq=False)
class BaseLevel:
    """What a fit found, by prototype of its Assigner: of this other levels of the hierarchy are told.

    Attributes
    ----------
    topics : int64 ndarray of shape (p,)
        The topic of each prototype when the topics were found, whatever level the model is at now.
    tables : tuple of float64 csr_array of shape (p + 1, g + 1)
        For each other sample the weight of the training rows of each prototype in each of its groups; the
        last row is for rows in no topic, the last column for rows in no group.
    stability : tuple of float or None
        Of each of the topics; empty where it is not known.
    """

    topics: IntArray
    tables: tuple[csr_array, ...] = ()
    stability: tuple[float | None, ...] = ()

    def compared(self, nearest: IntArray, others: Sequence[IntArray], weights: NDArray[Any]) -> "BaseLevel":
        """Count how the rows of each prototype fall into the groups of other samples.

        Parameters
        ----------
        nearest : int64 ndarray of shape (n,)
            Prototype of each training row, −1 for a row in no topic.
        others : sequence of int64 ndarray of shape (n,)
            As `ClusteringResult.resampled_labels`.
        weights : ndarray of shape (n,)
        """
        crossed = (_crossed(nearest, other, weights, len(self.topics)) for other in others)
        return replace(self, tables=tuple(map(csr_array, crossed)))

    def stability_of(self, topics: IntArray, n_topics: int) -> list[float | None]:
        """Say how well other topics of the same prototypes are found again in the other samples.

        A topic that was put together is found again where those groups of another sample that lie mostly
        in it make it up: the larger of the Jaccard index with their union and with the best single group.
        One that is a found topic again has the stability that was found.

        Parameters
        ----------
        topics : int64 ndarray of shape (p,)
            −1 for none.
        n_topics : int

        Returns
        -------
        list of float or None, of length n_topics
            As `ClusteringResult.recovery`.
        """
        of = np.append(np.where(topics < 0, n_topics, topics), n_topics)
        member = csr_array((np.ones(len(of)), (of, np.arange(len(of)))), shape=(n_topics + 1, len(of)))
        known = _means([_jaccard((member @ table).toarray(), unions=True) for table in self.tables], n_topics)
        for topic, stability in enumerate(self.stability):
            new = np.unique(topics[self.topics == topic])
            if len(new) == 1 and new[0] >= 0 and (self.topics[topics == new[0]] == topic).all():
                known[int(new[0])] = stability
        return known

    def kept(self, prototypes: NDArray[np.bool_]) -> "BaseLevel":
        """Forget some prototypes."""
        if prototypes.all():
            return self
        rows = np.append(prototypes, True)
        tables = tuple(table[rows] for table in self.tables)
        return replace(self, topics=self.topics[prototypes], tables=tables)

    def state(self) -> State:
        """Give what `from_state` makes it of."""
        arrays = {"topics": self.topics}
        for i, table in enumerate(self.tables):
            arrays |= {f"starts_{i}": table.indptr, f"groups_{i}": table.indices, f"weights_{i}": table.data}
        n_groups = [table.shape[1] for table in self.tables]
        return State({"n_groups": n_groups, "stability": list(self.stability)}, arrays)

    @classmethod
    def from_state(cls, state: State) -> "BaseLevel":
        """Make the value that gave this state."""
        arrays = state.arrays
        tables = (
            csr_array(
                (arrays[f"weights_{i}"], arrays[f"groups_{i}"], arrays[f"starts_{i}"]),
                shape=(len(arrays["topics"]) + 1, n_groups),
            )
            for i, n_groups in enumerate(state.config["n_groups"])
        )
        return cls(arrays["topics"], tuple(tables), tuple(state.config.get("stability", ())))


def best_jaccard(
    labels: IntArray, other: IntArray, weights: NDArray[Any], n_topics: int
) -> NDArray[np.float64]:
    """Give the largest Jaccard index of each topic with a group of another partition.

    Parameters
    ----------
    labels : int64 ndarray of shape (n,)
        −1 for none.
    other : int64 ndarray of shape (n,)
        −1 for none; rows that are `NOT_SAMPLED` are left out.
    weights : ndarray of shape (n,)
    n_topics : int

    Returns
    -------
    float64 ndarray of shape (n_topics,)
        NaN for a topic of which no row was asked about.

    Examples
    --------
    >>> best_jaccard(np.array([0, 0, 0, 1]), np.array([5, 5, 2, 2]), np.ones(4), 2).round(2).tolist()
    [0.67, 0.5]
    """
    return _jaccard(_crossed(labels, other, weights, n_topics), unions=False)


def _crossed(labels: IntArray, other: IntArray, weights: NDArray[Any], n_topics: int) -> NDArray[np.float64]:
    """Sum the weights by topic and group; the last row and column are for none."""
    asked = other != NOT_SAMPLED
    topic, group, weight = labels[asked], other[asked], np.asarray(weights, dtype=np.float64)[asked]
    n_groups = int(group.max(initial=-1)) + 1
    cell = np.where(topic < 0, n_topics, topic) * (n_groups + 1) + np.where(group < 0, n_groups, group)
    table = np.bincount(cell, weight, minlength=(n_topics + 1) * (n_groups + 1))
    return np.asarray(table, dtype=np.float64).reshape(n_topics + 1, -1)


def _jaccard(table: NDArray[np.float64], *, unions: bool) -> NDArray[np.float64]:
    """Best Jaccard index of each topic with a group, or with the union of the groups mostly inside it."""
    both, sizes, groups = table[:-1, :-1], table[:-1].sum(axis=1), table[:, :-1].sum(axis=0)
    union = sizes[:, None] + groups[None, :] - both
    best = (both / np.maximum(union, 1e-300)).max(axis=1, initial=0.0)
    if unions:
        mostly = both > groups / 2
        inside, whole = np.where(mostly, both, 0.0).sum(axis=1), np.where(mostly, groups, 0.0).sum(axis=1)
        best = np.maximum(best, inside / np.maximum(sizes + whole - inside, 1e-300))
    return np.asarray(np.where(sizes > 0, best, np.nan))


def _means(found: Sequence[NDArray[np.float64]], n_topics: int) -> list[float | None]:
    """Average over the samples that judged a topic."""
    if not found:
        return [None] * n_topics
    table = np.array(found)
    judged = ~np.isnan(table)
    mean = np.where(judged, table, 0.0).sum(axis=0) / np.maximum(judged.sum(axis=0), 1)
    return [float(m) if judged[:, topic].any() else None for topic, m in enumerate(mean)]
