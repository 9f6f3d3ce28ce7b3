"""Thresholds of cosine below which a document is an outlier."""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray
from topickit.errors import ParameterError, ParameterTypeError

NO_THRESHOLD = -2.0
"""Below every cosine: a topic with this threshold has no outliers."""


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


def check_share(share: float, rule: str) -> None:
    """Check a share of outliers.

    Parameters
    ----------
    share : float
    rule : str
        Of the Assigner.

    Raises
    ------
    ParameterTypeError
        When the share is not a number.
    ParameterError
        For another share, or an Assigner of communities.
    """
    if not isinstance(share, Real) or isinstance(share, bool):
        raise ParameterTypeError(f"outliers must be a share from 0 to below 1, got {share!r}")
    if not 0 <= share < 1:
        raise ParameterError(f"outliers must be a share from 0 to below 1, got {share}")
    if rule == "first":
        raise ParameterError(
            "communities are defined by their threshold: set outliers=None, and a lower threshold= "
            "on the CommunityClusterer for fewer outliers"
        )
