"""Representative documents: typical of their topic, telling, of usual length, and unlike each other.

The documents nearest to the mean of a topic are often its shortest and emptiest ("Thank you."). Of the
nearest documents of usual length, those are chosen that hold the topic's heaviest words, one by one, each
unlike those chosen before (maximal marginal relevance; Carbonell and Goldstein, SIGIR 1998).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import FloatArray, IntArray, release, take_rows, unit_rows
from topickit.fitted.corpus import Corpus

N_REPRESENTATIVES = 5
N_NEAREST = 300
"""Documents of each topic that are compared."""
USUAL = (0.25, 0.9)
"""Quantiles of document length, in words, between which a length is usual."""
N_WORDS = 5
"""The heaviest words of a document by which it is judged: more would favour long documents."""
TELLING = 0.5
DIVERSITY = 0.5
"""Weights of a document's words, and of its largest cosine to one chosen before; that to the topic has 1."""
NEAR_DUPLICATE = 0.9
"""Cosine from which on a document repeats another one; it is chosen if there is no other."""
BLOCK = 8192


def representative_documents(
    corpus: Corpus, labels: IntArray, means: FloatArray, weights: csr_array
) -> list[tuple[str, ...]]:
    """Choose the representative documents of each topic.

    Parameters
    ----------
    corpus : Corpus
        Of u distinct documents.
    labels : int64 ndarray of shape (u,)
        Topic of each document; −1 for none.
    means : float32 ndarray of shape (k, d)
        Mean vector of each topic.
    weights : csr_array of shape (k, t), float64
        Weights of the words of each topic, as `topickit.keywords.rerank.ranking_weights` returns them.

    Returns
    -------
    list of tuple of str, of length k
        At most `N_REPRESENTATIVES` different texts per topic, the best first; of a corpus of embeddings
        alone the rows, such as "row 12".
    """
    n_topics, documents = len(means), corpus.documents
    cosines = _cosine_to_mean(corpus.vectors, labels, means)
    is_word = (corpus.terms.parts == -1).all(axis=1)  # a phrase would count its words twice
    unusual = _has_unusual_length(corpus.terms.counts @ is_word, corpus.documents.weights)
    order = np.lexsort((-cosines, unusual, labels))
    bounds = np.searchsorted(labels[order], np.arange(n_topics + 1))
    result = []
    for topic in range(n_topics):
        rows = order[bounds[topic] : bounds[topic + 1]][:N_NEAREST]
        telling = _word_scores(csr_array(corpus.terms.counts[rows]), csr_array(weights[[topic]]))
        typical = cosines[rows] / max(float(cosines[rows].max(initial=0.0)), 1e-12)
        worth = typical + TELLING * telling - unusual[rows]
        vectors = take_rows(corpus.vectors, rows)
        if documents.has_texts:
            texts = [documents.texts[row] for row in rows.tolist()]
        else:
            texts = [f"row {row}" for row in documents.first_rows[rows].tolist()]
        result.append(tuple(texts[i] for i in _different(worth, vectors, texts)))
    return result


def _cosine_to_mean(vectors: FloatArray, labels: IntArray, means: FloatArray) -> NDArray[np.float64]:
    """Return the cosine of each document to the mean of its topic; 0 for a document in no topic."""
    directions = np.concatenate([unit_rows(means), np.zeros((1, vectors.shape[1]), dtype=np.float32)])
    cosines = np.empty(len(vectors))
    for start in range(0, len(vectors), BLOCK):
        block = slice(start, start + BLOCK)
        cosines[block] = np.einsum("ij,ij->i", vectors[block], directions[labels[block]])
        release(vectors)
    return cosines


def _has_unusual_length(lengths: IntArray, weights: IntArray) -> NDArray[np.bool_]:
    """Return whether a document has fewer or more words than most documents of the corpus."""
    order = np.argsort(lengths, kind="stable")
    cumulated = np.cumsum(weights[order])
    low, high = (lengths[order][np.searchsorted(cumulated, share * cumulated[-1])] for share in USUAL)
    return np.asarray((lengths < low) | (lengths > high))


def _word_scores(counts: csr_array, weights: csr_array) -> NDArray[np.float64]:
    """Compare the heaviest words of each document with the heaviest of the topic: 0 to 1."""
    weight_of = np.zeros(counts.shape[1])
    weight_of[weights.indices] = weights.data
    best = float(np.sort(weights.data)[-N_WORDS:].sum())
    if best <= 0:
        return np.zeros(counts.shape[0])
    values, lengths = weight_of[counts.indices], np.diff(counts.indptr)
    # The words of each document by rising weight; 0 where a document has fewer than N_WORDS.
    order = np.lexsort((values, np.repeat(np.arange(len(lengths)), lengths)))
    at = counts.indptr[1:, None] + np.arange(-N_WORDS, 0)
    is_own = at >= counts.indptr[:-1, None]
    heaviest = np.where(is_own, np.append(values[order], 0.0)[np.where(is_own, at, -1)], 0.0)
    return np.asarray(heaviest.sum(axis=1) / best)


def _different(worth: NDArray[np.float64], vectors: FloatArray, texts: list[str]) -> list[int]:
    """Choose documents one by one, by their worth and the cosine to those chosen before."""
    chosen: list[int] = []
    nearest = np.full(len(worth), -1.0)
    free = np.ones(len(worth), dtype=np.bool_)
    while len(chosen) < N_REPRESENTATIVES and free.any():
        repeats = nearest >= NEAR_DUPLICATE
        value = worth - DIVERSITY * np.maximum(nearest, 0.0) - 10.0 * repeats
        best = int(np.where(free, value, -np.inf).argmax())
        free[best] = False
        # Equal texts whose given vectors differ are several documents.
        if any(texts[best] == texts[other] for other in chosen):
            continue
        chosen.append(best)
        nearest = np.maximum(nearest, np.einsum("ij,j->i", vectors, vectors[best]))
    return chosen
