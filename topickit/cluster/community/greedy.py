"""The greedy pass of community detection: who claims which rows."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import IntArray
from topickit.cluster.community.exact import Judge, Rows
from topickit.cluster.community.pairs import Neighborhoods, Weights, near_block


def claim(
    rows: Rows, judge: Judge, near: Neighborhoods, weights: Weights, smallest: float
) -> Iterator[IntArray]:
    """The greedy pass: yields what each kept community claims, its center first."""
    able = np.flatnonzero((near.sizes >= smallest) & (weights > 0))
    ranked = able[np.argsort(-near.sizes[able], kind="stable")]
    free = np.ones(len(rows), dtype=bool)
    for center, members in _lists(rows, judge, near, ranked, free):
        left = members[free[members]]
        if weights[left].sum() >= smallest:
            free[left] = False
            free[center] = False
            yield np.concatenate([[center], left[left != center]])


def _lists(
    rows: Rows, judge: Judge, near: Neighborhoods, ranked: IntArray, free: NDArray[np.bool_]
) -> Iterator[tuple[int, IntArray]]:
    """The ranked rows that are still free when it is their turn, each with its neighbors."""
    if near.starts is not None and near.members is not None:
        for center in ranked.tolist():
            if free[center]:
                yield center, near.members[near.starts[center] : near.starts[center + 1]]
        return
    # Too many pairs to keep: make lists again, of what is free, for a few rows at a time. More at a
    # time when most turn out to be wanted, fewer when the first of them claimed the others.
    at_once = 4
    while len(ranked):
        ranked = ranked[free[ranked]]
        turn, ranked = ranked[:at_once], ranked[at_once:]
        wanted = 0
        left = np.flatnonzero(free)
        near_left = near_block(rows, judge, turn, left)
        for center, is_near in zip(turn.tolist(), near_left, strict=True):
            if free[center]:
                wanted += 1
                yield center, left[is_near]
        at_once = min(256, 2 * at_once) if 2 * wanted > len(turn) else max(4, at_once // 2)
