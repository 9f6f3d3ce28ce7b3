"""ClusteringResult: what a clusterer proposes for its training vectors, and all that is read of it."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, IntArray
from topickit.cluster.stability import or_none, stability
from topickit.errors import TopickitWarning


@dataclass(frozen=True, eq=False)
class ClusteringResult:
    """Groups of the training rows, with their prototypes where the method has exact ones.

    Attributes
    ----------
    labels : int64 ndarray of shape (n,)
        Group of each training row, 0 … n_clusters − 1 in any order; −1 for a row in no group.
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
    def n_clusters(self) -> int:
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
        """Compute how stable topics are over `resampled_labels`; see `topickit.cluster.stability`.

        Parameters
        ----------
        labels : int64 ndarray of shape (n,)
            Topics of the training rows.
        weights : ndarray of shape (n,)
        n_topics : int

        Returns
        -------
        list of float or None, of length n_topics
            None where there are no resampled labels, or none covers a row of the topic.
        """
        return or_none(stability(labels, self.resampled_labels, weights, n_topics))
