"""Tables of texts as people have them: other separators, arrays of objects, files that are none."""

import codecs
import gzip
import io
import json
import sys

import pytest

from topickit.corpus.tables import TextFile, TextStream, read, read_texts, read_with_columns, read_with_labels
from topickit.errors import InputError, InputTypeError, ParameterError, TopickitWarning

TEXTS = ["Garlic, butter; onion", "Sail | anchor\tboat"]


@pytest.mark.parametrize("sign", [";", "\t", "|", ","])
def test_csv_may_be_divided_by_other_signs(tmp_path, sign):
    path = tmp_path / "t.csv"
    rows = [f'{number}{sign}"{text}"' for number, text in enumerate(TEXTS)]
    path.write_bytes("\n".join([f"id{sign}body", *rows]).encode("utf-8-sig"))
    assert read_texts(str(path), "body").texts == TEXTS
    assert read_with_labels(str(path), "id", "body").labels == [0, 1]


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
    ("name", "words"), [("a.xls", "save it as"), ("a.csv.gz", "decompress"), ("a.PDF", "put")]
)
def test_files_that_are_no_tables_say_what_to_do(tmp_path, name, words):
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match=words):
        read_texts(str(tmp_path / name))
    (tmp_path / name).write_text("one\ntwo\n")
    assert read_texts(str(tmp_path / name), None, "lines").texts == ["one", "two"]


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def message(call, *given):
    with pytest.raises(InputError) as caught:
        call(*given)
    return str(caught.value)


def streamed(path, column="text"):
    return list(TextStream(path, column))


RAGGED = [
    ("r.csv", "id,text\n1,good boat, and the rest is lost\n", "line 2 has 3 fields, the header 2", "comma"),
    ("r.csv", 'text,id\n"a\n""b"",",1\n\nc,2\nd,3,\n', "line 6 has 3 fields, the header 2", "comma"),
    ("r.csv", "id;text\n1;a\n2;b;c\n", "line 3 has 3 fields, the header 2", "semicolon"),
    ("r.tsv", "id\ttext\r\n1\tgood\tboat\r\n", "line 2 has 3 fields, the header 2", "tab"),
    ("r.csv", "text\ngood, boat\n", "line 2 has 2 fields, the header 1", "plain lines"),
]


@pytest.mark.parametrize(("name", "content", "where", "what"), RAGGED)
@pytest.mark.parametrize("packed", [False, True])
def test_no_text_is_cut_at_an_unquoted_separator(tmp_path, name, content, where, what, packed):
    if packed and ";" in content:
        return  # what divides a packed file is not looked for
    path = written(tmp_path, name, gzip.compress(content.encode()) if packed else content)
    ways = [streamed, read_texts]
    if "id" in content:
        ways += [
            lambda path: read_with_labels(path, "id"),
            lambda path: read_with_columns(path, ["id"], "text"),
        ]
    for way in ways:
        found = message(way, path)
        assert path in found
        assert where in found
        assert what in found
        assert "put texts that hold" in found


def test_an_unquoted_separator_is_found_far_down_and_in_standard_input(tmp_path, monkeypatch):
    content = "id,text\n" + '"1","a\nb, c"\n' * 100_000 + "2,d,e\n"
    assert "line 200002 has 3 fields" in message(streamed, written(tmp_path, "r.csv", content))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    assert "line 200002 has 3 fields" in message(read_texts, "-", "text", "csv")


def test_rows_with_too_few_fields_have_no_text(tmp_path):
    path = written(tmp_path, "t.csv", 'id,text\n1\n2,b\n,\n3,""\n')
    found = read_texts(path, "text")
    assert (found.texts, found.n_missing) == (["", "b", "", ""], 3)


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        ('id,text\n1,x\n2,"c d\n3,e\n', "line 3", "is not closed"),
        ('id,text\n1,x\n2,"c" d\n', "line 3", "inside a field"),
        ('id,text\n1,x\n2,5" pipe\n3,b\n4,6" pipe\n5,d\n', "line 3", "inside a field"),
        ("id,text\n1,x\n2,café\n".encode("latin-1"), "byte 17, line 3", "save it as UTF-8"),
        ("id,texté\n1,x\n".encode("latin-1"), "byte 7, line 1", "save it as UTF-8"),
        ("", "t.csv", "empty"),
    ],
)
def test_a_csv_file_that_cannot_be_read_says_where_and_why(tmp_path, content, where, what):
    found = message(streamed, written(tmp_path, "t.csv", content))
    assert where in found
    assert what in found


