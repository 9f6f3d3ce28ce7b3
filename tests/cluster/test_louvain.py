"""Communities of graphs whose best partition is known, and what every partition must fulfil."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import block_diag, csr_matrix

from topickit.cluster.partition import communities, modularity


def cliques(n: int, size: int, bridge: float = 0.1) -> csr_matrix:
    """A ring of cliques (Fortunato and Barthélemy, PNAS 104, 2007), neighbors joined by one light edge."""
    graph = block_diag([np.ones((size, size)) - np.eye(size)] * n).tolil()
    for clique in range(n):
        a, b = clique * size, (clique + 1) % n * size + 1
        graph[a, b] = graph[b, a] = bridge
    return csr_matrix(graph)


def random_graph(seed: int, n: int, density: float) -> csr_matrix:
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.random((n, n)) * (rng.random((n, n)) < density), 1)
    return csr_matrix(upper + upper.T)


def score(graph: csr_matrix, labels: np.ndarray, resolution: float) -> float:
    inside, by_chance = modularity(graph, labels)
    return inside - resolution * by_chance


@pytest.mark.parametrize(("n", "size"), [(2, 3), (5, 4), (8, 6)])
def test_finds_cliques(n, size):
    labels = communities(cliques(n, size), 1.0)
    assert len(np.unique(labels)) == n
    assert all(len(set(labels[i * size : (i + 1) * size])) == 1 for i in range(n))


def test_resolution_orders_the_number_of_communities():
    graph = cliques(12, 5, bridge=0.5)
    found = [communities(graph, resolution).max() + 1 for resolution in (0.01, 1.0, 50.0)]
    assert found == [1, 12, 60]


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 10**6), st.integers(2, 40), st.sampled_from([0.05, 0.2, 0.8]), st.sampled_from([0.3, 1, 4])
)
def test_no_single_move_gains(seed, n, density, resolution):
    graph = random_graph(seed, n, density)
    if not graph.nnz:
        return
    labels = communities(graph, resolution)
    best = score(graph, labels, resolution)
    for row in range(n):
        for group in set(labels[graph[row].indices].tolist()):
            moved = labels.copy()
            moved[row] = group
            assert score(graph, moved, resolution) <= best + 1e-7


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40))
def test_largest_is_0_and_the_same_every_time(seed, n):
    graph = random_graph(seed, n, 0.2)
    labels = communities(graph, 1.0)
    sizes = np.bincount(labels)
    assert (np.diff(sizes) <= 0).all()
    assert (labels == communities(graph, 1.0)).all()


@pytest.mark.parametrize("graph", [csr_matrix((4, 4)), csr_matrix(np.zeros((1, 1)))])
def test_without_edges_each_row_is_alone(graph):
    assert communities(graph, 1.0).tolist() == list(range(graph.shape[0]))


def test_edges_of_no_weight_are_no_edges():
    graph = csr_matrix((np.zeros(2), ([0, 1], [1, 0])), shape=(2, 2))
    assert communities(graph, 1.0).tolist() == [0, 1]
