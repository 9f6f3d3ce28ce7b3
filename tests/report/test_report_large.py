"""A report of thousands of topics is written in seconds and stays small enough to open."""

import dataclasses
import json
import time

import numpy as np
import pytest

from tests.analysis.test_enough_documents import classes, trend
from tests.report.test_report_html import Page
from topickit.report.html import MAX_CARDS, MAX_FIGURE, render_html


@pytest.mark.parametrize("n_topics", [1000, 3000])
def test_a_report_of_thousands_of_topics_is_bounded(make_report, make_topic, n_topics):
    texts = ("word " * 100,) * 5
    topics = [make_topic(i, name=f"name{i}", representative_documents=texts) for i in range(n_topics)]
    summary = make_report(*topics, n_documents=100_000, notes={}).summary
    counts = np.random.default_rng(0).poisson(2.0, size=(40, n_topics))
    summary = dataclasses.replace(
        summary,
        over_time=trend(counts, counts.sum(axis=1)),
        by_class=classes(counts[:8], counts[:8].sum(axis=1)),
    )
    begin = time.process_time()
    source = render_html(summary)
    assert time.process_time() - begin < 30
    assert len(source) < 12_500_000
    page = Page(source)
    ids = {attrs["id"] for _, attrs in page.elements if "id" in attrs}
    links = {attrs["href"][1:] for tag, attrs in page.elements if tag == "a" and "href" in attrs}
    assert links <= ids
    assert {f"topic-{i}" for i in range(n_topics)} <= ids
    assert sum(attrs.get("class") == "card" for _, attrs in page.elements) == MAX_CARDS
    figures = json.loads(page.data["figures-data"])
    assert len(figures["similarity"]["data"][0]["x"]) == MAX_FIGURE
    assert len(figures["over_time"]["data"]) <= 2 * (MAX_FIGURE + 25)
