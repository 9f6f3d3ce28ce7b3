"""Fast community detection equals a full product, pair for pair, whatever the rows are."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from tests.conftest import SHARED
from topickit.cluster.community import device_scan as _device
from topickit.cluster.community import exact as _exact
from topickit.cluster.community import filter as _filter
from topickit.cluster.community import kernel as _kernel
from topickit.cluster.community import pairs as _pairs
from topickit.cluster.community import threshold as _threshold
from topickit.cluster.community.clusterer import CommunityClusterer
from topickit.cluster.community.detection import community_detection
from topickit.errors import InputError, InputTypeError, NotFittedError, ParameterError, ParameterTypeError

VECTORS = SHARED / "embeddings" / "quora_questions.npy"
needs_data = pytest.mark.skipif(not VECTORS.exists(), reason="the shared collections are not here")


def reference(embeddings, threshold, smallest):
    """The reference's algorithm on the full product, its batches of 1,024 rows, zero rows left out."""
    tensor = torch.from_numpy(np.array(embeddings))
    n = len(tensor)
    unit = torch.nn.functional.normalize(tensor, p=2, dim=1)
    batches = [unit[start : start + 1024] @ unit.T for start in range(0, max(n, 1), 1024)]
    near = torch.cat(batches).numpy() >= np.float32(threshold)
    live = np.asarray(embeddings).any(axis=1)
    near &= live[:, None] & live
    sizes = near.sum(axis=1)
    found, used = [], np.zeros(n, dtype=bool)
    for center in sorted(np.flatnonzero(sizes >= smallest), key=lambda i: -sizes[i]):
        left = np.flatnonzero(near[center] & ~used)
        if not used[center] and len(left) >= smallest:
            members = {center, *left.tolist()}
            used[list(members)] = True
            found.append((center, members))
    return sorted(found, key=lambda c: -len(c[1]))


def assert_same(embeddings, threshold, smallest, **options):
    expected = reference(embeddings, threshold, smallest)
    found = community_detection(embeddings, threshold, smallest, **options)
    assert [(c[0], set(c)) for c in found] == expected
    assert all(len(c) == len(set(c)) for c in found)


def unit_product(rows):
    unit = torch.nn.functional.normalize(torch.from_numpy(rows), p=2, dim=1)
    return (unit @ unit.T).numpy()


KINDS = ("random", "clustered", "duplicated", "zeros", "equal", "grid", "tiny norm", "one direction")


