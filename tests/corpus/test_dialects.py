"""CSV files of many writers: all rows are read, with their texts, or the file is refused."""

import csv
import io
import random
import re
from collections import Counter

import pandas as pd
import polars as pl
import pytest

from topickit.corpus.tables import TextStream, read_with_columns
from topickit.corpus.tables import content as content_module
from topickit.errors import InputError

SIGNS = [",", ";", "\t", "|"]
NAIVE = ['a 5" pipe', "the boat, left", 'a 3" nail', "garlic soup"]
ROWS = [("1", 'the "old" boat', "en"), ("2", "garlic, butter; oil|salt", "de"), ("3", "tide", "en")]


def text_of(folder, content, name="t.csv", **options):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(TextStream(str(path), "text", **options))


def python_csv(rows, **options):
    buffer = io.StringIO()
    csv.writer(buffer, **{"lineterminator": "\n", **options}).writerows(rows)
    return buffer.getvalue()


def spark_csv(rows, sign=","):
    """Write as Spark does by default: quoted where needed, escaped inside quotation marks."""

    def field(value):
        if value == "":
            return '""'
        if any(mark in value for mark in (sign, '"', "\n", "\r")):
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return value

    return "".join(sign.join(map(field, row)) + "\n" for row in rows)


def mysql_csv(rows, sign="\t", enclosed=True, end="\n"):
    """Write as SELECT INTO OUTFILE does."""

    def field(value):
        if value is None:
            return r"\N"
        marks = '\\"' if enclosed else "\\" + sign
        for mark in marks + end[0]:
            value = value.replace(mark, "\\" + mark)
        value = value.replace("\0", "\\0")
        return f'"{value}"' if enclosed else value

    return "".join(sign.join(map(field, row)) + end for row in rows)


@pytest.mark.parametrize("sign", SIGNS[1:])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_quotation_marks_inside_quoted_fields_swallow_no_rows(tmp_path, sign, end):
    lines = [sign.join(["id", "text", "lang"])]
    lines += [sign.join([str(number), f'"{text}"', "en"]) for number, text in enumerate(NAIVE[:3])]
    lines.append(sign.join(["4", NAIVE[3], "en"]))
    assert text_of(tmp_path, end.join(lines)) == NAIVE
    escaped = end.join(lines).replace('5"', '5\\"').replace('3"', '3\\"')
    assert text_of(tmp_path, escaped) == NAIVE


