"""The consensus of several partitions: clusters of the centers of all of them."""

from collections.abc import Sequence

import numpy as np

from topickit._core.vectors import FloatArray, group_means, single_threaded, unit_rows
from topickit.cluster.ward import merge_order

LEAST_SHARE = 0.4
"""Share of the partitions that must contain a cluster; others found it by chance."""


def consensus(centers: Sequence[FloatArray], n_clusters: int) -> FloatArray:
    """Merge the cluster centers of several partitions by Ward's criterion, and average what was merged.

    One partition of a sample differs from the next; their mean differs much less from the mean of others.

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
    with single_threaded():  # the same order of merges on any number of processors
        groups = merge_order(rows, np.ones(len(rows)), n_clusters)
    n_groups = int(groups.max()) + 1
    found = np.zeros((n_groups, len(centers)), dtype=np.bool_)
    found[groups, partition] = True
    kept = found.mean(axis=1) >= LEAST_SHARE
    means = unit_rows(group_means(rows, groups, n_groups, np.ones(len(rows))))
    return means[kept] if kept.any() else means
