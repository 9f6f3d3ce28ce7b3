"""Ward's merging of groups, step by step: the order in which topics become fewer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, IntArray


def merge_order(
    means: FloatArray, sizes: NDArray[np.float64], n_groups: int, *, within: IntArray | None = None
) -> IntArray:
    """Merge groups by Ward's criterion until a number is left.

    Parameters
    ----------
    means : float32 ndarray of shape (k, d)
    sizes : float64 ndarray of shape (k,)
    n_groups : int
    within : int64 ndarray of shape (k,), optional
        Groups of one number are merged before any others are.

    Returns
    -------
    int64 ndarray of shape (k,)
        New group of each, 0 … n_groups − 1.
    """
    members = [[group] for group in range(len(means))]
    for a, b in merge_steps(means, sizes, n_groups, within=within):
        members[a] += members.pop(b)
    mapping = np.empty(sum(map(len, members)), dtype=np.int64)
    for group, merged in enumerate(members):
        mapping[merged] = group
    return mapping


def merge_steps(
    means: FloatArray, sizes: NDArray[np.float64], n_groups: int, *, within: IntArray | None = None
) -> list[tuple[int, int]]:
    """List the merges of `merge_order`, one after the other.

    Parameters
    ----------
    means, sizes, n_groups, within
        As for `merge_order`.

    Returns
    -------
    list of (int, int)
        Positions a < b among the groups that are left: the second joins the first and leaves the list.
    """
    if within is None:
        return _steps(means, sizes, n_groups, None)
    fewest = len(np.unique(within))
    steps = _steps(means, sizes, max(n_groups, fewest), within)
    if n_groups >= fewest:
        return steps
    whole, totals = _joined(means.astype(np.float64), sizes, steps)
    return [*steps, *_steps(whole, totals, n_groups, None)]


def _steps(
    means: NDArray[Any], sizes: NDArray[np.float64], n_groups: int, within: IntArray | None
) -> list[tuple[int, int]]:
    """List the merges; only of groups of one number where there are such numbers."""
    if n_groups >= len(means):
        return []  # without the costs of all pairs
    sizes = sizes.astype(np.float64).copy()
    means = means.astype(np.float64)
    squares = np.einsum("ij,ij->i", means, means)
    distances = np.maximum(squares[:, None] + squares[None, :] - 2 * means @ means.T, 0.0)
    cost = distances * np.outer(sizes, sizes) / np.add.outer(sizes, sizes)
    if within is not None:
        cost[within[:, None] != within[None, :]] = np.inf
    np.fill_diagonal(cost, np.inf)
    steps: list[tuple[int, int]] = []
    while len(sizes) > n_groups:
        a, b = sorted(int(i) for i in np.unravel_index(int(cost.argmin()), cost.shape))
        # Lance and Williams' update for Ward's criterion
        total = sizes[a] + sizes[b] + sizes
        row = ((sizes[a] + sizes) * cost[a] + (sizes[b] + sizes) * cost[b] - sizes * cost[a, b]) / total
        row[a] = np.inf
        cost[a], cost[:, a] = row, row
        cost = np.delete(np.delete(cost, b, axis=0), b, axis=1)
        sizes[a] += sizes[b]
        sizes = np.delete(sizes, b)
        steps.append((a, b))
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
