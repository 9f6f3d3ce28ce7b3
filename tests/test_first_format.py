"""Models that topickit 0.1 saved in its first format load and answer as they did."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_corpus
from topickit import TopicModel

DATA = Path(__file__).parent / "data"
EXPECTED = json.loads((DATA / "model-0.1.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_labels_names_and_keywords_are_as_saved(name):
    model, expected = TopicModel.load(DATA / f"model-0.1-{name}"), EXPECTED[name]
    assert model.labels_.tolist() == expected["labels"]
    assert [topic.name for topic in model.topics_] == expected["names"]
    assert [list(topic.words) for topic in model.topics_] == expected["keywords"]
    assert all(topic.risk_ratios for topic in model.topics_)
    assert model.fitted_.provenance.similarity_p5 > 0


def test_new_texts_get_the_same_topics():
    model = TopicModel.load(DATA / "model-0.1-lexical")
    assert model.predict(make_corpus(40, seed=7)[0]).tolist() == EXPECTED["lexical"]["new"]
    assert model.fitted_.corpus.layout.points.shape == (len(model.fitted_.corpus.documents), 2)


def test_given_embeddings_are_known_as_given():
    model = TopicModel.load(DATA / "model-0.1-hybrid")
    assert model.fitted_.provenance.embedder.kind in ("given", "hybrid")
    assert model.fitted_.corpus is None


def test_saved_again_it_is_the_same(tmp_path):
    model = TopicModel.load(DATA / "model-0.1-lexical")
    model.save(tmp_path / "again", keep_texts=True)
    again = TopicModel.load(tmp_path / "again")
    np.testing.assert_array_equal(again.labels_, model.labels_)
    assert again.topics_ == model.topics_
    assert again.fitted_.provenance == model.fitted_.provenance
