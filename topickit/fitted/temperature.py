"""Softmax, and the temperature of least log-loss."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, IntArray

DEFAULT_INVERSE_TEMPERATURE = 20.0
FEWEST_TO_HOLD_OUT = 30
"""Fewer documents are too few to leave half of them out."""
N_CALIBRATED = 5000
"""Documents on which the temperature is fitted."""
HIGHEST = 200.0
"""Largest inverse temperature; the smallest is 1."""


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Softmax of each row; a row without columns stays empty.

    Examples
    --------
    >>> softmax(np.zeros((1, 2))).tolist()
    [[0.5, 0.5]]
    """
    if scores.shape[1] == 0:
        return scores
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def probabilities_of(scores: FloatArray, labels: IntArray, inverse_temperature: float) -> FloatArray:
    """Return the softmax of scores, such that the label's probability is the largest of its row.

    Parameters
    ----------
    scores : float32 ndarray of shape (n, n_topics)
        Cosines to the topics.
    labels : int64 ndarray of shape (n,)
        −1 for none.
    inverse_temperature : float
        Multiplies the scores.

    Returns
    -------
    float32 ndarray of shape (n, n_topics)
        Rows sum to 1.
    """
    result = softmax(scores.astype(np.float64) * inverse_temperature)
    # A prototype off the unit sphere, or of an earlier rank, can win with a smaller cosine.
    known = np.flatnonzero(labels >= 0)
    own, top = labels[known], result[known].argmax(axis=1)
    result[known, own], result[known, top] = result[known, top], result[known, own]
    rounded = result.astype(np.float32)
    # Two entries that differ in float64 may round to one float32: the label's must stay first.
    tied = known[rounded[known].argmax(axis=1) != own]
    rounded[tied, labels[tied]] = np.nextafter(rounded[tied, labels[tied]], np.float32(2))
    return rounded


def least_log_loss(scores: FloatArray, labels: IntArray, weights: NDArray[Any]) -> float:
    """Find the inverse temperature at which the log-loss of labels is least (Guo et al., ICML 2017).

    Parameters
    ----------
    scores : float32 ndarray of shape (n, k)
        Cosines to the topics.
    labels : int64 ndarray of shape (n,)
        0 … k − 1.
    weights : ndarray of shape (n,)

    Returns
    -------
    float
        1 to `HIGHEST`.
    """
    from scipy.optimize import minimize_scalar

    exact = scores.astype(np.float64)

    def loss(log_inverse_temperature: float) -> float:
        likely = softmax(exact * np.exp(log_inverse_temperature))[np.arange(len(labels)), labels]
        return float(-np.average(np.log(np.maximum(likely, 1e-12)), weights=weights))

    best = minimize_scalar(loss, bounds=(0.0, np.log(HIGHEST)), method="bounded", options={"xatol": 1e-3})
    return float(np.exp(best.x))
