from dataclasses import replace

import numpy as np
import pytest

from topickit._core.vectors import unit_rows
from topickit.cluster.result import ClusteringResult
from topickit.fitted.assigner import Assigner
from topickit.fitted.calibration import calibrated, confirmed_share
from topickit.fitted.temperature import HIGHEST
from topickit.model import TopicModel

N, D = 600, 24


def noisy(noise):
    """Six groups of a hundred."""
    rng = np.random.default_rng(1)
    return unit_rows(np.eye(D)[np.arange(N) % 6] + noise * rng.normal(size=(N, D)) / D**0.5)


@pytest.fixture(scope="module")
def models():
    texts = [f"text of {'abcdef'[i % 6] * 3} {'z' * (i // 6 + 1)}" for i in range(N)]
    made = [TopicModel(clusterer="kmeans", n_topics=6) for _ in range(2)]
    return [model.fit(texts, embeddings=noisy(noise)) for model, noise in zip(made, (0.3, 2.4), strict=True)]


def test_the_mean_largest_probability_is_the_share_of_confirmed_labels(models):
    for model in models[1:]:
        fitted = model.fitted_
        share = confirmed_share(fitted.base_level, fitted.assigner.topics, fitted.assigner.n_topics)
        assert 0.3 < share < 0.99
        largest = fitted.assigner.distribution(fitted.corpus.vectors).max(axis=1)
        assert largest.mean() == pytest.approx(share, abs=0.01)


def test_probabilities_of_vague_groups_are_lower(models):
    clear, vague = (
        model.fitted_.assigner.distribution(model.fitted_.corpus.vectors).max(axis=1) for model in models
    )
    assert vague.mean() < clear.mean() - 0.05


def test_rows_sum_to_one_and_the_label_is_the_largest(models):
    for model in models:
        vectors = model.fitted_.corpus.vectors
        result = model.fitted_.assigner.assign(vectors)
        np.testing.assert_allclose(result.probabilities.sum(axis=1), 1, atol=1e-5)
        np.testing.assert_array_equal(result.probabilities.argmax(axis=1), result.labels)


def test_shares_of_confirmed_labels_follow_the_tables():
    level = TopicModel(clusterer="kmeans", n_topics=3).fit(["a b", "c d", "e f"] * 20).fitted_.base_level
    from scipy.sparse import csr_array

    table = csr_array(
        np.array([[8.0, 2, 0], [1, 7, 2], [5, 5, 5]])
    )  # last row and column: in no topic, no cluster
    level = replace(level, topics=np.array([0, 1]), tables=(table,))
    assert confirmed_share(level, np.array([0, 1]), 2) == pytest.approx(15 / 20)
    assert confirmed_share(level, np.array([0, 0]), 1) == pytest.approx(18 / 20)


def test_a_model_without_resampled_clusterings_stays_as_it_is(models):
    fitted = replace(models[0].fitted_, base_level=replace(models[0].fitted_.base_level, tables=()))
    vectors = fitted.corpus.vectors
    assert calibrated(fitted, vectors, np.ones(len(vectors))) is fitted


def test_the_temperature_without_resamples_is_held_out():
    """Clusters that are nothing but noise: on their own rows four prototypes each seem to tell them apart."""
    rng = np.random.default_rng(0)
    rows, weights = unit_rows(rng.normal(size=(200, 64))), np.ones(200)
    labels = rng.integers(4, size=200)
    held_out = Assigner.of(rows, ClusteringResult(labels), weights).inverse_temperature
    in_sample = Assigner.of(
        rows, ClusteringResult(labels, resampled_labels=(labels,)), weights
    ).inverse_temperature
    assert 1 <= held_out < in_sample / 2
    assert in_sample <= HIGHEST
