"""Models of embeddings without texts, such as those of images."""

import numpy as np
import polars as pl
import pytest

from topickit import TopicModel
from topickit.cluster.base import CLUSTERERS
from topickit.errors import InputError, InputTypeError, TopickitWarning


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(1)
    return np.repeat(rng.normal(size=(4, 16)), 40, axis=0) + 0.25 * rng.normal(size=(160, 16))


@pytest.fixture(scope="module")
def model(vectors):
    return TopicModel(n_topics=4).fit(None, embeddings=vectors)


def test_topics_are_found_and_named_by_number(model, vectors):
    truth = np.repeat(np.arange(4), 40)
    assert len({*zip(model.labels_.tolist(), truth.tolist(), strict=True)}) == 4
    assert [topic.name for topic in model.topics_] == [f"Topic {n}" for n in range(4)]
    assert all(topic.words == () for topic in model.topics_)
    assert repr(model.topics_).splitlines()[1].endswith("Topic 0")


@pytest.mark.parametrize("texts", [[""] * 160, [" "] * 160, pl.Series([None] * 160, dtype=pl.String)])
def test_blank_texts_are_as_none(model, vectors, texts):
    blank = TopicModel(n_topics=4).fit(texts, embeddings=vectors, missing="blank")
    assert (blank.labels_ == model.labels_).all()


def test_a_blank_text_among_others_is_an_outlier(vectors):
    texts = ["", *(f"word{i % 4}" for i in range(159))]
    model = TopicModel(n_topics=4).fit(texts, embeddings=vectors)
    assert model.labels_[0] == -1
    assert model.predict([""], embeddings=vectors[:1])[0] == -1
    assert model.predict(None, embeddings=vectors[:1])[0] >= 0


def test_the_contracts_hold(model, vectors, tmp_path):
    assert (model.predict(None, embeddings=vectors) == model.labels_).all()
    assert model.predict(None, embeddings=vectors[7:8])[0] == model.labels_[7]
    assert model.predict([""], embeddings=vectors[7:8])[0] == model.labels_[7]
    order = np.random.default_rng(0).permutation(160)
    shuffled = TopicModel(n_topics=4).fit(None, embeddings=vectors[order])
    assert (shuffled.labels_ == model.labels_[order]).all()
    twice = TopicModel(n_topics=4).fit(None, embeddings=np.repeat(vectors, 2, axis=0))
    assert (twice.labels_[::2] == twice.labels_[1::2]).all()
    model.save(tmp_path / "m")
    loaded = TopicModel.load(tmp_path / "m")
    assert (loaded.predict(None, embeddings=vectors) == model.labels_).all()
    assert repr(loaded.topics_) == repr(model.topics_)


def test_examples_are_rows(model, vectors):
    table = model.document_info()
    shown = table.filter("representative")
    assert {f"row {row}" for row in shown["row"]} == {
        text for topic in model.topics_ for text in topic.representative_documents
    }
    assert len(shown) == 20
    assert model.topics_[0].representative_documents[0] in model.report().to_text()
    assert "Topic 0" in model.report().to_html()
    assert model.topic_info()["keywords"].to_list() == [[]] * 4


def test_edits_work(model):
    assert len(model.merge_topics([[0, 1]]).topics_) == 3
    assert len(model.split_topic(0).topics_) == 5
    assert model.rename_topics({0: "cats"}).topics_[0].name == "cats"
    assert len(model.at(2).topics_) == 2


@pytest.mark.parametrize("clusterer", CLUSTERERS)
def test_every_clusterer_takes_them(clusterer, vectors):
    if clusterer == "hdbscan":
        pytest.skip("slow to compile; it sees vectors only")
    assert len(TopicModel(clusterer=clusterer).fit(None, embeddings=vectors).topics_)


def test_a_zero_vector_is_an_outlier(vectors):
    with pytest.warns(TopickitWarning, match="all zeros"):
        model = TopicModel(n_topics=4).fit(None, embeddings=np.vstack([np.zeros((1, 16)), vectors]))
    assert model.labels_[0] == -1
    assert (model.labels_[1:] >= 0).all()


def test_neither_texts_nor_embeddings_is_an_error(model, vectors):
    with pytest.raises(InputTypeError, match="give their embeddings"):
        TopicModel().fit(None)
    with pytest.raises(InputTypeError, match="give their embeddings"):
        model.predict(None)
    with pytest.warns(TopickitWarning, match="all zeros"), pytest.raises(InputError, match="blank"):
        TopicModel().fit(None, embeddings=np.zeros((3, 4)))
    with pytest.raises(InputError):
        TopicModel().fit(["", ""], embeddings=vectors)