def test_texts_that_look_like_numbers_stay_as_they_are_written(tmp_path):
    path = written(tmp_path, "t.csv", "id,text\n1,007\n2,1.0\n3,1e5\n4,true\n5,boat\n")
    expected = ["007", "1.0", "1e5", "true", "boat"]
    assert streamed(path) == read_texts(path).texts == expected
    assert read_with_labels(path, "id").texts == expected
    assert read_with_columns(path, ["id", "text"], "text").columns == {
        "id": [1, 2, 3, 4, 5],
        "text": expected,
    }


def test_a_text_after_many_numbers_makes_a_column_of_texts(tmp_path):
    numbers = ["007"] * 3000
    path = written(tmp_path, "t.csv", "id,text\n" + "".join(f"1,{text}\n" for text in [*numbers, "boat"]))
    assert streamed(path) == streamed(path, None) == [*numbers, "boat"]
    assert "has type Int64, not text" in message(streamed, path, "id")
    assert "no text column; its columns are a (" in message(
        streamed, written(tmp_path, "n.csv", "a,b\n1,2\n"), None
    )


def test_other_columns_of_csv_are_numbers_and_strings(tmp_path):
    lines = ["text,day,n,share,yes,mixed,none", "a,2024-01-01,007,1,true,1,", 'b,,,.5,FALSE,"x, y",']
    others = ["day", "n", "share", "yes", "mixed", "none"]
    assert read_with_columns(written(tmp_path, "t.csv", "\n".join(lines)), others).columns == {
        "day": ["2024-01-01", None],
        "n": [7, None],
        "share": [1.0, 0.5],
        "yes": [True, False],
        "mixed": ["1", "x, y"],
        "none": [None, None],
    }
    empty = read_with_columns(written(tmp_path, "t.csv", lines[0]), others, "text")
    assert (empty.texts, empty.columns["n"]) == ([], [])


@pytest.mark.parametrize(
    ("value", "kind"), [('{"a": 1}', "an object"), ("[1, 2]", "a list"), ("[]", "a list")]
)
def test_lists_and_objects_in_json_are_no_texts(tmp_path, monkeypatch, value, kind):
    rows = ['{"text": "a", "tag": "x"}', '{"text": "[deleted]"}', f'{{"text": {value}, "tag": {value}}}']
    lines = "\n\n".join([*rows, rows[0]]) + "\n"
    path = written(tmp_path, "t.jsonl", lines)
    packed = written(tmp_path, "packed.jsonl", gzip.compress(lines.encode()))
    for call, *given in ((streamed, path), (streamed, packed), (read_with_labels, path, "tag", "text")):
        found = message(call, *given)
        assert "column 'text'" in found
        assert f"line 5 has {kind}" in found
    array = written(tmp_path, "t.json", "[" + ",".join(rows) + "]")
    assert f"item 3 of its array has {kind}" in message(streamed, array)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    assert f"line 5 has {kind}" in message(read_texts, "-", "text", "jsonl")
    assert "not text" in message(streamed, written(tmp_path, "t.jsonl", rows[2]))


def test_other_values_in_json_are_texts_among_strings_only(tmp_path):
    values = ['"a"', "1.5", "true", "null", r'"{\"a\": 1}"', '"[deleted]"', '"[1]"']
    rows = [f'{{"text": {value}}}' for value in values]
    expected = ["a", "1.5", "true", "", '{"a": 1}', "[deleted]", "[1]"]
    assert streamed(written(tmp_path, "t.jsonl", "\n".join(rows))) == expected
    assert streamed(written(tmp_path, "t.json", "[" + ",".join(rows) + "]")) == expected
    assert "has type Float64, not text" in message(streamed, written(tmp_path, "t.jsonl", rows[1]))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"text": "a"', "is not JSON (Expecting ',' delimiter at character 13)"),
        ('{"text": "a\tb"}', "is not JSON (Invalid control character at character 12)"),
        ('{"text": NaN}', "is not JSON (NaN is not a JSON number)"),
        ('{"text": "a"} {"text": "b"}', "is not JSON (Extra data at character 15)"),
        ("boat", "is not JSON"),
        ('["a"]', "holds a list, not an object"),
        ('"a"', "holds a string, not an object"),
        ("null", "holds null, not an object"),
    ],
)
def test_a_broken_line_of_json_is_named(tmp_path, line, what):
    path = written(tmp_path, "t.jsonl", f'{{"text": "a"}}\n\n{line}\n{{"text": "b"}}\n')
    found = message(streamed, path)
    assert f"{path} as jsonl: line 3 {what}" in found
    assert "write one object per line" in found


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        (
            "t.jsonl",
            '{"text": "a"}\n{"text": "café"}\n'.encode("latin-1"),
            "byte 27, line 2; save it as UTF-8",
        ),
        (
            "t.json",
            '[{"text": "a"},\n{"text": "café"}]'.encode("latin-1"),
            "byte 29, line 2; save it as UTF-8",
        ),
        ("t.json", '[{"text": "a"},\n{"text": }]', "line 2 is not JSON"),
        ("t.json", '[{"text": "a"}, "b"]', "item 2 of its array is a string"),
        ("t.json", "[]", "array is empty"),
        ("t.jsonl", "", "empty"),
    ],
)
def test_json_that_cannot_be_read_says_where(tmp_path, name, content, what):
    assert what in message(streamed, written(tmp_path, name, content))


