"""k-means on unit vectors."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from topickit._core import devices
from topickit._core.vectors import FloatArray, few_distinct_rows, nearest_prototype, single_threaded
from topickit.cluster.base import BaseClusterer, on_resamples
from topickit.cluster.graph import find_n_clusters
from topickit.cluster.result import ClusteringResult
from topickit.errors import check_whole


class KMeansClusterer(BaseClusterer):
    """Lloyd's k-means on unit rows; the prototypes are exactly its centroids.

    Parameters
    ----------
    n_clusters : int, optional
        Number of clusters; at most the number of distinct rows. None, the default, finds the number from
        the data, as `GraphClusterer` does.
    n_init : int, default 3
        Runs with different k-means++ initializations; the run with the lowest inertia is used.
    random_state : int, default 0
        Seed of the initializations.
    device : str, optional
        A torch device, such as "cuda", for nearest neighbors and centroids; None for the CPU.

    Attributes
    ----------
    labels_ : int64 ndarray of shape (n,)
        Cluster of each row.
    result_ : ClusteringResult
        With the centroids as prototypes.

    References
    ----------
    Arthur and Vassilvitskii, "k-means++: The Advantages of Careful Seeding", SODA 2007.

    Examples
    --------
    >>> labels = KMeansClusterer(n_clusters=2).fit_predict([[1, 0], [1, 0.1], [0, 1]])
    >>> bool(labels[0] == labels[1] != labels[2])
    True
    """

    def __init__(
        self,
        n_clusters: int | None = None,
        *,
        n_init: int = 3,
        random_state: int = 0,
        device: str | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.random_state = random_state
        self.device = device

    def cluster(self, vectors: FloatArray, weights: NDArray[Any]) -> ClusteringResult:
        """Cluster distinct unit rows; see `BaseClusterer.cluster`."""
        if self.n_clusters is not None:
            check_whole("n_clusters", self.n_clusters)
        check_whole("n_init", self.n_init)
        check_whole("random_state", self.random_state, 0)
        devices.check(self.device)
        if not len(vectors):
            return ClusteringResult(np.empty(0, dtype=np.int64))
        wanted = self.n_clusters or find_n_clusters(
            vectors, weights, random_state=self.random_state, device=self.device
        )
        k = min(wanted, len(vectors))
        # One thread: sums over several are formed in another order each time.
        with single_threaded(), few_distinct_rows():
            fitted = KMeans(k, n_init=self.n_init, random_state=self.random_state).fit(
                vectors, sample_weight=weights
            )
            resampled = on_resamples(
                lambda rows: (
                    KMeans(min(k, len(rows)), n_init=1, random_state=self.random_state)
                    .fit(vectors[rows], sample_weight=weights[rows])
                    .labels_
                ),
                len(vectors),
                random_state=self.random_state,
                most=max(2500, 20 * k),
            )
        centroids = fitted.cluster_centers_.astype(np.float32)
        return ClusteringResult(
            labels=nearest_prototype(vectors, centroids, device=self.device),
            prototypes=centroids,
            prototype_clusters=np.arange(k),
            notes={"n_clusters": k},
            resampled_labels=resampled,
            may_grow=self.n_clusters is None,
        )
