"""Diagnosis of files that polars cannot read: the first fault and its line.

Errors of polars do not name the line. When polars fails, the file is read again here, line by line.
"""

import codecs
import io
import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from topickit.corpus.tables.content import Content, Source, not_utf8, open_bytes
from topickit.corpus.tables.dialects import SIGNS, Dialect
from topickit.errors import InputError

KINDS = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
QUOTED = re.compile(r'"(?:[^"]|"")*+"')
HALF_PAIR = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
"""An escape of JSON; the group is a surrogate without the other half of its pair."""
NOT_OBJECTS = (
    'write one object per line ({"text": "a text"}) or one array of objects, or set the format of the file '
    "with TextFile(path, file_format=…)"
)


def decode_lines(lines: Iterator[bytes], path: str) -> Iterator[str]:
    """Decode lines, without line ends and without the byte order mark.

    Raises
    ------
    InputError
        If they are not UTF-8.
    """
    # Not str.splitlines: texts may contain form feeds and U+2028.
    done = 0
    for number, raw in enumerate(lines, start=1):
        start = 3 if number == 1 and raw.startswith(codecs.BOM_UTF8) else 0
        try:
            text = raw[start:].decode()
        except UnicodeDecodeError as error:
            is_wide = number == 1 and raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            at = done + start + error.start
            raise not_utf8(path, at, number, "utf-16" if is_wide else "cp1252") from error
        done += len(raw)
        if text.endswith("\n"):
            text = text[: -2 if text.endswith("\r\n") else -1]
        yield text


def raw_lines(source: Source) -> Iterator[bytes]:
    """Yield the lines of a file, decompressed if it is compressed."""
    with open_bytes(source) as file:
        yield from file


def fault(content: Content, kind: str, dialect: Dialect | None = None) -> InputError | None:
    """Find the first line of a file that makes it unreadable.

    Parameters
    ----------
    content : Content
    kind : str
        "csv", "tsv" or "jsonl".
    dialect : Dialect, optional
        Dialect of CSV and TSV.

    Returns
    -------
    InputError or None
        None if no line is at fault.
    """
    line_end = "\n" if dialect is None else dialect.line_end
    lines = (line.removesuffix("\r") for line in content.lines(line_end))
    try:
        text = _json_fault(lines) if dialect is None else _csv_fault(lines, dialect)
    except InputError as error:
        return error
    except (OSError, EOFError):  # a truncated gzip file, which polars reports
        return None
    return None if text is None else InputError(f"cannot read {content.path} as {kind}: {text}")


def _csv_fault(lines: Iterator[str], dialect: Dialect) -> str | None:
    n_columns = 0
    for _ in range(dialect.n_skipped):
        next(lines, None)
    for number, record in _records(lines, 1 + dialect.n_skipped):
        if record is None:
            return f'line {number}: the quotation mark (") that opens here is not closed; close or double it'
        fields = QUOTED.sub('"', record).split(dialect.separator)
        if any(field != '"' and '"' in field for field in fields):
            return (
                f'line {number}: a quotation mark (") is inside a field; put the whole field in '
                'quotation marks, and double those inside ("say ""so"" again")'
            )
        n_columns = n_columns or (len(fields) if record else 0)
        if len(fields) > n_columns:
            return _too_many_fields(number, len(fields), n_columns, dialect)
        if "\\" in record and len(fields) < n_columns:
            return (
                f"line {number} has {len(fields)} fields, {dialect.first_row} {n_columns}; it may be "
                "a part of a row"
            )
    return None


def _too_many_fields(number: int, n_fields: int, n_columns: int, dialect: Dialect) -> str:
    separator = dialect.separator
    sign = SIGNS[separator]
    lines = "" if n_columns > 1 else ', or read it as plain lines with TextFile(path, file_format="lines")'
    return (
        f"line {number} has {n_fields} fields, {dialect.first_row} {n_columns}: an unquoted {sign} splits "
        f'a text; put texts that hold a {sign} in quotation marks ("one{separator} two"), or save the table '
        f"as JSON lines or Parquet{lines}"
    )


