"""The stability of topics over other samples."""

import numpy as np
import pytest

from tests.conftest import make_corpus
from topickit import TopicModel
from topickit.cluster.base import CLUSTERERS, on_resamples, resolve
from topickit.cluster.result import ClusteringResult
from topickit.cluster.stability import NOT_SAMPLED, stability

LABELS = np.array([0, 0, 0, 0, 1, 1, 2, 2, -1, -1])


def test_stability_by_hand():
    other = np.array([0, 0, 0, 1, 1, 1, NOT_SAMPLED, NOT_SAMPLED, 2, -1])
    got = stability(LABELS, [other], np.ones(10), 3)
    np.testing.assert_allclose(got[:2], [3 / 4, 2 / 3])
    assert np.isnan(got[2])


def test_weights_count_as_repeated_rows():
    other = np.array([0, 0, 1, 1, 1, 0, 2, 2, -1, 0])
    weights = np.array([1, 2, 1, 3, 1, 1, 2, 1, 1, 2])
    repeated = stability(np.repeat(LABELS, weights), [np.repeat(other, weights)], np.ones(weights.sum()), 3)
    np.testing.assert_allclose(stability(LABELS, [other], weights, 3), repeated)


def test_stability_is_the_mean_over_samples_that_cover_the_topic():
    same = LABELS
    half = np.where(np.arange(10) < 8, NOT_SAMPLED, 0)
    clustering = ClusteringResult(LABELS, resampled_labels=(same, half))
    assert clustering.stability_of(LABELS, np.ones(10), 3) == [1.0, 1.0, 1.0]
    assert ClusteringResult(LABELS).stability_of(LABELS, np.ones(10), 3) == [None, None, None]


def test_samples_leave_rows_out_and_are_the_same_every_time():
    taken = []
    found = on_resamples(lambda rows: taken.append(rows) or np.zeros(len(rows)), 100, random_state=3)
    again = on_resamples(lambda rows: np.zeros(len(rows)), 100, random_state=3)
    for rows, labels, twin in zip(taken, found, again, strict=True):
        assert len(rows) == 80
        assert (labels[rows] == 0).all()
        assert (np.delete(labels, rows) == NOT_SAMPLED).all()
        np.testing.assert_array_equal(labels, twin)
    assert on_resamples(lambda rows: rows, 10, random_state=0) == ()


@pytest.mark.parametrize("name", sorted(CLUSTERERS))
def test_clear_groups_are_stable(name):
    rng = np.random.default_rng(0)
    centers = np.eye(12, dtype=np.float32)[:4]
    clear = np.repeat(centers, 100, axis=0) + 0.05 * rng.standard_normal((400, 12)).astype(np.float32)
    clear /= np.linalg.norm(clear, axis=1, keepdims=True)
    n_topics = None if name in ("hdbscan", "community") else 4
    clustering = resolve(name, n_topics=n_topics).cluster(clear, np.ones(400))
    values = clustering.stability_of(clustering.labels, np.ones(400), clustering.n_clusters)
    assert len(values) == 4
    assert min(value for value in values if value is not None) > 0.9


def test_every_topic_of_a_fit_has_a_stability():
    model = TopicModel(embedder="lexical").fit(make_corpus(160)[0])
    assert all(topic.stability is not None for topic in model.topics_)
    assert any("stability" in key for key in model.fitted_.provenance.clusterer)
