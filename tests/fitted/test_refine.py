"""Doubtful documents go back to the teacher, the most doubtful first, for as long as allowed."""

import itertools
import time

import numpy as np
import pytest

from tests.conftest import make_corpus
from topickit.embed.distilled import embedder as distilled
from topickit.embed.distilled.embedder import DistilledEmbedder
from topickit.errors import InputError, ParameterError
from topickit.fitted import refine as refining
from topickit.model import TopicModel

TEXTS, _ = make_corpus(240)


@pytest.fixture(scope="module")
def model():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            distilled, "MIN_AGREEMENT", -1.0
        )  # keep the student, however poor it is on so few texts
        yield TopicModel(DistilledEmbedder("all-MiniLM-L6-v2", sample=100), n_topics=4).fit(TEXTS)


def test_time_for_all_makes_all_exact(model):
    refined = model.refine(60)
    assert refined.embedder_.is_exact(TEXTS).all()
    assert not model.embedder_.is_exact(TEXTS).all()
    assert refined.fitted_.provenance.n_refined == 140
    documents = refined.fitted_.corpus.documents
    exact = refined.embedder_.encode_exactly(list(documents.texts))
    np.testing.assert_allclose(refined.fitted_.corpus.vectors, exact, atol=1e-5)


def test_predict_still_gives_the_labels(model, tmp_path):
    refined = model.refine(60)
    assert (refined.predict(TEXTS) == refined.labels_).all()
    refined.save(tmp_path / "model")
    assert (TopicModel.load(tmp_path / "model").predict(TEXTS) == refined.labels_).all()


def test_the_most_doubtful_go_first(model, monkeypatch):
    monkeypatch.setattr(refining, "FIRST_BATCH", 20)
    clock = itertools.count(step=0.5)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    refined = model.refine(0.5)
    monkeypatch.undo()
    documents, vectors = model.fitted_.corpus.documents, model.fitted_.corpus.vectors
    new = refined.embedder_.is_exact(documents.texts) & ~model.embedder_.is_exact(documents.texts)
    assert new.sum() == 20
    margins = model.fitted_.assigner.margins(vectors)
    others = ~refined.embedder_.is_exact(documents.texts)
    assert margins[new].max() <= margins[others].min()


def test_the_last_batch_is_as_large_as_the_time_left_allows(model, monkeypatch):
    seconds = [0.0]
    encode = DistilledEmbedder.encode_exactly

    def one_second_each(embedder, texts):
        seconds[0] += len(texts)
        return encode(embedder, texts)

    monkeypatch.setattr(DistilledEmbedder, "encode_exactly", one_second_each)
    monkeypatch.setattr(time, "monotonic", lambda: seconds[0])
    refined = model.refine(50)
    assert refined.fitted_.provenance.n_refined == 50
    assert seconds[0] == 50


def test_refining_does_not_repeat_what_the_teacher_warns_of(monkeypatch, recwarn):
    monkeypatch.setattr(distilled, "MIN_AGREEMENT", -1.0)
    texts = [f"{text} {'and so on ' * 200}" for text in TEXTS[:80]]
    model = TopicModel(DistilledEmbedder("all-MiniLM-L6-v2", sample=50), n_topics=2).fit(texts)
    recwarn.clear()
    model.refine(60)
    assert not [str(warning.message) for warning in recwarn]


@pytest.mark.parametrize("seconds", [0, -1, "long"])
def test_seconds_must_be_positive(model, seconds):
    with pytest.raises(ParameterError, match="seconds"):
        model.refine(seconds)


def test_only_a_distilled_embedder_has_a_teacher():
    with pytest.raises(InputError, match="distilled"):
        TopicModel(embedder="lexical", n_topics=2).fit(TEXTS[:40]).refine(1)


def test_without_documents_there_is_nothing_to_refine(model, tmp_path):
    model.save(tmp_path / "model")
    with pytest.raises(InputError, match="keep_texts=True"):
        TopicModel.load(tmp_path / "model").refine(1)


def test_refining_leaves_no_more_outliers_than_were_asked_for(monkeypatch):
    monkeypatch.setattr(distilled, "MIN_AGREEMENT", -1.0)
    embedder = DistilledEmbedder("all-MiniLM-L6-v2", sample=60)
    model = TopicModel(embedder, n_topics=4, outliers=0.05).fit(TEXTS)
    assert model.refine(60).topics_.outlier_share <= 0.05


def test_a_level_is_the_same_by_any_way_after_refining(model):
    coarse = model.at(2).refine(60)
    assert (coarse.at(1).at(2).labels_ == coarse.labels_).all()
