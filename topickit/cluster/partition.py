"""Partitions of the cosine nearest-neighbor graph: Louvain communities, and merging them."""

from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from topickit._core.neighbors import nearest_rows
from topickit._core.vectors import FloatArray, IntArray
from topickit.cluster.ward import cheapest_merges, cluster_of_each

N_NEIGHBORS = 10
LEAST_WEIGHT = 1e-6
"""Weight of edges with a cosine of 0 or less: a row without edges would be a cluster of its own."""


def knn_graph(
    vectors: FloatArray, weights: NDArray[Any], n_neighbors: int, device: str | None = None
) -> csr_matrix:
    """Link each row to its nearest rows by cosine; symmetric.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    weights : ndarray of shape (n,)
        An edge weighs its cosine times the root of the product of its rows' weights.
    n_neighbors : int
        Reduced for few rows: see `n_links`.
    device : str, optional
        A torch device, such as "cuda"; None for the CPU.
    """
    near = nearest_rows(vectors, n_links(len(vectors), n_neighbors), device=device)
    starts = np.arange(len(vectors) + 1) * near.indices.shape[1]
    return linked(starts, near.indices.ravel(), near.similarities.ravel(), weights)


def n_links(n: int, n_neighbors: int) -> int:
    """Reduce the number of neighbors for few rows: to the square root of n, and to 2 at least."""
    return min(n_neighbors, max(2, round(sqrt(n))))


def linked(
    starts: IntArray, neighbors: IntArray, similarities: FloatArray, weights: NDArray[Any]
) -> csr_matrix:
    """Make a symmetric graph of lists of neighbors.

    Parameters
    ----------
    starts : int64 ndarray of shape (n + 1,)
        Where the list of each row starts.
    neighbors : int64 ndarray of shape (m,)
    similarities : float32 ndarray of shape (m,)
        Cosine of each neighbor.
    weights : ndarray of shape (n,)
        As for `knn_graph`.
    """
    n = len(weights)
    root = np.sqrt(np.asarray(weights, dtype=np.float64))
    edges = np.maximum(similarities, LEAST_WEIGHT) * np.repeat(root, np.diff(starts)) * root[neighbors]
    graph = csr_matrix((edges, neighbors, starts), shape=(n, n))
    graph = csr_matrix(graph + graph.T)
    graph.sort_indices()
    return graph


def communities(graph: csr_matrix, resolution: float) -> IntArray:
    """Find the Louvain communities of a weighted symmetric graph; deterministic.

    Rows move to neighboring communities, in the order of a queue, until no move gains; then communities
    move as if they were rows; and both repeat until nothing moves. Nothing is random. (Libraries' Leiden
    draws from a global generator, so results differ between calls.)

    Parameters
    ----------
    graph : csr_matrix of shape (n, n)
    resolution : float
        The larger, the smaller the communities.

    Returns
    -------
    int64 ndarray of shape (n,)
        0 for the largest community, and so on; equal ones in the order of their first rows.
    """
    from topickit.cluster.louvain import louvain

    if not graph.data.any():
        return np.arange(graph.shape[0], dtype=np.int64)
    starts, targets = graph.indptr.astype(np.int64), graph.indices.astype(np.int64)
    labels = louvain(starts, targets, graph.data.astype(np.float64), float(resolution))
    order = np.argsort(-np.bincount(labels), kind="stable")
    return np.asarray(np.argsort(order)[labels], dtype=np.int64)


def modularity(graph: csr_matrix, labels: IntArray) -> tuple[float, float]:
    """Compute both terms of Newman's modularity at unit resolution; the modularity is their difference.

    Returns
    -------
    inside, random : float
        Share of the edge weight inside clusters, and its expectation by chance.
    """
    strength = np.asarray(graph.sum(axis=1)).ravel()
    total = strength.sum()
    if total == 0:
        return 0.0, 0.0
    ends = np.repeat(labels, np.diff(graph.indptr))
    inside = graph.data[ends == labels[graph.indices]].sum()
    return float(inside / total), float(((np.bincount(labels, strength) / total) ** 2).sum())


def aggregate(graph: csr_matrix, labels: IntArray) -> NDArray[np.float64]:
    """Sum the edge weights between clusters, shape (n_clusters, n_clusters)."""
    n = len(labels)
    member = csr_matrix((np.ones(n), (np.arange(n), labels)))
    return np.asarray((member.T @ graph @ member).toarray())


def exactly(graph: csr_matrix, n_clusters: int) -> IntArray:
    """Partition a graph into a given number of clusters.

    The first resolution with at least that many communities is used; then the pair of communities whose
    union has the largest modularity is merged until the number is reached (Clauset, Newman and Moore,
    Physical Review E 70, 2004).
    """
    resolution = 0.1
    labels = communities(graph, resolution)
    while labels.max() + 1 < n_clusters:
        if resolution > 1e6:
            labels = np.arange(len(labels), dtype=np.int64)
            break
        resolution *= 1.5
        labels = communities(graph, resolution)
    return merged_down(graph, labels, n_clusters)


def merged_down(graph: csr_matrix, labels: IntArray, n_clusters: int) -> IntArray:
    """Merge clusters pair by pair, by largest gain of modularity, down to a number."""
    if labels.max() < n_clusters:
        return labels
    between = aggregate(graph, labels)
    between /= max(between.sum(), 1e-300)
    degree = between.sum(axis=1)

    def join(a: int, b: int) -> NDArray[np.float64]:
        between[a] += between[b]
        between[:, a] += between[:, b]
        degree[a] += degree[b]
        return np.asarray(degree[a] * degree - between[a])

    steps = cheapest_merges(np.outer(degree, degree) - between, n_clusters, join)
    return cluster_of_each(len(between), steps)[labels]
