"""Thresholds of cosine below which a document is an outlier."""

from numbers import Real
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray
from topickit.errors import ParameterError, ParameterTypeError

OutlierShare = float | Literal["auto"]
"""A share of outliers, or "auto": see `usual_threshold`."""
NO_THRESHOLD = -2.0
"""Below every cosine: a topic with this threshold has no outliers."""

USUAL = 0.5
"""Part of the median similarity below which `usual_threshold` makes an outlier."""


def separating_threshold(scores: FloatArray, is_outlier: NDArray[np.bool_], weights: NDArray[Any]) -> float:
    """Find the score below which a row is an outlier, with the least weight of errors.

    Parameters
    ----------
    scores : float32 ndarray of shape (n,)
    is_outlier : bool ndarray of shape (n,)
    weights : ndarray of shape (n,)

    Examples
    --------
    >>> separating_threshold(np.array([.1, .5, .9], np.float32), np.array([True, False, False]), np.ones(3))
    0.5
    """
    order = np.argsort(scores, kind="stable")
    signed = np.where(is_outlier, 1.0, -1.0)[order] * weights[order]
    gain = np.concatenate([[0.0], np.cumsum(signed)])  # of calling the lowest i rows outliers
    cuts = np.concatenate([[True], np.diff(scores[order]) > 0, [False]])  # equal scores stay together
    best = int(np.where(cuts, gain[: len(cuts)], -np.inf).argmax())
    return NO_THRESHOLD if best == 0 else float(scores[order][best])


def share_threshold(scores: FloatArray, weights: NDArray[Any], share: float) -> float:
    """Find the score below which at most a share of the weight lies."""
    order = np.argsort(scores, kind="stable")
    below = np.cumsum(weights[order]) - weights[order]  # weight strictly before each row
    allowed = np.flatnonzero(below <= share * weights.sum())
    return NO_THRESHOLD if share == 0 or not len(allowed) else float(scores[order][allowed[-1]])


def usual_threshold(scores: FloatArray, weights: NDArray[Any]) -> float:
    """Return half the median score: documents below it are less than half as similar as is usual.

    Over four collections with 5 % of planted texts of others, precision was .55 and recall .64; for documents
    nearer to the mean of all documents than to their topic, .15 and .04
    (``python -m benchmarks.outliers``).

    Parameters
    ----------
    scores : float32 ndarray of shape (n,)
        Cosine of each document to the prototype that decides its topic.
    weights : ndarray of shape (n,)

    Examples
    --------
    >>> usual_threshold(np.array([0.1, 0.5, 0.75], np.float32), np.ones(3))
    0.25
    """
    order = np.argsort(scores, kind="stable")
    below = np.cumsum(weights[order])
    median = float(scores[order][np.searchsorted(below, below[-1] / 2)]) if len(scores) else 0.0
    return USUAL * median if median > 0 else NO_THRESHOLD


def check_share(share: OutlierShare, rule: str) -> None:
    """Check a share of outliers.

    Parameters
    ----------
    share : float or "auto"
    rule : str
        Of the Assigner.

    Raises
    ------
    ParameterTypeError
        When the share is not a number.
    ParameterError
        For another share, or an Assigner of communities.
    """
    if share != "auto" and (not isinstance(share, Real) or isinstance(share, bool)):
        raise ParameterTypeError(f"outliers must be 'auto' or a share from 0 to below 1, got {share!r}")
    if share != "auto" and not 0 <= float(share) < 1:
        raise ParameterError(f"outliers must be 'auto' or a share from 0 to below 1, got {share}")
    if rule == "first":
        raise ParameterError(
            "communities are defined by their threshold: set outliers=None, and a lower threshold= "
            "on the CommunityClusterer for fewer outliers"
        )
