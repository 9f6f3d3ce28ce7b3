"""What a report says of time and classes: changes, periods and classes of few documents, the finding."""

import dataclasses
import json

import numpy as np
import pytest

from tests.analysis.test_enough_documents import classes, trend
from tests.report.test_report_html import Page
from topickit.analysis.similarity import Similarity
from topickit.errors import ParameterTypeError
from topickit.plot import figures
from topickit.report.finding import finding
from topickit.report.html import render_html
from topickit.report.markdown import render_markdown
from topickit.report.text import render_text
from topickit.report.trends import excluded, share_changes, sparklines, text_sparkline


@pytest.fixture
def summary(make_report, make_topic):
    """Ten days: topic 1 doubles on the last one, topic 0 is half of a first day of four documents."""
    totals = [4, *[1000] * 9]
    counts = [[2, 0, 0], *[[300, 50, 200]] * 8, [300, 100, 200]]
    topics = [make_topic(i, name=f"name{i}", share=0.3) for i in range(3)]
    summary = make_report(*topics, n_documents=9004, n_outliers=0, notes={}).summary
    return dataclasses.replace(summary, over_time=trend(counts, totals))


def rendered(summary):
    page = " ".join(" ".join(Page(render_html(summary)).text).split())
    return page, " ".join(render_text(summary, 140).split()), render_markdown(summary)


def test_a_topic_that_doubled_on_the_last_day_comes_first(summary):
    first, *_ = share_changes(summary)
    assert first.topic.id == 1
    assert (first.before, first.last, first.last_arrow) == (0.05, 0.1, "↑")
    assert "rose from 5.0% to 10.0% in the last day (2015-02-25, n=1,000)" in finding(summary)
    for text in rendered(summary):
        assert "10.0% ↑" in text
        assert "rose from 5.0% to 10.0%" in text


def test_a_day_of_four_documents_has_no_point(summary):
    for text in rendered(summary):
        assert "50.0%" not in text
        assert "1 period with fewer than 20 documents: 2015-02-16 (4)" in text.replace("\\", "")
    assert text_sparkline(summary.over_time, 0)[0] == " "
    spark = sparklines(summary)[0]
    assert (
        spark.description == "30.0% of 1,000 documents in 2015-02-17, 30.0% of 1,000 documents in 2015-02-25"
    )
    assert len(spark.line.split()) == 9
    band, line = figures.over_time_figure(summary.over_time, summary.topics, [0]).data
    assert np.isnan(line.y[0])
    assert max(band.y) < 0.35
    assert band.mode == "lines"  # no stray dots on the bounds
    assert "2015-02-16" not in band.x


def test_undated_documents_are_excluded(summary):
    undated = dataclasses.replace(summary.over_time, n_undated=2)
    assert excluded(undated).startswith("Excluded: 2 documents without a date. Not drawn: 1 period")


def test_shares_come_first_and_ratios_are_capped(make_report, make_topic):
    summary = make_report(make_topic(), make_topic(1), notes={}).summary
    table = classes([[5000, 0], [0, 5000], [2, 2]], [5000, 5000, 4])
    summary = dataclasses.replace(summary, by_class=table)
    page, text, markdown = rendered(summary)
    assert "100% >99× · 5,000" in page
    assert "0% <0.01× · 0" in page
    assert "2 of 4 " in page
    assert "100%, >99× (5,000)" in text
    assert "100%, &gt;99× (5,000) | 0%, &lt;0.01× (0) | 2 of 4 |" in markdown
    hover = [cell for row in figures.by_class_figure(table, summary.topics).data[0].text for cell in row]
    assert "&gt;99× as likely" in hover[0]
    assert "too few documents for a risk ratio" in hover[2]


def test_keywords_have_a_ratio_only_where_it_is_known(make_report, make_topic):
    from topickit.keywords.risk_ratio import RiskRatio

    ratios = (RiskRatio(15620.0, 400.0, np.inf), RiskRatio(3.0, 0.5, 20.0))
    page = " ".join(Page(make_report(make_topic(risk_ratios=ratios)).to_html()).text)
    assert ">99×" in page
    assert "15620" not in page
    assert "3.0×" not in page


def test_figures_and_page_have_the_same_colors(dated_model):
    source = dated_model.report().to_html()
    summary = dated_model.report().summary
    colors = figures.by_class_figure(summary.by_class, summary.topics).data[0].colorscale
    for color in (colors[0][1], colors[-1][1]):
        assert f"light-dark({color}, " in source
    data = json.loads(Page(source).data["figures-data"])["over_time"]["data"]
    drawn = {int(part["legendgroup"]): part["line"]["color"] for part in data if part.get("name")}
    colors = dated_model.report().map().colors
    palette = json.loads(Page(source).data["palette-data"])["colors"]
    assert drawn == {topic: palette[color] for topic, color in enumerate(colors)}


def test_ids_of_the_similarity_figure_stand_upright(dated_model, make_topic):
    summary = dated_model.report().summary
    axis = figures.similarity_figure(summary.similarity, summary.topics).layout.xaxis
    assert axis.tickangle == -90
    assert len(axis.ticktext) == 4
    many = Similarity(tuple(range(23)), np.eye(23))
    ids = figures.similarity_figure(many, [make_topic(i) for i in range(23)]).layout.xaxis.ticktext
    assert ids == tuple(str(i) for i in range(0, 23, 2))


def test_title_source_and_date(dated_model):
    report = dated_model.report("Tweets & taxes", source="data/tweets.csv")
    page = " ".join(" ".join(Page(report.to_html()).text).split())
    for text in (page, report.to_markdown().replace("&amp;", "&")):
        assert "Tweets & taxes" in text
        assert f"Source: data/tweets.csv · {report.date}" in text.replace("\\", "")
    assert report.to_text(80).startswith("Tweets & taxes\n4 topics")
    assert "<title>Tweets &amp; taxes</title>" in report.to_html()
    assert "<title>Mine</title>" in report.to_html(title="Mine")
    assert dated_model.report().to_markdown().startswith("# Topics\n")
    with pytest.raises(ParameterTypeError, match="title must be a str, got int"):
        dated_model.report(3)
    with pytest.raises(ParameterTypeError, match="source must be"):
        dated_model.report(source=3)


def test_the_finding_is_one_sentence(make_report, make_topic):
    topics = [make_topic(i, name=f"name{i}", share=0.1) for i in range(6)]
    assert finding(make_report(*topics).summary) == (
        "The largest of 6 topics, “name0”, covers 10.0% of the 2,000 documents, the three largest 30.0%."
    )
    assert finding(make_report().summary) == ""


def test_entities_are_unescaped_once(make_report, make_topic):
    texts = ("fish &amp; chips &#39;n&#x27; &amp;lt;b&gt;", "&#61;SUM(A1)")
    report = make_report(make_topic(representative_documents=texts))
    expected = "fish & chips 'n' &lt;b>"
    assert expected in Page(report.to_html()).text
    assert expected in report.to_text(140)
    assert "fish &amp; chips 'n' &amp;lt;b&gt;" in report.to_markdown()
    assert expected in report.to_csv()
    assert "'=SUM(A1)" in report.to_csv()
    assert json.loads(report.to_json())["topics"][0]["representative_documents"] == list(texts)


def test_metrics_say_what_to_do(dated_model):
    page = " ".join(Page(dated_model.report().to_html()).text)
    assert "merge them if they are alike" in page
    assert "Wilson" not in page
