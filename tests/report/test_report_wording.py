import pytest

from topickit.report import wording


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
    assert wording.percent(share) == shown


@pytest.mark.parametrize("limit", [2, 3, 5, 9, 17, 40])
@pytest.mark.parametrize(
    "text", ["", "one two three four", "x" * 50, "税金" * 20, "e\u0301" * 30, "👩\u200d👧" * 20]
)
def test_clip_is_short_and_a_beginning(text, limit):
    clipped = wording.clip(text, limit)
    assert len(clipped) <= limit or clipped == text
    assert text.startswith(clipped.removesuffix("…"))
    if clipped != text:
        assert clipped.endswith("…")
        assert len(text) > limit


def test_clip_splits_no_character():
    assert wording.clip("abcde\u0301fgh", 6) == "abcd…"
    assert wording.clip("ab👩\u200d👧cdefgh", 5) == "ab…"


def test_values_are_worded():
    assert wording.value(1234) == "1,234"
    assert wording.value(1234, "random_state") == "1234"
    assert wording.value(0.5, "truncated_share") == "50.0%"
    assert wording.value(7.5, "share") == "7.5"
    assert wording.value(False) == "no"
    assert wording.value(None, "max_size") == "none"
    assert wording.value({"n_a": 1, "b": None}) == "a 1, b none"
    assert wording.value([]) == "–"
    assert wording.value("\x1b[2J") == "[2J"
    assert wording.decimal(1e-7) == "1e-07"


def test_one_line_drops_what_moves_the_cursor_or_turns_the_text():
    assert wording.one_line("\u202ea\x1b[0m\u2028b\tc\x85") == "a[0m b c"


def test_settings_are_told_in_words():
    keywords = {"n_keywords": 10, "weighting": "ctfidf", "reduce_frequent": False, "phrases": True}
    keywords |= {"rerank": True, "stop_words": "auto"}
    settings = {
        "n_topics": None,
        "outliers": None,
        "fit_sample": "auto",
        "keywords": keywords,
        "clusterer": "graph",
    }
    (group,) = wording.fact_groups({"settings": settings})
    assert dict(group.facts) == {
        "number of topics": "found",
        "outliers": "as the clusterer says",
        "fit sample": "as many documents as serve the clusterer",
        "keywords": "10 a topic, weighed by c-TF-IDF, re-ranked by meaning, phrases of two words too, "
        "without the stop words of the languages found",
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
    (group,) = wording.fact_groups({"settings": settings})
    assert dict(group.facts) == {
        "number of topics": "5",
        "outliers": "at most 10.0%",
        "fit sample": "5,000",
        "keywords": "weighed by BM25, frequent words damped, ranked by weight alone, single words only, "
        "without 1 stop word of your own",
    }
    assert wording.fact_groups({"settings": {"keywords": {"stop_words": None}}})[0].facts == (
        ("keywords", "stop words kept"),
    )


def test_groups_follow_single_facts():
    groups = wording.fact_groups({"g": {"n_x": 1}, "random_state": 7, "empty": {}})
    assert [(group.heading, group.facts) for group in groups] == [
        ("", (("Random state", "7"), ("Empty", "–"))),
        ("G", (("x", "1"),)),
    ]
    assert wording.fact_groups({}) == ()
