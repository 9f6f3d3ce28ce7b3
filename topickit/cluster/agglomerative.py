"""Agglomerative clustering: Ward's method on unit vectors."""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import pdist

from topickit._core import devices
from topickit._core.vectors import FloatArray, IntArray
from topickit.cluster.base import BaseClusterer, on_resamples
from topickit.cluster.graph import find_n_clusters
from topickit.cluster.result import ClusteringResult
from topickit.errors import MemoryBudgetError, ParameterError, ParameterTypeError, check_whole

BYTES_PER_PAIR = 16
"""Two float64 copies of the condensed distances, as SciPy's linkage holds them (measured)."""
LARGEST_WEIGHT = 1e12
"""Larger weights are scaled down together, so that their products can be counted."""


class AgglomerativeClusterer(BaseClusterer):
    """Ward's agglomerative clustering of unit rows (Euclidean distance).

    All n (n − 1) / 2 distances are held in memory: fit it on a sample, or within the memory budget.

    Parameters
    ----------
    n_clusters : int, optional
        Number of clusters. None, the default, finds the number from the data, as `GraphClusterer` does,
        unless a `distance_threshold` is given.
    distance_threshold : float, optional
        Largest Ward distance of a merge. Excludes `n_clusters`.
    memory_budget : int, default 4 GiB
        Most bytes that the distances may take.
    random_state : int, default 0
        Seed of the samples for the number of clusters and for stability.
    device : str, optional
        A torch device, such as "cuda", used only to find the number of clusters; None for the CPU.

    Attributes
    ----------
    labels_ : int64 ndarray of shape (n,)
        Cluster of each row.
    result_ : ClusteringResult

    Raises
    ------
    MemoryBudgetError
        By `fit`, when the distances do not fit the budget.

    References
    ----------
    Ward, "Hierarchical Grouping to Optimize an Objective Function", JASA 58, 1963.

    Examples
    --------
    >>> labels = AgglomerativeClusterer(n_clusters=2).fit_predict([[1, 0], [1, 0.1], [0, 1]])
    >>> bool(labels[0] == labels[1] != labels[2])
    True
    """

    def __init__(
        self,
        n_clusters: int | None = None,
        *,
        distance_threshold: float | None = None,
        memory_budget: int = 4 * 1024**3,
        random_state: int = 0,
        device: str | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.distance_threshold = distance_threshold
        self.memory_budget = memory_budget
        self.random_state = random_state
        self.device = device

    def cluster(self, vectors: FloatArray, weights: NDArray[Any]) -> ClusteringResult:
        """Cluster distinct unit rows; see `BaseClusterer.cluster`."""
        self._check()
        if len(vectors) <= 1:
            return ClusteringResult(np.zeros(len(vectors), dtype=np.int64))
        most = int((2 * self.memory_budget / BYTES_PER_PAIR) ** 0.5)
        if len(vectors) > most:
            needed = len(vectors) ** 2 * BYTES_PER_PAIR / 2**31
            raise MemoryBudgetError(
                f"the distances of {len(vectors):,} rows take {needed:.1f} GiB, more than the budget of "
                f"{self.memory_budget / 2**30:.1f} GiB ({most:,} rows); fit on a sample (fit_sample=5000) "
                "or raise memory_budget"
            )
        wanted = self.n_clusters
        is_open = wanted is None and self.distance_threshold is None
        if is_open:
            wanted = find_n_clusters(vectors, weights, random_state=self.random_state, device=self.device)
        labels = self._cut(vectors, weights, wanted, most)
        resampled = on_resamples(
            lambda rows: self._cut(vectors[rows], weights[rows], wanted, most),
            len(vectors),
            random_state=self.random_state,
            most=2500,
        )
        notes = {"n_clusters": int(labels.max()) + 1}
        return ClusteringResult(labels, notes=notes, resampled_labels=resampled, may_grow=is_open)

    def _check(self) -> None:
        if self.n_clusters is not None:
            check_whole("n_clusters", self.n_clusters)
        check_whole("memory_budget", self.memory_budget)
        check_whole("random_state", self.random_state, 0)
        devices.check(self.device)
        if self.distance_threshold is None:
            return
        if self.n_clusters is not None:
            raise ParameterError("give n_clusters or distance_threshold, not both")
        if not isinstance(self.distance_threshold, Real) or isinstance(self.distance_threshold, bool):
            raise ParameterTypeError(f"distance_threshold must be a number, got {self.distance_threshold!r}")
        if not self.distance_threshold >= 0:
            raise ParameterError(f"distance_threshold must be at least 0, got {self.distance_threshold}")

    def _cut(self, vectors: FloatArray, weights: NDArray[Any], wanted: int | None, most: int) -> IntArray:
        """Cut the tree of these rows at a number of clusters, or at the distance threshold."""
        rows = repeated(weights, most)
        merges = linkage(pdist(vectors[rows].astype(np.float64)), method="ward")
        if wanted is None:
            n_merges = int(np.searchsorted(merges[:, 2], self.distance_threshold or 0.0))
        else:
            n_merges = len(rows) - min(wanted, len(vectors))
        first = np.unique(rows, return_index=True)[1]  # equal rows merge first, at distance 0
        return np.unique(cut(merges, n_merges)[first], return_inverse=True)[1].astype(np.int64)


def cut(merges: NDArray[np.float64], n_merges: int) -> IntArray:
    """Label the leaves of a merge tree after its first merges.

    Parameters
    ----------
    merges : float64 ndarray of shape (n − 1, 4)
        As `scipy.cluster.hierarchy.linkage` gives them, by rising distance.
    n_merges : int

    Returns
    -------
    int64 ndarray of shape (n,)
    """
    n = len(merges) + 1
    parents = np.repeat(np.arange(n, n + n_merges), 2)
    children = merges[:n_merges, :2].astype(np.int64).ravel()
    tree = coo_array((np.ones(len(parents)), (parents, children)), shape=(2 * n, 2 * n))
    return np.asarray(connected_components(tree, directed=False)[1][:n], dtype=np.int64)


def repeated(weights: NDArray[Any], most: int) -> IntArray:
    """Write weights as repeated rows, thinned in proportion where they would be more than `most`.

    SciPy's Ward linkage takes no weights; a row of weight w becomes w equal rows. Weights below one are
    scaled such that the smallest is one row.
    """
    scaled = np.asarray(weights, dtype=np.float64) / min(1.0, float(np.min(weights, initial=1.0)))
    scaled *= min(1.0, LARGEST_WEIGHT / max(float(np.max(scaled, initial=1.0)), 1.0))
    counts = np.maximum(1, np.rint(scaled)).astype(np.int64)
    total = int(counts.sum())
    if total > most:
        counts = 1 + (counts - 1) * (most - len(counts)) // (total - len(counts))
    return np.repeat(np.arange(len(counts), dtype=np.int64), counts)
