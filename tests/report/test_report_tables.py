import csv
import io
import json

import polars as pl
import pytest

from topickit._core.display import encodable


def rows_of(table):
    return list(csv.DictReader(io.StringIO(table, newline="")))


def test_csv_has_a_row_a_topic(report):
    first, second = rows_of(report.to_csv())
    assert first == {
        "id": "0",
        "name": "cat, New York",
        "size": "1200",
        "share": "0.6",
        "stability": "",
        "cohesion": "",
        "unlike_share": "",
        "keywords": "cat; New York",
        "weights": "0.5; 0.25",
        "document_1": "A cat sat.\nIt slept.",
        "document_2": "Cats of New York",
    }
    assert second["name"] == "税金"
    assert second["document_2"] == ""
    assert "document_1" not in rows_of(report.to_csv(texts=False))[0]


def test_csv_is_read_by_polars_with_and_without_mark(report, tmp_path):
    for encoding in ("utf-8", "utf-8-sig"):
        path = report.to_csv(tmp_path / "a.csv", encoding=encoding)
        assert path.read_bytes().startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")
        table = pl.read_csv(path)
        assert table["id"].to_list() == [0, 1]
        assert table["document_1"].to_list() == ["A cat sat.\nIt slept.", "税金が高い"]


@pytest.mark.parametrize("start", [*"=+-@\t\r\n＝＋－＠", "\x00=", "\x1b@"])
def test_csv_formulas_are_neutralised_in_every_cell(make_report, make_topic, start):
    text = start + "SUM(A1)"
    topic = make_topic(name=text, keywords=((text, 0.5),), representative_documents=(text,))
    (row,) = rows_of(make_report(topic).to_csv())
    for column in ("name", "keywords", "document_1"):
        assert row[column].startswith("'")
        assert row[column].endswith("SUM(A1)")


def test_csv_leaves_other_text_alone(make_report, make_topic):
    name = "a=b, 'quoted' \"twice\" -1"
    assert rows_of(make_report(make_topic(name=name)).to_csv())[0]["name"] == name


def test_csv_numbers_stay_numbers(make_report, make_topic):
    (row,) = rows_of(make_report(make_topic(size=12345, share=1 / 3, stability=0.5)).to_csv())
    assert (int(row["size"]), float(row["share"]), float(row["stability"])) == (12345, 1 / 3, 0.5)


def test_csv_cells_fit_a_spreadsheet(make_report, make_topic):
    (row,) = rows_of(make_report(make_topic(representative_documents=("=" + "x" * 50_000,))).to_csv())
    assert len(row["document_1"]) == 30_001
    assert row["document_1"].endswith("…")


def test_json_holds_everything_and_reads_back(report):
    data = json.loads(report.to_json())
    assert data == report.summary.as_dict()
    assert data["n_topics"] == 2
    assert data["outlier_share"] == 0.25
    assert data["topics"][0]["keywords"] == [
        {"word": "cat", "weight": 0.5},
        {"word": "New York", "weight": 0.25},
    ]
    assert data["topics"][0]["representative_documents"] == ["A cat sat.\nIt slept.", "Cats of New York"]
    assert data["notes"]["embedder"]["n_truncated"] == 312
    assert data["notes"]["unknown"] is None
    assert "\n" not in report.to_json(indent=None)
    assert json.loads(report.to_json(texts=False))["topics"][1]["representative_documents"] == []


def test_json_names_risk_ratios_alike_for_keywords_and_classes(dated_model):
    data = json.loads(dated_model.report().to_json())
    keyword = data["topics"][0]["risk_ratios"][0]
    assert keyword["low"] < keyword["ratio"] < keyword["high"]
    assert set(data["by_class"]) == {
        *("classes", "totals", "counts", "risk_ratio", "low", "high", "n_unclassed"),
    }
    assert set(data["over_time"]) >= {"rising_words", "falling_words"}


def test_json_of_weights_that_are_no_numbers(make_report, make_topic):
    report = make_report(make_topic(keywords=(("a", float("nan")),)))
    assert json.loads(report.to_json())["topics"][0]["keywords"] == [{"word": "a", "weight": None}]


def test_markdown_of_a_report(report):
    lines = report.to_markdown().splitlines()
    assert lines[0] == "# Topics"
    assert "| 0 | cat, New York | 1,200 | 60.0% | cat (0.500), New York (0.250) |" in lines
    assert "- A cat sat. It slept." in lines
    assert "  - truncated share: 14.0%" in lines
    assert "sat" not in report.to_markdown(texts=False)


def test_markdown_stability_is_a_column_where_known(make_report, make_topic):
    lines = make_report(make_topic(stability=0.9), make_topic(1)).to_markdown().splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    assert " 0.90 |" in table[2]
    assert " – |" in table[3]


def test_hostile_json_and_csv_read_back(hostile_report, hostile):
    data = json.loads(hostile_report.to_json().encode("utf-8"))
    assert data["topics"][0]["name"] == encodable(hostile)
    (row,) = rows_of(hostile_report.to_csv())
    assert row["document_1"].lstrip("'") == "".join(c for c in encodable(hostile) if c not in "\x00\x07\x1b")


def test_hostile_markdown_keeps_its_structure(hostile_report):
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = parser.parse(hostile_report.to_markdown())
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h1", "h2", "h3", "h2", "h2"]
    assert sum(token.type == "tr_open" for token in tokens) == 2
    assert sum(token.type == "td_open" for token in tokens) == 5
    kinds = {child.type for token in tokens for child in token.children or ()}
    assert not kinds & {"link_open", "image", "html_inline", "code_inline", "em_open", "strong_open"}
    assert not {token.type for token in tokens} & {"html_block", "fence", "code_block"}
