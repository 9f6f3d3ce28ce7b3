"""Which part of a document is about which topic."""

import numpy as np
import pytest

from topickit import TopicModel
from topickit.analysis.spans import borders
from topickit.errors import InputTypeError
from topickit.fitted.assigner import Assigner

FOOD = [f"{a} {b}" for a in ("red", "green", "sweet", "sour") for b in ("apple", "pear", "plum pie")]
CARS = [f"{a} {b}" for a in ("fast", "slow", "old", "new") for b in ("car", "truck", "race car")]
BOTH = "I like a sweet apple. And a red pear, too. Well. My old car is a fast race car. A truck!"


@pytest.fixture(scope="module")
def model():
    return TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit([*FOOD, *CARS])


def test_spans(model):
    food, cars = int(model.labels_[0]), int(model.labels_[-1])
    found = model.spans([BOTH, "", "a sour plum"])
    assert found.documents.tolist() == [0, 0, 2]
    assert found.topics.tolist() == [food, cars, food]
    assert found.texts[1].startswith(("My old car", "Well. My old car"))
    for row, start, end, text in zip(found.documents, found.starts, found.ends, found.texts, strict=True):
        assert [BOTH, "", "a sour plum"][row][start:end] == text
    frame = found.to_polars()
    assert frame.columns == ["document", "start", "end", "text", "topic", "name", "similarity"]
    assert frame["name"][0] == model.topics_[food].name
    assert (frame["similarity"] > 0).all()
    assert list(found.to_pandas().columns) == frame.columns


def test_one_sentence_is_assigned_as_a_document_is(model):
    texts = [*FOOD, *CARS, "nothing known"]
    spans = model.spans(texts)
    np.testing.assert_array_equal(spans.topics, model.predict(texts))
    np.testing.assert_allclose(spans.similarity, model.similarity(texts), atol=1e-6)


def test_a_span_has_the_topic_that_its_text_has(model):
    found = model.spans([BOTH, " ".join([BOTH] * 3), *FOOD])
    np.testing.assert_array_equal(found.topics, model.predict(list(found.texts)))
    same_text = np.diff(found.documents) == 0
    assert (np.diff(found.topics)[same_text] != 0).all()


def test_borders():
    rng = np.random.default_rng(0)
    one, other = np.eye(2, 5)
    rows = np.concatenate([one + 0.3 * rng.random((5, 5)), other + 0.3 * rng.random((3, 5))])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    vectors = rows.astype(np.float32)
    assert borders(vectors, np.ones(8)) == [0, 5, 8]
    assert borders(vectors[:5], np.ones(5)) == [0, 5]
    assert borders(vectors[:1], np.ones(1)) == [0, 1]
    assert borders(np.eye(4, dtype=np.float32), np.ones(4)) == [0, 4]  # nothing in common: no better apart


def test_mixture(model):
    food, cars = int(model.labels_[0]), int(model.labels_[-1])
    shares = model.mixture([BOTH, "a sour plum", "", "unknown words"])
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)
    assert shares[0].min() > 0.2
    assert shares[1, food] == 1
    assert shares[1, cars] == 0
    assert shares[2].tolist() == shares[3].tolist() == [0.5, 0.5]


def test_documents_do_not_influence_each_other(model):
    texts = [BOTH, *FOOD, BOTH]
    alone, together = model.mixture([BOTH]), model.mixture(texts)
    np.testing.assert_array_equal(together[[0, -1]], alone[[0, 0]])
    one, all_ = model.spans([BOTH]), model.spans(texts)
    assert all_.texts[: len(one)] == one.texts == all_.texts[-len(one) :]


def test_outliers_are_left_out_of_the_mixture(model):
    """A part without topic is a span of topic −1, and its length counts for no topic."""
    fitted = model.fitted_
    strict = np.where(fitted.assigner.topics == model.labels_[-1], 2.0, -2.0).astype(np.float32)
    assigner = Assigner(fitted.assigner.prototypes, fitted.assigner.topics, strict)
    other = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit([*FOOD, *CARS])
    object.__setattr__(other.fitted_, "assigner", assigner)
    food = int(model.labels_[0])
    found = other.spans([BOTH])
    assert set(found.topics.tolist()) == {food, -1}
    assert found.names[found.topics.tolist().index(-1)] is None
    assert other.mixture([BOTH])[0, food] == 1


def test_no_texts(model):
    assert model.spans([]).to_polars().shape == (0, 7)
    assert model.mixture([]).shape == (0, 2)


def test_missing_texts(model):
    assert model.mixture([None, "apple"], missing="blank").shape == (2, 2)
    with pytest.raises(InputTypeError, match="document 0 is missing"):
        model.spans([None, "apple"])


def test_loaded_without_texts(model, tmp_path):
    model.save(tmp_path / "m")
    loaded = TopicModel.load(tmp_path / "m")
    assert loaded.spans([BOTH]).to_polars().equals(model.spans([BOTH]).to_polars())
