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

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import IntArray
from topickit.keywords.counts import TermCounts

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
        table[topic, column] = np.asarray(ranked[[topic]][:, listed].toarray()).ravel()
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
