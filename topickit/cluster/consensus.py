"""The consensus of several partitions: clusters of the centers of all of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import (
    FloatArray,
    IntArray,
    group_means,
    nearest_of_each,
    nearest_prototype,
    single_threaded,
    unit_rows,
)
from topickit.cluster.ward import merge_order

LEAST_SHARE = 0.4
"""Share of the partitions that must contain a cluster; others found it by chance."""
MOST_STEPS = 20
"""Steps of k-means over the centers; it ends where no center changes its group."""

N_VOTES = 2
"""Votes of the partitions on the rows, each on the groups of the vote before; more lose small groups."""


def consensus(centers: Sequence[FloatArray], n_clusters: int) -> FloatArray:
    """Group the cluster centers of several partitions, and average each group.

    One partition of a sample differs from the next; their mean differs much less from the mean of others.
    Ward's criterion makes the groups, and k-means improves them.

    Parameters
    ----------
    centers : sequence of float32 ndarray of shape (k_i, d), unit rows
        Of each partition.
    n_clusters : int
        Groups of centers. Those that occur in fewer than `LEAST_SHARE` of the partitions are left out.

    Returns
    -------
    float32 ndarray of shape (k, d), unit rows
        At most `n_clusters`.

    References
    ----------
    Dolnicar, Leisch, "Behavioral Market Segmentation of Binary Guest Survey Data with Bagged Clustering",
    ICANN 2001.

    Examples
    --------
    >>> one, other = np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32)[::-1]
    >>> consensus([one, other], 2).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    rows = np.concatenate(centers)
    partition = np.repeat(np.arange(len(centers)), [len(each) for each in centers])
    with single_threaded():  # the same order of merges and sums on any number of processors
        groups = _settled(rows, merge_order(rows, np.ones(len(rows)), n_clusters))
    means = _means(rows, groups)
    found = np.zeros((len(means), len(centers)), dtype=np.bool_)
    found[groups, partition] = True
    kept = found.mean(axis=1) >= LEAST_SHARE
    return means[kept] if kept.any() else means


def voted(
    vectors: FloatArray,
    weights: NDArray[Any],
    centers: Sequence[FloatArray],
    groups: FloatArray,
    *,
    device: str | None = None,
) -> FloatArray:
    """Average the rows that most partitions put into each group of a consensus.

    A vote of many partitions on each row changes less with the partitions than the rows nearest to the mean
    of their centers (bagging).

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    weights : ndarray of shape (n,)
    centers : sequence of float32 ndarray of shape (k_i, d), unit rows
        Of each partition; each belongs to the nearest group.
    groups : float32 ndarray of shape (k, d), unit rows
        As `consensus` gives them; the first of `N_VOTES` votes is on these.
    device : str, optional
        A torch device, such as "cuda"; None for the CPU.

    Returns
    -------
    float32 ndarray of shape (at most k, d), unit rows
        Without groups that no row is voted into.

    References
    ----------
    Dudoit, Fridlyand, "Bagging to Improve the Accuracy of a Clustering Procedure", Bioinformatics 19, 2003.

    Examples
    --------
    >>> rows = np.eye(2, dtype=np.float32)
    >>> voted(rows, np.ones(2), [rows, rows], rows).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    parts = nearest_of_each(vectors, centers, device=device)
    rows = np.concatenate(centers)
    for _ in range(N_VOTES):
        cast = nearest_prototype(rows, groups)[parts]
        cast += np.arange(len(vectors))[:, None] * len(groups)
        votes = np.bincount(cast.ravel(), minlength=len(vectors) * len(groups))
        labels = np.unique(votes.reshape(len(vectors), -1).argmax(axis=1), return_inverse=True)[1]
        groups = unit_rows(group_means(vectors, labels, int(labels.max()) + 1, weights))
    return groups


def _settled(rows: FloatArray, groups: IntArray) -> IntArray:
    """Move each row to the group of the nearest mean, until none moves: k-means from groups.

    Ward's criterion never takes back a merge, so its groups change more with the draws than these.
    """
    for _ in range(MOST_STEPS):
        moved = (rows @ _means(rows, groups).T).argmax(axis=1)
        if np.array_equal(moved, groups):
            break
        groups = np.unique(moved, return_inverse=True)[1].astype(np.int64)  # without empty groups
    return groups


def _means(rows: FloatArray, groups: IntArray) -> FloatArray:
    return unit_rows(group_means(rows, groups, int(groups.max()) + 1, np.ones(len(rows))))
