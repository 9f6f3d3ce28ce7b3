"""The result as a value: how it is written."""

import pytest

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
