"""Texts from Excel workbooks."""

import io
import sys
import zipfile

import pytest

from topickit.corpus.tables import read_texts, read_with_columns
from topickit.errors import InputError, ParameterError

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def workbook(rows):
    """Return the bytes of a workbook of one sheet of strings, numbers and empty cells."""
    cells = [
        [
            ""
            if value is None
            else f'<c r="{chr(65 + x)}{y}" t="inlineStr"><is><t>{value}</t></is></c>'
            if isinstance(value, str)
            else f'<c r="{chr(65 + x)}{y}"><v>{value}</v></c>'
            for x, value in enumerate(row)
        ]
        for y, row in enumerate(rows, start=1)
    ]
    lines = "".join(f'<row r="{y}">{"".join(row)}</row>' for y, row in enumerate(cells, start=1))
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
        f'PartName="/xl/workbook.xml" ContentType="{sheet}.sheet.main+xml"/><Override '
        f'PartName="/xl/worksheets/sheet1.xml" ContentType="{sheet}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="a" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="One" '
        'sheetId="1" r:id="a"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship '
        f'Id="a" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData></worksheet>',
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


ROWS = [["id", "text"], [1, "Garlic and butter"], [2, None], [3, "A boat"], [4, 1234]]


def test_the_first_sheet_of_a_workbook_is_a_table(tmp_path, monkeypatch):
    path = tmp_path / "t.xlsx"
    path.write_bytes(workbook(ROWS))
    table = read_with_columns(str(path), ["id"])
    assert table.texts == ["Garlic and butter", "", "A boat", "1234"]
    assert (table.n_missing, table.columns) == (1, {"id": [1, 2, 3, 4]})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    assert read_texts("-", file_format="xlsx").texts == table.texts


def test_rows_without_a_value_stay_rows(tmp_path):
    path = tmp_path / "t.xlsx"
    path.write_bytes(workbook([["text"], ["a boat"], [None], ["an onion"]]))
    assert read_texts(str(path)).texts == ["a boat", "", "an onion"]


@pytest.mark.parametrize("content", [b"text\nno workbook\n", b"PK\x03\x04damaged", workbook([])])
def test_a_workbook_that_cannot_be_read_is_an_error(tmp_path, content):
    path = tmp_path / "t.xlsx"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"cannot read .*t\.xlsx as xlsx"):
        read_texts(str(path))
    with pytest.raises(ParameterError, match="has no encoding"):
        read_texts(str(path), encoding="cp1252")
