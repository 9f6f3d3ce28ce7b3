"""Draws of rows by a hash, and the consensus of many of them."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from topickit._core.vectors import unit_rows
from topickit.cluster import draws, graph, levels
from topickit.cluster.draws import Draws
from topickit.cluster.partition import knn_graph


def rows_of(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(12, 24))
    return unit_rows(centers[rng.integers(12, size=n)] + 1.3 * rng.normal(size=(n, 24)))


@pytest.fixture
def rows() -> np.ndarray:
    return rows_of(800)


def test_all_rows_are_in_half_of_the_draws(rows):
    made = Draws(rows, np.ones(len(rows)), 10, 0)
    assert {len(drawn) for drawn in made.rows} == {400}
    times = np.bincount(np.concatenate(made.rows), minlength=len(rows))
    assert (times == draws.MOST_DRAWS / 2).all()
    assert all(not np.intersect1d(a, b).size for a, b in zip(made.rows[::2], made.rows[1::2], strict=True))


def test_a_row_stays_in_its_draws_when_others_are_missing(rows):
    left = np.sort(np.random.default_rng(1).permutation(len(rows))[:760])
    before, after = (Draws(some, np.ones(len(some)), 10, 0).rows for some in (rows, rows[left]))
    kept = [np.isin(left[b], a).mean() for a, b in zip(before, after, strict=True)]
    assert np.mean(kept) > 0.95  # by chance a half


def test_rounding_does_not_change_the_draws(rows):
    made = Draws(rows, np.ones(len(rows)), 10, 0).rows
    for seed in range(20):
        noise = 1e-7 * np.random.default_rng(seed).normal(size=rows.shape)
        noisy = Draws((rows + noise).astype(np.float32), np.ones(len(rows)), 10, 0).rows
        same = [len(np.intersect1d(a, b)) / len(a) for a, b in zip(made, noisy, strict=True)]
        assert np.mean(same) > 0.998


def test_another_seed_and_another_order_of_rows(rows):
    ones = np.ones(len(rows))
    assert not np.array_equal(Draws(rows, ones, 10, 0).rows[0], Draws(rows, ones, 10, 1).rows[0])
    order = np.random.default_rng(2).permutation(len(rows))
    shuffled = Draws(rows[order], ones, 10, 0).rows[0]
    assert np.array_equal(np.sort(order[shuffled]), Draws(rows, ones, 10, 0).rows[0])


@pytest.mark.parametrize("n", [60, 800, 9000])
def test_the_graph_of_a_draw_is_that_of_its_rows(n, monkeypatch):
    """Neighbors are searched for once, in lists that hold enough neighbors of nearly every draw."""
    monkeypatch.setattr(draws, "DRAW_SIZE", 2000)
    vectors, weights = rows_of(n), np.random.default_rng(4).integers(1, 4, size=n).astype(float)
    made = Draws(vectors, weights, 10, 0)
    for number in (0, 7):
        chosen = made.rows[number]
        expected = knn_graph(vectors[chosen], weights[chosen], 10)
        found = made[number].graph
        assert np.array_equal(made[number].vectors, vectors[chosen])
        differing = abs(found - expected) > 1e-5
        assert differing.nnz <= 0.02 * expected.nnz


def test_many_rows_are_linked_draw_by_draw(rows, monkeypatch):
    monkeypatch.setattr(draws, "MOST_LISTED", 100)
    made = Draws(rows, np.ones(len(rows)), 10, 0)
    chosen = made.rows[3]
    assert abs(made[3].graph - knn_graph(rows[chosen], np.ones(400), 10)).max() < 1e-6


@pytest.mark.parametrize(("n", "expected"), [(40, 24), (2500, 24), (4000, 15), (5000, 12), (9000, 12)])
def test_smaller_draws_are_more(n, expected):
    assert Draws(np.zeros((n, 2), dtype=np.float32), np.ones(n), 5, 0).n_compared == expected


def test_more_draws_at_the_chosen_level(rows, monkeypatch):
    made = Draws(rows, np.ones(len(rows)), 10, 0)
    level = levels.best_level(levels.ladder(made, whole=False))
    assert len(level.centers) == made.n_compared
    more = levels.with_more_draws(level, made)
    n_centers = np.mean([len(center) for center in level.centers])
    assert len(more.centers) == min(draws.MOST_DRAWS, int(levels.MOST_CENTERS / n_centers))
    assert more.centers[: made.n_compared] == level.centers
    monkeypatch.setattr(levels, "MOST_CENTERS", 10)  # too many centers for a consensus of more draws
    assert levels.with_more_draws(level, made).centers == level.centers


def test_more_draws_make_seeds_agree(monkeypatch):
    rng = np.random.default_rng(5)
    centers = rng.normal(size=(20, 30))
    rows = unit_rows(centers[rng.integers(20, size=700)] + 2.2 * rng.normal(size=(700, 30)))

    def agreement() -> float:
        found = [graph.GraphClusterer(random_state=seed).fit(rows).labels_ for seed in range(4)]
        pairs = [(a, b) for a in range(4) for b in range(a)]
        return float(np.mean([adjusted_rand_score(found[a], found[b]) for a, b in pairs]))

    many = agreement()
    monkeypatch.setattr(levels, "MOST_DRAWS", draws.N_DRAWS)
    assert many > agreement()