def test_commas_and_bare_quotation_marks_are_read_or_refused(tmp_path):
    lines = ["id,text,lang", *(f'{number},"{text}",en' for number, text in enumerate(NAIVE))]
    assert text_of(tmp_path, "\n".join(lines)) == NAIVE
    lines[2] = '1,"the "boat", left",en'
    with pytest.raises(InputError, match=r"line 2: a quotation mark .* inside a field"):
        text_of(tmp_path, "\n".join(lines))


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@pytest.mark.parametrize("blank", ["", "first", "between", "last"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("sep_line", [False, True])
def test_every_dialect_is_read(tmp_path, sign, end, quoting, blank, encoding, sep_line):
    rows = [("id", "text", "lang"), *ROWS, ("4", f"two{end}lines é", "en")]
    parts = [python_csv([row], delimiter=sign, quoting=quoting, lineterminator=end) for row in rows]
    where = {"first": 0, "between": 2, "last": len(parts)}
    if blank:
        parts.insert(where[blank], end)
    if sep_line:
        parts.insert(0, f"sep={sign}{end}")
    assert text_of(tmp_path, "".join(parts).encode(encoding)) == [row[1] for row in rows[1:]]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("doublequote", [False, True])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_escapes_with_backslashes_are_read(tmp_path, sign, doublequote, quoting):
    rows = [("id", "text", "lang"), *ROWS, ("4", 'a\n"b"', "en")]
    written = python_csv(rows, delimiter=sign, escapechar="\\", doublequote=doublequote, quoting=quoting)
    assert text_of(tmp_path, written) == [row[1] for row in rows[1:]]


def test_output_of_mysql_is_read(tmp_path):
    rows = [("id", "text", "lang"), *ROWS, ("5", 'C:\\new\t"a"\nb', None), ("6", None, "x\0y")]
    texts = [row[1] or "" for row in rows[1:]]
    for enclosed, end in ((False, "\n"), (True, "\r\n"), (True, "\n")):
        written = mysql_csv(rows, enclosed=enclosed, end=end)
        assert text_of(tmp_path, written, "t.tsv") == texts
    with pytest.raises(InputError):  # a line feed that is not escaped, in a file whose lines end in CRLF
        text_of(tmp_path, mysql_csv(rows, enclosed=False, end="\r\n"), "u.tsv")
    columns = read_with_columns(str(tmp_path / "t.tsv"), [], "text", as_written=["lang"]).written["lang"]
    assert columns == ["en", "de", "en", None, "x\0y"]


def test_tables_without_quoting_are_read_or_refused(tmp_path):
    texts = ['"Hello" he said', 'a 5" pipe', '"whole"', "plain"]
    lines = ["text\tid", *(f"{text}\t{number}" for number, text in enumerate(texts))]
    assert text_of(tmp_path, "\n".join(lines), "t.tsv") == texts
    with pytest.raises(InputError, match=r"line 2: the quotation mark .* in two ways"):
        text_of(tmp_path, 'text\tid\n"the boat\t1\nthe sea"\t2\n', "t.tsv")
    quoted = '"text"\t"id"\n"the boat\t1\nthe sea"\t"2"\n'
    assert text_of(tmp_path, quoted, "t.tsv") == ["the boat\t1\nthe sea"]


def test_blank_lines_are_no_rows_except_of_one_column(tmp_path):
    assert text_of(tmp_path, "id,text\n\n1,a\n\n\n2,b\n,\n\n") == ["a", "b", ""]
    assert text_of(tmp_path, "id,text\r\n\r\n1,a\r\n") == ["a"]
    assert text_of(tmp_path, 'id,text\n1,"a\n\nb"\n2,c\n') == ["a\n\nb", "c"]
    assert text_of(tmp_path, "text\na\n\nb\n") == ["a", "", "b"]


ALPHABET = [
    "a",
    "boat",
    " ",
    " ",
    '"',
    '"',
    ",",
    ";",
    "\t",
    "|",
    "\n",
    "\r\n",
    "\\",
    "'",
    "é",
    "5",
    "\\N",
    '""',
]


def random_texts(rng, n, alphabet):
    return ["".join(rng.choice(alphabet) for _ in range(rng.randrange(9))).strip() for _ in range(n)]


def written_file(rng):
    """Return the rows, content and name of a file of a random writer."""
    sign = rng.choice(SIGNS)
    mild = [part for part in ALPHABET if part != "\\N" and (part == "\\" or "\\" not in part)]
    alphabet = rng.choice([ALPHABET[:6], [part for part in mild if "\\" not in part], mild])
    n = rng.randrange(1, 9)
    rows = [[str(i), text, rng.choice(["en", "de"])] for i, text in enumerate(random_texts(rng, n, alphabet))]
    if rng.random() < 0.3:
        rows = [[text or "x", i, lang] for i, text, lang in rows]
        header = ["text", "id", "lang"]
    else:
        header = ["id", "text", "lang"]
    table = [header, *rows]
    frame = {name: [row[at] for row in rows] for at, name in enumerate(header)}
    end = rng.choice(["\n", "\r\n"])
    quoting = rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    writers = {
        "python": lambda: python_csv(table, delimiter=sign, quoting=quoting, lineterminator=end),
        "escaped": lambda: python_csv(
            table, delimiter=sign, quoting=quoting, escapechar="\\", doublequote=False, lineterminator=end
        ),
        "unquoted": lambda: python_csv(
            table, delimiter=sign, quoting=csv.QUOTE_NONE, escapechar="\\", quotechar=None, lineterminator=end
        ),
        "pandas": lambda: pd.DataFrame(frame).to_csv(
            index=False, sep=sign, quoting=quoting, lineterminator=end
        ),
        "polars": lambda: pl.DataFrame(frame).write_csv(separator=sign, line_terminator=end),
        "spark": lambda: spark_csv(table, sign),
        "mysql": lambda: mysql_csv(table, sign, enclosed=True, end=end),
        "outfile": lambda: mysql_csv(table, sign, enclosed=False, end=end),
        "naive": lambda: "".join(
            sign.join(
                f'"{value}"' if name == "text" else value for name, value in zip(header, row, strict=True)
            )
            + end
            for row in table
        ),
        "plain": lambda: "".join(sign.join(r) + end for r in table),
    }
    name = rng.choice(list(writers))
    if name in ("naive", "plain"):
        for row in rows:
            row[:] = [re.sub(r"[\r\n]" if name == "naive" else rf"[\r\n{sign}]", "", value) for value in row]
    return (
        name,
        [row[header.index("text")] for row in rows],
        writers[name](),
        "t.tsv" if sign == "\t" else "t.csv",
    )


@pytest.mark.parametrize("seed", range(8))
def test_as_many_rows_are_read_as_were_written(tmp_path, seed):
    rng = random.Random(seed)
    n_read = Counter()
    for _ in range(150):
        writer, texts, content, name = written_file(rng)
        try:
            read = text_of(tmp_path, content, name)
        except InputError:
            continue
        n_read[writer] += 1
        if writer in ("python", "pandas", "polars"):
            assert read == texts
        elif writer == "naive" and content.count('""'):
            continue  # the same bytes as a file of other rows by RFC 4180
        else:
            assert len(read) == len(texts), content
            assert [bare(text) for text in read] == [bare(text) for text in texts], content
    assert min(n_read.values()) >= 2
    assert sum(n_read.values()) > 100


def bare(text):
    """Leave out what cannot be told apart: doubled backslashes, and quotation marks around a whole text."""
    return text.replace("\\", "").replace('"', "")


def test_two_marks_in_a_thousand_rows_lose_none(tmp_path):
    rng = random.Random(1)
    for sign in SIGNS:
        lines = [f'{number}{sign}"the {rng.choice(["boat", "tide"])}"{sign}en' for number in range(1000)]
        for row in rng.sample(range(1000), 2):
            lines[row] = lines[row].replace("the ", 'the 5" ')
        content = "\n".join([sign.join(["id", "text", "lang"]), *lines])
        assert len(text_of(tmp_path, content)) == 1000


def test_large_files_are_read_in_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(content_module, "BLOCK", 7)
    for sign, end in ((",", "\n"), (";", "\r\n"), (",", "\r")):
        rows = [("id", "text"), *((str(i), f'a "{i}"{end}é') for i in range(50))]
        written = python_csv(rows, delimiter=sign, lineterminator=end)
        assert text_of(tmp_path, written.encode("utf-8-sig")) == [row[1] for row in rows[1:]]
    escaped = spark_csv([(str(i), f'a "{i}"\né', "en") for i in range(50)])
    assert len(text_of(tmp_path, "id,text,lang\n" + escaped)) == 50
