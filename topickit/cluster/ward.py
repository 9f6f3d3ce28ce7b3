"""Ward's criterion: the order in which clusters, and topics, are merged."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, IntArray

LEAST_SIZE = 1e-9
"""Size of an empty cluster in costs."""


def merge_order(
    means: FloatArray,
    sizes: NDArray[np.float64],
    n_clusters: int,
    *,
    within: IntArray | None = None,
    apart: NDArray[np.bool_] | None = None,
) -> IntArray:
    """Merge clusters by Ward's criterion down to a number.

    Parameters
    ----------
    means : float32 ndarray of shape (k, d)
    sizes : float64 ndarray of shape (k,)
    n_clusters : int
    within : int64 ndarray of shape (k,), optional
        Clusters with equal numbers are merged before any others.
    apart : bool ndarray of shape (k,), optional
        Clusters that are merged with each other only when nothing else is left, and not at all before that
        if they are empty.

    Returns
    -------
    int64 ndarray of shape (k,)
        New cluster of each, 0 … n_clusters − 1.
    """
    return cluster_of_each(len(means), merge_steps(means, sizes, n_clusters, within=within, apart=apart))


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
    means: FloatArray,
    sizes: NDArray[np.float64],
    n_clusters: int,
    *,
    within: IntArray | None = None,
    apart: NDArray[np.bool_] | None = None,
) -> list[tuple[int, int]]:
    """List the merges of `merge_order` in their order.

    Parameters
    ----------
    means, sizes, n_clusters, within, apart
        As for `merge_order`.

    Returns
    -------
    list of (int, int)
        Positions a < b among the remaining clusters: b is merged into a and removed.
    """
    steps: list[tuple[int, int]] = []
    if within is not None:
        steps = _steps(means, sizes, max(n_clusters, len(np.unique(within))), _different(within))
    if apart is not None and apart.any() and len(means) - len(steps) > n_clusters:
        groups = cluster_of_each(len(means), steps)
        whole, totals = _joined(means.astype(np.float64), sizes, steps)
        barred = np.zeros(len(whole), dtype=np.bool_)
        barred[groups[apart]] = True
        empty = barred & (totals == 0)
        # Without a known cluster to be merged into, the others become one.
        fewest = int(barred.sum()) + int((~barred).any() and not (barred & ~empty).any())
        forbidden = (barred[:, None] & barred) | empty[:, None] | empty
        steps += _steps(whole, totals, max(n_clusters, fewest), forbidden)
    if len(means) - len(steps) > n_clusters:
        whole, totals = _joined(means.astype(np.float64), sizes, steps)
        steps += _steps(whole, np.maximum(totals, LEAST_SIZE), n_clusters, None)
    return steps


def _different(numbers: IntArray) -> NDArray[np.bool_]:
    return np.asarray(numbers[:, None] != numbers[None, :])


def _steps(
    means: NDArray[Any], sizes: NDArray[np.float64], n_clusters: int, forbidden: NDArray[np.bool_] | None
) -> list[tuple[int, int]]:
    """List the merges; no forbidden pair is merged."""
    if n_clusters >= len(means):
        return []  # without the costs of all pairs
    sizes = sizes.astype(np.float64).copy()
    means = means.astype(np.float64)
    squares = np.einsum("ij,ij->i", means, means)
    distances = np.maximum(squares[:, None] + squares[None, :] - 2 * means @ means.T, 0.0)
    cost = distances * np.outer(sizes, sizes) / np.maximum(np.add.outer(sizes, sizes), LEAST_SIZE)
    if forbidden is not None:
        cost[forbidden] = np.inf

    def join(a: int, b: int) -> NDArray[np.float64]:
        # Lance and Williams' update for Ward's criterion
        total = np.maximum(sizes[a] + sizes[b] + sizes, LEAST_SIZE)
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