def test_json_lines_may_begin_with_the_mark_of_utf8(tmp_path):
    path = written(tmp_path, "t.jsonl", codecs.BOM_UTF8 + b'{"text": "a"}\n{"text": "b"}\n')
    assert streamed(path) == ["a", "b"]


def test_the_name_of_a_file_is_not_taken_for_a_text(tmp_path):
    there = written(tmp_path, "notes", "a\n")
    for name in ("a.parquet", "folder/A.CSV", there):
        with pytest.raises(InputTypeError, match="got a single str") as caught:
            read(name)
        assert f"wrap it: [text]; to read a file, pass pathlib.Path({name!r})" in str(caught.value)
    for text in ("a boat", "a. Boat", "x" * 10_000, "a\0b", ""):
        assert read(text) == text  # refused with all else that is no collection


def test_a_function_that_needs_arguments_is_refused_before_it_is_called():
    def texts(path, folder="."):
        raise AssertionError

    with pytest.raises(
        InputTypeError, match=r"texts\(path, folder='.'\): missing a required argument: 'path'"
    ):
        read(texts)
    assert read(lambda *paths, folder=".": ["a"]) == ["a"]
    assert list(read(iter(["a"]).__iter__)) == ["a"]


def test_an_error_inside_a_function_is_not_changed():
    def texts():
        return len(3)

    with pytest.raises(TypeError, match="has no len") as caught:
        read(texts)
    assert not isinstance(caught.value, InputTypeError)


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.txt"])
def test_rows_of_blanks_have_no_text(tmp_path, name):
    texts = ["boats", "   ", "", "\t", "sails"]
    if name == "t.txt":
        (tmp_path / name).write_text("\n".join(texts) + "\n")
    elif name == "t.csv":
        (tmp_path / name).write_text("text,n\n" + "".join(f'"{text}",1\n' for text in texts))
    else:
        (tmp_path / name).write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    found = read_texts(str(tmp_path / name))
    assert (found.texts, found.n_missing) == (texts, 3)


def test_numbers_that_differ_as_they_are_written_stay_apart(tmp_path):
    path = written(tmp_path, "t.csv", "text,version,code,n\na,1.1,07,1\nb,1.10,7,2\n")
    assert read_with_columns(path, ["version", "code", "n"]).columns == {
        "version": ["1.1", "1.10"],
        "code": ["07", "7"],
        "n": [1, 2],
    }


@pytest.mark.parametrize("form", ["lines", "array", "gzip"])
@pytest.mark.parametrize("half", ["\\ud83d", "\\uD83D!", "\\ude00", "\\ude00\\ud83d", "\\\\\\ud83d"])
def test_half_a_surrogate_pair_in_json_is_refused(tmp_path, form, half):
    rows = ['{"text": "a \\ud83d\\ude00 b \\\\ud83d c"}', f'{{"text": "a {half}"}}']
    if form == "array":
        rows = ["[" + rows[0] + ",", rows[1] + "]"]
    content = "\n".join(rows).encode()
    path = tmp_path / "t.jsonl"
    path.write_bytes(gzip.compress(content) if form == "gzip" else content)
    with pytest.raises(InputError, match=r"line 2 has \\u[dD].*half of a character"):
        read_texts(str(path))


