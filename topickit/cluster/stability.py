"""Cluster-wise stability: how well each topic is recovered in other labelings of the same rows.

Throughout, −1 is "in no topic", and `NOT_SAMPLED` marks a row that a labeling does not cover.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import IntArray

NOISE, NOT_SAMPLED = -1, -2


def stability(
    labels: IntArray, resampled_labels: Sequence[IntArray], weights: NDArray[Any], n_topics: int
) -> NDArray[np.float64]:
    """Average, over other labelings, the largest Jaccard index of each topic with one of their clusters.

    Parameters
    ----------
    labels : int64 ndarray of shape (n,)
        Topic of each row, 0 … n_topics − 1; −1 for none, −2 for a row to leave out.
    resampled_labels : sequence of int64 ndarray of shape (n,)
        Clusters of the same rows from other samples or seeds; −1 for none, −2 for a row not sampled.
    weights : ndarray of shape (n,)
        How many documents each row stands for.
    n_topics : int

    Returns
    -------
    float64 ndarray of shape (n_topics,)
        From 0 to 1; above 0.75 is stable, below 0.5 dissolved. NaN for a topic of which no labeling covers
        a row.

    References
    ----------
    Hennig, "Cluster-wise Assessment of Cluster Stability", Computational Statistics and Data Analysis 52,
    2007.

    Examples
    --------
    >>> stability(np.array([0, 0, 0, 1]), [np.array([5, 5, 2, 2])], np.ones(4), 2).round(2).tolist()
    [0.67, 0.5]
    """
    tables = (contingency(labels, resampled, weights, n_topics) for resampled in resampled_labels)
    return mean_over_samples([best_jaccard(table) for table in tables], n_topics)


def contingency(
    labels: IntArray, resampled: IntArray, weights: NDArray[Any], n_topics: int
) -> NDArray[np.float64]:
    """Sum the weights by topic and cluster of another labeling.

    Parameters
    ----------
    labels, resampled : int64 ndarray of shape (n,)
        Rows that are −2 in either are left out.
    weights : ndarray of shape (n,)
    n_topics : int

    Returns
    -------
    float64 ndarray of shape (n_topics + 1, n_clusters + 1)
        The last row is for rows in no topic, the last column for rows in no cluster.
    """
    sampled = (labels != NOT_SAMPLED) & (resampled != NOT_SAMPLED)
    topic, cluster, weight = labels[sampled], resampled[sampled], np.asarray(weights, np.float64)[sampled]
    width = int(cluster.max(initial=-1)) + 2
    cell = np.where(topic < 0, n_topics, topic) * width + np.where(cluster < 0, width - 1, cluster)
    table = np.bincount(cell, weight, minlength=(n_topics + 1) * width)
    return np.asarray(table, dtype=np.float64).reshape(n_topics + 1, -1)


def best_jaccard(table: NDArray[np.float64], *, unions: bool = False) -> NDArray[np.float64]:
    """Give the largest Jaccard index of each topic with a cluster.

    Parameters
    ----------
    table : float64 ndarray of shape (n_topics + 1, n_clusters + 1)
        As `contingency` gives it.
    unions : bool
        Also compare each topic with the union of the clusters that lie mostly in it.

    Returns
    -------
    float64 ndarray of shape (n_topics,)
        NaN for a topic without weight.
    """
    both, sizes, clusters = table[:-1, :-1], table[:-1].sum(axis=1), table[:, :-1].sum(axis=0)
    either = sizes[:, None] + clusters[None, :] - both
    best = (both / np.maximum(either, 1e-300)).max(axis=1, initial=0.0)
    if unions:
        mostly = both > clusters / 2
        inside, whole = np.where(mostly, both, 0.0).sum(axis=1), np.where(mostly, clusters, 0.0).sum(axis=1)
        best = np.maximum(best, inside / np.maximum(sizes + whole - inside, 1e-300))
    return np.asarray(np.where(sizes > 0, best, np.nan))


def mean_over_samples(values: Sequence[NDArray[np.float64]], n_topics: int) -> NDArray[np.float64]:
    """Average each topic's values over the samples that cover it; NaN where none does."""
    table = np.array(values).reshape(len(values), n_topics)
    covered = ~np.isnan(table)
    n_covered = covered.sum(axis=0)
    means = np.where(covered, table, 0.0).sum(axis=0) / np.maximum(n_covered, 1)
    return np.asarray(np.where(n_covered > 0, means, np.nan))


def or_none(values: NDArray[np.float64]) -> list[float | None]:
    """Write NaN as None."""
    return [None if np.isnan(value) else float(value) for value in values]
