"""What a clusterer is, and the table of names.

To add one: a file in this folder with a subclass of `BaseClusterer`, and a row in `CLUSTERERS`.
The contract suite finds it by the table.
"""

import copy
import importlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

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
    """Unit vectors in, a ClusteringResult out; the caller's object is not changed by `group`.

    `sample_size` says how many distinct documents serve it as well as the whole corpus; None for
    a method that is about all of them.
    """

    sample_size: int | None

    def cluster(self, vectors: FloatArray, weights: NDArray[Any]) -> ClusteringResult:
        """Group distinct unit rows that stand for `weights` documents each."""


class BaseClusterer(ClusterMixin, BaseEstimator):
    """A scikit-learn clusterer made of one method, `group`.

    Rows are compared by cosine: `fit` scales them to unit length first. Equal rows count as one
    row of their summed weight and rows are taken in a canonical order, so neither the order of the
    rows nor the way duplicates are written changes the groups.
    """

    sample_size: ClassVar[int | None] = SAMPLE_SIZE
    follows_row_order: ClassVar[bool] = False
    takes_outlier_share: ClassVar[bool] = True

    labels_: IntArray
    result_: ClusteringResult

    def cluster(self, vectors: FloatArray, weights: NDArray[Any]) -> ClusteringResult:
        """Group distinct unit rows.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d), unit rows
        weights : ndarray of shape (n,)
            How many documents each row stands for.

        Returns
        -------
        ClusteringResult
        """
        raise TypeError(f"{type(self).__name__} has no method `group`")

    def fit(self, X: ArrayLike, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Group the rows of X.

        Parameters
        ----------
        X : array-like of shape (n, d)
        y : ignored
        sample_weight : array-like of shape (n,), optional
            A row of weight w counts as w equal rows; a row of weight 0 only gets a label.

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
        self.result_ = self._of_weighty(vectors[first], totals)
        self.labels_ = self.result_.labels[back]
        return self

    def _of_weighty(self, vectors: FloatArray, weights: NDArray[Any]) -> ClusteringResult:
        """Group the rows that weigh something; each other one has the group of the nearest of them."""
        heavy = np.flatnonzero(weights > 0)
        found = self.cluster(vectors[heavy], weights[heavy])
        found = found if found.finer is None else found.finer()
        if len(heavy) in (0, len(vectors)):
            return found
        light = np.flatnonzero(weights == 0)
        nearest = nearest_prototype(vectors[light], vectors[heavy])

        def of_all(groups: IntArray, light_groups: IntArray | int) -> IntArray:
            labels = np.empty(len(vectors), dtype=np.int64)
            labels[heavy], labels[light] = groups, light_groups
            return labels

        labels = of_all(found.labels, found.labels[nearest])
        return replace(
            found,
            labels=labels,
            resampled_labels=tuple(of_all(other, NOT_SAMPLED) for other in found.resampled_labels),
        )


def distinct_rows(vectors: FloatArray) -> tuple[IntArray, IntArray]:
    """Find the distinct rows, in the order of their bytes.

    Returns
    -------
    first : int64 ndarray of shape (u,)
        A row of each kind.
    back : int64 ndarray of shape (n,)
        The kind of each row.
    """
    plain = np.ascontiguousarray(vectors) + np.float32(0)  # −0 and 0 are one value of two bytes
    as_bytes = plain.view(np.dtype((np.void, plain.dtype.itemsize * plain.shape[1]))).ravel()
    _, first, back = np.unique(as_bytes, return_index=True, return_inverse=True)
    return first.astype(np.int64), back.astype(np.int64).ravel()


class ForeignClusterer:
    """Any scikit-learn style object with `fit_predict`, as a Clusterer.

    A copy is fitted, never the caller's own object.

    Parameters
    ----------
    estimator : object with ``fit_predict(X) -> labels``
    """

    sample_size: int | None = SAMPLE_SIZE

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def cluster(self, vectors: FloatArray, weights: NDArray[Any]) -> ClusteringResult:
        """Group unit rows by the object's `fit_predict`; negative labels are outliers."""
        if not len(vectors):
            return ClusteringResult(np.empty(0, dtype=np.int64))
        estimator = (
            clone(self.estimator) if hasattr(self.estimator, "get_params") else copy.deepcopy(self.estimator)
        )
        labels = np.asarray(estimator.fit_predict(vectors.copy()))
        name = type(self.estimator).__name__
        if labels.shape != (len(vectors),) or labels.dtype.kind not in "iu":
            raise InputError(
                f"{name}.fit_predict must return one integer label a row: shape ({len(vectors)},); "
                f"got {labels.dtype} of shape {labels.shape}"
            )
        kept = labels >= 0
        result = np.full(len(labels), -1, dtype=np.int64)
        result[kept] = np.unique(labels[kept], return_inverse=True)[1]
        return ClusteringResult(result, notes={"clusterer": name})


class LostClusterer:
    """Stands in a loaded model for a clusterer of the user's own, which the file does not hold.

    Parameters
    ----------
    description : str
    """

    sample_size: int | None = SAMPLE_SIZE

    def __init__(self, description: str) -> None:
        self.description = description

    def cluster(self, vectors: FloatArray, weights: NDArray[Any]) -> ClusteringResult:
        """Raise: there is nothing to group with."""
        raise ParameterError(
            f"this model was loaded from a file, which does not hold its clusterer ({self.description}); "
            "to fit again, set one: model.set_params(clusterer=...)"
        )


def config(clusterer: Any) -> Any:
    """Describe a clusterer as JSON: a name, or a name and parameters, or what a foreign one was.

    Parameters
    ----------
    clusterer : str, Clusterer, or object with ``fit_predict``
    """
    if isinstance(clusterer, str):
        return clusterer
    for name, (module, cls) in CLUSTERERS.items():
        if type(clusterer).__module__ == module and type(clusterer).__name__ == cls:
            parameters = clusterer.get_params()
            del parameters["device"]  # what this machine has, not what decides the result
            return {"name": name, "parameters": parameters}
    shown = repr(clusterer)
    named = type(clusterer).__name__ if shown.startswith("<") else shown  # no memory addresses
    return {"foreign": getattr(clusterer, "description", named)}


def from_config(saved: Any) -> Any:
    """Make what `config` described.

    Parameters
    ----------
    saved : str or mapping
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
    """Make a Clusterer of a name, one of ours, or any object with `fit_predict`.

    Parameters
    ----------
    clusterer : str, Clusterer, or object with ``fit_predict``
        The caller's object is copied, not changed.
    n_topics : int, optional
        Passed on as `n_clusters` where the clusterer is given by name and takes a number.
    random_state : int
        Passed on where the clusterer is given by name.
    device : str, optional
        A torch device, such as "cuda"; passed on where the clusterer is given by name.
    to_be_cut : bool
        Groups will be merged down to `n_topics`: a clusterer that has `at_least` gives what it finds, or
        finer groups where that are too few.

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
        known = made.get_params()
        number = "at_least" if to_be_cut and "at_least" in known else "n_clusters"
        wanted = {number: n_topics, "random_state": random_state, "device": device}
        return made.set_params(**{k: v for k, v in wanted.items() if k in known})  # type: ignore[no-any-return]
    if isinstance(clusterer, type):
        raise ParameterTypeError(f"clusterer must be an object, got the class; write {clusterer.__name__}()")
    if isinstance(clusterer, Clusterer):
        return clone(clusterer, safe=False)  # type: ignore[no-any-return]
    if hasattr(clusterer, "fit_predict"):
        return ForeignClusterer(clusterer)
    raise ParameterTypeError(
        f"clusterer must be a name ({', '.join(CLUSTERERS)}) or an object with fit_predict, got {clusterer!r}"
    )


def check_outliers(clusterer: Clusterer, share: float | None) -> None:
    """Refuse, before the work, a share of outliers for a method that says itself what an outlier is.

    Parameters
    ----------
    clusterer : Clusterer
    share : float, optional
    """
    if share is not None and isinstance(clusterer, BaseClusterer) and not clusterer.takes_outlier_share:
        raise ParameterError(
            f"outliers={share!r} does not go with {type(clusterer).__name__}, whose threshold says what an "
            "outlier is: set outliers=None, and lower the threshold for fewer"
        )


def on_resamples(
    group: Callable[[IntArray], IntArray],
    n: int,
    *,
    random_state: int,
    most: int | None = None,
) -> tuple[IntArray, ...]:
    """Group random samples of the rows again, to see which groups are found each time.

    Parameters
    ----------
    group : function
        Takes positions of rows, rising, and gives the group of each, −1 for none.
    n : int
        Rows there are.
    random_state : int
    most : int, optional
        Rows of a sample, where four in five would be more.

    Returns
    -------
    tuple of int64 ndarray of shape (n,)
        As `ClusteringResult.resampled_labels`; none where there are too few rows to leave some out.
    """
    size = min(int(SAMPLE_SHARE * n), most or n)
    if n < FEWEST_FOR_SAMPLES:
        return ()
    rng = np.random.default_rng(random_state)
    found = []
    for _ in range(N_SAMPLES):
        rows = np.sort(rng.permutation(n)[:size])
        labels = np.full(n, NOT_SAMPLED, dtype=np.int64)
        labels[rows] = group(rows)
        found.append(labels)
    return tuple(found)
