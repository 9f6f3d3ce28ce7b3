"""Choosing the threshold of community detection from the rows themselves.

A threshold that is too low makes communities whose members have nothing in common but the centre;
one that is too high tears rows from their nearest neighbours. Both can be counted without labels:

- *closure*, of the pairs inside communities, the share that reaches the threshold itself (what
  precision is to labelled pairs);
- *kept*, the share of rows that are in one community with their nearest neighbour (what recall is).

The threshold with the largest harmonic mean of the two is taken. All of it comes out of one list of
pairs: those that reach the lowest candidate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, IntArray
from topickit.cluster.community.exact import Judge, Rows
from topickit.cluster.community.greedy import claim
from topickit.cluster.community.pairs import Neighborhoods, Weights, find_neighborhoods

LOWEST, HIGHEST = 0.5, 0.95
STEP, FINE_STEP = 0.03, 0.01
DEFAULT = 0.75
SMALLEST = 2
"""Communities of two already tell: what is near does not depend on which communities are wanted."""
MOST_ROWS = 100_000


@dataclass(frozen=True)
class Candidate:
    """One threshold, and what its communities look like.

    Attributes
    ----------
    threshold : float
    closure, kept : float
        Shares, 0 to 1; see the module.
    n_communities : int
    """

    threshold: float
    closure: float
    kept: float
    n_communities: int

    @property
    def score(self) -> float:
        """Harmonic mean of `closure` and `kept`."""
        total = self.closure + self.kept
        return 2 * self.closure * self.kept / total if total else 0.0


@dataclass(frozen=True)
class Choice:
    """The threshold chosen, and what it was chosen from.

    Attributes
    ----------
    threshold : float
    candidates : tuple of Candidate
        By rising threshold.
    n_rows : int
        The rows that were looked at.
    """

    threshold: float
    candidates: tuple[Candidate, ...]
    n_rows: int

    def as_notes(self) -> dict[str, object]:
        """The choice as plain data, with a sentence on how it was made."""
        best = max(self.candidates, key=lambda c: c.score, default=None)
        if best is None:
            why = f"no two rows have a cosine of {LOWEST} or more: any threshold from there on gives the same"
        else:
            why = (
                f"{self.threshold:.2f} is the best balance of {len(self.candidates)} thresholds: "
                f"{best.closure:.0%} of the pairs inside communities reach it themselves, and "
                f"{best.kept:.0%} of {self.n_rows} rows are with their nearest neighbour"
            )
        names = ("threshold", "closure", "kept", "score", "n_communities")
        return {
            "chosen": self.threshold,
            "why": why,
            "candidates": [{name: getattr(c, name) for name in names} for c in self.candidates],
        }


def choose_threshold(rows: Rows, weights: Weights, budget: int) -> Choice:
    """Choose the threshold whose communities are close and yet keep near rows together.

    Parameters
    ----------
    rows : Rows
        Past `MOST_ROWS`, or where their pairs do not fit the budget, evenly spaced ones are used.
    weights : float64 ndarray of shape (n,)
    budget : int
        Bytes for the list of pairs.

    Returns
    -------
    Choice
    """
    step = -(-len(rows) // MOST_ROWS)
    while True:
        drawn = rows if step < 2 else rows.take(slice(0, None, step))
        weight = weights[:: max(step, 1)]
        near = find_neighborhoods(drawn, Judge(drawn, LOWEST, None), 0.0, weight, budget)
        if near.members is not None:
            break
        step *= 2
    graph = _Graph(drawn, near, weight)
    if not len(graph.left):
        return Choice(DEFAULT, (), len(drawn))
    tried = {t: graph.candidate(t) for t in np.arange(LOWEST, HIGHEST + 0.001, STEP).round(3).tolist()}
    coarse = max(tried, key=lambda t: tried[t].score)
    for t in np.round([coarse - FINE_STEP, coarse + FINE_STEP], 3).tolist():
        if LOWEST <= t <= HIGHEST:
            tried[t] = graph.candidate(t)
    candidates = tuple(tried[t] for t in sorted(tried))
    return Choice(max(candidates, key=lambda c: c.score).threshold, candidates, len(drawn))


class _Graph:
    """All pairs from the lowest candidate on, both ways and sorted, with their cosines."""

    def __init__(self, rows: Rows, near: Neighborhoods, weights: Weights) -> None:
        assert near.starts is not None
        assert near.members is not None
        left = np.repeat(np.arange(len(rows)), np.diff(near.starts))
        apart = left != near.members
        self.rows = rows
        self.weights = weights
        self.left, self.right = left[apart], near.members[apart]
        self.cosines = pair_cosines(rows, self.left, self.right)
        self.nearest = np.full(len(rows), -1, dtype=np.int64)
        order = np.lexsort((self.right, -self.cosines, self.left))
        first = np.unique(self.left[order], return_index=True)[1]
        self.nearest[self.left[order][first]] = self.right[order][first]

    def candidate(self, threshold: float) -> Candidate:
        """Communities at a threshold, told by how close they are and what they keep together."""
        n = len(self.rows)
        here = self.cosines >= threshold
        left, right = self.left[here], self.right[here]
        near = self._with_themselves(left, right)
        labels = np.full(n, -1, dtype=np.int64)
        count = 0
        for members in claim(self.rows, Judge(self.rows, threshold, None), near, self.weights, SMALLEST):
            labels[members] = count
            count += 1
        inside = (labels[left] >= 0) & (labels[left] == labels[right])
        close = float((self.weights[left] * self.weights[right])[inside].sum())
        member = labels >= 0
        totals = np.bincount(labels[member], self.weights[member], minlength=count)
        own = np.bincount(labels[member], self.weights[member] ** 2, minlength=count)
        pairs = float((totals**2 - own).sum())
        together = member & (self.nearest >= 0) & (labels == labels[self.nearest])
        kept = float(self.weights[together].sum() / self.weights.sum())
        return Candidate(threshold, close / pairs if pairs else 0.0, kept, count)

    def _with_themselves(self, left: IntArray, right: IntArray) -> Neighborhoods:
        n = len(self.rows)
        everyone = np.flatnonzero(self.rows.live)
        keys = np.sort(np.concatenate([left * n + right, everyone * (n + 1)]))
        starts = np.searchsorted(keys, np.arange(n + 1) * n)
        members = keys % n
        sums = np.concatenate([[0.0], np.cumsum(self.weights[members])])
        return Neighborhoods(sums[starts[1:]] - sums[starts[:-1]], starts, members, {})


def pair_cosines(rows: Rows, left: NDArray[np.int64], right: NDArray[np.int64]) -> FloatArray:
    """Cosines of single pairs of rows, float32 (p,)."""
    result = np.empty(len(left), dtype=np.float32)
    at_once = max(1, 2**21 // rows.values.shape[1])
    for start in range(0, len(left), at_once):
        span = slice(start, start + at_once)
        result[span] = np.einsum("ij,ij->i", rows.unit(left[span]), rows.unit(right[span]))
    return result
