"""The contract of every clusterer in the table, and scikit-learn's own checks."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import estimator_checks_generator

from topickit._core.vectors import unit_rows
from topickit.cluster import agglomerative, base, graph, levels
from topickit.cluster.consensus import consensus, voted
from topickit.cluster.density import DensityClusterer
from topickit.cluster.draws import Draws
from topickit.errors import InputError, MemoryBudgetError, ParameterError, ParameterTypeError

BY_NAME = pytest.mark.parametrize("name", base.CLUSTERERS)


def make(name):
    clusterer = base.resolve(name)
    return clusterer.set_params(threshold=0.6, min_community_size=4) if name == "community" else clusterer


@BY_NAME
def test_finds_blobs(name, blobs):
    rows, truth = blobs
    assert adjusted_rand_score(truth, make(name).fit_predict(rows)) > 0.8


@BY_NAME
@pytest.mark.parametrize("n", [0, 20, 300])
@pytest.mark.parametrize("copy_of", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_clusterers_and_results_pickle_and_copy(name, n, copy_of):
    rows = unit_rows(np.random.default_rng(0).normal(size=(n, 6)))
    clusterer = make(name).set_params(**({"at_least": 30} if name == "graph" else {}))
    result = clusterer.cluster(rows, np.ones(n))
    twin = copy_of(clusterer)
    assert twin.get_params() == clusterer.get_params()
    for other in (copy_of(result), twin.cluster(rows, np.ones(n))):
        np.testing.assert_array_equal(other.labels, result.labels)
        assert other.notes == result.notes
        assert (other.finer is None) == (result.finer is None)
        if result.finer is not None:
            np.testing.assert_array_equal(other.finer().labels, result.finer().labels)
    assert (result.finer is not None) == (name == "graph" and n > 0)
    if n:
        fitted = copy_of(clusterer.fit(rows))
        np.testing.assert_array_equal(fitted.labels_, clusterer.labels_)
        np.testing.assert_array_equal(fitted.result_.labels, clusterer.result_.labels)


@BY_NAME
def test_labels_are_compact_and_rows_untouched(name, blobs):
    rows, _ = blobs
    given = rows.astype(np.float64) * 3
    given.setflags(write=False)
    labels = make(name).fit(given).labels_
    assert labels.dtype == np.int64
    assert set(np.unique(labels)) - {-1} == set(range(labels.max() + 1))
    np.testing.assert_array_equal(make(name).fit(given).labels_, labels)


@BY_NAME
def test_order_and_duplicates(name, blobs):
    rows, _ = blobs
    order = np.random.default_rng(0).permutation(len(rows))
    labels = make(name).fit_predict(rows)
    if name != "community":  # it follows the row order, where groups of equal size are concerned
        np.testing.assert_array_equal(make(name).fit_predict(rows[order]), labels[order])
    doubled = make(name).fit_predict(np.concatenate([rows, rows[:7]]))
    np.testing.assert_array_equal(doubled[-7:], doubled[:7])


@BY_NAME
@pytest.mark.parametrize(
    "rows",
    [
        np.eye(1),
        np.eye(2),
        np.ones((6, 3)),
        np.zeros((4, 3)),
        np.concatenate([np.zeros((3, 2)), np.ones((3, 2))]),
        np.arange(7.0)[:, None] + 1,
        np.eye(5),
        -np.eye(3),
    ],
    ids=["one", "two", "equal", "zero", "some zero", "one column", "orthogonal", "negative"],
)
def test_odd_inputs(name, rows):
    labels = base.resolve(name).fit(rows).labels_
    assert labels.shape == (len(rows),)
    assert labels.min() >= -1


CHECKS = [
    pytest.param(estimator, check, id=f"{name}-{getattr(check, 'func', check).__name__}")
    for name in base.CLUSTERERS
    for estimator, check in estimator_checks_generator(base.resolve(name))
]


@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_scikit_learn_checks(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # the checks provoke warnings, and assert on those they mean
        check(estimator)


@pytest.mark.parametrize("name", ["graph", "kmeans", "agglomerative"])
@pytest.mark.parametrize("n", [1, 2, 3, 5, 11, 40])
def test_exact_number(name, n, blobs):
    rows, _ = blobs
    assert base.resolve(name, n_topics=n).fit(rows).result_.n_clusters == n


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("graph", {"n_clusters": 0}),
        ("graph", {"resolution": 0.0}),
        ("graph", {"n_clusters": 2, "resolution": 1.0}),
        ("graph", {"n_neighbors": 0}),
        ("kmeans", {"n_clusters": -1}),
        ("agglomerative", {"n_clusters": 0}),
        ("agglomerative", {"n_clusters": 2, "distance_threshold": 1.0}),
        ("hdbscan", {"min_cluster_size": 1}),
        ("community", {"threshold": 2.0}),
        ("community", {"min_community_size": 0}),
    ],
)
def test_bad_parameters(name, parameters, blobs):
    with pytest.raises(ParameterError):
        base.resolve(name).set_params(**parameters).fit(blobs[0])


@pytest.mark.parametrize("wrong", [2.5, "3", True])
@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        *[(name, "n_clusters") for name in ("graph", "kmeans", "agglomerative")],
        *[(name, "random_state") for name in ("graph", "kmeans", "agglomerative", "hdbscan")],
        *[("hdbscan", name) for name in ("min_cluster_size", "min_samples", "n_neighbors", "n_components")],
        ("graph", "n_neighbors"),
        ("kmeans", "n_init"),
        ("community", "min_community_size"),
    ],
)
def test_parameters_of_the_wrong_kind(name, parameter, wrong, blobs):
    with pytest.raises(ParameterTypeError, match=parameter):
        base.resolve(name).set_params(**{parameter: wrong}).fit(blobs[0])


@pytest.mark.parametrize("wrong", ["fine", float("nan"), float("inf")])
def test_a_resolution_is_a_number(wrong, blobs):
    with pytest.raises((ParameterError, ParameterTypeError), match="resolution"):
        base.resolve("graph").set_params(resolution=wrong).fit(blobs[0])


def test_agglomerative_keeps_to_its_budget(blobs):
    with pytest.raises(MemoryBudgetError, match="fit_sample"):
        base.resolve("agglomerative").set_params(memory_budget=1000).fit(blobs[0])


def test_agglomerative_distance_threshold(blobs):
    few = base.resolve("agglomerative").set_params(distance_threshold=5.0).fit(blobs[0]).result_.n_clusters
    many = base.resolve("agglomerative").set_params(distance_threshold=0.5).fit(blobs[0]).result_.n_clusters
    assert few < many


def test_weights_are_repeated_rows_for_agglomerative():
    from topickit.cluster.agglomerative import repeated

    assert repeated(np.array([1, 3, 2]), 100).tolist() == [0, 1, 1, 1, 2, 2]
    thinned = repeated(np.array([1, 1000, 10]), 50)
    assert len(thinned) <= 50
    assert set(thinned) == {0, 1, 2}


class Parity:
    """Not a scikit-learn estimator: only fit_predict."""

    def fit_predict(self, rows):
        self.seen = rows
        return np.arange(len(rows)) % 2 * 7 - (np.arange(len(rows)) == 0)


def test_any_object_with_fit_predict(blobs):
    own = Parity()
    clustering = base.resolve(own).cluster(unit_rows(blobs[0]), np.ones(len(blobs[0])))
    assert not hasattr(own, "seen")
    assert clustering.labels[:4].tolist() == [-1, 1, 0, 1]
    kmeans = KMeans(3, n_init=1)
    assert base.resolve(kmeans).cluster(unit_rows(blobs[0]), np.ones(len(blobs[0]))).n_clusters == 3
    assert not hasattr(kmeans, "labels_")


def test_a_clusterer_that_answers_nonsense_is_told_so(blobs):
    class Wrong:
        def fit_predict(self, rows):
            return np.zeros(3)

    with pytest.raises(InputError, match=r"Wrong\.fit_predict"):
        base.resolve(Wrong()).cluster(blobs[0], np.ones(160))


def test_resolve_says_what_there_is():
    with pytest.raises(ParameterError, match="graph, kmeans"):
        base.resolve("k-means")
    with pytest.raises(ParameterTypeError, match="fit_predict"):
        base.resolve(3)
    with pytest.raises(ParameterTypeError, match=r"write KMeans\(\)"):
        base.resolve(KMeans)


@BY_NAME
def test_config_makes_the_same_clusterer(name):
    made = base.resolve(name)
    again = base.from_config(base.config(made))
    assert type(again) is type(made)
    assert again.get_params() == made.get_params()
    assert base.from_config(base.config(name)) == name
    assert clone(made).get_params() == made.get_params()


def test_a_foreign_clusterer_is_lost_and_says_so(blobs):
    lost = base.from_config(base.config(Parity()))
    with pytest.raises(ParameterError, match="set_params"):
        lost.cluster(blobs[0], np.ones(160))
    assert base.config(lost) == base.config(base.from_config(base.config(lost)))


def test_adjusted_rand_is_scikit_learns():
    from topickit.cluster.levels import adjusted_rand

    rng = np.random.default_rng(0)
    for _ in range(50):
        n, k = rng.integers(1, 60), rng.integers(1, 9)
        a, b = rng.integers(0, k, n), rng.integers(0, k, n)
        assert adjusted_rand(a, b) == pytest.approx(adjusted_rand_score(a, b))


def level(n_clusters, modularity, stability=1.0):
    agreement = np.full((2, 2), stability)
    return levels.Level(1.0, (np.zeros((n_clusters, 3), np.float32),) * 2, modularity, 0.5, agreement)


def test_a_ladder_ends_where_finer_levels_are_far_below():
    coarse = [level(2, 0.3), level(3, 0.1, -0.1), level(4, 0.1, -0.1)]
    rising = [level(6, 0.4), level(9, 0.6), level(14, 0.7)]
    falling = [level(20, 0.5), level(30, 0.55), level(40, 0.5), level(60, 0.4)]
    assert levels.end_of(coarse + rising) is None
    assert levels.end_of(coarse + rising + falling) == len(coarse + rising) + 4  # .5 is below, .55 is not
    every = coarse + rising + falling
    assert levels.best_level(every).wanted == levels.best_level(every[: levels.end_of(every)]).wanted
    assert 9 < levels.best_level(every).wanted < 30


def test_a_level_on_which_draws_agree_by_luck_is_not_taken():
    plateau = [level(n, 0.59) for n in (40, 51, 59, 69, 78)]
    coarse = [level(n, 0.5) for n in (10, 12)] + [level(15, 0.62)] + [level(n, 0.5) for n in (22, 29)]
    assert 40 <= levels.best_level(coarse + plateau).wanted <= 78


def test_the_number_of_clusters_is_above_the_mean_of_good_levels():
    peak = [level(n, m) for n, m in ((8, 0.2), (8, 0.5), (8, 0.8), (8, 0.5), (8, 0.2))]
    assert levels.best_level(peak).wanted == 8
    alike = [level(n, 0.5) for n in (6, 12, 24, 48)]
    assert 17 < levels.best_level(alike).wanted < 48
    assert levels.best_level(alike).n_clusters in (24, 48)


def test_a_small_change_of_scores_hardly_changes_the_number_of_clusters():
    numbers, scores = (6, 8, 11, 16, 22, 31), (0.4, 0.5, 0.5, 0.5, 0.49, 0.3)
    found = [
        levels.best_level([level(n, s + d) for n, s, d in zip(numbers, scores, shift, strict=True)]).wanted
        for shift in np.random.default_rng(0).normal(scale=0.003, size=(50, 6))
    ]
    assert max(found) <= 1.15 * min(found)


def test_a_consensus_is_the_mean_of_what_most_partitions_contain():
    rng = np.random.default_rng(0)
    truth = np.eye(4, 20, dtype=np.float32)
    partitions = [
        unit_rows(truth[rng.permutation(4)] + 0.1 * rng.normal(size=(4, 20))).astype(np.float32)
        for _ in range(10)
    ]
    chance = np.eye(20, dtype=np.float32)[10:11]
    partitions[0] = np.concatenate([partitions[0], chance])
    found = consensus(partitions, 5)
    assert found.shape == (4, 20), "one partition of ten contains the fifth cluster"
    assert np.allclose((truth @ found.T).max(axis=1), 1, atol=0.02)
    single = [(truth @ one.T).max(axis=1).min() for one in partitions]
    assert (truth @ found.T).max(axis=1).min() > max(single)


def test_a_consensus_of_partitions_that_share_nothing_keeps_everything():
    partitions = [np.eye(9, dtype=np.float32)[i : i + 3] for i in (0, 3, 6)]
    assert consensus(partitions, 9).shape == (9, 9)


def test_the_groups_of_a_consensus_are_settled():
    """No center is nearer to the mean of another group than to that of its own."""
    rng = np.random.default_rng(3)
    truth = rng.normal(size=(9, 12))
    partitions = [unit_rows(truth + rng.normal(size=(9, 12))).astype(np.float32) for _ in range(20)]
    rows = np.concatenate(partitions)
    found = consensus(partitions, 9)
    groups = (rows @ found.T).argmax(axis=1)
    again = unit_rows(np.array([rows[groups == group].mean(axis=0) for group in range(len(found))]))
    assert ((rows @ again.T).argmax(axis=1) == groups).all()


def test_partitions_vote_on_each_row():
    rng = np.random.default_rng(4)
    truth = np.eye(5, 8)
    labels = rng.integers(5, size=400)
    rows = unit_rows(truth[labels] + 0.35 * rng.normal(size=(400, 8))).astype(np.float32)
    partitions = [unit_rows(truth + 0.4 * rng.normal(size=(5, 8))).astype(np.float32) for _ in range(40)]

    def right(centers: np.ndarray) -> float:
        return float(((rows @ centers.T).argmax(axis=1) == labels).mean())

    found = voted(rows, np.ones(400), partitions, truth.astype(np.float32))
    assert found.shape == (5, 8)
    assert right(found) > max(right(one) for one in partitions)
    heavy = np.where(np.arange(400) == np.flatnonzero(labels == 2)[0], 1e6, 1.0)
    pulled = voted(rows, heavy, partitions, truth.astype(np.float32))
    assert np.allclose(pulled[2], rows[heavy > 1][0], atol=1e-3), "a row weighs as many as it is"


def test_a_group_without_votes_is_left_out():
    rows = np.eye(3, dtype=np.float32)
    assert len(voted(rows[:2], np.ones(2), [rows, rows], rows)) == 2


def test_the_number_of_processors_changes_nothing(monkeypatch):
    rows = unit_rows(np.random.default_rng(0).normal(size=(400, 8)))
    found = []
    for n in (1, 3, 18):
        monkeypatch.setattr(levels, "n_threads", lambda n=n: n)
        made = levels.ladder(Draws(rows, np.ones(400, dtype=np.int64), 10, 0), whole=False)
        found.append([one.score() for one in made])
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("n", [60, 150, 260])
def test_the_number_that_was_found_gives_the_groups_that_were_found(n):
    rng = np.random.default_rng(n)
    rows = unit_rows(
        np.repeat(rng.normal(size=(6, 12)), n // 6 + 1, axis=0)[:n] + 0.6 * rng.normal(size=(n, 12))
    )
    free = graph.GraphClusterer().fit(rows)
    told = graph.GraphClusterer(n_clusters=free.result_.n_clusters).fit(rows)
    assert adjusted_rand_score(free.labels_, told.labels_) == 1.0


@pytest.mark.parametrize("k", [8, None])
def test_fewer_distinct_rows_than_groups_are_not_warned_of(k):
    from topickit.cluster.kmeans import KMeansClusterer

    rng = np.random.default_rng(0)
    rows = np.repeat(unit_rows(rng.normal(size=(5, 6))), 10, axis=0)
    found = KMeansClusterer(k).cluster(rows, np.ones(50, dtype=np.int64))
    assert adjusted_rand_score(found.labels, np.repeat(np.arange(5), 10)) == 1.0
    assert len(found.resampled_labels) == 4, "the samples are not warned of either"


def test_other_warnings_of_k_means_are_heard(monkeypatch):
    from sklearn.exceptions import ConvergenceWarning

    from topickit.cluster import kmeans

    class Loud(KMeans):
        def fit(self, *arguments, **options):
            warnings.warn("something else", ConvergenceWarning, stacklevel=1)
            return super().fit(*arguments, **options)

    monkeypatch.setattr(kmeans, "KMeans", Loud)
    with pytest.warns(ConvergenceWarning, match="something else"):
        kmeans.KMeansClusterer(2).fit(np.eye(3))


def test_density_is_the_same_every_time_where_rows_repeat():
    """The solver of UMAP's spectral start begins anew from random vectors in small parts of a graph."""
    rng = np.random.default_rng(18)
    columns, k, n = int(rng.integers(3, 8)), int(rng.integers(3, 9)), int(rng.integers(60, 160))
    centers = rng.normal(size=(k, columns))
    rows = centers[rng.integers(k, size=n)] + rng.normal(0, 0.1, (n, columns))
    rows = unit_rows(rows[rng.integers(n // 2, size=n)].astype(np.float32))
    weights = np.ones(n, dtype=np.int64)
    first = DensityClusterer().cluster(rows, weights).labels
    for _ in range(3):
        np.testing.assert_array_equal(DensityClusterer().cluster(rows, weights).labels, first)


def test_density_takes_more_components_than_rows():
    rows = unit_rows(np.random.default_rng(0).normal(size=(51, 60)).astype(np.float32))
    labels = DensityClusterer(n_components=50).cluster(rows, np.ones(51, dtype=np.int64)).labels
    assert len(labels) == 51


def test_shares_as_weights_are_weights_to_ward():
    weights = np.random.default_rng(0).integers(1, 30, size=40).astype(np.float64)
    whole = agglomerative.repeated(weights, 10_000)
    np.testing.assert_array_equal(agglomerative.repeated(weights / weights.sum(), 10_000), whole)
    assert len(agglomerative.repeated(weights * 1e19, 1000)) <= 1000