@st.composite
def matrices(draw, dtype=np.float32, most=70):
    kind = draw(st.sampled_from(KINDS))
    n, d = draw(st.integers(0, most)), draw(st.integers(1, 24))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = rng.standard_normal((n, d))
    if kind == "clustered":
        rows = 3 * rng.standard_normal((5, d))[rng.integers(0, 5, n)] + rows
    elif kind == "duplicated":
        rows = rows[rng.integers(0, max(n // 4, 1), n)] if n else rows
    elif kind == "zeros":
        rows[rng.random(n) < 0.5] = 0
    elif kind == "equal":
        rows[:] = rows[:1]
    elif kind == "grid":
        rows = rng.integers(-2, 3, (n, d)).astype(float)
    elif kind == "tiny norm":
        rows *= 10.0 ** rng.integers(-20, 3, (n, 1))
    elif kind == "one direction":
        rows = rows * 1e-4 + rng.choice([1.0, 1.0, -1.0], (n, 1))
    return rows.astype(dtype)


@st.composite
def cases(draw, dtype=np.float32):
    """Rows, a smallest size, and a threshold that is often exactly one of the cosines."""
    rows = draw(matrices(dtype))
    threshold = draw(st.floats(-1, 1) | st.sampled_from([-1.0, 0.0, 0.5, 0.75, 1.0]))
    if len(rows) and draw(st.booleans()):
        i, j = (draw(st.integers(0, len(rows) - 1)) for _ in "ij")
        threshold = float(np.clip(unit_product(rows)[i, j], -1, 1))
    return rows, threshold, draw(st.integers(1, 12))


FUZZ = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(cases())
@FUZZ
def test_equals_the_reference(case):
    assert_same(*case)


@given(cases(np.float64))
@FUZZ
def test_equals_the_reference_in_double_precision(case):
    assert_same(*case)


@given(cases())
@FUZZ
def test_equals_the_reference_without_room_for_lists(case):
    assert_same(*case, memory_budget=0)


@given(cases(), st.sampled_from([1, 7, 64]), st.sampled_from([0, 2**30]))
@FUZZ
def test_equals_the_reference_on_a_torch_device(case, block, budget):
    """The code that runs on a GPU, on torch's own CPU device."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_device.DeviceScan.__init__, "__defaults__", (block,))
        assert_same(*case, device="cpu", memory_budget=budget)


def test_a_device_that_is_not_there():
    for device in ("gpu", "cuda:97"):
        with pytest.raises(ParameterError, match="cannot be used"):
            community_detection(np.eye(3), 0.75, 1, device=device)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
def test_a_gpu_finds_the_same():
    rows = clusters(20_000, 64, 200, 0.4)
    for threshold in (0.3, 0.75, 0.9):
        on_gpu = community_detection(torch.from_numpy(rows).cuda(), threshold)
        assert on_gpu == community_detection(rows, threshold)


@given(cases(), st.integers(1, 24), st.sampled_from([_filter.WIDE, _filter.NARROW]))
@FUZZ
def test_equals_the_reference_through_the_filter(case, m, kind):
    rows, threshold, smallest = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_pairs, "make_filter", force_filter(m, kind))
        assert_same(rows, max(threshold, 0.15), smallest)


def force_filter(m, kind):
    """A filter of m coordinates (or as many as there are) for any number of rows."""
    if kind is _filter.NARROW and not _kernel.has_narrow():
        kind = _filter.WIDE  # this processor has no other

    def make(rows, threshold):
        axes = _filter.principal_axes(rows)[:, :m]
        return _filter.build_filter(rows, threshold, axes, kind) if len(rows) else None

    return make


def clusters(n, d, n_clusters, noise, seed=0):
    rng = np.random.default_rng(seed)
    centers = rng.standard_normal((n_clusters, d))
    return (centers[rng.integers(0, n_clusters, n)] + noise * rng.standard_normal((n, d))).astype(np.float32)


@pytest.mark.parametrize("threshold", [0.3, 0.55, 0.8, 0.95])
def test_the_filter_is_chosen_and_exact(threshold):
    rows = clusters(5003, 96, 300, 0.45)  # 5,003: a last batch, tile and panel that are not full
    found = community_detection(rows, threshold, 4)
    assert found.notes["coordinates"] > 0
    assert [(c[0], set(c)) for c in found] == reference(rows, threshold, 4)


def test_last_batch_of_few_rows():
    rng = np.random.default_rng(3)
    for n in (1024 + 1, 1024 + 3, 1024 + 11):
        rows = rng.integers(-1, 2, (n, 6)).astype(np.float32)
        for threshold in (0.5, 2**-0.5, 0.75):
            assert_same(rows, threshold, 5)


def test_small_batches_decide_as_the_reference_does():
    rows = np.random.default_rng(5).integers(-2, 3, (60, 5)).astype(np.float32)
    from sentence_transformers.util import community_detection as original

    rows = rows[rows.any(axis=1)]
    for batch_size in (1, 3, 7, 16, 50):
        for threshold in (0.4, 0.5, 0.8):
            expected = original(rows, threshold, 3, batch_size)
            found = community_detection(rows, threshold, 3, batch_size)
            assert {frozenset(c) for c in found} == {frozenset(c) for c in expected}


def test_everything_is_tied():
    rows = np.zeros((3000, 8), dtype=np.float32)  # four of eight coordinates: cosines 0, 1/4, 1/2, 3/4, 1
    rng = np.random.default_rng(0)
    for row in rows:
        row[rng.choice(8, 4, replace=False)] = 1
    for threshold in (0.25, 0.5, 0.75, 1.0):
        assert_same(rows, threshold, 10)


def test_dense_lists_do_not_fit_and_are_made_again():
    rows = np.abs(clusters(3000, 16, 3, 1.0))
    roomy = community_detection(rows, 0.2, 5)
    tight = community_detection(rows, 0.2, 5, memory_budget=2**20)
    assert roomy.notes["lists"]
    assert not tight.notes["lists"]
    assert tight == roomy
    assert [(c[0], set(c)) for c in tight] == reference(rows, 0.2, 5)


@needs_data
@pytest.mark.parametrize(("threshold", "smallest"), [(0.65, 10), (0.75, 25), (0.9, 2)])
def test_equals_sentence_transformers_on_questions(threshold, smallest):
    from sentence_transformers.util import community_detection as original

    rows = np.load(VECTORS, mmap_mode="r")[:6000].astype(np.float32)
    found = community_detection(rows, threshold, smallest)
    expected = original(rows, threshold, smallest)
    assert found.notes["coordinates"] > 0
    assert {frozenset(c) for c in found} == {frozenset(c) for c in expected}
    assert [c[0] for c in found] == [c[0] for c in expected]


@given(cases(), st.data())
@FUZZ
def test_weights_stand_for_repeated_rows(case, data):
    rows, threshold, smallest = case
    n = len(rows)
    weights = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)), dtype=int)
    origin = np.repeat(np.arange(len(rows)), weights)
    model = CommunityClusterer(threshold, smallest)
    if len(rows) == 0 or len(origin) == 0 or threshold > 0.999:
        return
    labels = model.fit(rows, sample_weight=weights).labels_
    repeated = clone(model).fit(rows[origin])
    np.testing.assert_array_equal(labels[origin], repeated.labels_)
    by_function = community_detection(rows, threshold, smallest, sample_weight=weights)
    assert sum(map(len, by_function)) <= len(rows)


@given(cases())
@FUZZ
def test_predict_gives_training_rows_their_own_community(case):
    rows, threshold, smallest = case
    if len(rows) == 0 or threshold > 0.999:
        return
    model = CommunityClusterer(threshold, smallest).fit(rows)
    np.testing.assert_array_equal(model.predict(rows), model.labels_)
    alone = [model.predict(row[None])[0] for row in rows[:5]]
    np.testing.assert_array_equal(alone, model.labels_[:5])
    assert model.centers_.shape == (model.result_.n_clusters, rows.shape[1])
    if len(model.centers_):
        np.testing.assert_array_equal(model.predict(model.centers_), np.arange(len(model.centers_)))


def test_clusterer_speaks_up():
    with pytest.raises(NotFittedError, match="fit"):
        CommunityClusterer().predict([[1.0]])
    model = CommunityClusterer(min_community_size=1).fit(np.eye(3))
    assert model.labels_.tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="features"):
        model.predict(np.eye(2))


def test_order_and_similarities():
    rows = clusters(200, 8, 4, 0.4)
    found, similarities = community_detection(rows, 0.7, 5, return_similarities=True)
    assert [len(c) for c in found] == sorted((len(c) for c in found), reverse=True)
    product = unit_product(rows)
    for community, cosines in zip(found, similarities, strict=True):
        assert cosines[0] == 1
        assert (np.diff(cosines) <= 0).all()
        assert cosines.min() >= 0.7 - 1e-6
        np.testing.assert_allclose(cosines, product[community[0], community], atol=1e-6)


def test_takes_what_the_reference_takes():
    rows = clusters(300, 8, 4, 0.4)
    expected = community_detection(rows, 0.7, 5)
    given = rows.copy()
    given.setflags(write=False)
    assert community_detection(given, 0.7, 5) == expected
    np.testing.assert_array_equal(given, rows)
    assert community_detection(torch.from_numpy(rows), 0.7, 5) == expected
    assert community_detection(torch.from_numpy(rows).requires_grad_(), 0.7, 5) == expected
    assert community_detection(list(torch.from_numpy(rows)), 0.7, 5) == expected
    assert community_detection(rows.tolist(), 0.7, 5) == expected
    assert community_detection(torch.from_numpy(rows).bfloat16(), 0.7, 5)
    assert community_detection(rows.astype(np.float16), 0.7, 5)
    by_column = np.asfortranarray(rows)
    for other in (by_column, rows[::-1], rows[:, ::2], by_column.astype(np.float64)):
        assert_same(other, 0.7, 5)
    assert community_detection(np.array([1.0, 0.0]), 0.7, 1) == [[0]]


@pytest.mark.parametrize("empty", [[], np.empty((0, 4)), torch.empty((0, 4))])
def test_no_rows(empty):
    assert community_detection(empty) == []
    assert community_detection(empty, "auto") == []


def test_rows_whose_squares_overflow():
    rows = clusters(40, 6, 2, 0.2)
    sizes = np.where(np.arange(40) % 2, 1e25, 1e-8).astype(np.float32)[:, None]
    expected = community_detection(rows, 0.8, 3)
    found = community_detection(rows * sizes, 0.8, 3)
    assert {frozenset(c) for c in found} == {frozenset(c) for c in expected}


def test_any_number_of_threads(monkeypatch):
    rows = clusters(6000, 64, 200, 0.5)
    results = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(_pairs, "n_threads", lambda threads=threads: threads)
        for threshold in (0.15, 0.6):
            results.append(community_detection(rows, threshold, 3, return_similarities=True))
    for k in (2, 4):
        for (first, cosines), (other, others) in zip(results[:2], results[k : k + 2], strict=True):
            assert first == other
            assert all(map(np.array_equal, cosines, others))


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"threshold": 1.5}, ParameterError, "-1 to 1"),
        ({"threshold": float("nan")}, ParameterError, "-1 to 1"),
        ({"threshold": "high"}, ParameterError, "auto"),
        ({"threshold": None}, ParameterTypeError, "auto"),
        ({"min_community_size": 0}, ParameterError, "at least 1"),
        ({"min_community_size": 2.5}, ParameterTypeError, "must be an int"),
        ({"batch_size": 0}, ParameterError, "batch_size"),
        ({"sample_weight": [1]}, InputError, "one number for each row"),
        ({"sample_weight": [1, -1, 1]}, InputError, "row 1"),
        ({"sample_weight": ["a", "b", "c"]}, InputTypeError, "numbers"),
    ],
)
def test_bad_settings(settings, error, says):
    with pytest.raises(error, match=says):
        community_detection(np.eye(3), **settings)


@pytest.mark.parametrize(
    ("rows", "error", "says"),
    [
        ([[1.0, float("nan")]], InputError, "row 0"),
        ([[1.0], [1.0, 2.0]], InputError, "rectangular"),
        (np.array([["a"]]), InputTypeError, "numbers"),
        (np.zeros((2, 2, 2)), InputError, "shape"),
    ],
)
def test_bad_rows(rows, error, says):
    with pytest.raises(error, match=says):
        community_detection(rows)


def test_the_threshold_is_chosen_and_explained():
    tight = clusters(400, 32, 60, 0.15)
    found = community_detection(tight, "auto", 3)
    choice = found.notes["threshold"]
    assert choice["chosen"] == found.threshold
    assert 0.5 <= found.threshold <= 0.95
    assert f"{found.threshold:.2f}" in choice["why"]
    best = max(choice["candidates"], key=lambda c: c["score"])
    assert best["threshold"] == found.threshold
    assert found == community_detection(tight, found.threshold, 3)
    model = CommunityClusterer("auto", 3).fit(tight)
    assert model.threshold_ == pytest.approx(found.threshold)


@needs_data
def test_the_threshold_is_near_the_best_for_duplicate_questions():
    import polars as pl

    rows = np.load(VECTORS, mmap_mode="r")[:8000].astype(np.float32)
    column = pl.read_parquet(SHARED / "quora_questions.parquet")["duplicate_group"][: len(rows)].to_list()
    named = [f"alone {i}" if group is None else str(group) for i, group in enumerate(column)]
    groups = np.unique(named, return_inverse=True)[1]

    def f1(communities):
        labels = np.arange(len(rows)) + len(rows)
        for k, members in enumerate(communities):
            labels[members] = k
        counts = [np.unique(x, return_counts=True)[1] for x in (labels * 10**6 + groups, labels, groups)]
        right, found, marked = ((c * (c - 1)).sum() for c in counts)
        return 2 * right / (found + marked)

    best = max(f1(community_detection(rows, t, 2)) for t in np.arange(0.6, 0.92, 0.04))
    assert f1(community_detection(rows, "auto", 2)) > 0.9 * best


def test_the_threshold_of_rows_that_have_nothing_in_common():
    found = community_detection(np.eye(20), "auto", 2)
    assert found == []
    assert found.threshold == _threshold.DEFAULT
    assert "no two rows" in found.notes["threshold"]["why"]


def test_the_threshold_is_chosen_on_fewer_rows_when_pairs_do_not_fit():
    rows = np.abs(clusters(2000, 16, 3, 0.1))
    found = community_detection(rows, "auto", 5, memory_budget=2**24)
    assert 0.5 <= found.threshold <= 0.95
    assert "of 2000 rows" not in found.notes["threshold"]["why"]


@pytest.mark.parametrize("n_columns", [2, 7, 48, 100, 384, 768])
def test_bits_of_a_product_do_not_depend_on_its_shape(n_columns):
    """What `_exact` rests on: if torch's products change here, its undecided pairs must be done anew."""
    rng = np.random.default_rng(n_columns)
    unit = torch.nn.functional.normalize(torch.from_numpy(rng.standard_normal((1500, n_columns))).float())
    full = unit[:1024] @ unit.T
    for _ in range(20):
        left = torch.from_numpy(rng.integers(0, 1024, rng.integers(_exact.FEWEST, 200)))
        right = torch.from_numpy(rng.integers(0, 1500, rng.integers(_exact.FEWEST, 200)))
        assert torch.equal(unit[left] @ unit[right].T, full[left][:, right])


@pytest.mark.parametrize("kind", [_filter.WIDE, _filter.NARROW])
@pytest.mark.parametrize("m", [1, 9, 40])
def test_the_filter_never_loses_a_pair(kind, m):
    rows = _exact.prepare(clusters(700, 40, 30, 0.6))
    unit = rows.unit(slice(0, None)).astype(np.float64)
    made = _filter.build_filter(rows, 0.5, _filter.principal_axes(rows)[:, :m], kind)
    sums = made.rows.astype(np.int64) @ made.columns.astype(np.int64).T + made.starts
    # As the kernel's sums do: 16 bits that wrap around.
    sums = sums.astype(kind.total)
    passed = sums > made.limits[:, None]
    assert passed[unit @ unit.T >= 0.5].all()
    if m == 40:
        assert passed.mean() < 0.1 + (unit @ unit.T >= 0.4).mean()


@pytest.mark.skipif(not _kernel.has_narrow(), reason="this processor has only the wide kind")
def test_both_kinds_of_the_filter_find_the_same(monkeypatch):
    rows = clusters(5003, 96, 300, 0.45)
    narrow = community_detection(rows, 0.6, 4)
    monkeypatch.setattr(_kernel, "has_narrow", lambda: False)
    wide = community_detection(rows, 0.6, 4)
    assert narrow.notes["coordinates"] > 0
    assert wide.notes["coordinates"] > 0
    assert narrow == wide


def test_import_needs_no_heavy_library():
    code = (
        "import sys; from topickit.cluster.community import detection; "
        "print([m for m in ('torch', 'numba', 'scipy', 'sklearn') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_progress_is_told(capsys):
    community_detection(np.eye(30), 0.5, 1, show_progress_bar=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Finding communities" in captured.err
