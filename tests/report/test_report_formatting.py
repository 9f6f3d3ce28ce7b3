import pytest

from topickit.keywords.settings import KeywordSettings
from topickit.report import formatting
from topickit.report.facts import fact_groups


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0, "0%"),
        (1, "100%"),
        (0.0005, "<0.1%"),
        (0.999, "99.9%"),
        (0.99951, ">99.9%"),
        (0.5, "50.0%"),
        (None, "–"),
    ],
)
def test_percent(share, shown):
    assert formatting.percent(share) == shown


def test_values_are_worded():
    assert formatting.value(1234) == "1,234"
    assert formatting.value(1234, "random_state") == "1234"
    assert formatting.value(0.5, "truncated_share") == "50.0%"
    assert formatting.value(7.5, "share") == "7.5"
    assert formatting.value(False) == "no"
    assert formatting.value(None, "max_size") == "none"
    assert formatting.value({"n_a": 1, "b": None}) == "a 1, b none"
    assert formatting.value([]) == "–"
    assert formatting.value("\x1b[2J") == "[2J"
    assert formatting.decimal(1e-7) == "1e-07"


def test_settings_are_put_into_words():
    keywords = {"n_keywords": 10, "weighting": "ctfidf", "reduce_frequent": False, "phrases": True}
    keywords |= {"rerank": True, "stop_words": "auto"}
    settings = {
        "n_topics": None,
        "outliers": None,
        "fit_sample": "auto",
        "keywords": keywords,
        "clusterer": "graph",
    }
    (group,) = fact_groups({"settings": settings})
    assert dict(group.facts) == {
        "number of topics": "automatic",
        "outliers": "set by the clusterer",
        "fit sample": "chosen for the clusterer",
        "keywords": "10 per topic, weighted by c-TF-IDF, re-ranked by embedding, words and phrases of two or "
        "three words, stop words of the detected languages removed",
        "clusterer": "graph",
    }
    others = {
        "weighting": "bm25",
        "reduce_frequent": True,
        "phrases": False,
        "rerank": False,
        "stop_words": ["a"],
    }
    settings = {"n_topics": 5, "outliers": 0.1, "fit_sample": 5000, "keywords": others}
    (group,) = fact_groups({"settings": settings})
    assert dict(group.facts) == {
        "number of topics": "5",
        "outliers": "at most 10.0%",
        "fit sample": "5,000",
        "keywords": "weighted by BM25, frequent words down-weighted, not re-ranked, single words only, "
        "1 custom stop word removed",
    }
    assert fact_groups({"settings": {"keywords": {"stop_words": None}}})[0].facts == (
        ("keywords", "stop words kept"),
    )


def test_groups_follow_single_facts():
    groups = fact_groups({"g": {"n_x": 1}, "random_state": 7, "empty": {}})
    assert [(group.heading, group.facts) for group in groups] == [
        ("", (("Random state", "7"), ("Empty", "–"))),
        ("G", (("x", "1"),)),
    ]
    assert fact_groups({}) == ()


def test_settings_of_words_are_put_into_words():
    def described(**settings):
        (group,) = fact_groups({"settings": {"keywords": {**KeywordSettings(**settings).state().config}}})
        return dict(group.facts)["keywords"]

    assert "phrases of two or three words, stop words of the detected" in described()
    words = described(
        tokenizer=str.split, n_gram_range=(1, 2), min_document_frequency=5, extra_stop_words=["a"]
    )
    assert "terms of 1 to 2 words, in at least 5 documents, words from the function str.split" in words
    assert "1 additional stop word removed" in words
    assert "terms of 2 words, in at least 10.0% of the documents" in described(
        n_gram_range=(2, 2), min_document_frequency=0.1
    )
    assert described(vocabulary=["sea", "boat"]).endswith("only the 2 terms of the given vocabulary")
