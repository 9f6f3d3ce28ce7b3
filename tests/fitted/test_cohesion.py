"""Cohesion and the share of unlike documents equal their definitions, also after edits and updates."""

from dataclasses import replace

import numpy as np
import pytest

from tests.test_updated import documents
from topickit import TopicModel
from topickit._core.vectors import unit_rows
from topickit.fitted.fitted import Fitted
from topickit.fitted.topics import Topics


@pytest.fixture(scope="module")
def blocks():
    """Two corpora, with some documents of no group in both."""
    result = []
    for seed in (1, 2):
        texts, vectors, _ = documents([90, 80, 70, 60, 50, 40], seed)
        far = np.random.default_rng(seed + 10).standard_normal((20, 24)).astype(np.float32)
        result.append(([*texts, *texts[:20]], unit_rows(np.concatenate([vectors, far]))))
    return result


def check(model, vectors):
    """Compare with the definitions."""
    similarity = model.similarity(None, embeddings=vectors)
    low = model.fitted_.provenance.similarity_p5
    for topic in model.topics_:
        own = model.labels_ == topic.id
        mean = vectors[own].mean(axis=0)
        assert topic.cohesion == pytest.approx((vectors[own] @ mean).mean() / np.linalg.norm(mean), abs=1e-4)
        if topic.unlike_share is not None:
            assert topic.unlike_share == pytest.approx((similarity[own] < low).mean(), abs=1e-9)


def test_after_a_fit_and_edits(blocks):
    texts, vectors = blocks[0]
    model = TopicModel().fit(texts, embeddings=vectors)
    check(model, vectors)
    assert 0 < max(topic.unlike_share for topic in model.topics_) < 0.5
    check(model.merge_topics([0, 1]), vectors)
    check(model.split_topic(0, 2), vectors)
    check(model.at(n_topics=3), vectors)


def test_after_updates_and_merges(blocks, tmp_path):
    (texts, vectors), (more, others) = blocks
    every = np.concatenate([vectors, others])
    model = TopicModel().fit(texts, embeddings=vectors)
    model.save(tmp_path / "model")
    alone = TopicModel.load(tmp_path / "model")
    for old in (model, alone):
        grown = old.updated(more, embeddings=others, find_new=False)
        check(grown, every)
        assert all(topic.unlike_share is not None for topic in grown.topics_)
    check(TopicModel.merged([model, TopicModel().fit(more, embeddings=others)]), every)


def test_without_texts_only_unchanged_topics_keep_their_share(blocks, tmp_path):
    texts, vectors = blocks[0]
    model = TopicModel().fit(texts, embeddings=vectors)
    model.save(tmp_path / "model")
    loaded = TopicModel.load(tmp_path / "model")
    assert [t.unlike_share for t in loaded.topics_] == [t.unlike_share for t in model.topics_]
    edited = loaded.merge_topics([0, 1])
    check(edited, vectors)
    assert edited.topics_[0].unlike_share is None
    assert [t.unlike_share for t in edited.topics_][1:] == [t.unlike_share for t in model.topics_][2:]


def test_an_earlier_model_has_its_cohesion(blocks):
    texts, vectors = blocks[0]
    model = TopicModel().fit(texts, embeddings=vectors)
    fitted = model.fitted_
    items = tuple(replace(topic, cohesion=None, unlike_share=None) for topic in fitted.topics)
    state = replace(fitted, topics=replace(fitted.topics, items=items)).state()
    for item in state.parts["topics"].config["items"]:
        del item["cohesion"], item["unlike_share"]
    again = Fitted.from_state(state)
    assert isinstance(again.topics, Topics)
    assert [t.cohesion for t in again.topics] == [t.cohesion for t in fitted.topics]
    assert {t.unlike_share for t in again.topics} == {None}


def test_it_is_shown(blocks):
    texts, vectors = blocks[0]
    report = TopicModel().fit(texts, embeddings=vectors).report()
    assert "Unlike" in report.to_text(width=120)
    assert "Unlike" not in report.to_text(width=60).split("Hierarchy")[0]
    assert "| Unlike |" in report.to_markdown()
    page = report.to_html()
    assert "unlike the topic" in page
    assert "Documents unlike their topic" in page
