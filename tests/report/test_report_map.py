import base64
import json

import numpy as np
import pytest

from tests.conftest import make_corpus
from tests.report.test_report_html import Page
from topickit import TopicModel
from topickit.report import document_map as document_maps
from topickit.report.document_map import _excerpts, document_map
from topickit.report.html import _plotly

HOSTILE_TEXTS = [
    "<script>alert(1)</script> boat",
    "</script><img src=x onerror=alert(1)> boat",
    '"onmouseover="alert(1)" sail',
    "javascript:alert(1) sail harbour",
    "line\u2028separator\u2029here boat",
    "\u202eright to left\u2066 boat",
    '=HYPERLINK("http://x","y") sail',
    "<!-- <script> boat",
    "{{ 7 * 7 }} harbour",
    "<b>bold</b> &lt;b&gt; $x^2$ harbour",
]


def unpacked(packed):
    return np.frombuffer(base64.b64decode(packed), dtype="<u2")


def test_a_point_a_distinct_document(dated_model):
    found = document_map(dated_model.fitted_)
    documents = dated_model.fitted_.corpus.documents
    assert len(found.points) == len(found.texts) == len(documents)
    assert found.points.max() == 65_535
    by_text = dict(zip(found.texts, found.labels.tolist(), strict=True))
    for row, position in enumerate(documents.rows[:50].tolist()):
        assert by_text[found.texts[position]] == dated_model.labels_[row]


def test_the_page_holds_the_same_numbers(dated_model):
    page = Page(dated_model.report().to_html())
    data = json.loads(page.data["map-data"])
    found = document_map(dated_model.fitted_)
    assert (unpacked(data["x"]) == found.points[:, 0]).all()
    assert (unpacked(data["topic"]).astype(int) - 1 == found.labels).all()
    assert tuple(data["texts"]) == found.texts
    assert found.note in " ".join(page.text)


def test_more_documents_than_points_are_thinned_and_it_is_said(dated_model):
    found = document_map(dated_model.fitted_, limit=50)
    assert len(found.points) == len(found.texts) == 50
    assert "50 points for 240 documents" in found.note
    assert "uniform sample" in found.note


def test_long_scripts_are_cut_shorter(monkeypatch):
    monkeypatch.setattr(document_maps, "MAX_EXCERPT_BYTES", 3_000)
    cut = _excerpts(["税" * 500, "a" * 500] * 10)
    assert sum(len(text.encode()) for text in cut) <= 3_000
    assert len(cut[0]) > 40


def test_no_documents_no_points(dated_model, tmp_path):
    dated_model.save(tmp_path / "m")
    loaded = TopicModel.load(tmp_path / "m")
    found = document_map(loaded.fitted_)
    assert len(found.points) == 0
    assert np.isfinite(found.places).all()
    assert "saved without them" in found.note
    page = Page(loaded.report().to_html())
    assert "Rising and falling words require a model saved with its documents." in " ".join(page.text)


def longest_common_run(text, page):
    return next((text[i : i + 20] for i in range(len(text) - 19) if text[i : i + 20] in page), None)


@pytest.mark.parametrize("write", ["to_html", "to_markdown", "to_json", "to_csv", "to_text"])
def test_without_texts_no_twenty_characters_of_a_document_are_told(write):
    texts, subjects = make_corpus(200)
    # Keywords of twenty characters and more, a name that a document repeats, and a class that is a text.
    long = "electroencephalographically counterrevolutionaries"
    texts = [f"{text} {long}" if s == "sailing" else text for text, s in zip(texts, subjects, strict=True)]
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=4)
    model.fit(texts, classes=[text[:40] for text in texts[:20]] * 10, timestamps=list(range(1801, 2001)))
    texts += [topic.name for topic in model.topics_]
    write_report = getattr(model.report(), write)
    assert any(longest_common_run(text, write_report()) for text in texts)
    page = write_report(texts=False)
    if write == "to_html":  # Plotly's script stands in it word for word, and is long to search
        plotly = _plotly()
        assert plotly in page
        assert not any(word in plotly for word in long.split())
        page = page.replace(plotly, "")
    found = {run for text in texts if (run := longest_common_run(text, page))}
    assert not found


def test_names_that_the_user_gave_stay_without_texts(dated_model):
    named = dated_model.rename_topics({0: "Complaints, praise and everything between"})
    assert "Complaints, praise and everything between" in named.report().to_html(texts=False)


def test_hostile_documents_change_nothing_of_the_page():
    texts, _ = make_corpus(120)
    years = [2000 + i % 5 for i in range(120)]

    def page_of(tail, classes):
        model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2)
        model.fit(texts[: -len(tail)] + tail, timestamps=years, classes=classes)
        return Page(model.rename_topics({0: classes[0].replace("\ud800", "?")}).report().to_html())

    surrogate = "</script>\ud800<script>alert(1)</script>"
    page = page_of(HOSTILE_TEXTS, [surrogate, '"><img src=x onerror=alert(1)>'] * 60)
    plain = page_of(texts[-len(HOSTILE_TEXTS) :], ["a", "b"] * 60)
    assert page.open == []
    assert page.scripts == plain.scripts
    assert {tag for tag, _ in page.elements} == {tag for tag, _ in plain.elements}
    handlers = [name for _, attrs in page.elements for name in attrs if name.startswith("on")]
    assert not handlers
    held = json.loads(page.data["map-data"])["texts"]
    assert "<script>alert(1)</script> boat" in held
    assert not any("\u2028" in raw or "<" in raw for raw in page.data.values())
    assert surrogate.replace("\ud800", "?") in " ".join(page.text)


def test_the_same_page_every_time_and_from_a_loaded_model(dated_model, tmp_path):
    dated_model.save(tmp_path / "m", keep_texts=True)
    assert TopicModel.load(tmp_path / "m").report().to_html() == dated_model.report().to_html()


def test_the_page_names_levels_and_not_code():
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=8).fit(make_corpus(240)[0])
    text = " ".join(" ".join(Page(model.report().to_html(texts=False)).text).split())
    assert "with 3 topics" in text
    assert "model.at" not in text


def test_history_and_classes_are_shown(dated_model):
    page = Page(dated_model.report().to_html())
    text = " ".join(" ".join(page.text).split())
    for part in ("Over time", "Largest changes", "By class", "Topic relations", "Reliability"):
        assert part in text
    assert "Excluded: 1 document without a date." in text
    assert page.shape().count("svg") == 8
    assert set(json.loads(page.data["figures-data"])) == {"similarity", "over_time"}


@pytest.mark.parametrize("write", ["to_text", "to_markdown"])
def test_text_and_markdown_have_the_same_content(dated_model, write):
    report = getattr(dated_model.report(), write)()
    for part in ("By class", "Most similar", "Reliability", "Method", "sea (60"):
        assert part in report
    assert "↑" in report
    assert set("▁█") & set(report)
