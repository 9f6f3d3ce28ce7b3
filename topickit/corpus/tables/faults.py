"""What is wrong with a file that is no table of texts, and in which line.

The files are read by polars, whose errors name no line. Only when it has failed are they read here, line by
line, for the first fault.
"""

import codecs
import gzip
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from topickit.errors import InputError

Source = Path | io.BytesIO
GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
PACKED = (GZIP, ZSTD)
"""How files begin that polars unpacks."""
SIGNS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
KINDS = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
QUOTED = re.compile(r'"(?:[^"]|"")*+"')
NOT_OBJECTS = (
    'write one object per line ({"text": "a text"}) or one array of objects, or set the format of the file '
    "with TextFile(path, file_format=…)"
)


def decoded(lines: Iterator[bytes], path: str) -> Iterator[str]:
    """Decode lines, each without its end; the mark of UTF-8 is left out.

    Raises
    ------
    InputError
        When they are not UTF-8.
    """
    # Not str.splitlines: form feeds and U+2028 stand inside texts.
    done = 0
    for number, raw in enumerate(lines, start=1):
        start = 3 if number == 1 and raw.startswith(codecs.BOM_UTF8) else 0
        try:
            text = raw[start:].decode()
        except UnicodeDecodeError as error:
            is_wide = number == 1 and raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            # What Latin 1 has there, no text has; Windows writes the euro and its quotation marks so.
            likely = "UTF-16" if is_wide else "WINDOWS-1252"
            raise InputError(
                f"{path} is not UTF-8: byte {done + start + error.start}, line {number}; save it as UTF-8, "
                f"or convert it: iconv -f {likely} -t UTF-8 (if that is the encoding that it has)"
            ) from error
        done += len(raw)
        if text.endswith("\n"):
            text = text[: -2 if text.endswith("\r\n") else -1]
        yield text


def raw_lines(source: Source) -> Iterator[bytes]:
    """Give the lines of a file: unpacked where gzip packed it, and none where Zstandard did."""
    with io.BytesIO(source.getvalue()) if isinstance(source, io.BytesIO) else source.open("rb") as file:
        head = file.read(4)
        file.seek(0)
        if head.startswith(GZIP):
            with gzip.open(file) as unpacked:
                yield from unpacked
        elif head != ZSTD:
            yield from file


def fault(source: Source, path: str, kind: str, separator: str) -> InputError | None:
    """Find the first line of a file that makes it unreadable; None where no line does.

    Parameters
    ----------
    source : path or BytesIO
    path, kind, separator : str
        How errors call the file; "csv", "tsv" or "jsonl"; what divides the columns of the first two.
    """
    try:
        lines = decoded(raw_lines(source), path)
        found = _json_fault(lines) if kind == "jsonl" else _csv_fault(lines, separator)
    except InputError as error:
        return error
    except (OSError, EOFError):  # the end of what gzip packed is missing: polars has said so
        return None
    return None if found is None else InputError(f"cannot read {path} as {kind}: {found}")


def _csv_fault(lines: Iterator[str], separator: str) -> str | None:
    n_columns = 0
    for number, record, n_lines in _records(lines):
        if record is None:
            return f'line {number}: nothing closes a quotation mark (") that opens here; close or double it'
        fields = QUOTED.sub('"', record).split(separator)
        if any(field != '"' and '"' in field and (n_lines > 1 or field[0] == '"') for field in fields):
            return (
                f'line {number}: a quotation mark (") stands inside a field; put the whole field in '
                'quotation marks, and double those inside ("say ""so"" again")'
            )
        n_columns = n_columns or (len(fields) if record else 0)
        if len(fields) > n_columns:
            return _too_many_fields(number, len(fields), n_columns, separator)
    return None


def _too_many_fields(number: int, n_fields: int, n_columns: int, separator: str) -> str:
    sign = SIGNS[separator]
    lines = "" if n_columns > 1 else ', or read it as plain lines with TextFile(path, file_format="lines")'
    return (
        f"line {number} has {n_fields} fields, the header {n_columns}: an unquoted {sign} would cut a text; "
        f'put texts that hold a {sign} in quotation marks ("one{separator} two"), or save the table as JSON '
        f"lines or Parquet{lines}"
    )


def _records(lines: Iterator[str]) -> Iterator[tuple[int, str | None, int]]:
    """Give the first line, the content and the number of lines of each record; None where its end is missing.

    As polars does, a record is taken to end where the quotation marks before the end of a line are even.
    """
    start, parts, is_open = 1, [], False
    for number, line in enumerate(lines, start=1):
        parts.append(line)
        is_open ^= line.count('"') % 2 == 1
        if not is_open:
            yield start, "\n".join(parts), len(parts)
            start, parts = number + 1, []
    if parts:
        yield start, None, len(parts)


def _json_fault(lines: Iterator[str]) -> str | None:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = parsed(line)
        except (ValueError, RecursionError) as error:
            return f"line {number} is not JSON ({reason(error)}); {NOT_OBJECTS}"
        if not isinstance(value, dict):
            return f"line {number} holds {kind_of(value)}, not an object; {NOT_OBJECTS}"
    return None


def parsed(text: str) -> Any:
    """Parse JSON: unlike Python's own, without NaN and infinity, which are none.

    Raises
    ------
    ValueError, RecursionError
    """
    return json.loads(text, parse_constant=_refused)


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def reason(error: Exception) -> str:
    """Say why JSON cannot be parsed, without the line, which is another one in the file."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.removesuffix(' at')} at character {error.colno}"
    return "too deeply nested" if isinstance(error, RecursionError) else str(error)


def kind_of(value: Any) -> str:
    """Say what a value of JSON is.

    Examples
    --------
    >>> kind_of([1]), kind_of(1.5)
    ('a list', 'a number')
    """
    return KINDS.get(type(value), "a number")


def array_as_lines(content: bytes, path: str) -> io.BytesIO:
    """Write each object of a JSON array on a line of its own.

    Raises
    ------
    InputError
        When the content is no array of objects.
    """
    for _ in decoded(io.BytesIO(content), path):
        pass  # says where it is not UTF-8
    try:
        rows = parsed(content.decode())
    except json.JSONDecodeError as error:
        raise InputError(
            f"cannot read {path} as jsonl: line {error.lineno} is not JSON ({reason(error)}); {NOT_OBJECTS}"
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"cannot read {path} as jsonl: {reason(error)}") from None
    if not rows:
        raise InputError(f"cannot read {path} as jsonl: its array is empty; there are no texts")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise InputError(
                f"cannot read {path} as jsonl: item {number} of its array is {kind_of(row)}, not an object; "
                f"{NOT_OBJECTS}"
            )
    return io.BytesIO("\n".join(map(json.dumps, rows)).encode())
