"""Ward's criterion: the order in which clusters, and topics, are merged."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, IntArray


def merge_order(
    means: FloatArray, sizes: NDArray[np.float64], n_clusters: int, *, within: IntArray | None = None
) -> IntArray:
    """Merge clusters by Ward's criterion down to a number.

    Parameters
    ----------
    means : float32 ndarray of shape (k, d)
    sizes : float64 ndarray of shape (k,)
    n_clusters : int
    within : int64 ndarray of shape (k,), optional
        Clusters with equal numbers are merged before any others.

    Returns
    -------
    int64 ndarray of shape (k,)
        New cluster of each, 0 … n_clusters − 1.
    """
    return cluster_of_each(len(means), merge_steps(means, sizes, n_clusters, within=within))


def cluster_of_each(n: int, steps: list[tuple[int, int]]) -> IntArray:
    """Return the cluster of each of n rows after merges.

    Parameters
    ----------
    n : int
    steps : list of (int, int)
        As `merge_steps` returns them.

    Examples
    --------
    >>> cluster_of_each(3, [(0, 2)]).tolist()
    [0, 1, 0]
    """
    members = [[row] for row in range(n)]
    for a, b in steps:
        members[a] += members.pop(b)
    labels = np.empty(n, dtype=np.int64)
    for cluster, merged in enumerate(members):
        labels[merged] = cluster
    return labels


def merge_steps(
    means: FloatArray, sizes: NDArray[np.float64], n_clusters: int, *, within: IntArray | None = None
) -> list[tuple[int, int]]:
    """List the merges of `merge_order` in their order.

    Parameters
    ----------
    means, sizes, n_clusters, within
        As for `merge_order`.

    Returns
    -------
    list of (int, int)
        Positions a < b among the remaining clusters: b is merged into a and removed.
    """
    if within is None:
        return _steps(means, sizes, n_clusters, None)
    fewest = len(np.unique(within))
    steps = _steps(means, sizes, max(n_clusters, fewest), within)
    if n_clusters >= fewest:
        return steps
    whole, totals = _joined(means.astype(np.float64), sizes, steps)
    return [*steps, *_steps(whole, totals, n_clusters, None)]


def _steps(
    means: NDArray[Any], sizes: NDArray[np.float64], n_clusters: int, within: IntArray | None
) -> list[tuple[int, int]]:
    """List the merges; with `within`, only of clusters with equal numbers."""
    if n_clusters >= len(means):
        return []  # without the costs of all pairs
    sizes = sizes.astype(np.float64).copy()
    means = means.astype(np.float64)
    squares = np.einsum("ij,ij->i", means, means)
    distances = np.maximum(squares[:, None] + squares[None, :] - 2 * means @ means.T, 0.0)
    cost = distances * np.outer(sizes, sizes) / np.add.outer(sizes, sizes)
    if within is not None:
        cost[within[:, None] != within[None, :]] = np.inf

    def join(a: int, b: int) -> NDArray[np.float64]:
        # Lance and Williams' update for Ward's criterion
        total = sizes[a] + sizes[b] + sizes
        with np.errstate(invalid="ignore"):  # infinite costs of clusters that are gone or kept apart
            row = ((sizes[a] + sizes) * cost[a] + (sizes[b] + sizes) * cost[b] - sizes * cost[a, b]) / total
        sizes[a] += sizes[b]
        return np.asarray(row)

    return cheapest_merges(cost, n_clusters, join)


def cheapest_merges(
    cost: NDArray[np.float64], n_clusters: int, join: Callable[[int, int], NDArray[np.float64]]
) -> list[tuple[int, int]]:
    """Merge the cheapest pair again and again until a number of clusters is left.

    The cheapest partner of each row is remembered, so a merge reads the rows whose partner it changes
    instead of the whole matrix.

    Parameters
    ----------
    cost : float64 ndarray of shape (k, k)
        Symmetric costs of the pairs; overwritten.
    n_clusters : int
    join : function of (a, b)
        Returns the costs of the union of rows a and b with all rows, shape (k,). Entries of rows that are
        gone are ignored.

    Returns
    -------
    list of (int, int)
        As `merge_steps`. Of equal costs the first pair is merged.

    References
    ----------
    Anderberg, "Cluster Analysis for Applications", 1973 (the stored-minimum method).
    """
    np.fill_diagonal(cost, np.inf)
    rows = np.arange(len(cost))
    alive = np.ones(len(cost), dtype=np.bool_)
    partner = cost.argmin(axis=1)
    lowest = cost[rows, partner]
    steps: list[tuple[int, int]] = []
    for _ in range(len(cost) - n_clusters):
        a, b = sorted((first := int(lowest.argmin()), int(partner[first])))
        row = np.where(alive, join(a, b), np.inf)
        alive[b] = False
        row[[a, b]] = np.inf
        steps.append((int(alive[:a].sum()), int(alive[:b].sum())))
        cost[a] = cost[:, a] = row
        cost[b] = cost[:, b] = np.inf
        cheaper = alive & ((row < lowest) | ((row == lowest) & (a < partner)))
        partner[cheaper], lowest[cheaper] = a, row[cheaper]
        lowest[b] = np.inf
        stale = np.flatnonzero(alive & ~cheaper & ((partner == a) | (partner == b) | (rows == a)))
        partner[stale] = cost[stale].argmin(axis=1)
        lowest[stale] = cost[stale, partner[stale]]
    return steps


def _joined(
    means: NDArray[np.float64], sizes: NDArray[np.float64], steps: list[tuple[int, int]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give means and sizes after these merges."""
    rows, totals = list(means), sizes.astype(np.float64).tolist()
    for a, b in steps:
        row, total = rows.pop(b), totals.pop(b)
        rows[a] = (totals[a] * rows[a] + total * row) / max(totals[a] + total, 1e-300)
        totals[a] += total
    return np.array(rows), np.array(totals)