def _records(lines: Iterator[str], first: int) -> Iterator[tuple[int, str | None]]:
    """Yield the first line and the content of each record; content None if its end is missing.

    As in polars, a record ends at the end of a line with an even number of quotation marks before it.
    """
    start, parts, is_open = first, [], False
    for number, line in enumerate(lines, start=first):
        parts.append(line)
        is_open ^= line.count('"') % 2 == 1
        if not is_open:
            yield start, "\n".join(parts)
            start, parts = number + 1, []
    if parts:
        yield start, None


def _json_fault(lines: Iterator[str]) -> str | None:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = parse_json(line)
        except (ValueError, RecursionError) as error:
            return f"line {number} is not JSON ({reason(error)}); {NOT_OBJECTS}"
        if not isinstance(value, dict):
            return f"line {number} holds {kind_of(value)}, not an object; {NOT_OBJECTS}"
    return None


def check_surrogates(content: Content) -> None:
    """Refuse half a surrogate pair in JSON, which polars would replace by NUL.

    Raises
    ------
    InputError
        Where the first one is.
    """
    n_lines = 0
    for block in content.blocks():
        if b"\\ud" in block or b"\\uD" in block:
            for escape in HALF_PAIR.finditer(block):
                if escape[1] is not None:
                    line = n_lines + block.count(b"\n", 0, escape.start()) + 1
                    raise InputError(
                        f"cannot read {content.path} as jsonl: line {line} has \\{escape[1].decode()}, "
                        "half of a character; replace it with \\ufffd, or write the whole character"
                    )
        n_lines += block.count(b"\n")


def parse_json(text: str) -> Any:
    """Parse JSON; NaN and infinity are errors, unlike in `json.loads`.

    Raises
    ------
    ValueError, RecursionError
    """
    return json.loads(text, parse_constant=_refuse)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def reason(error: Exception) -> str:
    """Return why JSON cannot be parsed, without the line number, which is relative to the parsed text."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.removesuffix(' at')} at character {error.colno}"
    return "too deeply nested" if isinstance(error, RecursionError) else str(error)


def kind_of(value: Any) -> str:
    """Name the type of a JSON value.

    Examples
    --------
    >>> kind_of([1]), kind_of(1.5)
    ('a list', 'a number')
    """
    return KINDS.get(type(value), "a number")


def is_like_data(name: str) -> bool:
    """Whether the name of a column looks like a value: a number with a fraction, or a sentence.

    Years and questions are names in tables of series and of surveys.

    Examples
    --------
    >>> [is_like_data(name) for name in ["2024", "Do you like the sea?", "4.5", "The room was clean."]]
    [False, False, True, True]
    """
    return bool(
        re.fullmatch(r"-?\d+\.\d+", name) or (name.count(" ") > 2 and name.rstrip().endswith((".", "!")))
    )


def array_as_lines(content: bytes, path: str) -> io.BytesIO:
    """Convert a JSON array of objects to JSON lines.

    Raises
    ------
    InputError
        If the content is not an array of objects.
    """
    for _ in decode_lines(io.BytesIO(content), path):
        pass  # raises where it is not UTF-8
    try:
        rows = parse_json(content.decode())
    except json.JSONDecodeError as error:
        raise InputError(
            f"cannot read {path} as jsonl: line {error.lineno} is not JSON ({reason(error)}); {NOT_OBJECTS}"
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"cannot read {path} as jsonl: {reason(error)}") from None
    if not rows:
        raise InputError(f"cannot read {path} as jsonl: its array is empty")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise InputError(
                f"cannot read {path} as jsonl: item {number} of its array is {kind_of(row)}, not an object; "
                f"{NOT_OBJECTS}"
            )
    return io.BytesIO("\n".join(map(json.dumps, rows)).encode())
