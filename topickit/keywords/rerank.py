"""Re-ranking: which of the best-weighted words name a topic best.

A list by c-TF-IDF alone is a list of frequent words. Three more measures come from the same counts and
embeddings:

- *share*: of a word's occurrences in the corpus, the share of documents of the topic that have it. A
  document counts once, so that one long post that repeats a name does not put it into the list;
- *relevance*: the cosine between the mean embedding of the documents that have the word and that of the
  topic, both relative to the mean of the corpus;
- *coherence*: whether two words occur in the same documents more often than by chance (NPMI, Bouma 2009),
  the measure closest to human judgements of a list (Lau, Newman and Baldwin 2014).

Words are chosen one by one, by weight and mean NPMI with those already chosen; a word with a higher weight
in other topics loses weight.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import IntArray
from topickit.keywords.counts import TermCounts
from topickit.keywords.sparse import values_at

FloatVector = NDArray[np.float64]

SHARE_POWER = 0.5
RELEVANCE_POWER = 0.25
COHERENCE = 3.0
"""Weight of the mean NPMI, where the best word of a topic has weight 1."""
ELSEWHERE = (0.3, 0.45, 0.65, 0.9, 1.25, 1.8)
"""Penalty for each doubling of a word's rank among the topics that could list it: the first with which
`DISTINCT` of the listed words are distinct, or else the one with the most distinct words."""
DISTINCT = 0.85
"""Without it, many topics of few words, such as the requests to one bank, list the same ones."""
MIN_DOCUMENT_SHARE = 0.015
"""Minimum share of a topic's documents that have a candidate."""


def ranking_weights(weights: csr_array, counts: TermCounts) -> csr_array:
    """Weigh the words of each topic for the choice of candidates: c-TF-IDF × √share.

    Where document frequencies are not known, occurrences take their place.

    Parameters
    ----------
    weights : csr_array of shape (k, t), float64
        Stored at the same positions as `counts.topics`.
    counts : TermCounts

    Returns
    -------
    csr_array of shape (k, t), float64
        Words in too few of a topic's documents come after all others.
    """
    ranked = csr_array(weights, dtype=np.float64, copy=True)
    total = np.asarray(counts.topics.sum(axis=0)).ravel() + counts.outliers
    documents = counts.documents
    frequency = counts.topics.data if documents is None else documents.topics.data
    share = frequency / np.maximum(total[counts.topics.indices], 1)
    ranked.data = ranked.data * share**SHARE_POWER
    if documents is not None:
        least = np.maximum(2, MIN_DOCUMENT_SHARE * documents.sizes[:-1])
        per_entry = np.repeat(least, np.diff(counts.topics.indptr))
        ranked.data = np.where(frequency >= per_entry, ranked.data, ranked.data * 1e-3)
    return ranked


def doublings(shortlists: list[IntArray], ranked: csr_array) -> list[FloatVector]:
    """Count, for each candidate, the doublings of its rank among the topics that could list it.

    Parameters
    ----------
    shortlists : list of int64 ndarray of shape (m_i,)
        Candidates of each topic.
    ranked : csr_array of shape (k, t)
        From `ranking_weights`.

    Returns
    -------
    list of float64 ndarray of shape (m_i,)
        log2(1 + the number of topics in which the word has a higher weight).
    """
    union = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *shortlists]))
    table = np.zeros((len(shortlists), len(union)))
    columns = [np.searchsorted(union, listed) for listed in shortlists]
    for topic, (listed, column) in enumerate(zip(shortlists, columns, strict=True)):
        table[topic, column] = values_at(ranked, topic, listed)
    return [
        np.log2(1.0 + (table[:, column] > table[topic, column]).sum(axis=0))
        for topic, column in enumerate(columns)
    ]


def coherent_order(weights: FloatVector, npmi: NDArray[np.float64], n: int) -> list[int]:
    """Choose words one by one, by weight and mean NPMI with those already chosen.

    Parameters
    ----------
    weights : float64 ndarray of shape (m,)
    npmi : float64 ndarray of shape (m, m)
    n : int
        How many to choose.

    Returns
    -------
    list of int, of length min(n, m)
        Positions in `weights`; the first of equals.

    Examples
    --------
    >>> npmi = np.array([[1, -1, 0.5], [-1, 1, -1], [0.5, -1, 1]])
    >>> coherent_order(np.array([1.0, 0.9, 0.8]), npmi, 2)
    [0, 2]
    """
    return coherent_orders([weights], [npmi], n)[0]


def coherent_orders(
    weights: Sequence[FloatVector], npmi: Sequence[NDArray[np.float64]], n: int
) -> list[list[int]]:
    """Choose words of several topics as `coherent_order` does, all topics at once.

    Parameters
    ----------
    weights : sequence of float64 ndarray of shape (m_i,), of length k
    npmi : sequence of float64 ndarray of shape (m_i, m_i), of length k
    n : int

    Returns
    -------
    list of list of int, of length k

    Examples
    --------
    >>> coherent_orders([np.array([0.5, 1.0]), np.array([])], [np.eye(2), np.empty((0, 0))], 2)
    [[1, 0], []]
    """
    sizes = np.array([len(own) for own in weights], dtype=np.int64)
    k, most = len(sizes), int(sizes.max(initial=0))
    value, gain = np.full((k, most), -np.inf), np.zeros((k, most, most))
    for topic, m in enumerate(sizes.tolist()):
        value[topic, :m], gain[topic, :m, :m] = weights[topic], npmi[topic]
    n = min(n, most)
    order, total, topics = np.zeros((k, n), dtype=np.int64), np.zeros((k, most)), np.arange(k)
    for place in range(n):
        best = (value + COHERENCE * (total / max(place, 1))).argmax(axis=1)
        order[:, place], value[topics, best] = best, -np.inf
        total += gain[topics, best]
    return [own[:m].tolist() for own, m in zip(order, sizes.tolist(), strict=True)]
