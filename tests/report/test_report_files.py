import os

import pytest

from topickit.errors import InputError, ParameterError

FORMATS = ["to_html", "to_json", "to_csv", "to_markdown"]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("texts", [True, False])
def test_file_holds_the_text_that_is_given_without_a_path(report, tmp_path, name, texts):
    path = getattr(report, name)(tmp_path / "report", texts=texts)
    content = getattr(report, name)(texts=texts)
    assert path == tmp_path / "report"
    assert path.read_bytes() == content.encode("utf-8")
    assert ("Cats of New York" in content) == texts


@pytest.mark.parametrize("name", FORMATS)
def test_missing_folder_is_said(report, tmp_path, name):
    with pytest.raises(InputError, match="create it first"):
        getattr(report, name)(tmp_path / "missing" / "report")
    assert os.listdir(tmp_path) == []


def test_csv_encoding_is_checked(report, tmp_path):
    with pytest.raises(ParameterError, match="utf-8-sig"):
        report.to_csv(tmp_path / "a.csv", encoding="latin-1")
    assert os.listdir(tmp_path) == []


def test_report_is_closed_and_equal_by_contents(report, make_report):
    with pytest.raises(AttributeError):
        report.summary = None
    assert make_report() == make_report()
    assert report != make_report()
