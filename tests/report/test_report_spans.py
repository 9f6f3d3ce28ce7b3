"""Parts of long documents, marked by topic."""

from dataclasses import replace

import pytest

from topickit import TopicModel
from topickit.report import marks
from topickit.report.report import Report

FOOD = "The <b>apple</b> is a red apple. A green apple is sour. An apple pie is sweet. "
CARS = (
    "My car is a fast car. The old car won the car race. A slow car has no engine.</div><script>x()</script> "
)
SHORT = [f"{a} {b}" for a in ("red", "green", "sour") for b in ("apple", "apple pie", "apple cake")]
SHORT += [f"{a} {b}" for a in ("fast", "slow", "old") for b in ("car", "race car", "car engine")]


@pytest.fixture(scope="module")
def model():
    """A few long documents about both topics, which represent theirs since all others are long, too."""
    long = [2 * FOOD + 3 * CARS + str(n) for n in range(3)] + [3 * FOOD + 2 * CARS + str(n) for n in range(3)]
    return TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(SHORT + long)


@pytest.fixture
def report(model):
    """A report whose first topic is represented by a long document."""
    fitted = model.fitted_
    items = [
        replace(topic, representative_documents=(2 * FOOD + 3 * CARS + "0", "short"))
        for topic in fitted.topics
    ]
    fitted = replace(fitted, topics=replace(fitted.topics, items=tuple(items)))
    return Report.of(fitted, spans=model.spans)


def test_parts_are_the_document(report, model):
    assert report.marks
    for text, pieces in report.marks.items():
        assert "".join(piece.text for piece in pieces) == text
        for piece in pieces:
            assert (piece.topic is None) == (not piece.text.strip())
    labeled = [piece for piece in pieces if piece.topic is not None]
    assert len({piece.topic for piece in labeled}) == 2
    for piece in labeled:
        name = report.summary.topics[piece.topic].name
        assert piece.name == name
        assert model.topics_[model.predict([piece.text])[0]].name == name


def test_page_marks_parts_and_hostile_text_stays_inert(report):
    page = report.to_html()
    assert page.count('<span class="part"') >= 2
    assert "<script>x()" not in page
    assert "&lt;b&gt;apple&lt;/b&gt;" in page
    assert '<span class="part"' not in report.to_html(texts=False)


def test_not_without_request(model):
    assert model.report().marks == {}


def test_bounded_number_of_documents(model, monkeypatch):
    monkeypatch.setattr(marks, "MAX_MARKED", 1)
    seen = []
    summary = model.report().summary
    texts = tuple(FOOD * 5 + str(n) for n in range(3))
    topics = tuple(replace(topic, representative_documents=texts) for topic in summary.topics)

    def find(texts):
        seen.extend(texts)
        return model.spans(texts)

    marks.marks_of(replace(summary, topics=topics), find)
    assert len(seen) == 1
