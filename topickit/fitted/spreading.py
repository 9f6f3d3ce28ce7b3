"""Spreading evidence of topics over the graph of nearest neighbors.

References
----------
Zhou, Bousquet, Lal, Weston, Schölkopf, "Learning with Local and Global Consistency", NIPS 2003.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from topickit._core.vectors import FloatArray, top_k_cosine
from topickit.fitted.temperature import softmax

Matrix = NDArray[np.float64]

N_NEIGHBORS = 10
ALPHA = 0.8
"""Share of its neighbors' evidence that a document takes, against its own."""
N_STEPS = 10
TEMPERATURE = 0.05
"""Of the softmax of cosines."""


def neighbor_graph(vectors: FloatArray) -> csr_array:
    """Link each document with its nearest neighbors; symmetric, normalized by degrees.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows

    Returns
    -------
    csr_array of shape (n, n)
    """
    n = len(vectors)
    near = top_k_cosine(vectors, vectors, min(N_NEIGHBORS, n - 1), exclude_self=True)
    ends = np.arange(0, near.indices.size + 1, max(near.indices.shape[1], 1))[: n + 1]
    links = csr_array((np.maximum(near.similarities, 0).ravel(), near.indices.ravel(), ends), shape=(n, n))
    links = csr_array(links.maximum(links.T))
    roots = diags_array(1 / np.sqrt(np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1e-9)))
    return csr_array(roots @ links @ roots)


def spread(graph: csr_array, start: Matrix) -> Matrix:
    """Spread evidence over a graph.

    Parameters
    ----------
    graph : csr_array of shape (n, n)
        As `neighbor_graph` returns it.
    start : float64 ndarray of shape (n, m)

    Returns
    -------
    float64 ndarray of shape (n, m)
    """
    result = start
    for _ in range(N_STEPS):
        result = ALPHA * (graph @ result) + (1 - ALPHA) * start
    return result


def shares_of(cosines: NDArray[Any]) -> Matrix:
    """Turn cosines to topics into shares; rows sum to 1, and −inf becomes 0."""
    return softmax(cosines.astype(np.float64) / TEMPERATURE)
