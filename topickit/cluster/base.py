"""The clusterer protocol, the base class of topickit's clusterers, and the table of their names.

To add a clusterer: a file in this folder with a subclass of `BaseClusterer`, and a row in `CLUSTERERS`.
The contract suite runs over that table.
"""

import copy
import importlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Literal, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin, clone
from sklearn.utils.validation import _check_sample_weight, validate_data

from topickit._core.vectors import FloatArray, IntArray, nearest_prototype, unit_rows
from topickit.cluster.result import ClusteringResult
from topickit.cluster.stability import NOT_SAMPLED
from topickit.errors import InputError, ParameterError, ParameterTypeError

CLUSTERERS = {
    "graph": ("topickit.cluster.graph", "GraphClusterer"),
    "kmeans": ("topickit.cluster.kmeans", "KMeansClusterer"),
    "agglomerative": ("topickit.cluster.agglomerative", "AgglomerativeClusterer"),
    "community": ("topickit.cluster.community.clusterer", "CommunityClusterer"),
    "hdbscan": ("topickit.cluster.density", "DensityClusterer"),
}

SAMPLE_SIZE = 5000
N_SAMPLES = 4
SAMPLE_SHARE = 0.8
FEWEST_FOR_SAMPLES = 30


@runtime_checkable
class Clusterer(Protocol):
    """An object that clusters unit vectors.

    `TopicModel` passes distinct documents in canonical order (by content hash), and a sample of them where
    there are many. Labels must follow the order of the rows passed, not the order of the caller's texts:
    labels prepared for the caller's rows would be assigned to the wrong documents. The same holds for the
    `fit_predict` of a foreign object. For labels of the caller's rows use `topickit.GivenLabels`.

    Attributes
    ----------
    sample_size : int or None
        Number of distinct documents that `TopicModel` samples with ``fit_sample="auto"``; None for all.
    """

    sample_size: int | None

    def cluster(self, vectors: FloatArray, weights: NDArray[Any]) -> ClusteringResult:
        """Cluster distinct unit rows; the object itself must not change.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d), unit rows
            One row for each distinct document, in canonical order.
        weights : ndarray of shape (n,)
            Number of documents that each row stands for.

        Returns
        -------
        ClusteringResult
            Its labels are in the order of the rows.
        """