def test_whole_surrogate_pairs_and_backslashes_in_json_are_read(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text('{"text": "\\ud83d\\ude00 \\\\ud83d \\\\\\\\ude00"}\n')
    assert read_texts(str(path)).texts == ["\U0001f600 \\ud83d \\\\ude00"]


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.txt", "t.tsv"])
def test_a_file_in_another_encoding_is_read_by_its_name(tmp_path, monkeypatch, name):
    lines = {"t.jsonl": ['{"text": "Café"}', '{"text": "Zoë €"}'], "t.txt": ["Café", "Zoë €"]}
    content = "\r\n".join([*lines.get(name, ["text", "Café", "Zoë €"]), ""]).encode("cp1252")
    path = tmp_path / name
    path.write_bytes(content)
    assert list(read(TextFile(path, encoding="cp1252"))) == ["Café", "Zoë €"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    file_format = {"t.jsonl": "jsonl", "t.txt": "lines"}.get(name, "csv")
    assert read_texts("-", file_format=file_format, encoding="cp1252").texts == ["Café", "Zoë €"]
    with pytest.raises(InputError, match=r'not UTF-8: byte \d+, line \d; .*encoding="cp1252"'):
        read_texts(str(path))
    for unknown in ("klingon", "base64"):
        with pytest.raises(ParameterError, match=f"unknown encoding '{unknown}'"):
            read_texts(str(path), encoding=unknown)


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.txt"])
def test_a_few_invalid_bytes_in_utf8_are_replaced_with_a_warning(tmp_path, name):
    texts = [f"Zoë und Käthe {number}" for number in range(50)]
    rows = [json.dumps({"text": text}, ensure_ascii=False) for text in texts] if name == "t.jsonl" else texts
    lines = ["text", *rows] if name == "t.csv" else rows
    content = "\n".join(lines).encode().replace("Zoë und Käthe 7".encode(), b"cut \xf0\x9f\x98 7")
    path = tmp_path / name
    path.write_bytes(content)
    line = 9 if name == "t.csv" else 8
    with pytest.warns(TopickitWarning, match=f"1 invalid byte sequences .* line {line};"):
        found = read_texts(str(path)).texts
    assert found == [*texts[:7], "cut \ufffd 7", *texts[8:]]


@pytest.mark.parametrize("name", ["t.csv", "t.txt"])
def test_many_invalid_bytes_are_not_replaced(tmp_path, name):
    path = tmp_path / name
    lines = [f"Zoë Käthe Jürgen {number}".encode() + b" \xf0\x9f\x98" * (number < 11) for number in range(50)]
    path.write_bytes(b"\n".join([b"text", *lines]))
    with pytest.raises(InputError, match="not UTF-8"):
        read_texts(str(path))
    path.write_bytes("text\nZoë\n".encode() + "Käthe\nJürgen".encode("cp1252"))
    with pytest.raises(InputError, match="not UTF-8"):
        read_texts(str(path))


@pytest.mark.parametrize(
    "content", ["1;Garlic\r\n2;Onion\r\n", '\n1,Garlic\n2,"Onion"', "1\tGarlic\n2\tOnion\n"]
)
def test_csv_without_a_header_has_numbered_columns(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_text(content, newline="")
    assert list(read(TextFile(path, header=False))) == ["Garlic", "Onion"]
    assert read_texts(str(path), "column_2", header=False).texts == ["Garlic", "Onion"]
    assert read_with_labels(str(path), "column_1", header=False).labels == [1, 2]
    path.write_text("Garlic\n")
    assert read_texts(str(path), header=False).texts == ["Garlic"]
    path.write_text("1,a\n2,b,c\n")
    with pytest.raises(InputError, match="line 2 has 3 fields, the first row 2"):
        read_texts(str(path), header=False)
    for name in ("t.jsonl", "t.txt"):
        (tmp_path / name).write_text('{"text": "a"}\n')
        with pytest.raises(ParameterError, match="header=False is for CSV"):
            read_texts(str(tmp_path / name), header=False)


def test_a_header_that_looks_like_data_is_warned_of(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("The room was very clean.\nThe breakfast was cold.\n")
    with pytest.warns(TopickitWarning, match="looks like data; if the file has no header, set header=False"):
        assert read_texts(str(path)).texts == ["The breakfast was cold."]
    path.write_text("4.5,a\n3.5,b\n")
    with pytest.raises(
        InputError, match=r"no column 'text'; .*; if the file has no header, set header=False"
    ):
        read_texts(str(path), "text")
