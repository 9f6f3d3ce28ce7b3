"""Choosing the threshold of community detection from the rows themselves.

Too low a threshold gives communities whose members share only the center; too high a threshold separates rows
from their nearest neighbors. Both are measured without labels:

- *closure*: the share of the pairs inside communities that reach the threshold themselves (like the precision
  of pairs);
- *kept*: the share of rows in one community with their nearest neighbor (like recall).

The threshold with the largest harmonic mean of the two is chosen. All candidates are evaluated on one list of
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
"""Least community size while choosing: nearness does not depend on the size wanted later."""
MOST_ROWS = 100_000


@dataclass(frozen=True)
class Candidate:
    """One threshold, and the quality of its communities.

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
    """The threshold chosen, and its candidates.

    Attributes
    ----------
    threshold : float
    candidates : tuple of Candidate
        By rising threshold.
    n_rows : int
        Number of rows that were evaluated.
    """

    threshold: float
    candidates: tuple[Candidate, ...]
    n_rows: int

    def as_notes(self) -> dict[str, object]:
        """Give the choice as plain data, with a sentence that explains it."""
        best = max(self.candidates, key=lambda c: c.score, default=None)
        if best is None:
            why = f"no two rows have a cosine of {LOWEST} or more: all thresholds above give the same result"
        else:
            why = (
                f"{self.threshold:.2f} is the best balance of {len(self.candidates)} thresholds: "
                f"{best.closure:.0%} of the pairs inside communities reach it, and "
                f"{best.kept:.0%} of {self.n_rows} rows share a community with their nearest neighbor"
            )
        names = ("threshold", "closure", "kept", "score", "n_communities")
        return {
            "chosen": self.threshold,
            "why": why,
            "candidates": [{name: getattr(c, name) for name in names} for c in self.candidates],
        }


def choose_threshold(rows: Rows, weights: Weights, budget: int) -> Choice:
    """Choose the threshold that best balances closure and kept neighbors.

    Parameters
    ----------
    rows : Rows
        Above `MOST_ROWS` rows, or if their pairs exceed the budget, evenly spaced rows are used.
    weights : float64 ndarray of shape (n,)
    budget : int
        Most bytes for the list of pairs.

    Returns
    -------
    Choice
    """
    step = -(-len(rows) // MOST_ROWS)
    while True:
        sample = rows if step < 2 else rows.take(slice(0, None, step))
        weight = weights[:: max(step, 1)]
        near = find_neighborhoods(sample, Judge(sample, LOWEST, None), 0.0, weight, budget)
        if near.members is not None:
            break
        step *= 2
    graph = _Graph(sample, near, weight)
    if not len(graph.left):
        return Choice(DEFAULT, (), len(sample))
    by_threshold = {t: graph.candidate(t) for t in np.arange(LOWEST, HIGHEST + 0.001, STEP).round(3).tolist()}
    coarse = max(by_threshold, key=lambda t: by_threshold[t].score)
    for t in np.round([coarse - FINE_STEP, coarse + FINE_STEP], 3).tolist():
        if LOWEST <= t <= HIGHEST:
            by_threshold[t] = graph.candidate(t)
    candidates = tuple(by_threshold[t] for t in sorted(by_threshold))
    return Choice(max(candidates, key=lambda c: c.score).threshold, candidates, len(sample))


class _Graph:
    """All pairs that reach the lowest candidate, in both directions and sorted, with their cosines."""

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
        """Evaluate the communities at a threshold."""
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
