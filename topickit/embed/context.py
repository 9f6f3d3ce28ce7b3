"""Context vectors: what the documents with a word have in common, and embeddings smoothed by them.

The context vector of a word is the mean embedding of the documents that hold it. Adding to a document the
context vectors of its words smooths over the graph of documents and words, as in Yao, Mao and Luo, "Graph
Convolutional Networks for Text Classification", AAAI 2019, without training.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, unit_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SHRINKAGE = 20.0
"""Number of documents with the corpus mean that each context vector is averaged with, against noise."""


def context_vectors(
    tfidf: "csr_matrix", vectors: FloatArray, weights: NDArray[np.float64], idf: FloatArray
) -> NDArray[np.float16]:
    """Compute the context vector of each word of a corpus.

    Parameters
    ----------
    tfidf : csr_matrix of shape (n, v)
    vectors : float32 ndarray of shape (n, d)
        Embeddings of the documents. Not changed.
    weights : ndarray of shape (n,)
        Number of documents that each text stands for.
    idf : float32 ndarray of shape (v,)

    Returns
    -------
    float16 ndarray of shape (v, d)
        Divided by the square root of the idf.
    """
    centered = vectors - np.average(vectors, axis=0, weights=weights).astype(np.float32)
    has_word = tfidf.sign()
    frequency = np.asarray(has_word.T @ weights)
    sums = np.asarray(has_word.T @ (centered * weights[:, None].astype(np.float32)))
    # The square root of the idf: rare words are more informative, but less so than they are rare.
    sums /= ((frequency + SHRINKAGE) * np.sqrt(idf))[:, None]
    return np.asarray(sums, dtype=np.float16)


def smoothed(vectors: FloatArray, tfidf: "csr_matrix", contexts: FloatArray, length: float) -> FloatArray:
    """Add to each embedding the mean context vector of its words.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    tfidf : csr_matrix of shape (n, v)
    contexts : float32 ndarray of shape (v, d)
    length : float
        Length of the mean context vector; an embedding has length 1.

    Returns
    -------
    float32 ndarray of shape (n, d), unit rows
    """
    return unit_rows(vectors + np.float32(length) * unit_rows(np.asarray(tfidf @ contexts)))
