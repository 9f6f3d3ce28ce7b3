"""Which words name a topic best: beyond frequency, what they mean and how well they stand together.

A list by c-TF-IDF alone is a list of frequent words. Three more things are known at no cost:

- *share*: of a word's occurrences in the corpus, how many times a document of the topic has it. A document
  counts once: one long post that repeats a name for pages makes it no subject of the topic;
- *relevance*: the cosine between the documents that hold the word and the topic's, both seen from the
  middle of the corpus;
- *coherence*: whether two words stand in the same documents more often than by chance (NPMI, Bouma
  2009), which is also what people's judgement of a list follows best (Lau, Newman and Baldwin 2014).

Words are taken one after another, by weight and mean NPMI with those already taken; a word that serves
another topic better is held back.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import IntArray
from topickit.keywords.counts import TermCounts

FloatVector = NDArray[np.float64]

SHARE_POWER = 0.5
RELEVANCE_POWER = 0.25
COHERENCE = 3.0
"""Weight of the mean NPMI, where the best word of a topic weighs 1."""
ELSEWHERE = (0.3, 0.45, 0.65, 0.9, 1.25, 1.8)
"""Taken from a word for each doubling of its rank among the topics that could list it: the first that leaves
`DISTINCT` of the listed words distinct, or the one that leaves most."""
DISTINCT = 0.85
"""Many topics of few words, such as the requests to one bank, would else list the same ones over and over."""
LEAST_SPREAD = 0.015
"""Share of a topic's documents that a candidate is in: a few documents may repeat anything."""


def ranking_weights(weights: csr_array, counts: TermCounts) -> csr_array:
    """Weigh the words of each topic for the choice of candidates: c-TF-IDF × √share.

    Where the documents of a topic that have a word are not known, its occurrences stand for them.

    Parameters
    ----------
    weights : csr_array of shape (k, t), float64
        Of the same places as `counts.topics`.
    counts : TermCounts

    Returns
    -------
    csr_array of shape (k, t), float64
        Words of too few of a topic's documents come after all others.
    """
    ranked = csr_array(weights, dtype=np.float64, copy=True)
    total = np.asarray(counts.topics.sum(axis=0)).ravel() + counts.outliers
    times = counts.topics if counts.spread is None else counts.spread
    share = times.data / np.maximum(total[counts.topics.indices], 1)
    ranked.data = ranked.data * share**SHARE_POWER
    if counts.spread is not None and counts.sizes is not None:
        least = np.maximum(2, LEAST_SPREAD * counts.sizes[:-1])
        per_entry = np.repeat(least, np.diff(counts.topics.indptr))
        ranked.data = np.where(counts.spread.data >= per_entry, ranked.data, ranked.data * 1e-3)
    return ranked


def doublings(shortlists: list[IntArray], ranked: csr_array) -> list[FloatVector]:
    """Say of each candidate how often its rank doubles among the topics that it serves.

    Parameters
    ----------
    shortlists : list of int64 ndarray of shape (m_i,)
        Candidates of each topic.
    ranked : csr_array of shape (k, t)
        As `ranking_weights` gives them.

    Returns
    -------
    list of float64 ndarray of shape (m_i,)
        0 where no other topic that could list the word weighs it more.
    """
    union = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *shortlists]))
    table = np.zeros((len(shortlists), len(union)))
    places = [np.searchsorted(union, listed) for listed in shortlists]
    for topic, (listed, place) in enumerate(zip(shortlists, places, strict=True)):
        table[topic, place] = np.asarray(ranked[[topic]][:, listed].toarray()).ravel()
    return [
        np.log2(1.0 + (table[:, place] > table[topic, place]).sum(axis=0))
        for topic, place in enumerate(places)
    ]


def coherent_order(weights: FloatVector, npmi: NDArray[np.float64], n: int) -> list[int]:
    """Take words one after another, by weight and mean NPMI with those already taken.

    Parameters
    ----------
    weights : float64 ndarray of shape (m,)
    npmi : float64 ndarray of shape (m, m)
    n : int
        How many to take.

    Returns
    -------
    list of int, of length min(n, m)
        Places in `weights`; equal ones in their order.

    Examples
    --------
    >>> npmi = np.array([[1, -1, 0.5], [-1, 1, -1], [0.5, -1, 1]])
    >>> coherent_order(np.array([1.0, 0.9, 0.8]), npmi, 2)
    [0, 2]
    """
    chosen: list[int] = []
    total = np.zeros(len(weights))
    free = np.ones(len(weights), dtype=np.bool_)
    while len(chosen) < min(n, len(weights)):
        mean = total / max(len(chosen), 1)
        best = int(np.where(free, weights + COHERENCE * mean, -np.inf).argmax())
        chosen.append(best)
        free[best] = False
        total += npmi[best]
    return chosen
