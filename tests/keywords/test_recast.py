"""Acronyms that look like stop words, and topics whose documents have no other words."""

import numpy as np
import pytest

from topickit import TopicModel
from topickit.keywords.counts import TermCounts
from topickit.keywords.ctfidf import weigh
from topickit.keywords.rank import top_keywords
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms

BOATS = [
    f"The {word} boat is in the harbour and it was here" for word in ("red", "slow", "fast", "wooden")
] * 10


def keywords_of(texts, labels, settings=None):
    settings = settings or KeywordSettings()
    weights = np.ones(len(texts), dtype=np.int64)
    counts = TermCounts.of(count_terms(texts, weights, settings), labels, weights, max(labels) + 1)
    return [
        [word for word, _ in listed] for listed in top_keywords(weigh(counts, settings), counts, settings)
    ]


@pytest.mark.parametrize(
    ("acronym", "text"),
    [
        ("WHO", "The WHO says that flu is spreading"),
        ("IT", "Call the IT department if it does not work"),
        ("US", "The flight to the US was late and they told us nothing"),
        ("AM", "An AM radio is what I am looking for"),
    ],
)
def test_acronyms_in_running_text_are_keywords(acronym, text):
    found = keywords_of([*BOATS, *[text + f" {i}" for i in range(20)]], [0] * 40 + [1] * 20)
    assert any(acronym in word.split() for word in found[1])  # "AM", or "AM radio"
    assert acronym not in found[0]
    assert not {acronym.lower(), acronym.title()} & {word for words in found for word in words}


def test_shouting_and_emphasis_make_no_acronyms():
    shouted = ["WHO IS IN THE HARBOUR WITH US AND IT WAS LATE"] * 10
    emphasised = ["The crew did NOT come and ALL of them were late"] * 2 + [
        "They did not come, all were late"
    ] * 5
    words = {
        word
        for listed in keywords_of([*BOATS, *shouted, *emphasised], [0] * 40 + [1] * 17)
        for word in listed
    }
    assert not {"WHO", "IT", "US", "NOT", "ALL", "IS"} & words


def test_own_stop_words_hold_for_acronyms():
    texts = [*BOATS, *["Call the US embassy now"] * 20]
    settings = KeywordSettings(extra_stop_words=("us",))
    assert "US" not in keywords_of(texts, [0] * 40 + [1] * 20, settings)[1]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (["yes", "no", "not at all", "no", "yes"], {"yes", "no", "not", "all", "at"}),
        (["10", "7", "7", "10 10", "3"], {"10", "7", "3"}),
        (["👍", "👍👍", "🎉 👍", "❤️", "👍"], {"👍", "🎉", "❤️"}),
        (["xqzw", "yes"] * 3, {"xqzw", "yes"}),
    ],
)
def test_a_topic_without_other_words_is_described_by_its_own(answers, words):
    texts = [*BOATS * 6, *answers, "a harbour boat, no"]
    found = keywords_of(texts, [0] * 240 + [1] * len(answers) + [0])
    assert set(found[1]) <= words
    assert found[1]
    assert not words & set(found[0])


def test_words_of_a_topic_without_others_leave_it_when_it_is_merged():
    texts, weights = [*BOATS, *["yes", "no"] * 5], np.ones(50, dtype=np.int64)
    terms = count_terms(texts, weights, KeywordSettings())
    counts = TermCounts.of(terms, [0] * 40 + [1] * 10, weights, 2)
    number = counts.terms.index("yes")
    assert counts.topics[:, [number]].toarray().ravel().tolist() == [0, 5]
    assert counts.merged([0, 0]).topics[:, [number]].toarray().ravel().tolist() == [0]
    both = TermCounts.of(terms, [0] * 50, weights, 1)
    assert (both.topics != counts.merged([0, 0]).topics).nnz == 0


def test_no_topic_of_a_model_is_without_a_name(tmp_path):
    texts = [*BOATS, *["yes", "no", "not at all"] * 15, *["👍", "👍 👍"] * 10]
    vectors = np.repeat(np.eye(3, 8), [40, 45, 20], axis=0) + np.random.default_rng(0).normal(
        0, 0.01, (105, 8)
    )
    model = TopicModel(n_topics=3).fit(texts, embeddings=vectors)
    assert all(topic.words for topic in model.topics_)
    assert not any(topic.name.startswith("topic") for topic in model.topics_)
    model.save(tmp_path / "model")
    assert [t.words for t in TopicModel.load(tmp_path / "model").topics_] == [t.words for t in model.topics_]
