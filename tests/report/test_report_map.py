import base64
import json
import zlib

import numpy as np
import pytest

from tests.conftest import make_corpus
from tests.report.test_report_html import Page
from topickit import TopicModel
from topickit.report import document_texts
from topickit.report.document_map import document_map
from topickit.report.document_texts import _within
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


def unpacked(packed, kind="<u2"):
    return np.frombuffer(base64.b64decode(packed), dtype=kind)


def texts_of(page):
    data = json.loads(page.data["documents-data"])
    return tuple(json.loads(zlib.decompress(base64.b64decode(data["texts"]))))


def test_a_point_a_distinct_document(dated_model):
    found = document_map(dated_model.fitted_)
    documents = dated_model.fitted_.corpus.documents
    held = found.documents
    assert len(found.points) == len(held.texts) == len(documents)
    assert found.points.max() == 65_535
    assert [held.texts[i] for i in held.points.tolist()] == list(documents.texts)
    assert (held.labels[held.points] == found.labels).all()
    by_text = dict(zip(held.texts, held.labels.tolist(), strict=True))
    for row, position in enumerate(documents.rows[:50].tolist()):
        assert by_text[documents.texts[position]] == dated_model.labels_[row]


def test_the_page_holds_the_same_numbers(dated_model):
    page = Page(dated_model.report().to_html())
    data = json.loads(page.data["map-data"])
    found = document_map(dated_model.fitted_)
    assert (unpacked(data["x"]) == found.points[:, 0]).all()
    assert (unpacked(data["topic"]).astype(int) - 1 == found.labels).all()
    assert texts_of(page) == found.documents.texts
    assert (
        unpacked(json.loads(page.data["documents-data"])["points"], "<u4") == found.documents.points
    ).all()
    assert found.note in " ".join(page.text)


def test_more_documents_than_points_are_thinned_and_it_is_said(dated_model):
    found = document_map(dated_model.fitted_, limit=50)
    assert len(found.points) == len(found.documents.points) == 50
    assert len(found.documents.texts) == 240  # the search still covers all
    assert "50 points for 240 documents" in found.note
    assert "uniform sample" in found.note


def test_texts_are_whole_until_they_are_too_many():
    texts = ["税" * 500, "a" * 500, "short"] * 10
    assert _within(texts, 20_100) == (tuple(texts), None)
    cut, limit = _within(texts, 3_000)
    assert 2_500 < sum(len(text.encode()) for text in cut) <= 3_000 + 20 * 2  # the ellipsis has three bytes
    assert len(cut[0]) == len(cut[1]) == limit > 40
    assert cut[2] == "short"


def test_texts_of_a_topic_begin_with_the_most_similar(dated_model):
    held = document_map(dated_model.fitted_).documents
    fitted = dated_model.fitted_
    rows = {text: row for row, text in enumerate(fitted.corpus.documents.texts)}
    order = np.array([rows[text] for text in held.texts])
    for topic in range(4):
        vectors = fitted.corpus.vectors[order[held.labels == topic]]
        assert (np.diff(vectors @ fitted.means[topic]) < 0.002).all()
    assert (np.diff(held.labels) >= 0).all()


def test_a_corpus_of_too_many_texts_is_sampled_with_all_points(dated_model, monkeypatch):
    monkeypatch.setattr(document_texts, "MAX_TEXTS", 60)
    found = document_map(dated_model.fitted_, limit=50)
    assert 60 <= len(found.documents.texts) <= 110
    texts = dated_model.fitted_.corpus.documents.texts
    rows = np.linspace(0, 239, 50).astype(int).tolist()
    assert [found.documents.texts[i] for i in found.documents.points] == [texts[row] for row in rows]
    assert f"uniform sample of {len(found.documents.texts)} documents" in found.note


def test_points_are_colored_by_class_and_by_time(dated_model):
    found = document_map(dated_model.fitted_)
    fitted, classes = dated_model.fitted_, found.colorings["class"]
    assert classes.names == ("land", "sea")
    firsts = fitted.corpus.documents.first_rows
    names = [fitted.covariates.class_names[code] for code in fitted.covariates.class_codes[firsts]]
    assert [classes.names[code] for code in classes.codes] == names
    time = found.colorings["time"]
    years = fitted.covariates.timestamps[firsts].astype("datetime64[Y]").astype(str).tolist()
    assert [time.names[code] if code >= 0 else "NaT" for code in time.codes] == years
    assert len(time.light) == len(time.dark) == len(time.names) == 10


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
    assert "<script>alert(1)</script> boat" in texts_of(page)
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
