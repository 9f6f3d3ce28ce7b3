"""Calibration of `transform`: probabilities that say how often a label is found again in other samples."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray
from topickit.fitted.base_level import BaseLevel
from topickit.fitted.fitted import Fitted
from topickit.fitted.temperature import HIGHEST, N_CALIBRATED, softmax

STEPS = 40


def calibrated(fitted: Fitted, vectors: FloatArray, weights: NDArray[np.float64]) -> Fitted:
    """Choose the temperature so that the mean largest probability is the share of confirmed labels.

    A label is confirmed by a resampled clustering if most documents of the document's cluster there have the
    same label. Without resampled clusterings the model is returned as it is.

    Parameters
    ----------
    fitted : Fitted
        With the tables of its base level.
    vectors : float32 ndarray of shape (n, d), unit rows
        The sample in which topics were found.
    weights : ndarray of shape (n,)

    Returns
    -------
    Fitted
    """
    level, n_topics = fitted.base_level, fitted.assigner.n_topics
    if level is None or not level.tables or n_topics < 2:
        return fitted
    target = confirmed_share(level, fitted.assigner.topics, n_topics)
    rows = slice(0, N_CALIBRATED)  # in the order of content hashes: a uniform sample
    scores = fitted.assigner.scores(vectors[rows]).astype(np.float64)
    usable = vectors[rows].any(axis=1)
    if not usable.any():
        return fitted
    value = _inverse_temperature(scores[usable], np.asarray(weights[rows], np.float64)[usable], target)
    return replace(fitted, assigner=replace(fitted.assigner, inverse_temperature=value))


def confirmed_share(level: BaseLevel, topics: NDArray[np.int64], n_topics: int) -> float:
    """Return the share of labels that resampled clusterings confirm.

    Parameters
    ----------
    level : BaseLevel
        With tables.
    topics : int64 ndarray of shape (p,)
        Topic of each prototype; −1 for none.
    n_topics : int
    """
    confirmed, total, in_topic = 0.0, 0.0, topics >= 0
    for table in level.tables:
        by_topic = np.zeros((n_topics, table.shape[1]))
        np.add.at(by_topic, topics[in_topic], table.toarray()[:-1][in_topic])
        confirmed += by_topic[:, :-1].max(axis=0, initial=0.0).sum()
        total += by_topic.sum()
    return float(confirmed / max(total, 1e-300))


def _inverse_temperature(scores: NDArray[np.float64], weights: NDArray[np.float64], target: float) -> float:
    """Find, by bisection, the temperature at which the mean largest probability is the target."""
    low, high = 0.0, np.log(HIGHEST)
    for _ in range(STEPS):
        middle = (low + high) / 2
        largest = softmax(scores * np.exp(middle)).max(axis=1)
        if np.average(largest, weights=weights) < target:
            low = middle
        else:
            high = middle
    return float(np.exp((low + high) / 2))
