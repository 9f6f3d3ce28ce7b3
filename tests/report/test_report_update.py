"""The report on an updated model: what the last update changed, in every format."""

import json

import pytest

from tests.report.test_report_html import Page
from topickit import TopicModel
from topickit.fitted.change import Change, TopicChange

GREW = TopicChange(0, "old name", "grew", 500, 70, 0.05, 0.07, 0.01, 0.03, 0.001, ("refund",), ("invoice",))
NEW = TopicChange(1, "late", "new", 0, 40, 0.0, 0.04, 0.03, 0.05, 1e-9)
SAME = TopicChange(2, "same", "same", 100, 10, 0.01, 0.01, -0.004, 0.006, 1.0)


def change_of(*topics, n_unlike=300):
    return Change(10_000, 1000, topics, n_unlike, 3)


def report_on(make_report, make_topic, change, name="billing"):
    topics = [make_topic(0, name=name), make_topic(1, name="late", size=40)]
    return make_report(*topics, notes={"change": change.to_dict(), "n_blank": 3})


@pytest.fixture
def report(make_report, make_topic):
    return report_on(make_report, make_topic, change_of(GREW, NEW, SAME))


@pytest.mark.parametrize("form", ["to_text", "to_html", "to_markdown"])
def test_the_update_is_told(report, form):
    text = getattr(report, form)()
    text = Page(text).text if form == "to_html" else text
    text = "".join(text) if isinstance(text, list) else text
    flat = " ".join(text.replace("\\", "").split())
    assert "Last update" in flat
    assert "“billing” grew from 5.0% to 7.0%" in flat  # the present name
    assert "refund" in flat
    assert "old name" not in flat
    assert "same" not in [word for word in flat.split() if word == "same:"]


def test_the_page_lists_topics_with_intervals(report):
    page = Page(report.to_html())
    assert "#update-title" in report.to_html()
    text = " ".join("".join(page.text).split()) if isinstance(page.text, list) else page.text
    assert "+1.0 to +3.0" in text
    assert "300 (30.0%) of the new documents" in text
    assert "3 earlier documents moved" in text


def test_json_holds_every_topic(report):
    change = json.loads(report.to_json())["change"]
    assert [topic["kind"] for topic in change["topics"]] == ["grew", "new", "same"]
    assert change["sentence"].startswith("In 1,000 new documents")
    assert change["topics"][0]["rising"] == ["refund"]
    assert "change" not in json.loads(report.to_json())["notes"]


def test_a_model_without_update_has_no_section(make_report, make_topic):
    report = make_report(make_topic())
    assert "Last update" not in report.to_text() + report.to_html() + report.to_markdown()
    assert json.loads(report.to_json())["change"] is None


def test_hostile_words_and_names_are_inert(make_report, make_topic, hostile):
    def page(text):
        grew = TopicChange(9, text, "grew", 5, 7, 0.05, 0.07, 0.01, 0.03, 0.001, (text,), (text,))
        return Page(report_on(make_report, make_topic, change_of(grew)).to_html())

    expected, got = page("word"), page(hostile)
    assert got.open == []
    assert got.shape() == expected.shape()
    assert got.scripts == expected.scripts


def test_hostile_words_stay_on_their_lines(make_report, make_topic, hostile):
    grew = TopicChange(9, hostile, "grew", 5, 7, 0.05, 0.07, 0.01, 0.03, 0.001, (hostile,), (hostile,))
    report = report_on(make_report, make_topic, change_of(grew))
    section = report.to_markdown().split("## Last update")[1].split("##")[0]
    assert len(section.strip().splitlines()) == 6  # sentence, empty line, share, words, unlike, moved
    assert "\x1b" not in section + report.to_text()


def test_words_are_truncated_without_texts(make_report, make_topic):
    long = "a" * 40
    grew = TopicChange(9, f"{long}, {long}", "grew", 5, 7, 0.05, 0.07, 0.01, 0.03, 0.001, (long,), ())
    report = report_on(make_report, make_topic, change_of(grew))
    for text in (report.to_json(texts=False), report.to_html(texts=False), report.to_text(texts=False)):
        assert "a" * 20 not in text
    assert long in report.to_json()


def test_a_real_update_is_shown():
    texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    report = model.updated(["apple cake"]).report()
    assert "Nothing changed: the 1 new document" in report.to_text()
    assert report.summary.change.n_new == 1
