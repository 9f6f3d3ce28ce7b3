"""Density clusters: HDBSCAN on UMAP-reduced vectors."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core import devices, processes
from topickit._core.neighbors import nearest_rows
from topickit._core.optional import require
from topickit._core.vectors import FloatArray, IntArray, umap_start
from topickit.cluster.base import BaseClusterer, on_resamples
from topickit.cluster.result import ClusteringResult
from topickit.errors import check_whole

FEWEST_FOR_UMAP = 50
"""Fewer rows are clustered without UMAP, whose neighborhoods are not reliable among so few."""


class DensityClusterer(BaseClusterer):
    """HDBSCAN (Euclidean, excess of mass) on a UMAP reduction (cosine) of unit rows.

    Parameters
    ----------
    min_cluster_size : int, optional
        Fewest rows in a cluster. None, the default, is the square root of half the number of rows, at least
        5, so that larger samples do not fall into more clusters.
    min_samples : int, optional
        Neighbors that make a row a core point. None, the default, is a third of `min_cluster_size`, at most
        10.
    n_neighbors : int, default 15
        Size of UMAP's neighborhoods.
    n_components : int, default 5
        Dimensions after UMAP.
    random_state : int, default 0
        Seed of UMAP, which therefore runs on one thread, and of the samples for stability.
    device : str, optional
        A torch device, such as "cuda", for nearest neighbors; None for the CPU.
        UMAP amplifies differences of rounding, so labels may differ.

    Attributes
    ----------
    labels_ : int64 ndarray of shape (n,)
        Cluster of each row; −1 for outliers.
    result_ : ClusteringResult

    References
    ----------
    McInnes, Healy, Melville, "UMAP", arXiv:1802.03426. Campello, Moulavi, Sander,
    "Density-Based Clustering Based on Hierarchical Density Estimates", PAKDD 2013.

    Examples
    --------
    >>> rows = [[1, i / 100] for i in range(8)] + [[i / 100, 1] for i in range(8)]
    >>> sorted(set(DensityClusterer(min_cluster_size=5).fit_predict(rows).tolist()))
    [0, 1]
    """

    def __init__(
        self,
        min_cluster_size: int | None = None,
        *,
        min_samples: int | None = None,
        n_neighbors: int = 15,
        n_components: int = 5,
        random_state: int = 0,
        device: str | None = None,
    ) -> None:
        self.min_cluster_size = min_cluster_size
        self.min_samples = min_samples
        self.n_neighbors = n_neighbors
        self.n_components = n_components
        self.random_state = random_state
        self.device = device

    def cluster(self, vectors: FloatArray, weights: NDArray[Any]) -> ClusteringResult:
        """Cluster distinct unit rows; see `BaseClusterer.cluster`.

        UMAP and HDBSCAN take no weights: each distinct row counts once.
        """
        self._check()
        n = len(vectors)
        fewest = self.min_cluster_size or max(5, round((n / 2) ** 0.5))
        if n < 2 * fewest:  # too few rows for two clusters
            return ClusteringResult(np.zeros(n, dtype=np.int64), notes={"min_cluster_size": fewest})
        points = self._reduce(vectors) if n >= FEWEST_FOR_UMAP else vectors
        labels = self._dense(points, fewest)
        # Samples share one reduction: reducing each of them would take as long as the first.
        resampled = on_resamples(
            lambda rows: self._dense(points[rows], max(2, round(fewest * len(rows) / n))),
            n,
            random_state=self.random_state,
        )
        return ClusteringResult(labels, notes={"min_cluster_size": fewest}, resampled_labels=resampled)

    def _check(self) -> None:
        if self.min_cluster_size is not None:
            check_whole("min_cluster_size", self.min_cluster_size, 2)
        if self.min_samples is not None:
            check_whole("min_samples", self.min_samples)
        check_whole("n_neighbors", self.n_neighbors, 2)
        check_whole("n_components", self.n_components)
        check_whole("random_state", self.random_state, 0)
        devices.check(self.device)

    def _dense(self, points: FloatArray, fewest: int) -> IntArray:
        labels = (
            require("hdbscan")
            .HDBSCAN(
                min_cluster_size=fewest,
                min_samples=self.min_samples or min(10, max(1, fewest // 3)),
                core_dist_n_jobs=1,
            )
            .fit_predict(points.astype(np.float64))
        )
        return np.asarray(labels, dtype=np.int64)

    def _reduce(self, vectors: FloatArray) -> FloatArray:
        umap = require("umap")

        processes.prepare()
        k = min(self.n_neighbors, len(vectors) - 1)
        # Exact neighbors are faster here than compiling and running UMAP's approximate search.
        near = nearest_rows(
            vectors, k, exclude_self=False, random_state=self.random_state, device=self.device
        )
        distances = np.maximum(1 - near.similarities, 0)
        with warnings.catch_warnings():
            # UMAP warns that it cannot transform new rows without its own index; the Assigner labels them.
            warnings.filterwarnings("ignore", "precomputed_knn", UserWarning)
            reducer = umap.UMAP(
                n_neighbors=k,
                n_components=min(self.n_components, vectors.shape[1], len(vectors) - 2),
                min_dist=0.0,
                metric="cosine",
                random_state=self.random_state,
                n_jobs=1,
                init=umap_start(vectors, near.indices),
                precomputed_knn=(near.indices.astype(np.int32), distances, None),
            )
            return np.asarray(reducer.fit_transform(vectors), dtype=np.float32)
