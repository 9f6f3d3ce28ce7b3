"""The student's numerics: features, leave-one-out in closed form, folding."""

import numpy as np
import pytest

from topickit._core.vectors import unit_rows
from topickit.embed.distilled import ridge, student
from topickit.embed.distilled.ridge import conjugate_gradients, leave_one_out
from topickit.embed.distilled.tokens import Tokens

RNG = np.random.default_rng(0)
IDS = [RNG.integers(0, 30, size=RNG.integers(1, 12)).tolist() for _ in range(80)]
TOKENS = Tokens.of(IDS)
TABLE = RNG.normal(size=(40, 6)).astype(np.float32)
VECTORS = unit_rows(np.array([TABLE[ids].sum(axis=0) for ids in IDS]) @ RNG.normal(size=(6, 10)))


def test_rows_have_the_length_of_their_parts():
    features = student.learn_features(TOKENS, 40)
    matrix = features.of(TOKENS).toarray()
    np.testing.assert_allclose(np.linalg.norm(matrix[:, :40], axis=1), 1, atol=1e-6)
    assert (np.linalg.norm(matrix[:, 40:], axis=1) <= np.sqrt(student.PAIR_SHARE) + 1e-6).all()


def test_pairs_stay_inside_their_text():
    features = student.learn_features(Tokens.of([[0, 1], [2, 3], [0, 1], [2, 3]]), 5)
    assert features.pairs.tolist() == [1, 13]
    row = features.of(Tokens.of([[0], [1, 2, 3], [4, 4]])).toarray()[:, 5:]
    assert (row[0] == 0).all()
    assert row[1, 0] == 0 < row[1, 1] < np.sqrt(student.PAIR_SHARE)  # the unknown pair takes its share
    assert (row[2] == 0).all()


def test_texts_without_pairs_or_tokens():
    features = student.learn_features(Tokens.of([[0], [1], []]), 3)
    assert len(features.pairs) == 0
    assert features.of(Tokens.of([[0], []])).toarray().sum(axis=1).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("n_last", [25, 7])
def test_leave_one_out_is_that_of_fitting_without_each(n_last):
    points = RNG.normal(size=(25, 5))
    products, targets = points @ points.T, RNG.normal(size=(25, 3))
    dual, found = leave_one_out(products, targets, 0.3, n_last)
    assert len(found) == n_last
    np.testing.assert_allclose(products @ dual + 0.3 * dual, targets, atol=1e-8)
    for i in range(25 - n_last, 25):
        rest = np.delete(np.arange(25), i)
        alone = np.linalg.solve(products[np.ix_(rest, rest)] + 0.3 * np.eye(24), targets[rest])
        np.testing.assert_allclose(found[i - 25], products[i, rest] @ alone, atol=1e-8)


def test_the_folded_student_is_the_regression():
    from sklearn.kernel_ridge import KernelRidge

    result = student.fit_student(TOKENS, VECTORS, TABLE)
    folded = result.student.fold(TABLE)
    features = student.learn_features(TOKENS, 40)
    new = Tokens.of([RNG.integers(0, 30, size=8).tolist() for _ in range(9)])
    sparse, others = features.of(TOKENS).toarray(), features.of(new).toarray()
    dense, dense_others = sparse[:, :40] @ TABLE, others[:, :40] @ TABLE
    centre = dense.mean(axis=0)
    scale = np.sqrt(((dense - centre) ** 2).sum() / len(dense))
    rows = np.hstack([sparse, (dense - centre) / scale])
    mean = VECTORS.mean(axis=0)
    ridge = KernelRidge(alpha=result.penalty, kernel="linear").fit(rows, VECTORS - mean)
    expected = ridge.predict(np.hstack([others, (dense_others - centre) / scale])) + mean
    linear = folded.features.of(new) @ folded.matrix + folded.bias
    np.testing.assert_allclose(linear, expected, atol=2e-3)  # float16
    near = unit_rows(linear)
    errors = result.student.errors.astype(np.float64)
    corrected = linear + np.exp(3.0 * (near @ result.student.anchors.astype(np.float64).T - 1)) @ errors
    np.testing.assert_allclose(folded.vectors(new), unit_rows(corrected), atol=1e-5)


def test_tokens_that_the_sample_did_not_hold():
    folded = student.fit_student(TOKENS, VECTORS, TABLE).student.fold(TABLE)
    assert folded.features.token_weights[35] > folded.features.token_weights[:30].max()
    assert folded.vectors(Tokens.of([[35, 36], []])).any(axis=1).tolist() == [True, False]


def test_more_rows_than_are_learnt_from(monkeypatch):
    monkeypatch.setattr(student, "MAX_ROWS", 40)
    assert len(student.fit_student(TOKENS, VECTORS, TABLE).student.anchors) == 40


def test_many_rows_are_learnt_as_few_are(monkeypatch):
    exact = student.fit_student(TOKENS, VECTORS, TABLE, penalty=1.0)
    monkeypatch.setattr(student, "DUAL_ROWS", 40)
    monkeypatch.setattr(student, "ANCHORS", 20)
    result = student.fit_student(TOKENS, VECTORS, TABLE, penalty=1.0)
    np.testing.assert_allclose(
        result.student.own.astype(np.float64), exact.student.own.astype(np.float64), atol=5e-3
    )
    np.testing.assert_allclose(result.student.shared, exact.student.shared, atol=5e-3)
    assert len(result.student.anchors) == 20


def test_conjugate_gradients_solve_the_ridge_regression(monkeypatch):
    from scipy.sparse import csr_array

    rng = np.random.default_rng(1)
    sparse = (rng.random((60, 25)) < 0.2) * rng.random((60, 25))
    dense, targets = rng.normal(size=(60, 4)), rng.normal(size=(60, 150))
    targets[:, 3] = 0  # a target that is always the same
    rows = np.hstack([sparse, dense])
    expected = np.linalg.solve(rows.T @ rows + 0.5 * np.eye(29), rows.T @ targets)
    matrix = csr_array(sparse.astype(np.float32))
    arrays = dense.astype(np.float32), targets.astype(np.float32)
    found = conjugate_gradients(matrix, *arrays, 0.5)
    np.testing.assert_allclose(np.vstack(found), expected, atol=1e-3)
    monkeypatch.setattr(
        ridge, "map_blocks", lambda work, n, block: [work(i, min(i + block, n)) for i in range(0, n, block)]
    )
    alone = conjugate_gradients(matrix, *arrays, 0.5)
    assert all(np.array_equal(a, b) for a, b in zip(found, alone, strict=True))


def test_arguments_are_not_written_to():
    vectors, table = VECTORS.copy(), TABLE.copy()
    vectors.setflags(write=False)
    table.setflags(write=False)
    student.fit_student(TOKENS, vectors, table).student.fold(table).vectors(TOKENS)


@pytest.mark.parametrize("n", [2, 3, 6])
def test_few_texts(n):
    result = student.fit_student(Tokens.of(IDS[:n]), VECTORS[:n], TABLE)
    assert np.isfinite(result.student.fold(TABLE).vectors(TOKENS)).all()
    assert 0 <= result.held_out.agreement <= 1
