import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from topickit.report.marks import MAX_DOCUMENT

VOID = {"meta", "input"}


class Page(HTMLParser):
    """Reads a page as a browser does: elements, attributes, text, and whether all closes in order."""

    def __init__(self, source):
        super().__init__()
        self.open, self.elements, self.text, self.scripts, self.data = [], [], [], [], {}
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            attrs = self.elements[-1][1]
            if attrs.get("type") == "application/json":
                self.data[attrs["id"]] = self.data.get(attrs["id"], "") + data
            else:
                self.scripts.append(data)
        elif self.open and self.open[-1] != "style":
            self.text.append(data)

    def shape(self):
        return [tag for tag, _ in self.elements]


def test_page_says_all_that_a_topic_is(report):
    source = report.to_html(title="Pets & taxes")
    text = " ".join(" ".join(Page(source).text).split())
    for part in (
        "Pets & taxes",
        "2,000",
        "25.0%",
        "1,200",
        "60.0%",
        "cat, New York",
        "0.500",
        "Cats of New York",
    ):
        assert part in text
    for part in ("Method", "Random state 20240101", "truncated share 14.0%", "税金が高い"):
        assert part in text
    assert source.startswith("<!DOCTYPE html>")


def test_page_needs_nothing_else(report):
    source = report.to_html()
    page = Page(source)
    assert page.open == []
    assert not {"link", "img", "iframe", "base", "object", "form"} & set(page.shape())
    links = [value for _, attrs in page.elements for name, value in attrs.items() if name in {"href", "src"}]
    assert {"#topic-0", "#topic-1"} <= set(links)
    ids = {attrs["id"] for _, attrs in page.elements if "id" in attrs}
    assert all(link[0] == "#" and link[1:] in ids for link in links)
    ours = source.replace(page.scripts[0], "")
    assert not re.search(r"url\(|@import|https?:", ours)


def test_page_allows_its_own_script_alone(report):
    page = Page(report.to_html())
    (policy,) = [attrs["content"] for tag, attrs in page.elements if "http-equiv" in attrs]
    assert len(page.scripts) == 4
    for script in page.scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "connect-src" not in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1]
    assert not any(re.search(r"\.innerHTML|\beval\b|document\.write|</", ours) for ours in page.scripts[1:])


def test_data_in_the_page_is_json(report):
    data = {name: json.loads(text) for name, text in Page(report.to_html()).data.items()}
    assert set(data) == {"palette-data", "topics-data", "figures-data", "map-data"}
    assert [topic["name"] for topic in data["topics-data"]] == ["cat, New York", "税金"]
    assert set(data["figures-data"]) == {"similarity"}


def test_hostile_text_breaks_nothing(hostile_report, hostile, make_report, make_topic):
    harmless = make_topic(
        keywords=(("w", 0.5),), name="n", representative_documents=("short", "long " * 100 + "end")
    )
    expected = Page(make_report(harmless, notes={"k": "v", "group": {"k": ["v"]}}).to_html(title="t"))
    page = Page(hostile_report.to_html(title=hostile))
    assert page.open == []
    assert page.shape() == expected.shape()
    assert [sorted(attrs) for _, attrs in page.elements] == [sorted(attrs) for _, attrs in expected.elements]
    assert page.scripts == expected.scripts
    assert json.loads(page.data["topics-data"])[0]["size"] == 1200
    fragment = Page(hostile_report._repr_html_())
    assert fragment.open == []
    assert set(fragment.shape()) == {"div", "table", "caption", "thead", "tr", "th", "tbody", "td", "bdi"}


def test_hostile_text_is_still_there(make_report, make_topic):
    text = "</script><script>alert(\"1\" + '2')</script> {{ 7 * 7 }}"
    page = Page(make_report(make_topic(representative_documents=(text,))).to_html())
    assert text in page.text


def test_page_can_be_encoded(hostile_report):
    hostile_report.to_html().encode("utf-8")


def test_texts_can_be_left_out(report):
    assert "A cat sat" in report.to_html()
    page = report.to_html(texts=False)
    assert "A cat sat" not in page
    assert "Representative documents" not in page


def test_long_documents_open_and_are_cut(make_report, make_topic):
    page = Page(make_report(make_topic(representative_documents=("word " * 20_000, "short"))).to_html())
    assert max(len(text) for text in page.text) == MAX_DOCUMENT
    assert page.shape().count("details") == 2  # the topic's own, and the text's
    short = Page(make_report(make_topic(representative_documents=("a" * 320,))).to_html())
    assert short.shape().count("details") == 1


@pytest.mark.parametrize("stability", [None, 0.0, 0.75])
def test_stability_is_shown_where_known(make_report, make_topic, stability):
    page = " ".join(Page(make_report(make_topic(stability=stability)).to_html()).text)
    assert ("Stability" in page) == (stability is not None)
    if stability is not None:
        assert f"stability {stability:.2f}" in " ".join(page.split())
        assert ("unstable" in page) == (stability < 0.5)


def test_bars_are_in_proportion(make_report, make_topic):
    report = make_report(make_topic(share=0.6), make_topic(1, share=0.15), n_outliers=0)
    parts = re.findall(r'class="bar" style="--part:([0-9.]+)"', report.to_html())
    assert parts == ["1.000", "0.250"]


def test_odd_topics(make_report, make_topic):
    odd = make_topic(
        keywords=(("a", float("nan")), ("b", 0.0)), share=0.0, size=1, representative_documents=()
    )
    page = " ".join(" ".join(Page(make_report(odd, make_topic(1, keywords=())).to_html()).text).split())
    assert "1 document · 0% of the corpus" in page
    assert "No keywords." in page


def test_nothing_found(make_report):
    source = make_report(n_documents=3, n_outliers=3, notes={}).to_html()
    page = " ".join(Page(source).text)
    assert "No topics found" in page
    assert "Method" not in page


def test_same_page_every_time(report):
    assert report.to_html() == report.to_html()


def test_notebook_gets_a_table(report):
    fragment = report._repr_html_()
    page = Page(fragment)
    assert page.shape().count("tr") == 3
    assert "2 topics in 2,000 documents · 25.0% outliers" in page.text
    assert "A cat sat" not in fragment
