"""Fast community detection: communities of rows within a cosine threshold of a center row.

The communities are those of ``sentence_transformers.util.community_detection``, computed faster: an exact
bound excludes pairs that cannot reach the threshold, each other pair is computed once instead of twice, and
neighbor lists stay within a memory budget.

The *neighborhood* of a row is every row whose cosine with it is at least the threshold. Rows with
neighborhoods below the minimum size are dropped; the others are sorted by falling size, ties by position. In
that order, each row that no community has claimed yet claims the unclaimed rows of its neighborhood, if they
still reach the minimum size. The communities are returned by falling size.

Nothing here needs scikit-learn; the estimator is in `topickit.cluster.community.clusterer`.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topickit._core.validation import as_array, check_vectors
from topickit._core.vectors import FloatArray, IntArray
from topickit.cluster.community.exact import Judge, Rows, prepare
from topickit.cluster.community.greedy import claim
from topickit.cluster.community.pairs import Weights, find_neighborhoods
from topickit.cluster.community.threshold import choose_threshold
from topickit.errors import InputError, InputTypeError, ParameterError, ParameterTypeError, check_whole

MEMORY_BUDGET = 1024**3
WEIGHT_STEP = 2.0**-20
"""Weights are rounded to multiples of this, so that their sums do not depend on the order."""


@dataclass(frozen=True, eq=False)
class Detection:
    """Communities as arrays.

    Attributes
    ----------
    communities : list of int64 ndarray
        Largest first; in each the center first, then the members by falling cosine.
    similarities : list of float32 ndarray
        The cosine of each member with its center (1 for the center itself).
    ranks : int64 ndarray of shape (k,)
        Positions of the communities in the order in which they claimed rows.
    threshold : float
    notes : mapping
        How the threshold was chosen, and how pairs were searched.
    """

    communities: list[IntArray]
    similarities: list[FloatArray]
    ranks: IntArray
    threshold: float
    notes: Mapping[str, object]


class Communities(list[list[int]]):
    """A list of communities, each a list of row numbers, with the threshold and notes of the search.

    Attributes
    ----------
    threshold : float
        The threshold given or, with "auto", chosen.
    notes : mapping
        How the threshold was chosen, and how pairs were searched.
    """

    __slots__ = ("notes", "threshold")

    def __init__(self, detection: Detection) -> None:
        super().__init__(community.tolist() for community in detection.communities)
        self.threshold = detection.threshold
        self.notes = detection.notes


def detect(
    rows: Rows,
    threshold: float | Literal["auto"],
    min_community_size: int,
    *,
    weights: Weights | None = None,
    batch_size: int | None = None,
    budget: int = MEMORY_BUDGET,
    progress: Callable[[int, int], None] | None = None,
    device: str | None = None,
) -> Detection:
    """Find the communities of prepared rows; the arguments are those of `community_detection`.

    Parameters
    ----------
    rows : Rows
    threshold : float or "auto"
    min_community_size : int
    weights : float64 ndarray of shape (n,), optional
    batch_size : int, optional
        See `topickit.cluster.community.exact.Judge`.
    budget : int
    progress : callable, optional
    device : str, optional
    """
    weights = np.ones(len(rows)) if weights is None else np.round(weights / WEIGHT_STEP) * WEIGHT_STEP
    notes: dict[str, object] = {}
    if isinstance(threshold, str):
        choice = choose_threshold(rows, weights, budget)
        threshold, notes["threshold"] = choice.threshold, choice.as_notes()
    if weights.sum() < min_community_size:
        return Detection([], [], np.empty(0, dtype=np.int64), threshold, notes)
    judge = Judge(rows, threshold, batch_size)
    near = find_neighborhoods(rows, judge, min_community_size, weights, budget, progress, device)
    claimed = list(claim(rows, judge, near, weights, min_community_size))
    sizes = [float(weights[members].sum()) for members in claimed]
    order = np.argsort([-size for size in sizes], kind="stable").astype(np.int64)
    communities, similarities = [], []
    for position in order:
        members, cosines = _by_cosine(rows, claimed[position])
        communities.append(members)
        similarities.append(cosines)
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return Detection(communities, similarities, ranks, threshold, {**notes, **near.notes})


def _by_cosine(rows: Rows, members: IntArray) -> tuple[IntArray, FloatArray]:
    """Sort members by falling cosine to the center, which is first; ties by position."""
    center = rows.unit(members[:1])[0]
    cosines = np.concatenate(
        [np.einsum("ij,j->i", rows.unit(members[k : k + 4096]), center) for k in range(0, len(members), 4096)]
    )
    rest = 1 + np.lexsort((members[1:], -cosines[1:]))
    order = np.concatenate([[0], rest])
    cosines = np.minimum(cosines, np.float32(1))
    cosines[0] = 1
    return members[order], cosines[order]


Threshold = float | Literal["auto"]


@overload
def community_detection(
    embeddings: Any,
    threshold: Threshold = ...,
    min_community_size: int = ...,
    batch_size: int = ...,
    show_progress_bar: bool = ...,
    *,
    sample_weight: ArrayLike | None = ...,
    memory_budget: int = ...,
    device: str | None = ...,
    return_similarities: Literal[False] = ...,
) -> Communities: ...


@overload
def community_detection(
    embeddings: Any,
    threshold: Threshold = ...,
    min_community_size: int = ...,
    batch_size: int = ...,
    show_progress_bar: bool = ...,
    *,
    sample_weight: ArrayLike | None = ...,
    memory_budget: int = ...,
    device: str | None = ...,
    return_similarities: Literal[True],
) -> tuple[Communities, list[FloatArray]]: ...


def community_detection(
    embeddings: Any,
    threshold: Threshold = 0.75,
    min_community_size: int = 10,
    batch_size: int = 1024,
    show_progress_bar: bool = False,
    *,
    sample_weight: ArrayLike | None = None,
    memory_budget: int = MEMORY_BUDGET,
    device: str | None = None,
    return_similarities: bool = False,
) -> Communities | tuple[Communities, list[FloatArray]]:
    """Find communities: sets of rows within a cosine threshold of a center row.

    Takes the arguments of ``sentence_transformers.util.community_detection`` and finds the same
    communities (as sets), except that a zero vector belongs to none at any threshold.

    Parameters
    ----------
    embeddings : array-like or torch tensor of shape (n, d)
        Of any length, on any device; never changed. float32 in C order is used where it is.
        float64 is compared in float64, anything else in float32.
    threshold : float from -1 to 1, or "auto"
        The cosine with the center from which on a row belongs to a community. "auto" chooses it
        from the rows; the result's `notes` say how.
    min_community_size : int
        At least 1.
    batch_size : int
        Batch size of the reference implementation, whose products decide pairs within rounding of the
        threshold. It affects neither speed nor memory.
    show_progress_bar : bool, default False
        Whether to show a progress bar on a terminal.
    sample_weight : array-like of shape (n,), optional
        A row of weight w counts as w equal rows; a row of weight 0 may belong to a community but is not a
        center. Weights are rounded to multiples of 2**-20.
    memory_budget : int
        Most bytes for neighbor lists; lists that do not fit are computed twice.
    device : str, optional
        A torch device that searches for pairs, with the same result; all rows must fit its memory. None, the
        default, is the GPU of a tensor on a GPU, and the CPU otherwise.
    return_similarities : bool
        Also return the cosines with the centers.

    Returns
    -------
    Communities
        A list of lists of row numbers: the largest community first, in each the center first, then the
        members by falling cosine. It has the attributes `threshold` and `notes`.
    list of float32 ndarray
        Only with `return_similarities`: the cosine of each member with its center.

    Raises
    ------
    InputError, InputTypeError
        When `embeddings` is not a finite matrix of numbers, or `sample_weight` does not fit it.
    ParameterError, ParameterTypeError
        When a setting has an invalid value or type.

    References
    ----------
    Reimers and Gurevych, "Sentence-BERT", EMNLP 2019, and the "Fast Clustering" example of
    sentence-transformers.

    Examples
    --------
    >>> community_detection([[1, 0], [1, 0.1], [0, 1], [0.1, 1], [1, 0.2]], min_community_size=2)
    [[0, 1, 4], [2, 3]]
    """
    check_settings(threshold, min_community_size)
    check_whole("batch_size", batch_size)
    array = _as_matrix(embeddings)
    weights = None if sample_weight is None else _as_weights(sample_weight, len(array))
    with _bar(show_progress_bar) as progress:
        detection = detect(
            prepare(array),
            threshold,
            min_community_size,
            weights=weights,
            batch_size=int(batch_size),
            budget=memory_budget,
            progress=progress,
            device=_device_of(embeddings) if device is None else device,
        )
    return (Communities(detection), detection.similarities) if return_similarities else Communities(detection)


def check_settings(threshold: Threshold, min_community_size: int) -> None:
    """Raise a ParameterError or ParameterTypeError for invalid settings."""
    if isinstance(threshold, str):
        if threshold != "auto":
            raise ParameterError(f'threshold must be a number from -1 to 1, or "auto"; got {threshold!r}')
    elif isinstance(threshold, bool) or not isinstance(threshold, int | float | np.floating | np.integer):
        raise ParameterTypeError(f'threshold must be a number from -1 to 1, or "auto"; got {threshold!r}')
    elif not -1 <= threshold <= 1:
        raise ParameterError(f"threshold is a cosine and must be from -1 to 1; got {threshold}")
    check_whole("min_community_size", min_community_size)


def _as_matrix(embeddings: Any) -> NDArray[Any]:
    array = as_array(embeddings)
    plain = isinstance(embeddings, list | tuple) and len(embeddings) and not hasattr(embeddings[0], "dtype")
    if plain and array.dtype == np.float64:
        array = array.astype(np.float32)  # numbers in lists are single precision, as they are to torch
    if array.ndim == 1:
        array = array[None, :] if len(array) else np.empty((0, 1))
    return check_vectors(array)


def _device_of(embeddings: Any) -> str | None:
    """The GPU that a tensor lives on."""
    device = getattr(embeddings, "device", None)
    return None if getattr(device, "type", "cpu") == "cpu" else str(device)


def _as_weights(sample_weight: ArrayLike, n: int) -> Weights:
    try:
        weights = np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputTypeError(f"sample_weight must be numbers: {error}") from error
    if weights.shape != (n,):
        raise InputError(f"sample_weight must have one number for each row: {n} rows, shape {weights.shape}")
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(f"sample_weight must be finite and not negative; row {row} has {weights[row]}")
    return weights


@contextlib.contextmanager
def _bar(show: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on standard error, or none."""
    if not show:
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("Finding communities", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
