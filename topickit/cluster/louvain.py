"""Louvain communities, compiled: moves by a queue, until nothing moves."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.jit import jit

LEAST_GAIN = 1e-9
"""Share of all edge weight that a move must gain: less is rounding, and could go on for ever."""


@jit()
def louvain(indptr: Any, indices: Any, edges: Any, resolution: float) -> Any:
    """Partition a graph; see `topickit.cluster.partition.communities`.

    Parameters
    ----------
    indptr, indices, edges : int64, int64 and float64 ndarray
        A symmetric weighted graph in compressed rows.
    resolution : float

    Returns
    -------
    int64 ndarray of shape (n,)
        Communities in the order of their first rows.
    """
    n = len(indptr) - 1
    labels = np.arange(n)
    total = edges.sum()
    strength = np.zeros(n)
    for row in range(n):
        for at in range(indptr[row], indptr[row + 1]):
            strength[row] += edges[at] / total
    moved = True
    while moved:  # from the rows up again, from the partition that was found, until no row moves
        moved = _move(indptr, indices, edges / total, strength, resolution, labels)
        n_clusters = _renumber(labels)
        row_groups, starts, targets, weights, strengths = labels, indptr, indices, edges / total, strength
        whole = labels.copy()
        while True:
            starts, targets, weights = _aggregate(starts, targets, weights, row_groups, n_clusters)
            merged_strengths = np.zeros(n_clusters)
            for row in range(len(row_groups)):
                merged_strengths[row_groups[row]] += strengths[row]
            strengths = merged_strengths
            row_groups = np.arange(n_clusters)
            if not _move(starts, targets, weights, strengths, resolution, row_groups):
                break
            moved = True
            n_clusters = _renumber(row_groups)
            for row in range(n):
                whole[row] = row_groups[whole[row]]
        labels = whole
    _renumber(labels)
    return labels


@jit()
def _move(
    indptr: Any, indices: Any, edges: Any, strength: Any, resolution: float, labels: NDArray[np.int64]
) -> bool:
    """Move rows to the neighboring community of largest gain until none gains; say whether any moved.

    Rows wait in a queue, and a move calls back only the neighbors that it may concern (Traag, Waltman and
    van Eck, Scientific Reports 9, 2019).
    """
    n = len(labels)
    totals = np.zeros(n)
    for row in range(n):
        totals[labels[row]] += strength[row]
    queue = np.arange(n)
    waiting = np.ones(n, dtype=np.bool_)
    head, length = 0, n
    shares = np.zeros(n)
    seen = np.empty(n, dtype=np.int64)
    any_moved = False
    while length:
        row = queue[head]
        head = (head + 1) % n
        length -= 1
        waiting[row] = False
        own = labels[row]
        totals[own] -= strength[row]
        near, weights = indices[indptr[row] : indptr[row + 1]], edges[indptr[row] : indptr[row + 1]]
        best = _best(row, near, weights, resolution * strength[row], labels, totals, shares, seen)
        totals[best] += strength[row]
        if best != own:
            labels[row] = best
            any_moved = True
            for other in near:
                if labels[other] != best and not waiting[other]:
                    queue[(head + length) % n] = other
                    waiting[other] = True
                    length += 1
    return any_moved


@jit()
def _best(
    row: int, near: Any, weights: Any, price: float, labels: Any, totals: Any, shares: Any, seen: Any
) -> int:
    """Find the community of largest gain for a row that was taken out of its own.

    `shares` is all zeros, before and after; both it and `seen` are room to work in.
    """
    n_seen = 0
    for at in range(len(near)):
        if near[at] != row:
            group = labels[near[at]]
            if shares[group] == 0.0:
                seen[n_seen] = group
                n_seen += 1
            shares[group] += weights[at]
    best = labels[row]
    most = shares[best] - price * totals[best] + LEAST_GAIN
    for i in range(n_seen):
        gain = shares[seen[i]] - price * totals[seen[i]]
        if gain > most:
            best, most = seen[i], gain
    for i in range(n_seen):
        shares[seen[i]] = 0.0
    return int(best)


@jit()
def _renumber(labels: NDArray[np.int64]) -> int:
    """Number communities from 0 in the order of their first rows, in place; give their number."""
    new = np.full(len(labels), -1, dtype=np.int64)
    n_clusters = 0
    for row in range(len(labels)):
        if new[labels[row]] < 0:
            new[labels[row]] = n_clusters
            n_clusters += 1
        labels[row] = new[labels[row]]
    return n_clusters


@jit()
def _aggregate(indptr: Any, indices: Any, edges: Any, labels: Any, n_clusters: int) -> Any:
    """Sum the edges between communities, in compressed rows; edges inside one are left out."""
    n = len(labels)
    starts = np.zeros(n_clusters + 1, dtype=np.int64)
    for row in range(n):
        starts[labels[row] + 1] += 1
    for group in range(n_clusters):
        starts[group + 1] += starts[group]
    members = np.empty(n, dtype=np.int64)
    place = starts[:-1].copy()
    for row in range(n):
        members[place[labels[row]]] = row
        place[labels[row]] += 1
    new_starts = np.zeros(n_clusters + 1, dtype=np.int64)
    targets = np.empty(len(indices), dtype=np.int64)
    weights = np.empty(len(indices))
    at_target = np.full(n_clusters, -1, dtype=np.int64)
    filled = 0
    for group in range(n_clusters):
        begin = filled
        for i in range(starts[group], starts[group + 1]):
            for at in range(indptr[members[i]], indptr[members[i] + 1]):
                other = labels[indices[at]]
                if other == group:
                    continue
                if at_target[other] < begin:
                    at_target[other] = filled
                    targets[filled] = other
                    weights[filled] = 0.0
                    filled += 1
                weights[at_target[other]] += edges[at]
        new_starts[group + 1] = filled
    return new_starts, targets[:filled].copy(), weights[:filled].copy()
