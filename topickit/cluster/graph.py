"""Graph communities: Louvain on the cosine nearest-neighbour graph, at a resolution found from the data."""

from dataclasses import replace
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from topickit._core import devices
from topickit._core.vectors import FloatArray, IntArray, group_means, nearest_prototype
from topickit.cluster.base import BaseClusterer, on_resamples
from topickit.cluster.levels import (
    CLEAR_CUT,
    DRAW_SIZE,
    FEWEST_TOPICS,
    N_DRAWS,
    Level,
    best_level,
    first_with,
    good_levels,
    ladder,
)
from topickit.cluster.partition import N_NEIGHBORS, communities, exactly, knn_graph, modularity
from topickit.cluster.result import ClusteringResult
from topickit.cluster.ward import merge_order
from topickit.errors import ParameterError, ParameterTypeError, check_whole

FEWEST_FOR_DRAWS = 30
FEWEST_FOR_CENTERS = 200
"""Among fewer rows the groups are those of all of them: the centres of half of them are too uncertain."""
PARTS = 3
"""Parts of a group that a cut can surely tell apart: a finer level is another fit's."""


class GraphClusterer(BaseClusterer):
    """Louvain communities of the cosine kNN graph (exact up to 50,000 rows); every row is in one.

    Parameters
    ----------
    n_clusters : int, optional
        None finds the number from the data: modularity and stability over a ladder of resolutions. A number
        cuts the hierarchy of the groups that were found (Ward's criterion).
    at_least : int, optional
        The number found from the data where that is as many; else two, four … times as many, for somebody
        who merges them.
    n_neighbors : int
        Neighbours a row in the graph (fewer where there are few rows).
    resolution : float, optional
        Fixes the resolution of modularity instead of finding it.
    random_state : int
        Which draws are compared.
    device : str, optional
        A torch device, such as "cuda", for nearest neighbours; None for the CPU.

    Attributes
    ----------
    labels_ : int64 ndarray of shape (n,)
    result_ : ClusteringResult
        Its notes say at which resolution they were found, and how stable they are.

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

    sample_size: ClassVar[int | None] = N_DRAWS * DRAW_SIZE  # draws that do not overlap much

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
        """Group distinct unit rows; see `BaseClusterer.cluster`."""
        self._check()
        if not len(vectors):
            return ClusteringResult(np.empty(0, dtype=np.int64))
        wanted = self.n_clusters or self.at_least
        few = len(vectors) < FEWEST_FOR_DRAWS
        if few and self.n_clusters is not None:
            return self._exactly(vectors, weights, self.n_clusters)
        if few or self.resolution is not None:
            found, fewest = self._fixed(vectors, weights, self.resolution or 1.0), self.at_least or 1
            if found.n_clusters >= fewest:
                return found
            return replace(found, finer=lambda: self._exactly(vectors, weights, fewest))
        levels = ladder(
            vectors,
            weights,
            self.n_neighbors,
            self.random_state,
            whole=wanted is not None,
            device=self.device,
        )
        level = best_level(levels)
        if self.n_clusters is not None:
            return self._cut(vectors, weights, levels, level)
        return self._found(vectors, weights, levels, level)

    def _found(
        self, vectors: FloatArray, weights: NDArray[Any], levels: list[Level], level: Level
    ) -> ClusteringResult:
        """Give the groups of the level that was found; finer ones are made only if they are asked for."""
        labels = self._groups(vectors, weights, level)
        found, fewest = int(labels.max()) + 1, min(self.at_least or 1, len(vectors))
        good = {*good_levels(levels, level)}
        if self.at_least not in (None, found):
            good.add(found)

        def finer() -> ClusteringResult:
            labels = self._finer(vectors, weights, found, fewest)
            return _at_level(vectors, labels, first_with(levels, fewest), good, self.device)

        return replace(
            _at_level(vectors, labels, level, good, self.device),
            may_grow=True,
            finer=finer if found < fewest else None,
        )

    def _exactly(self, vectors: FloatArray, weights: NDArray[Any], n_clusters: int) -> ClusteringResult:
        """Give so many groups of a few rows."""
        graph = self._graph(vectors, weights)
        return ClusteringResult(exactly(graph, min(n_clusters, len(vectors))))

    def _fixed(self, vectors: FloatArray, weights: NDArray[Any], resolution: float) -> ClusteringResult:
        """Give the communities at one resolution."""

        def group(rows: IntArray) -> IntArray:
            return communities(self._graph(vectors[rows], weights[rows]), resolution)

        others = on_resamples(group, len(vectors), random_state=self.random_state, most=DRAW_SIZE)
        return ClusteringResult(
            group(np.arange(len(vectors))), notes={"resolution": resolution}, resampled_labels=others
        )

    def _groups(self, vectors: FloatArray, weights: NDArray[Any], level: Level) -> IntArray:
        """Give the groups of all rows at a level."""
        if len(vectors) < FEWEST_FOR_CENTERS:
            graph = self._graph(vectors, weights)
            labels = communities(graph, level.resolution)
            if labels.max() + 1 >= FEWEST_TOPICS or modularity(graph, labels)[0] >= CLEAR_CUT:
                return labels
        near = nearest_prototype(vectors, level.center, device=self.device)
        return np.unique(near, return_inverse=True)[1].astype(np.int64)

    def _cut(
        self, vectors: FloatArray, weights: NDArray[Any], levels: list[Level], level: Level
    ) -> ClusteringResult:
        """Merge the groups found from the data down to a number, so that coarser ones are unions of finer.

        Where more are asked for than were found, twice, four times … as many are made first: cuts below
        one of these numbers nest.
        """
        wanted = min(self.n_clusters or 1, len(vectors))
        labels = self._groups(vectors, weights, level)
        found = int(labels.max()) + 1
        if found < wanted:
            labels = self._finer(vectors, weights, found, wanted)
        drawn = level if found >= wanted else first_with(levels, wanted)
        return ClusteringResult(
            _merged(vectors, weights, labels, wanted),
            notes={
                "n_clusters": wanted,
                "n_clusters_found": found,
                "stability": round(drawn.stability, 3),
            },
            resampled_labels=tuple(
                _merged(vectors, weights, nearest_prototype(vectors, center, device=self.device), wanted)
                for center in drawn.other_centers
            ),
        )

    def _finer(self, vectors: FloatArray, weights: NDArray[Any], found: int, wanted: int) -> IntArray:
        """Find twice, four times … as many groups, at least those that are wanted."""
        graph = self._graph(vectors, weights)
        return exactly(graph, min(found * 2 ** int(np.ceil(np.log2(wanted / found))), len(vectors)))

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


def _at_level(
    vectors: FloatArray, labels: IntArray, level: Level, good: set[int], device: str | None
) -> ClusteringResult:
    """Say of groups which level they are of, how it does in other draws, and which levels are good, too."""
    reached = sorted(n for n in good if n < PARTS * (int(labels.max()) + 1))
    return ClusteringResult(
        labels,
        notes={
            "resolution": round(level.resolution, 3),
            "modularity": round(level.modularity, 3),
            "stability": round(level.stability, 3),
            **({"other_levels": reached} if reached else {}),
        },
        resampled_labels=tuple(
            nearest_prototype(vectors, center, device=device) for center in level.other_centers
        ),
    )


def _merged(vectors: FloatArray, weights: NDArray[Any], labels: IntArray, n_clusters: int) -> IntArray:
    """Merge groups by Ward's criterion down to a number."""
    labels = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    made = int(labels.max()) + 1
    sizes = np.bincount(labels, weights, minlength=made).astype(np.float64)
    means = group_means(vectors, labels, made, weights).astype(np.float32)
    return merge_order(means, sizes, n_clusters)[labels]


def find_n_clusters(
    vectors: FloatArray, weights: NDArray[Any], *, random_state: int = 0, device: str | None = None
) -> int:
    """Find how many groups a set of unit rows has, as `GraphClusterer` does.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    weights : ndarray of shape (n,)
    random_state : int
    device : str, optional
        A torch device, such as "cuda"; None for the CPU.
    """
    return GraphClusterer(random_state=random_state, device=device).cluster(vectors, weights).n_clusters
