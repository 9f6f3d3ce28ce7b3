"""Assignments and the flat tables of documents and topics."""

import numpy as np
import pytest

from topickit import TopicModel
from topickit.errors import InputError

TEXTS = ["red apple", "green apple", "apple pie", "", "fast car", "slow car", "car race", "red apple"]


@pytest.fixture(scope="module")
def model():
    return TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(
        TEXTS, timestamps=[2000 + i for i in range(8)], classes=["a", None] * 4
    )


def test_one_pass_gives_what_three_methods_give(model):
    texts = [*TEXTS, "unknown words"]
    assignment = model.assign(texts)
    np.testing.assert_array_equal(assignment.labels, model.predict(texts))
    np.testing.assert_array_equal(assignment.similarity, model.similarity(texts))
    np.testing.assert_array_equal(assignment.probabilities, model.transform(texts))
    assert len(assignment) == len(texts)


def test_table_of_an_assignment(model):
    frame = model.assign(TEXTS).to_polars()
    assert frame["topic"].to_list() == model.labels_.tolist()
    assert frame["name"][3] is None
    assert frame["probability"][3] is None
    assert frame["name"][0] == model.topics_[model.labels_[0]].name
    assert 0.5 <= frame["probability"][0] <= 1
    without = model.assign(TEXTS, probabilities=False)
    assert without.to_polars().columns == ["topic", "name", "similarity"]
    assert list(model.assign(TEXTS).to_pandas().columns) == frame.columns


def test_no_texts_give_empty_tables(model):
    assert model.assign([]).to_polars().shape == (0, 4)


def test_documents(model):
    frame = model.document_info()
    assert frame["document"].to_list() == TEXTS
    assert frame["row"].to_list() == list(range(8))
    assert frame["topic"].to_list() == model.labels_.tolist()
    assert frame["class"].to_list() == ["a", None] * 4
    assert frame["timestamp"].dt.year().to_list() == [2000 + i for i in range(8)]
    shown = {text for topic in model.topics_ for text in topic.representative_documents}
    assert frame["representative"].to_list() == [text in shown for text in TEXTS]


def test_documents_need_a_corpus(model, tmp_path):
    model.save(tmp_path / "m")
    with pytest.raises(InputError, match=r"document_info needs the training documents.*keep_texts=True"):
        TopicModel.load(tmp_path / "m").document_info()


def test_topics(model):
    frame = model.topic_info()
    assert frame.columns == [
        "topic",
        "name",
        "size",
        "share",
        "keywords",
        "stability",
        "cohesion",
        "unlike_share",
    ]
    assert frame["size"].to_list() == [topic.size for topic in model.topics_]
    assert frame["keywords"][0].to_list() == list(model.topics_[0].words)
