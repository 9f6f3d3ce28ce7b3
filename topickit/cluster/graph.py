"""Graph communities: Louvain on the cosine nearest-neighbor graph, at a resolution found from the data."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from topickit._core import devices
from topickit._core.vectors import FloatArray, IntArray, group_means, nearest_prototype
from topickit.cluster.base import BaseClusterer, on_resamples
from topickit.cluster.consensus import voted
from topickit.cluster.draws import DRAW_SIZE, Draws
from topickit.cluster.levels import (
    CLEAR_CUT,
    FEWEST_TOPICS,
    Level,
    best_level,
    first_with,
    good_levels,
    ladder,
    with_more_draws,
)
from topickit.cluster.partition import N_NEIGHBORS, communities, exactly, knn_graph, modularity
from topickit.cluster.result import ClusteringResult
from topickit.cluster.ward import merge_order
from topickit.errors import ParameterError, ParameterTypeError, check_whole

FEWEST_FOR_DRAWS = 30
FEWEST_FOR_CENTERS = 200
"""Fewer rows are clustered together: centers computed from half of them are too uncertain."""
PARTS = 3
"""Parts of a cluster that a cut of the hierarchy can separate; a finer level needs another fit."""


class GraphClusterer(BaseClusterer):
    """Louvain communities of the cosine kNN graph; every row belongs to one.

    The graph is exact up to 50,000 rows, and approximate above (recall of at least 0.95).

    Parameters
    ----------
    n_clusters : int, optional
        Number of clusters: the hierarchy of the clusters found from the data is cut there (Ward's
        criterion). None, the default, finds the number from the data: modularity and stability over a
        ladder of resolutions.
    at_least : int, optional
        Fewest clusters, for callers that merge them afterwards: the number found from the data where it is
        large enough, else two, four, … times as many. Excludes `n_clusters`.
    n_neighbors : int, default 10
        Neighbors of each row in the graph; at most the square root of the number of rows.
    resolution : float, optional
        Resolution of modularity; None finds it from the data. Excludes `n_clusters` and `at_least`.
    random_state : int, default 0
        Seed of the samples that are compared.
    device : str, optional
        A torch device, such as "cuda", for nearest neighbors; None for the CPU.

    Attributes
    ----------
    labels_ : int64 ndarray of shape (n,)
        Cluster of each row.
    result_ : ClusteringResult
        Its notes hold the resolution, modularity and stability of the level.

    References
    ----------
    Blondel, Guillaume, Lambiotte, Lefebvre, "Fast Unfolding of Communities in Large Networks",
    J. Stat. Mech. 2008.

    Examples
    --------
    >>> rows = [[1, i / 100] for i in range(9)] + [[i / 100, 1] for i in range(9)]
    >>> GraphClusterer(n_clusters=2).fit(rows).result_.n_clusters
    2
    """

    sample_size: ClassVar[int | None] = 5 * DRAW_SIZE  # two of any six draws share rows

    def __init__(
        self,
        n_clusters: int | None = None,
        *,
        at_least: int | None = None,
        n_neighbors: int = N_NEIGHBORS,
        resolution: float | None = None,
        random_state: int = 0,
        device: str | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.at_least = at_least
        self.n_neighbors = n_neighbors
        self.resolution = resolution
        self.random_state = random_state
        self.device = device

    def cluster(self, vectors: FloatArray, weights: NDArray[Any]) -> ClusteringResult:
        """Cluster distinct unit rows; see `BaseClusterer.cluster`."""
        self._check()
        if not len(vectors):
            return ClusteringResult(np.empty(0, dtype=np.int64))
        few = len(vectors) < FEWEST_FOR_DRAWS
        if few and self.n_clusters is not None:
            return self._exactly(vectors, weights, self.n_clusters)
        if few or self.resolution is not None:
            result, fewest = self._at_resolution(vectors, weights, self.resolution or 1.0), self.at_least or 1
            if result.n_clusters >= fewest:
                return result
            finer = FinerClusters(self, vectors, weights, result.n_clusters, fewest)
            return replace(result, finer=finer)
        draws = Draws(vectors, weights, self.n_neighbors, self.random_state, self.device)
        levels = ladder(draws, whole=(self.n_clusters or self.at_least) is not None)
        level = with_more_draws(best_level(levels), draws)
        if self.n_clusters is not None:
            return self._cut(vectors, weights, levels, level)
        return self._at_best_level(vectors, weights, levels, level)

    def _at_best_level(
        self, vectors: FloatArray, weights: NDArray[Any], levels: list[Level], level: Level
    ) -> ClusteringResult:
        """Give the clusters of a level; finer ones are computed only if they are needed."""
        labels = self._labels(vectors, weights, level)
        n_clusters, fewest = int(labels.max()) + 1, min(self.at_least or 1, len(vectors))
        good = {*good_levels(levels, level)}
        if self.at_least not in (None, n_clusters):
            good.add(n_clusters)
        result = replace(
            self._result(vectors, labels, level, good),
            may_grow=True,
            is_by_center=len(vectors) >= FEWEST_FOR_CENTERS,
        )
        if n_clusters >= fewest:
            return result
        drawn = first_with(levels, fewest)
        return replace(result, finer=FinerClusters(self, vectors, weights, n_clusters, fewest, drawn, good))

    def _exactly(self, vectors: FloatArray, weights: NDArray[Any], n_clusters: int) -> ClusteringResult:
        """Give a number of clusters of a few rows."""
        return ClusteringResult(exactly(self._graph(vectors, weights), min(n_clusters, len(vectors))))

    def _at_resolution(
        self, vectors: FloatArray, weights: NDArray[Any], resolution: float
    ) -> ClusteringResult:
        """Give the communities at one resolution."""

        def labels_of(rows: IntArray) -> IntArray:
            return communities(self._graph(vectors[rows], weights[rows]), resolution)

        resampled = on_resamples(labels_of, len(vectors), random_state=self.random_state, most=DRAW_SIZE)
        labels = labels_of(np.arange(len(vectors)))
        return ClusteringResult(labels, notes={"resolution": resolution}, resampled_labels=resampled)

    def _labels(self, vectors: FloatArray, weights: NDArray[Any], level: Level) -> IntArray:
        """Give the clusters of all rows at a level."""
        if len(vectors) < FEWEST_FOR_CENTERS:
            graph = self._graph(vectors, weights)
            labels = communities(graph, level.resolution)
            if labels.max() + 1 >= FEWEST_TOPICS or modularity(graph, labels)[0] >= CLEAR_CUT:
                return labels
        center = voted(vectors, weights, level.centers, level.center, device=self.device)
        near = nearest_prototype(vectors, center, device=self.device)
        return np.unique(near, return_inverse=True)[1].astype(np.int64)

    def _cut(
        self, vectors: FloatArray, weights: NDArray[Any], levels: list[Level], level: Level
    ) -> ClusteringResult:
        """Merge the clusters found from the data down to a number, so that coarser ones are unions of finer.

        If more are wanted than were found, two, four, … times as many are computed first: cuts below one of
        these numbers nest.
        """
        wanted = min(self.n_clusters or 1, len(vectors))
        labels = self._labels(vectors, weights, level)
        n_clusters = int(labels.max()) + 1
        if n_clusters < wanted:
            labels = self._multiple(vectors, weights, n_clusters, wanted)
        drawn = level if n_clusters >= wanted else first_with(levels, wanted)
        return ClusteringResult(
            _merged(vectors, weights, labels, wanted),
            notes={
                "n_clusters": wanted,
                "n_clusters_found": n_clusters,
                "stability": round(drawn.stability, 3),
            },
            resampled_labels=tuple(
                _merged(vectors, weights, labels, wanted) for labels in self._resampled(vectors, drawn)
            ),
        )

    def _result(
        self, vectors: FloatArray, labels: IntArray, level: Level, good: set[int]
    ) -> ClusteringResult:
        """Describe clusters by their level, some of its draws, and the other good levels within reach."""
        reachable = sorted(n for n in good if n < PARTS * (int(labels.max()) + 1))
        return ClusteringResult(
            labels,
            notes={
                "resolution": round(level.resolution, 3),
                "modularity": round(level.modularity, 3),
                "stability": round(level.stability, 3),
                **({"other_levels": reachable} if reachable else {}),
            },
            resampled_labels=tuple(self._resampled(vectors, level)),
        )

    def _resampled(self, vectors: FloatArray, level: Level) -> Iterator[IntArray]:
        """Label the rows by the clusters of single draws."""
        return (nearest_prototype(vectors, center, device=self.device) for center in level.compared_centers)

    def _multiple(self, vectors: FloatArray, weights: NDArray[Any], n_clusters: int, wanted: int) -> IntArray:
        """Compute two, four, … times as many clusters, at least the wanted number."""
        n_finer = n_clusters * 2 ** int(np.ceil(np.log2(wanted / n_clusters)))
        return exactly(self._graph(vectors, weights), min(n_finer, len(vectors)))

    def _graph(self, vectors: FloatArray, weights: NDArray[Any]) -> csr_matrix:
        return knn_graph(vectors, weights, self.n_neighbors, self.device)

    def _check(self) -> None:
        if self.n_clusters is not None:
            check_whole("n_clusters", self.n_clusters)
        if self.at_least is not None:
            check_whole("at_least", self.at_least)
        if self.n_clusters is not None and self.at_least is not None:
            raise ParameterError("give n_clusters or at_least, not both")
        if self.resolution is not None and not isinstance(self.resolution, Real):
            raise ParameterTypeError(f"resolution must be a number, got {self.resolution!r}")
        if self.resolution is not None and not 0 < self.resolution < np.inf:
            raise ParameterError(f"resolution must be above 0 and finite, got {self.resolution}")
        if (self.n_clusters or self.at_least) is not None and self.resolution is not None:
            raise ParameterError("give a number of clusters or resolution, not both")
        check_whole("n_neighbors", self.n_neighbors)
        check_whole("random_state", self.random_state, 0)
        devices.check(self.device)


@dataclass(frozen=True, eq=False)
class FinerClusters:
    """At least `fewest` clusters of rows of which fewer were found, computed when it is called.

    Attributes
    ----------
    clusterer : GraphClusterer
    vectors : float32 ndarray of shape (n, d), unit rows
    weights : ndarray of shape (n,)
    n_clusters : int
        How many were found.
    fewest : int
    level : Level, optional
        The coarsest level with so many clusters; None for a few rows, which have no levels.
    good : set of int
        Numbers of clusters of the good levels.
    """

    clusterer: GraphClusterer
    vectors: FloatArray
    weights: NDArray[Any]
    n_clusters: int
    fewest: int
    level: Level | None = None
    good: set[int] = field(default_factory=set)

    def __call__(self) -> ClusteringResult:
        """Compute the clusters."""
        make = self.clusterer
        if self.level is None:
            return make._exactly(self.vectors, self.weights, self.fewest)
        labels = make._multiple(self.vectors, self.weights, self.n_clusters, self.fewest)
        return make._result(self.vectors, labels, self.level, self.good)


def _merged(vectors: FloatArray, weights: NDArray[Any], labels: IntArray, n_clusters: int) -> IntArray:
    """Merge clusters by Ward's criterion down to a number."""
    labels = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    n_before = int(labels.max()) + 1
    sizes = np.bincount(labels, weights, minlength=n_before).astype(np.float64)
    means = group_means(vectors, labels, n_before, weights).astype(np.float32)
    return merge_order(means, sizes, n_clusters)[labels]


def find_n_clusters(
    vectors: FloatArray, weights: NDArray[Any], *, random_state: int = 0, device: str | None = None
) -> int:
    """Find the number of clusters of unit rows, as `GraphClusterer` does.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    weights : ndarray of shape (n,)
    random_state : int
    device : str, optional
        A torch device, such as "cuda"; None for the CPU.
    """
    return GraphClusterer(random_state=random_state, device=device).cluster(vectors, weights).n_clusters
