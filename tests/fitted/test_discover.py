import numpy as np
import pytest

from topickit._core.vectors import nearest_prototype, unit_rows
from topickit.cluster.result import ClusteringResult
from topickit.fitted import discover
from topickit.fitted.assigner import Assigner
from topickit.fitted.discover import add_small_topics, with_small_topics
from topickit.model import TopicModel

N_BROAD, SIZE, FEW, DIMENSIONS = 6, 400, 30, 48
IS_SMALL = np.arange(N_BROAD * SIZE + FEW) >= N_BROAD * SIZE


@pytest.fixture
def rows():
    """Six broad topics, the last rows a small subject of another direction."""
    rng = np.random.default_rng(3)
    centers = unit_rows(rng.normal(size=(N_BROAD + 1, DIMENSIONS)))
    gold = np.repeat(np.arange(N_BROAD + 1), [SIZE] * N_BROAD + [FEW])
    noise = rng.normal(size=(len(gold), DIMENSIONS)) / DIMENSIONS**0.5
    return unit_rows(centers[gold] + np.where(IS_SMALL, 0.5, 1.4)[:, None] * noise)


@pytest.fixture
def clustering(rows):
    """The broad topics alone, the small subject among them."""
    broad = unit_rows(np.array([rows[i * SIZE : (i + 1) * SIZE].mean(axis=0) for i in range(N_BROAD)]))
    return ClusteringResult(nearest_prototype(rows, broad), may_grow=True)


def f1(labels, mask):
    scores = []
    for topic in np.unique(labels[mask]):
        both = ((labels == topic) & mask).sum()
        scores.append(2 * both / ((labels == topic).sum() + mask.sum()))
    return max(scores)


def test_a_small_subject_becomes_a_topic(rows, clustering):
    weights = np.ones(len(rows))
    before = Assigner.of(rows, clustering, weights)
    assert f1(before.labels(rows), IS_SMALL) < 0.3
    after = with_small_topics(before, rows, weights)
    assert after.n_topics == before.n_topics + 1
    assert f1(after.labels(rows), IS_SMALL) > 0.9
    others = ~IS_SMALL
    assert (after.labels(rows)[others] == before.labels(rows)[others]).mean() > 0.98


def test_broad_topics_alone_stay_as_they_are(rows, clustering):
    broad, weights = rows[~IS_SMALL], np.ones((~IS_SMALL).sum())
    before = Assigner.of(broad, ClusteringResult(clustering.labels[~IS_SMALL]), weights)
    assert with_small_topics(before, broad, weights).n_topics == before.n_topics


def test_a_prototype_unlike_its_siblings_becomes_a_topic(rows, clustering):
    labels = np.where(IS_SMALL, clustering.labels[0], clustering.labels)
    before = Assigner.of(rows, ClusteringResult(labels), np.ones(len(rows)))
    assert len(np.unique(before.parts().labels(rows)[IS_SMALL])) == 1  # one of its four prototypes
    after = with_small_topics(before, rows, np.ones(len(rows)))
    assert after.n_topics == before.n_topics + 1
    assert np.array_equal(after.prototypes, before.prototypes)
    assert f1(after.labels(rows), IS_SMALL) > 0.9


def test_weights_count_documents(rows, clustering):
    """Eight documents of weight four are a small topic; of weight one they are too few."""
    few = np.concatenate([np.flatnonzero(~IS_SMALL), np.flatnonzero(IS_SMALL)[:8]])
    part, labels = rows[few], clustering.labels[few]
    heavy = np.where(IS_SMALL[few], 4.0, 1.0)
    grown = [
        with_small_topics(Assigner.of(part, ClusteringResult(labels), weights), part, weights).n_topics
        for weights in (np.ones(len(few)), heavy)
    ]
    assert grown[0] == N_BROAD
    assert grown[1] == N_BROAD + 1


def test_a_repeated_document_is_no_topic(rows, clustering):
    """One text a hundred times is not a subject, whether or not a prototype is its own."""
    once = np.concatenate([np.flatnonzero(~IS_SMALL), np.flatnonzero(IS_SMALL)[:1]])
    part, labels, weights = rows[once], clustering.labels[once], np.where(IS_SMALL[once], 100.0, 1.0)
    before = Assigner.of(part, ClusteringResult(labels), weights)
    assert with_small_topics(before, part, weights).n_topics == N_BROAD
    own = before.added(part[-1:], labels[-1:])
    assert with_small_topics(own, part, weights).n_topics == N_BROAD


def test_a_small_topic_that_halves_do_not_give_again_is_left_out(rows, clustering, monkeypatch):
    weights = np.ones(len(rows))
    before = Assigner.of(rows, clustering, weights)
    grown, stability = add_small_topics(before, clustering, rows, weights)
    assert grown.n_topics == len(stability) == N_BROAD + 1
    monkeypatch.setattr(discover, "LEAST_STABILITY", stability[-1] + 0.01)
    kept, others = add_small_topics(before, clustering, rows, weights)
    assert kept.n_topics == len(others) == N_BROAD
    assert np.array_equal(kept.labels(rows), before.labels(rows))


def test_stability_of_what_was_added(rows, clustering):
    weights = np.ones(len(rows))
    before = Assigner.of(rows, clustering, weights)
    grown, stability = add_small_topics(before, clustering, rows, weights)
    assert len(stability) == grown.n_topics == N_BROAD + 1
    assert stability[:-1] == [None] * N_BROAD  # this clustering was not compared with others
    assert stability[-1] is not None
    assert stability[-1] > 0.8


def test_a_number_that_was_asked_for_stays(rows, clustering):
    weights = np.ones(len(rows))
    asked = ClusteringResult(clustering.labels)
    before = Assigner.of(rows, asked, weights)
    assert add_small_topics(before, asked, rows, weights)[0] is before


@pytest.mark.parametrize("n", [1, 2, 12])
def test_few_rows_and_few_topics(rows, n):
    for labels in (np.zeros(n, dtype=np.int64), np.arange(n) % 2):
        assigner = Assigner.of(rows[:n], ClusteringResult(labels), np.ones(n))
        grown, stability = add_small_topics(
            assigner, ClusteringResult(labels, may_grow=True), rows[:n], np.ones(n)
        )
        assert grown.n_topics == assigner.n_topics == len(stability)


@pytest.mark.parametrize("clusterer", ["graph", "kmeans", "agglomerative"])
def test_in_a_model(rows, clusterer):
    texts = [f"document {i}" for i in range(len(rows))]
    model = TopicModel(clusterer=clusterer).fit(texts, embeddings=rows)
    assert f1(model.labels_, IS_SMALL) > 0.9
    assert all(topic.stability is not None for topic in model.topics_)
    again = np.random.default_rng(0).permutation(len(rows))
    shuffled = TopicModel(clusterer=clusterer).fit([texts[i] for i in again], embeddings=rows[again])
    assert np.array_equal(shuffled.labels_, model.labels_[again])
    asked = TopicModel(clusterer=clusterer, n_topics=3).fit(texts, embeddings=rows)
    assert len(asked.topics_) == 3
