"""Approximate neighbors of many rows: most of the exact ones, in their order, the same every time."""

import numpy as np
import pytest

from topickit._core import neighbors as _neighbors
from topickit._core.neighbors import nearest_rows
from topickit._core.vectors import top_k_cosine, unit_rows

RNG = np.random.default_rng(0)
VECTORS = unit_rows(
    RNG.normal(size=(20, 24))[RNG.integers(20, size=1200)] + 0.6 * RNG.normal(size=(1200, 24))
)
EXACT = top_k_cosine(VECTORS, VECTORS, 10, exclude_self=True)


def test_few_rows_are_searched_exactly():
    found = nearest_rows(VECTORS, 10)
    np.testing.assert_array_equal(found.indices, EXACT.indices)


@pytest.fixture
def many(monkeypatch):
    monkeypatch.setattr(_neighbors, "EXACT_ROWS", 1000)
    monkeypatch.setattr(_neighbors, "JUDGED_ROWS", 200)


def test_of_many_rows_most_are_found(many, monkeypatch):
    monkeypatch.setattr(_neighbors, "top_k_cosine", refusing_all_rows)
    found = nearest_rows(VECTORS, 10)
    recall = np.mean([np.isin(a, b).mean() for a, b in zip(EXACT.indices, found.indices, strict=True)])
    assert recall >= 0.95
    assert found.indices.shape == found.similarities.shape == (1200, 10)
    assert not (found.indices == np.arange(1200)[:, None]).any()
    assert (np.diff(found.similarities, axis=1) <= 0).all()
    cosines = np.einsum("ij,ikj->ik", VECTORS, VECTORS[found.indices])
    np.testing.assert_allclose(found.similarities, cosines, atol=1e-6)
    again = nearest_rows(VECTORS, 10)
    np.testing.assert_array_equal(found.indices, again.indices)
    with_self = nearest_rows(VECTORS, 11, exclude_self=False)
    np.testing.assert_array_equal(with_self.indices[:, 0], np.arange(1200))
    np.testing.assert_array_equal(with_self.indices[:, 1:], found.indices)


def refusing_all_rows(queries, corpus, k, **options):
    assert len(queries) <= 200
    return top_k_cosine(queries, corpus, k, **options)


def test_where_too_few_are_found_the_search_is_exact(many, monkeypatch):
    monkeypatch.setattr(
        _neighbors, "_descend", lambda vectors, k, *_: np.tile(np.arange(k), (len(vectors), 1))
    )
    np.testing.assert_array_equal(nearest_rows(VECTORS, 10).indices, EXACT.indices)


def test_a_row_is_dropped_from_its_own_list_or_else_the_last():
    found = _neighbors._without_self(np.array([[0, 5, 6], [7, 8, 9]]), np.array([0, 1]), 2)
    assert found.tolist() == [[5, 6], [7, 8]]