class BaseClusterer(ClusterMixin, BaseEstimator):
    """A scikit-learn clusterer; subclasses implement `cluster`.

    Rows are compared by cosine: `fit` scales them to unit length. Equal rows count as one row of their
    summed weight, and rows are sorted, so the clusters depend neither on the order of the rows nor on
    whether duplicates are repeated rows or weights.

    Attributes
    ----------
    sample_size : int or None
        As `Clusterer`; 5,000 unless a subclass says otherwise.
    follows_row_order : bool
        Rows are passed to `cluster` as they are, unsorted and with duplicates.
    takes_outlier_share : bool
        ``TopicModel(outliers=...)`` applies; False where the method's own threshold defines outliers.
    refuses_known_topics : str
        Why topics cannot be told beforehand, and what to do; empty where they can.
    labels_ : int64 ndarray of shape (n,)
    result_ : ClusteringResult
    """

    sample_size: ClassVar[int | None] = SAMPLE_SIZE
    follows_row_order: ClassVar[bool] = False
    takes_outlier_share: ClassVar[bool] = True
    refuses_known_topics: ClassVar[str] = ""

    labels_: IntArray
    result_: ClusteringResult

    def cluster(self, vectors: FloatArray, weights: NDArray[Any]) -> ClusteringResult:
        """Cluster distinct unit rows, without changing the object.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d), unit rows
        weights : ndarray of shape (n,)
            Number of documents that each row stands for.

        Returns
        -------
        ClusteringResult
        """
        raise TypeError(f"{type(self).__name__} has no method `cluster`")

    def fit(self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Cluster the rows of X.

        Parameters
        ----------
        X : array-like of shape (n, d)
        y : ignored
        sample_weight : array-like of shape (n,), optional
            A row of weight w counts as w equal rows; a row of weight 0 gets the label of the nearest
            weighted row. None, the default, weighs each row 1.

        Returns
        -------
        self

        Raises
        ------
        InputError
            When X is not a finite matrix of numbers.
        """
        try:
            rows = validate_data(self, X, dtype=[np.float64, np.float32])
            weights = _check_sample_weight(sample_weight, rows, ensure_non_negative=True)
        except ValueError as error:
            raise InputError(str(error)) from error
        vectors = unit_rows(rows)
        if self.follows_row_order:
            self.result_ = self.cluster(vectors, weights)
            self.labels_ = self.result_.labels
            return self
        first, back = distinct_rows(vectors)
        totals = np.bincount(back, weights, minlength=len(first))
        self.result_ = self._cluster_weighted(vectors[first], totals)
        self.labels_ = self.result_.labels[back]
        return self

    def _cluster_weighted(self, vectors: FloatArray, weights: NDArray[Any]) -> ClusteringResult:
        """Cluster the rows of positive weight; each other row joins the cluster of the nearest of them."""
        heavy, light = np.flatnonzero(weights > 0), np.flatnonzero(weights == 0)
        result = self.cluster(vectors[heavy], weights[heavy])
        result = result if result.finer is None else result.finer()
        if not len(heavy) or not len(light):
            return result

        def of_all(heavy_labels: IntArray, light_labels: IntArray | int) -> IntArray:
            labels = np.empty(len(vectors), dtype=np.int64)
            labels[heavy], labels[light] = heavy_labels, light_labels
            return labels

        nearest = nearest_prototype(vectors[light], vectors[heavy])
        return replace(
            result,
            labels=of_all(result.labels, result.labels[nearest]),
            resampled_labels=tuple(of_all(labels, NOT_SAMPLED) for labels in result.resampled_labels),
        )


def distinct_rows(vectors: FloatArray) -> tuple[IntArray, IntArray]:
    """Find the distinct rows, sorted by their bytes.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d)

    Returns
    -------
    first : int64 ndarray of shape (u,)
        Position of the first of each set of equal rows.
    back : int64 ndarray of shape (n,)
        Position in `first` of each row.
    """
    plain = np.ascontiguousarray(vectors) + np.float32(0)  # −0 and 0 are one value of two bytes
    as_bytes = plain.view(np.dtype((np.void, plain.dtype.itemsize * plain.shape[1]))).ravel()
    _, first, back = np.unique(as_bytes, return_index=True, return_inverse=True)
    return first.astype(np.int64), back.astype(np.int64).ravel()


class ForeignClusterer:
    """An object with `fit_predict`, such as a scikit-learn estimator, as a `Clusterer`.

    A copy of the object is fitted, never the object itself.

    Parameters
    ----------
    estimator : object with ``fit_predict(X) -> labels``
        It gets distinct documents in canonical order; see `Clusterer`.
    """

    sample_size: int | None = SAMPLE_SIZE

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def cluster(self, vectors: FloatArray, weights: NDArray[Any]) -> ClusteringResult:
        """Cluster unit rows with the object's `fit_predict`; negative labels are outliers."""
        if not len(vectors):
            return ClusteringResult(np.empty(0, dtype=np.int64))
        estimator = (
            clone(self.estimator) if hasattr(self.estimator, "get_params") else copy.deepcopy(self.estimator)
        )
        labels = np.asarray(estimator.fit_predict(vectors.copy()))
        name = type(self.estimator).__name__
        if labels.shape != (len(vectors),) or labels.dtype.kind not in "iu":
            raise InputError(
                f"{name}.fit_predict must return one integer label for each row, shape ({len(vectors)},); "
                f"got {labels.dtype} of shape {labels.shape}"
            )
        inside = labels >= 0
        result = np.full(len(labels), -1, dtype=np.int64)
        result[inside] = np.unique(labels[inside], return_inverse=True)[1]
        return ClusteringResult(result, notes={"clusterer": name})


class LostClusterer:
    """The place of a custom clusterer in a loaded model: saved models do not contain it.

    Parameters
    ----------
    description : str
        The custom clusterer, for the error message.
    """

    sample_size: int | None = SAMPLE_SIZE

    def __init__(self, description: str) -> None:
        self.description = description

    def cluster(self, vectors: FloatArray, weights: NDArray[Any]) -> ClusteringResult:
        """Raise a ParameterError."""
        raise ParameterError(
            f"the saved model does not contain its custom clusterer ({self.description}); to fit again, set "
            "one: model.set_params(clusterer=...)"
        )


def config(clusterer: Any) -> Any:
    """Describe a clusterer as JSON: its name, its name and parameters, or the repr of a foreign object.

    Parameters
    ----------
    clusterer : str, Clusterer, or object with ``fit_predict``

    Returns
    -------
    str or dict
        As `from_config` reads it. The device is left out: it belongs to the machine, not to the model.
    """
    if isinstance(clusterer, str):
        return clusterer
    for name, (module, cls) in CLUSTERERS.items():
        if type(clusterer).__module__ == module and type(clusterer).__name__ == cls:
            parameters = clusterer.get_params()
            del parameters["device"]
            return {"name": name, "parameters": parameters}
    shown = repr(clusterer)
    named = type(clusterer).__name__ if shown.startswith("<") else shown  # no memory addresses
    return {"foreign": getattr(clusterer, "description", named)}


