"""Tables of texts as people have them: other separators, arrays of objects, files that are none."""

import codecs
import gzip
import io
import sys

import pytest

from topickit.errors import InputError
from topickit.tables import read_labelled, read_texts

TEXTS = ["Garlic, butter; onion", "Sail | anchor\tboat"]


@pytest.mark.parametrize("sign", [";", "\t", "|", ","])
def test_csv_may_be_divided_by_other_signs(tmp_path, sign):
    path = tmp_path / "t.csv"
    rows = [f'{number}{sign}"{text}"' for number, text in enumerate(TEXTS)]
    path.write_bytes("\n".join([f"id{sign}body", *rows]).encode("utf-8-sig"))
    assert read_texts(str(path), "body").texts == TEXTS
    assert read_labelled(str(path), "id", "body").labels == [0, 1]


def test_a_comma_in_the_first_line_divides(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a;b,body\n1;2,Garlic\n")
    assert read_texts(str(path), "body").texts == ["Garlic"]


def test_one_column_stays_one(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("text\nGarlic; butter\n")
    assert read_texts(str(path)).texts == ["Garlic; butter"]
    path.write_text("Liked? | Disliked?\nThe sea\n")
    assert read_texts(str(path), "Liked? | Disliked?").texts == ["The sea"]


def test_compressed_csv_is_unpacked(tmp_path):
    path = tmp_path / "t.bin"
    path.write_bytes(gzip.compress(b"text,id\nGarlic,1\n"))
    assert read_texts(str(path), file_format="csv").texts == ["Garlic"]


def test_json_may_begin_with_the_mark_of_utf8(tmp_path):
    path = tmp_path / "t.json"
    path.write_bytes(codecs.BOM_UTF8 + b'[{"text": "a b"}]')
    assert read_texts(str(path)).texts == ["a b"]


@pytest.mark.parametrize(
    "content", ['[{"text": "a b"}, {"text": null}]', '{"text": "a b"}\n{"text": null}\n']
)
def test_json_is_an_array_or_lines(tmp_path, monkeypatch, content):
    for name in ("t.json", "t.jsonl"):
        (tmp_path / name).write_text(content)
        found = read_texts(str(tmp_path / name))
        assert (found.texts, found.n_missing) == (["a b", ""], 1)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    assert read_texts("-", "text", "jsonl").texts == ["a b", ""]


@pytest.mark.parametrize(
    ("name", "words"), [("a.xlsx", "save it as"), ("a.csv.gz", "decompress"), ("a.PDF", "put")]
)
def test_files_that_are_no_tables_say_what_to_do(tmp_path, name, words):
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match=words):
        read_texts(str(tmp_path / name))
    (tmp_path / name).write_text("one\ntwo\n")
    assert read_texts(str(tmp_path / name), None, "lines").texts == ["one", "two"]
