"""Words that belong to classes and not to topics, such as the name of each company."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.state import State
from topickit._core.vectors import IntArray

PRIOR = 2.0
"""Documents that are added to those with a word in each class, and to those expected: few say little."""
FLOOR = 0.01
"""Least factor: a topic whose words are all of classes still has keywords."""
KEPT = 0.9
"""A word with a larger factor is not damped."""
OWN = 0.5
"""A word with a smaller factor is a class's own."""


@dataclass(frozen=True, eq=False)
class ClassWords:
    """Factors by which the weights of words are damped.

    Attributes
    ----------
    factors : mapping of str to float
        0 to 1; words that are not listed have 1.
    own : tuple of (str, str)
        The most frequent words of classes, and the class of each.
    """

    factors: dict[str, float] = field(repr=False)
    own: tuple[tuple[str, str], ...] = ()

    def damped(self, weights: csr_array, terms: Sequence[str]) -> csr_array:
        """Return the weights of words, damped.

        Parameters
        ----------
        weights : csr_array of shape (k, t)
        terms : sequence of str, of length t
        """
        factors = np.array([self.factors.get(term, 1.0) for term in terms], dtype=np.float64)
        result = csr_array(weights, copy=True)
        result.data = result.data * factors[result.indices]
        return result

    def state(self) -> State:
        """Return the state that `from_state` reads."""
        return State({"factors": dict(self.factors), "own": [list(pair) for pair in self.own]})

    @classmethod
    def from_state(cls, state: State) -> "ClassWords":
        """Make the value that returned this state."""
        own = tuple((str(word), str(name)) for word, name in state.config["own"])
        return cls({str(word): float(factor) for word, factor in state.config["factors"].items()}, own)


def class_words(
    terms: Sequence[str], counts: csr_array, members: csr_array, names: Sequence[str], n_listed: int = 5
) -> ClassWords:
    """Find how much each word belongs to classes: 1 minus the normalized entropy of its shares in them.

    Parameters
    ----------
    terms : sequence of str, of length t
    counts : csr_array of shape (u, t)
        Occurrences of the words in each document.
    members : csr_array of shape (u, k), int64
        Number of times that each document is of each class.
    names : sequence of str, of length k
        Names of the classes.
    n_listed : int
        Words to list of each class, at most.

    Returns
    -------
    ClassWords

    Examples
    --------
    >>> counts = csr_array(np.array([[1, 1]] * 50 + [[0, 1]] * 50))
    >>> members = csr_array(np.repeat([[1, 0], [0, 1]], 50, axis=0))
    >>> class_words(["united", "flight"], counts, members, ["United", "Delta"]).own
    (('united', 'United'),)
    """
    present: Any = csr_array(counts, dtype=np.float64, copy=True)
    present.data = np.ones(len(present.data))
    frequency = np.asarray((members.T.astype(np.float64) @ present).todense(), dtype=np.float64)  # (k, t)
    sizes = np.asarray(members.sum(axis=0), dtype=np.float64).ravel()
    overall = frequency.sum(axis=0) / max(sizes.sum(), 1)
    expected = overall * sizes[:, None]
    # In units of what is expected, and pulled to it: a word of two documents belongs to no class.
    ratio = (frequency + PRIOR) / (expected + PRIOR)
    shares = ratio / ratio.sum(axis=0)
    entropy = -(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=0) / np.log(max(len(sizes), 2))
    factors = np.clip(entropy**2, FLOOR, 1.0)
    damped = np.flatnonzero(factors < KEPT)
    return ClassWords(
        {terms[term]: float(factors[term]) for term in damped.tolist()},
        _listed(terms, frequency, shares, factors, names, n_listed),
    )


def _listed(
    terms: Sequence[str],
    frequency: NDArray[np.float64],
    shares: NDArray[np.float64],
    factors: NDArray[np.float64],
    names: Sequence[str],
    n_listed: int,
) -> tuple[tuple[str, str], ...]:
    """List the most frequent words of each class, class by class."""
    own: IntArray = np.flatnonzero(factors < OWN)
    of_class = shares[:, own].argmax(axis=0)
    result = []
    for number, name in enumerate(names):
        mine = own[of_class == number]
        order = sorted(mine.tolist(), key=lambda term, row=number: (-frequency[row, term], terms[term]))  # type: ignore[misc]
        result += [(terms[term], name) for term in order[:n_listed]]
    return tuple(result)
