"""The result as a value: how it is written."""

import numpy as np
import pytest

from topickit import TopicModel
from topickit.errors import ParameterError, ParameterTypeError, TopicNotFoundError
from topickit.fitted.topics import Topic, Topics


@pytest.mark.parametrize(
    ("n_topics", "n_documents", "head"),
    [
        (1, 20, "1 topic, 20 documents, 0.0% outliers"),
        (2, 2000, "2 topics, 2,000 documents, 0.0% outliers"),
        (0, 1, "0 topics, 1 document, 0.0% outliers"),
    ],
)
def test_the_head_counts_in_words(n_topics, n_documents, head):
    items = tuple(Topic(i, 10, 0.5, (("boat", 0.5),), "boat") for i in range(n_topics))
    topics = Topics(items, n_documents, 0)
    assert repr(topics).splitlines()[0] == head
    assert f"<caption>{head}</caption>" in topics._repr_html_()


def named(*names):
    return Topics(tuple(Topic(i, 10, 0.5, (), name) for i, name in enumerate(names)), 40, 0)


def test_topics_are_found_by_id_or_name():
    topics = named("golf, club, swing", "Golfing", "tax", "tax")
    assert topics.ids([1, "golf, club, swing"]) == [1, 0]
    assert topics.ids(" GOLF,  club, swing ") == topics.ids(np.int64(0)) == [0]
    assert topics.ids("golf, club…") == topics.ids(["golf, c..."]) == [0]
    assert topics.ids(np.array([2, 0])) == [2, 0]
    assert topics.ids([]) == []


@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        (4, TopicNotFoundError, "no topic 4"),
        (-1, TopicNotFoundError, "no topic -1"),
        ("Golfings", TopicNotFoundError, "did you mean 'Golfing'"),
        ("…", TopicNotFoundError, "no topic named"),
        ("tax", ParameterError, "topics 2, 3 match the name 'tax'"),
        ("golf…", ParameterError, "topics 0, 1"),
        (1.0, ParameterTypeError, r"by id \(int\) or name \(str\)"),
        ([True], ParameterTypeError, "got True"),
        (None, ParameterTypeError, "got None"),
    ],
)
def test_a_topic_that_cannot_be_found_is_refused(key, error, message):
    with pytest.raises(error, match=message):
        named("golf, club, swing", "Golfing", "tax", "tax").ids(key)


def test_a_topic_is_looked_up_by_its_name_too():
    texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    named = model.rename_topics({1: "Road"})
    assert named.topics_["road"].id == 1
    with pytest.raises(TopicNotFoundError, match="sea"):
        named.topics_["sea"]
