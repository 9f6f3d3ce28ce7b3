"""ClusteringResult: the clusters that a clusterer proposes for its training vectors."""

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
    """Clusters of the training rows, with their prototypes where the method has exact ones.

    Attributes
    ----------
    labels : int64 ndarray of shape (n,)
        Cluster of each training row, 0 … n_clusters − 1 in any order; −1 for an outlier.
    prototypes : float32 ndarray of shape (p, d), optional
        Given when they define the clusters exactly (the centroids of k-means, the centers of communities
        in rank order). None, the default: the Assigner computes its own.
    prototype_clusters : int64 ndarray of shape (p,), optional
        Cluster of each prototype.
    rule : {"nearest", "first"}, default "nearest"
        How prototypes assign rows: to the nearest prototype in Euclidean distance, or to the first whose
        cosine reaches `threshold`.
    threshold : float, optional
        Least cosine for ``rule="first"``.
    notes : mapping of str to JSON values
        Findings of the clusterer, for reports. Keys in use: ``n_clusters``, ``n_clusters_found`` (before a
        cut), ``resolution``, ``modularity``, ``stability``, ``other_levels`` (numbers of clusters of other
        good levels), ``min_cluster_size``, ``threshold`` (how it was chosen), ``pairs``, ``clusterer`` (name
        of a foreign one).
    resampled_labels : tuple of int64 ndarray of shape (n,)
        Clusters of the same rows by the same method from other samples; −1 for an outlier, −2
        (`topickit.cluster.stability.NOT_SAMPLED`) for a row that the sample does not cover.
    may_grow : bool, default False
        The number of clusters was found from the data, so small clusters may be added to it.
    names : tuple of str, default ()
        Names of the clusters, which become names of topics; empty if they have none.
    n_prototypes : int, optional
        Most prototypes per cluster; None (default) is the Assigner's own number.
    is_by_center : bool, default False
        Each row belongs to the cluster of the nearest center, so prototypes are kept near the centers.
    finer : callable, optional
        Computes a result of at least as many clusters as were asked for; set where this one has fewer. It
        must be picklable.

    Examples
    --------
    >>> ClusteringResult(np.array([0, 1, 1, -1])).n_clusters
    2
    """

    labels: IntArray
    prototypes: FloatArray | None = None
    prototype_clusters: IntArray | None = None
    rule: Literal["nearest", "first"] = "nearest"
    threshold: float | None = None
    notes: Mapping[str, object] = field(default_factory=dict)
    resampled_labels: tuple[IntArray, ...] = ()
    may_grow: bool = False
    names: tuple[str, ...] = ()
    n_prototypes: int | None = None
    is_by_center: bool = False
    finer: "Callable[[], ClusteringResult] | None" = field(default=None, repr=False)

    @property
    def n_clusters(self) -> int:
        """The number of clusters."""
        return int(self.labels.max(initial=-1)) + 1

    def or_one_cluster(self) -> "ClusteringResult":
        """Give the result itself or, if every row is an outlier, one cluster of all rows, with a warning."""
        if not len(self.labels) or (self.labels >= 0).any():
            return self
        warnings.warn(
            f"the clusterer found no cluster among {len(self.labels):,} distinct documents, so all of them "
            "form one topic; lower its threshold or minimum cluster size, or choose another clusterer",
            TopickitWarning,
            stacklevel=4,
        )
        return ClusteringResult(np.zeros(len(self.labels), dtype=np.int64), notes=self.notes)

    def stability_of(self, labels: IntArray, weights: NDArray[Any], n_topics: int) -> list[float | None]:
        """Compute how stable topics are over `resampled_labels`; see `topickit.cluster.stability`.

        Parameters
        ----------
        labels : int64 ndarray of shape (n,)
            Topics of the training rows; −1 for none.
        weights : ndarray of shape (n,)
        n_topics : int

        Returns
        -------
        list of float or None, of length n_topics
            None where there are no resampled labels, or none covers a row of the topic.
        """
        return or_none(stability(labels, self.resampled_labels, weights, n_topics))