def from_config(saved: Any) -> Any:
    """Make the clusterer that `config` described.

    Parameters
    ----------
    saved : str or mapping

    Returns
    -------
    str or clusterer
        A `LostClusterer` in place of a foreign object.
    """
    if isinstance(saved, str):
        return saved
    if "name" in saved:
        return resolve(saved["name"]).set_params(**saved["parameters"])  # type: ignore[attr-defined]
    return LostClusterer(saved["foreign"])


def resolve(
    clusterer: Any,
    *,
    n_topics: int | None = None,
    random_state: int = 0,
    device: str | None = None,
    to_be_cut: bool = False,
) -> Clusterer:
    """Make a `Clusterer` from a name, a clusterer, or an object with `fit_predict`.

    Parameters
    ----------
    clusterer : str, Clusterer, or object with ``fit_predict``
        An object is copied, never changed.
    n_topics : int, optional
        For a clusterer given by name that takes a number: its `n_clusters`.
    random_state : int
        For a clusterer given by name.
    device : str, optional
        A torch device, such as "cuda", for a clusterer given by name; None for the CPU.
    to_be_cut : bool
        Clusters will be merged down to `n_topics`: sets `at_least` instead of `n_clusters` where the
        clusterer has it.

    Returns
    -------
    Clusterer

    Raises
    ------
    ParameterError
        For an unknown name.
    ParameterTypeError
        For an object that cannot cluster.

    Examples
    --------
    >>> type(resolve("kmeans", n_topics=3)).__name__
    'KMeansClusterer'
    """
    if isinstance(clusterer, str):
        if clusterer not in CLUSTERERS:
            raise ParameterError(
                f"there is no clusterer {clusterer!r}; choose one of {', '.join(CLUSTERERS)}"
            )
        module, name = CLUSTERERS[clusterer]
        made = getattr(importlib.import_module(module), name)()
        names = made.get_params()
        number = "at_least" if to_be_cut and "at_least" in names else "n_clusters"
        settings = {number: n_topics, "random_state": random_state, "device": device}
        return made.set_params(**{k: v for k, v in settings.items() if k in names})  # type: ignore[no-any-return]
    if isinstance(clusterer, type):
        raise ParameterTypeError(f"clusterer must be an object, got the class; write {clusterer.__name__}()")
    if isinstance(clusterer, Clusterer):
        return clone(clusterer, safe=False)  # type: ignore[no-any-return]
    if hasattr(clusterer, "fit_predict"):
        return ForeignClusterer(clusterer)
    raise ParameterTypeError(
        f"clusterer must be a name ({', '.join(CLUSTERERS)}) or an object with fit_predict, got {clusterer!r}"
    )


def check_outliers(clusterer: Clusterer, share: float | Literal["auto"] | None) -> None:
    """Check that a share of outliers applies to a clusterer.

    Parameters
    ----------
    clusterer : Clusterer
    share : float or "auto", optional

    Raises
    ------
    ParameterError
        When the clusterer's own threshold defines outliers.
    """
    if share is not None and isinstance(clusterer, BaseClusterer) and not clusterer.takes_outlier_share:
        raise ParameterError(
            f"outliers={share!r} does not apply to {type(clusterer).__name__}, whose threshold defines "
            "outliers: set outliers=None, and lower the threshold for fewer outliers"
        )


def on_resamples(
    cluster: Callable[[IntArray], IntArray],
    n: int,
    *,
    random_state: int,
    most: int | None = None,
) -> tuple[IntArray, ...]:
    """Cluster random samples of the rows, to measure the stability of clusters.

    Parameters
    ----------
    cluster : function
        Takes sorted positions of rows, and returns the cluster of each; −1 for an outlier.
    n : int
        Number of rows.
    random_state : int
    most : int, optional
        Largest sample; None for four fifths of the rows.

    Returns
    -------
    tuple of int64 ndarray of shape (n,)
        As `ClusteringResult.resampled_labels`; empty for fewer than 30 rows.
    """
    size = min(int(SAMPLE_SHARE * n), most or n)
    if n < FEWEST_FOR_SAMPLES:
        return ()
    rng = np.random.default_rng(random_state)
    resampled_labels = []
    for _ in range(N_SAMPLES):
        rows = np.sort(rng.permutation(n)[:size])
        labels = np.full(n, NOT_SAMPLED, dtype=np.int64)
        labels[rows] = cluster(rows)
        resampled_labels.append(labels)
    return tuple(resampled_labels)
