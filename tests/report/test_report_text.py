import re

import pytest
from rich.cells import cell_len

from topickit import TopicModel
from topickit.errors import ParameterError
from topickit.report.text import render_overview


def test_says_all_that_a_topic_is(report):
    text = report.to_text(80)
    for part in (
        "2 topics in 2,000 documents · 25.0% outliers",
        "1,200",
        "60.0%",
        "cat, New York",
        "税金が高い",
    ):
        assert part in text
    assert "A cat sat. It slept." in text
    assert "Random state: 20240101" in text
    assert "truncated share: 14.0%" in text
    assert "Stability" not in text


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_fits_the_width(report, width):
    lines = report.to_text(width).splitlines()
    assert max(cell_len(line) for line in lines) <= width
    assert ("█" in report.to_text(width)) == (width >= 100)


def test_bars_are_in_proportion(make_report, make_topic):
    lines = make_report(make_topic(share=0.6), make_topic(1, share=0.15)).to_text(120).splitlines()
    assert [line.count("█") for line in lines if "█" in line] == [12, 3]


def test_print_and_repr_follow_the_terminal(report, monkeypatch):
    monkeypatch.setenv("COLUMNS", "64")
    assert str(report) == repr(report) == report.to_text(64)
    monkeypatch.setenv("COLUMNS", "9")
    assert str(report) == report.to_text(40)


def test_surroundings_do_not_change_it(report, monkeypatch):
    before = report.to_text(80)
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "JUPYTER_COLUMNS", "NO_COLOR"):
        monkeypatch.setenv(name, "1")
    assert report.to_text(80) == before


def test_many_topics_are_cut_when_printed_only(make_report, make_topic):
    report = make_report(*(make_topic(number) for number in range(53)))
    assert "and 3 smaller topics" in str(report)
    assert "smaller topics" not in report.to_text()
    rows = [line for line in report.to_text(80, n_topics=1).splitlines() if line[:2].strip().isdigit()]
    assert [row.split()[0] for row in rows] == ["53", "0"]


def test_the_overview_is_the_beginning_of_the_report(make_report, make_topic):
    report = make_report(*(make_topic(number) for number in range(53)))
    lines = render_overview(report.summary, 80, more="in topics.html").splitlines()
    assert [line.split()[0] for line in lines if line[:1].isdigit()] == ["53", *map(str, range(10))]
    assert lines[-1] == "and 43 smaller topics: in topics.html"
    assert render_overview(report.summary, 80, 52).endswith("\nand 1 smaller topic")
    assert report.to_text(80).startswith(render_overview(report.summary, 80, 53))
    with pytest.raises(ParameterError, match="at least 40"):
        render_overview(report.summary, 39)


def test_names_end_lines_at_spaces(make_report, make_topic):
    report = make_report(make_topic(name="disposable, bank, counterrevolutionaries", keywords=(("a", 1.0),)))
    text = report.to_text(80)
    assert "disposable," in text
    assert re.search("counterrevolution[a-z]*…", text)
    assert not any(line.strip().startswith((",", "tionaries")) for line in text.splitlines())


def test_texts_can_be_left_out(report):
    assert "sat" not in report.to_text(80, texts=False)


def test_nothing_found(make_report):
    text = make_report(n_documents=1, n_outliers=1, notes={}).to_text(80)
    assert text == "no topics in 1 document · 100% outliers"


def test_topic_without_words_or_share(make_report, make_topic):
    text = make_report(make_topic(keywords=(), share=0.0, stability=0.5), notes={}).to_text(120)
    assert "–" in text
    assert "0.50" in text


def test_bad_settings(report):
    with pytest.raises(ParameterError, match="at least 40"):
        report.to_text(39)
    with pytest.raises(ParameterError, match="None for all"):
        report.to_text(n_topics=0)


def test_hostile_text_cannot_drive_the_terminal(hostile_report):
    text = hostile_report.to_text(80)
    assert all(ord(char) >= 32 and not 0x7F <= ord(char) < 0xA0 for char in text.replace("\n", ""))
    assert not set("\u202e\u2066\u2028") & set(text)
    assert len({line for line in text.split("\n") if line.startswith("#")}) == 1


def test_square_brackets_are_not_markup(make_report, make_topic):
    assert "[bold]x[/bold] :smile:" in make_report(make_topic(name="[bold]x[/bold] :smile:")).to_text(120)


def test_provenance_for_other_code_is_not_shown(corpus):
    text = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=4).fit(corpus[0]).report().to_text(100)
    assert "Embedder: LexicalEmbedder" in text
    assert not [word for word in ("Embedder info", "fingerprint", "similarity p5", "Digest") if word in text]
