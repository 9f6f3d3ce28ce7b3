"""Fast community detection as a scikit-learn estimator; `detection` does the work."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import sklearn.exceptions
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import validate_data

from topickit._core.vectors import FloatArray, IntArray, unit_rows
from topickit.cluster.base import SAMPLE_SHARE, BaseClusterer, on_resamples
from topickit.cluster.community.detection import Threshold, check_settings, community_detection, detect
from topickit.cluster.community.exact import Judge, prepare
from topickit.cluster.community.pairs import near_block
from topickit.cluster.result import ClusteringResult
from topickit.errors import InputError, NotFittedError

__all__ = ["CommunityClusterer", "community_detection"]


class _NotFittedError(NotFittedError, sklearn.exceptions.NotFittedError):
    """Ours, and the one that scikit-learn's tools look for."""


MOST_FOR_SAMPLES = 100_000
"""Most rows for resampling, which takes minutes above."""


class CommunityClusterer(BaseClusterer):
    """Fast community detection as a scikit-learn estimator.

    A community is a center row and the rows whose cosine to it reaches a threshold.

    Parameters
    ----------
    threshold : float or "auto", default 0.75
        Least cosine to the center, −1 to 1; "auto" chooses it from the rows.
    min_community_size : int, default 10
        Least weight of a community; rows in none get the label −1.
    device : str, optional
        A torch device, such as "cuda", that searches for pairs in `fit`, with the same result; None for the
        CPU.

    Attributes
    ----------
    labels_ : int64 ndarray of shape (n,)
        0 for the largest community; −1 for rows in none.
    centers_ : float32 ndarray of shape (k, d)
        The unit row at the center of each community.
    threshold_ : float
        The threshold given or, with "auto", chosen.
    result_ : ClusteringResult
        With the centers as prototypes, in the order in which they claim rows.

    See Also
    --------
    community_detection : The same as a function, with the similarities.

    Examples
    --------
    >>> rows = [[1, 0], [1, 0.1], [0, 1], [0.1, 1], [1, 0.2], [-1, 0]]
    >>> model = CommunityClusterer(min_community_size=2).fit(rows)
    >>> model.labels_.tolist(), model.predict([[2, 0.1]]).tolist()
    ([0, 0, 1, 1, 0, -1], [0])
    """

    sample_size: ClassVar[int | None] = None
    follows_row_order: ClassVar[bool] = True
    takes_outlier_share: ClassVar[bool] = False
    refuses_known_topics: ClassVar[str] = (
        "known topics cannot be combined with communities, which their threshold defines; use another "
        'clusterer, such as "graph"'
    )

    def __init__(
        self, threshold: Threshold = 0.75, min_community_size: int = 10, *, device: str | None = None
    ) -> None:
        self.threshold = threshold
        self.min_community_size = min_community_size
        self.device = device

    def fit(self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Find the communities of the rows of X.

        Parameters
        ----------
        X : array-like of shape (n, d)
        y : ignored
        sample_weight : array-like of shape (n,), optional
            A row of weight w counts as w equal rows. None, the default, weighs each row 1.

        Returns
        -------
        self

        Raises
        ------
        InputError
            When X is not a finite matrix of numbers.
        """
        super().fit(X, y, sample_weight)
        clustering = self.result_
        assert clustering.prototypes is not None
        assert clustering.prototype_clusters is not None
        assert clustering.threshold is not None
        self.threshold_ = clustering.threshold
        self.centers_ = clustering.prototypes[np.argsort(clustering.prototype_clusters)]
        return self

    def cluster(self, vectors: FloatArray, weights: NDArray[Any]) -> ClusteringResult:
        """Cluster unit rows, whose order breaks ties; see `BaseClusterer.cluster`."""
        check_settings(self.threshold, self.min_community_size)
        detection = detect(
            prepare(vectors),
            self.threshold,
            self.min_community_size,
            weights=np.asarray(weights, dtype=np.float64),
            device=self.device,
        )
        labels = _labels(detection.communities, len(vectors))
        centers = np.array([detection.communities[label][0] for label in detection.ranks], dtype=np.int64)
        return ClusteringResult(
            labels=labels,
            prototypes=vectors[centers],
            prototype_clusters=detection.ranks,
            rule="first",
            threshold=detection.threshold,
            notes=detection.notes,
            resampled_labels=self._resampled_labels(
                vectors, np.asarray(weights, dtype=np.float64), detection.threshold
            ),
        )

    def _resampled_labels(
        self, vectors: FloatArray, weights: NDArray[Any], threshold: float
    ) -> tuple[IntArray, ...]:
        """Detect communities in samples of four fifths of the rows; in none above `MOST_FOR_SAMPLES` rows."""
        if len(vectors) > MOST_FOR_SAMPLES:
            return ()

        def group(rows: IntArray) -> IntArray:
            fewest = max(1, round(SAMPLE_SHARE * self.min_community_size))
            detection = detect(
                prepare(vectors[rows]), threshold, fewest, weights=weights[rows], device=self.device
            )
            return _labels(detection.communities, len(rows))

        return on_resamples(group, len(vectors), random_state=0)

    def predict(self, X: ArrayLike) -> IntArray:
        """Assign each row to the first community, in the order of claiming, whose center is near enough.

        Rows of the training data get their own label.

        Parameters
        ----------
        X : array-like of shape (n, d)

        Returns
        -------
        int64 ndarray of shape (n,)

        Raises
        ------
        NotFittedError
            Before `fit`.
        InputError
            When X is not a finite matrix with as many columns as the training data.
        """
        if not hasattr(self, "result_"):
            raise _NotFittedError("this CommunityClusterer is not fitted yet; call fit first")
        try:
            vectors = unit_rows(validate_data(self, X, dtype=[np.float64, np.float32], reset=False))
        except ValueError as error:
            raise InputError(str(error)) from error
        clustering = self.result_
        labels = np.full(len(vectors), -1, dtype=np.int64)
        if not len(self.centers_):
            return labels
        assert clustering.prototypes is not None
        assert clustering.prototype_clusters is not None
        k = len(clustering.prototypes)
        for start in range(0, len(vectors), 4096):
            rows = prepare(np.concatenate([clustering.prototypes, vectors[start : start + 4096]]))
            judge = Judge(rows, self.threshold_, None)
            near = near_block(rows, judge, np.arange(k), np.arange(k, len(rows)))
            first = clustering.prototype_clusters[near.argmax(axis=0)]
            labels[start : start + 4096] = np.where(near.any(axis=0), first, -1)
        return labels


def _labels(communities: Sequence[IntArray], n: int) -> IntArray:
    """Give the community of each row, −1 for none."""
    labels = np.full(n, -1, dtype=np.int64)
    for label, members in enumerate(communities):
        labels[members] = label
    return labels
