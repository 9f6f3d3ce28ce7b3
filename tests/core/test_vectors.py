import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from threadpoolctl import threadpool_limits

from topickit._core import validation as checks
from topickit._core import vectors
from topickit._core.largest import largest
from topickit.errors import InputError, InputTypeError


@pytest.mark.parametrize(
    ("bad", "error", "said"),
    [
        (np.zeros(3), InputError, r"shape \(n, d\)"),
        (np.zeros((2, 0)), InputError, "at least one column"),
        (np.array([["a", "b"]]), InputTypeError, "real numbers"),
        (np.zeros((2, 2), dtype=complex), InputTypeError, "real numbers"),
        ([[1.0, 2.0], [3.0]], InputError, "rectangular"),
        ([[1.0, 2.0], [np.nan, 0.0]], InputError, "row 1"),
        ([[1.0, 2.0], [0.0, 0.0], [-np.inf, 0.0]], InputError, "row 2"),
    ],
)
def test_check_vectors_says_what_and_where(bad, error, said):
    with pytest.raises(error, match=said):
        checks.check_vectors(bad)


def test_check_vectors_counts_rows():
    with pytest.raises(InputError, match="2 rows for 3 documents"):
        checks.check_vectors(np.zeros((2, 2)), n_rows=3)


@given(arrays(np.float64, (4, 3), elements=st.floats(-1e300, 1e300, allow_subnormal=False)))
def test_unit_rows_are_unit_or_zero(rows):
    before = rows.copy()
    norms = np.linalg.norm(vectors.unit_rows(rows).astype(float), axis=1)
    np.testing.assert_allclose(norms, np.where(rows.any(axis=1), 1.0, 0.0), atol=1e-5)
    np.testing.assert_array_equal(rows, before)


@given(st.integers(1, 40), st.integers(1, 60), st.integers(1, 12), st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_top_k_is_what_a_full_sort_finds(n, m, k, seed):
    rng = np.random.default_rng(seed)
    queries, corpus = vectors.unit_rows(rng.normal(size=(n, 5))), vectors.unit_rows(rng.normal(size=(m, 5)))
    found = vectors.top_k_cosine(queries, corpus, k)
    expected = np.sort(queries @ corpus.T, axis=1)[:, ::-1][:, :k]
    np.testing.assert_allclose(found.similarities, expected, atol=1e-6)
    np.testing.assert_allclose(
        np.einsum("ij,ikj->ik", queries, corpus[found.indices]), found.similarities, atol=1e-6
    )


def test_top_k_leaves_out_the_row_itself(blobs):
    rows, _ = blobs
    found = vectors.top_k_cosine(rows, rows, 5, exclude_self=True)
    assert not (found.indices == np.arange(len(rows))[:, None]).any()
    assert vectors.top_k_cosine(rows[:1], rows[:1], 5, exclude_self=True).indices.shape == (1, 0)


def test_the_same_bits_whatever_the_threads():
    rng = np.random.default_rng(0)
    rows = vectors.unit_rows(rng.normal(size=(5000, 96)))
    prototypes = vectors.unit_rows(rng.normal(size=(77, 96)))
    near, nearest = vectors.top_k_cosine(rows, rows, 10), vectors.nearest_prototype(rows, prototypes)
    with threadpool_limits(1):
        again = vectors.top_k_cosine(rows, rows, 10)
        np.testing.assert_array_equal(again.similarities, near.similarities)
        np.testing.assert_array_equal(again.indices, near.indices)
        np.testing.assert_array_equal(vectors.nearest_prototype(rows, prototypes), nearest)


def test_group_means_and_nearest_prototype(blobs):
    rows, truth = blobs
    means = vectors.group_means(rows, truth, 5)
    np.testing.assert_allclose(means[2], rows[truth == 2].mean(axis=0), atol=1e-6)
    assert not means[4].any()
    weights = np.arange(len(rows))
    weighted = vectors.group_means(rows, truth, 4, weights)
    np.testing.assert_allclose(
        weighted[1], np.average(rows[truth == 1], axis=0, weights=weights[truth == 1]), atol=1e-6
    )
    nearest = vectors.nearest_prototype(rows, means[:4].astype(np.float32))
    distances = ((rows[:, None] - means[None, :4]) ** 2).sum(axis=2)
    np.testing.assert_array_equal(nearest, distances.argmin(axis=1))


def test_typical_first_is_largest_group_members_by_cosine(blobs):
    rows, truth = blobs
    groups = vectors.typical_first(rows, truth, 4)
    mean = rows[truth == 3].mean(axis=0)
    cosines = rows[groups[3]] @ mean
    assert (np.diff(cosines) <= 1e-6).all()
    assert sorted(groups[3]) == np.flatnonzero(truth == 3).tolist()


def test_blocks_follow_the_budget():
    assert vectors.block_rows(10**9, budget=1) == vectors.ROW_TILE
    assert vectors.block_rows(1, budget=2**40) == 16 * vectors.ROW_TILE
    assert vectors.map_blocks(lambda a, b: (a, b), 5, 2) == [(0, 2), (2, 4), (4, 5)]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 30))
def test_largest_entries_stand_by_value_then_position(seed, n, m):
    scores = np.random.default_rng(seed).integers(-2, 3, size=(n, m)).astype(np.float32)  # many ties
    scores[scores == -2] = -np.inf
    k = 1 + seed % m
    positions, values = largest(scores, k)
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    assert (positions == expected).all()
    assert (values == np.take_along_axis(scores, expected, axis=1)).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_unit_rows_stay_as_they_are(dtype):
    wide = np.random.default_rng(0).normal(size=(40, 4096)).astype(dtype)
    np.testing.assert_array_equal(vectors.unit_rows(vectors.unit_rows(wide)), vectors.unit_rows(wide))
    rows = np.random.default_rng(0).normal(size=(3000, 50)).astype(dtype)
    once = vectors.unit_rows(rows)
    np.testing.assert_array_equal(vectors.unit_rows(once), once)
    np.testing.assert_array_equal(vectors.unit_rows(rows[7:9]), once[7:9])
    some = np.array([2999, 5, 5])
    np.testing.assert_array_equal(vectors.unit_rows(rows, some), once[some])


def test_rows_of_zeros_have_no_direction():
    rows = np.array([[0, 1], [0, 0], [2, 0]], dtype=np.float32)
    assert vectors.with_direction(rows, np.array([2, 1, 0])).tolist() == [2, 0]


def test_a_map_of_repeated_rows_starts_by_axes():
    rows = np.repeat(np.eye(4, dtype=np.float32), 3, axis=0)
    ring = np.stack([np.arange(12), (np.arange(12) + 1) % 12], axis=1)
    assert vectors.umap_start(rows, ring) == "pca"
    assert vectors.umap_start(rows + np.arange(12, dtype=np.float32)[:, None], ring) == "spectral"


def test_nearest_of_each_set_is_that_of_the_set_alone():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(500, 6)).astype(np.float32)
    sets = [rng.normal(size=(k, 6)).astype(np.float32) for k in (1, 4, 9)]
    firsts = np.cumsum([0, 1, 4])
    found = vectors.nearest_of_each(rows, sets, budget=1 << 16)
    assert np.array_equal(
        found, np.stack([vectors.nearest_prototype(rows, one) for one in sets], axis=1) + firsts
    )
    assert vectors.nearest_of_each(rows[:0], sets).shape == (0, 3)
