"""A column of texts from a file: CSV, TSV, JSON lines, Parquet or plain lines."""

import codecs
import contextlib
import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from topickit.errors import InputError, ParameterError

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".json": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".txt": "lines",
}
FORMATS = ("csv", "tsv", "jsonl", "parquet", "lines")
UNREAD = {
    **dict.fromkeys((".gz", ".bz2", ".xz", ".zst", ".zip"), "decompress it first"),
    **dict.fromkeys((".xlsx", ".xls", ".ods", ".feather", ".arrow"), "save it as CSV or Parquet"),
    **dict.fromkeys((".pdf", ".docx", ".doc"), "put its texts into a CSV file, one a row"),
}
"""What to do with files that are neither tables nor lines of text, by the end of their names."""
COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
"""How files of gzip and of Zstandard begin."""


@dataclass(frozen=True)
class TextColumn:
    """The texts of a file, one a row, with how many rows had none.

    Attributes
    ----------
    texts : list of str
        A missing text is ''.
    n_missing : int
    """

    texts: list[str]
    n_missing: int


def read_texts(path: str, column: str | None = None, file_format: str | None = None) -> TextColumn:
    """Read the texts of a file.

    Parameters
    ----------
    path, column, file_format : str
        As for `TextStream`.

    Raises
    ------
    InputError
        When the file cannot be read, or has no such column of str.
    """
    stream = TextStream(path, column, file_format)
    return TextColumn(list(stream), stream.n_missing)


class TextStream(Iterator[str]):
    """The texts of a file one after another, a missing one as ''; the file is read a block at a time.

    Parameters
    ----------
    path : str
        ``"-"`` reads standard input.
    column : str, optional
        The column that holds the texts; may be left out where there is only one of str, or one that
        is called ``text``. Plain lines have no columns.
    file_format : {"csv", "tsv", "jsonl", "parquet", "lines"}, optional
        None goes by the end of the name, and takes plain lines where it says nothing. CSV may be divided by
        semicolons, tabs or bars where its first line has no comma; "jsonl" may be one array of objects.

    Attributes
    ----------
    n_rows, n_missing : int
        Of what was read so far.

    Raises
    ------
    InputError
        When the file cannot be read, or has no such column of str; some only when it is come to.
    """

    def __init__(self, path: str, column: str | None = None, file_format: str | None = None) -> None:
        self.n_rows = self.n_missing = 0
        kind = _kind(path, file_format)
        if kind == "lines":
            if column is not None:
                raise _no_columns(path, column)
            _check_readable(path)
            self._texts = _lines(path)
        else:
            self._texts = self._of_table(_scan(path, kind), column, path, kind)

    def __next__(self) -> str:
        text = next(self._texts)
        self.n_rows += 1
        return text

    def _of_table(self, scan: "pl.LazyFrame", column: str | None, path: str, kind: str) -> Iterator[str]:
        import polars as pl

        with _table_errors(path, kind):
            name = _text_column_name(scan.head(0).collect(), column, path)
            batches = scan.select(pl.col(name).cast(pl.String)).collect_batches(lazy=True)
        while True:
            with _table_errors(path, kind):
                batch = next(batches, None)
            if batch is None:
                return
            self.n_missing += batch[name].null_count()
            yield from batch[name].fill_null("")


@dataclass(frozen=True)
class TextFile:
    """A column of texts in a file, to be read when a model is fitted.

    Attributes
    ----------
    path : path
        CSV, TSV, JSON lines, Parquet or plain lines.
    column : str, optional
        May be left out where there is only one of str, or one that is called ``text``.
    file_format : {"csv", "tsv", "jsonl", "parquet", "lines"}, optional
        None goes by the end of the name.

    Examples
    --------
    >>> TextFile("questions.parquet", "title").column
    'title'
    """

    path: str | os.PathLike[str]
    column: str | None = None
    file_format: str | None = None


def read(texts: Any) -> Any:
    """Read texts that are given by the place where they lie; any others are returned as they are.

    Parameters
    ----------
    texts : path, TextFile, function, or anything else
        A function is called without arguments, and gives an iterable of texts.
    """
    if isinstance(texts, os.PathLike):
        texts = TextFile(texts)
    if isinstance(texts, TextFile):
        return TextStream(os.fspath(texts.path), texts.column, texts.file_format)
    return texts() if callable(texts) else texts


@dataclass(frozen=True)
class LabelledTexts(TextColumn):
    """The texts of a file with a label each.

    Attributes
    ----------
    labels : list of str, number or None
        None where there is none.
    """

    labels: list[Any]


def read_labelled(
    path: str, labels: str, column: str | None = None, file_format: str | None = None
) -> LabelledTexts:
    """Read the texts of a table and the column of their labels.

    Parameters
    ----------
    path : str
        ``"-"`` reads standard input.
    labels : str
        The column of labels; it is not taken for the texts.
    column, file_format : optional
        As for `read_texts`; plain lines have no labels.

    Raises
    ------
    InputError
        When the file cannot be read, or has no such columns.
    """
    table = _table(path, labels, file_format)
    if labels not in table.columns:
        raise InputError(f"{path} has no column {labels!r}; it has: {', '.join(table.columns)}")
    if labels == column:
        raise InputError(f"column {labels!r} of {path} cannot be both the texts and their labels")
    if table.schema[labels].is_nested():
        raise InputError(f"column {labels!r} of {path} holds {table.schema[labels]}, not one label a text")
    found = _text_column(table.drop(labels), column, path)
    return LabelledTexts(found.texts, found.n_missing, table[labels].to_list())


@dataclass(frozen=True)
class TextsWithColumns(TextColumn):
    """The texts of a file with other columns of it.

    Attributes
    ----------
    columns : dict of str to list
        By name; None where a row has no value.
    """

    columns: dict[str, list[Any]]


def read_with_columns(
    path: str, others: Sequence[str], column: str | None = None, file_format: str | None = None
) -> TextsWithColumns:
    """Read the texts of a table and some of its other columns.

    Parameters
    ----------
    path : str
        ``"-"`` reads standard input.
    others : sequence of str
        Columns to read; they are not taken for the texts unless `column` says so.
    column, file_format : optional
        As for `read_texts`.

    Raises
    ------
    InputError
        When the file cannot be read, or has no such columns.
    """
    table = _table(path, others[0], file_format)
    for name in others:
        if name not in table.columns:
            raise InputError(f"{path} has no column {name!r}; it has: {', '.join(table.columns)}")
        if table.schema[name].is_nested():
            raise InputError(f"column {name!r} of {path} holds {table.schema[name]}, not one value a text")
    found = _text_column(table.drop([name for name in others if name != column]), column, path)
    return TextsWithColumns(found.texts, found.n_missing, {name: table[name].to_list() for name in others})


def _kind(path: str, file_format: str | None) -> str:
    suffix = Path(path).suffix.lower()
    if file_format is None and suffix in UNREAD:
        raise InputError(f"cannot read {path}: {suffix} is no table of texts; {UNREAD[suffix]}")
    kind = file_format or SUFFIXES.get(suffix, "lines")
    if kind not in FORMATS:
        raise ParameterError(f"there is no format {kind!r}; choose one of {', '.join(FORMATS)}")
    return kind


def _no_columns(path: str, column: str) -> InputError:
    return InputError(
        f"{path} is read as plain lines, which have no column {column!r}; "
        "say what it is with --input-format csv, tsv, jsonl or parquet"
    )


def _table(path: str, column: str, file_format: str | None) -> "pl.DataFrame":
    """Read a table that has to have columns."""
    kind = _kind(path, file_format)
    if kind == "lines":
        raise _no_columns(path, column)
    with _table_errors(path, kind):
        return _scan(path, kind).collect()


def _check_readable(path: str) -> None:
    if path == "-":
        return
    try:
        Path(path).open("rb").close()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def _lines(path: str) -> Iterator[str]:
    # Not str.splitlines: form feeds and U+2028 stand inside texts.
    done = 0
    with contextlib.nullcontext(sys.stdin.buffer) if path == "-" else Path(path).open("rb") as file:
        for number, raw in enumerate(file, start=1):
            start = 3 if number == 1 and raw.startswith(codecs.BOM_UTF8) else 0
            try:
                text = raw[start:].decode()
            except UnicodeDecodeError as error:
                raise InputError(
                    f"{path} is not UTF-8: byte {done + start + error.start}, line {number}; convert it: "
                    "iconv -t utf-8"
                ) from error
            done += len(raw)
            if text.endswith("\n"):
                text = text[: -2 if text.endswith("\r\n") else -1]
            yield text


@contextlib.contextmanager
def _table_errors(path: str, kind: str) -> Iterator[None]:
    """Say of what polars cannot read what it is."""
    import polars as pl

    try:
        yield
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (pl.exceptions.PolarsError, ValueError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(f"cannot read {path} as {kind}: {reason[0]}") from error


def _scan(path: str, kind: str) -> "pl.LazyFrame":
    """Open a table: standard input and JSON arrays are read whole, of other files only the columns' names."""
    import polars as pl

    source: Any = io.BytesIO(sys.stdin.buffer.read()) if path == "-" else Path(path)
    _check_readable(path)
    head = _head(source)
    readers: dict[str, Callable[[], Any]] = {
        "csv": lambda: pl.scan_csv(source, separator=_separator(head), infer_schema_length=None, glob=False),
        "tsv": lambda: pl.scan_csv(source, separator="\t", infer_schema_length=None, glob=False),
        "jsonl": lambda: (
            pl.read_json(io.BytesIO(_head(source, None)), infer_schema_length=None).lazy()
            if head.lstrip().startswith(b"[")
            else pl.scan_ndjson(source, infer_schema_length=None)
        ),
        "parquet": lambda: pl.scan_parquet(source, glob=False),
    }
    with _table_errors(path, kind):
        return cast("pl.LazyFrame", readers[kind]())


def _head(source: Path | io.BytesIO, size: int | None = 65536) -> bytes:
    """Read the first bytes, or all of them (None), without the mark of UTF-8."""
    if isinstance(source, io.BytesIO):
        head = source.getvalue()[:size]
    else:
        with source.open("rb") as file:
            head = file.read(size)
    return head.removeprefix(codecs.BOM_UTF8)


def _separator(head: bytes) -> str:
    r"""Find what divides the columns of a CSV file: a comma, unless its first two lines say otherwise.

    Another sign divides a file whose first line has no comma, and whose second line has as many of that sign.

    Examples
    --------
    >>> _separator(b'id;"title, long";body\n1;a;b'), _separator(b"Liked? | Disliked?\nthe sea")
    (';', ',')
    """
    if head.startswith(COMPRESSED):
        return ","  # polars unpacks it; what it holds is not seen here
    lines = re.sub(r'"[^"]*"', "", head.decode(errors="replace")).splitlines()
    first, second = (*lines, "", "")[:2]
    counts = {sign: first.count(sign) for sign in ";\t|"}
    best = max(counts, key=lambda sign: counts[sign])
    alike = second.count(best) == counts[best] or len(lines) < 2
    return best if "," not in first and counts[best] and alike else ","


def _text_column(table: "pl.DataFrame", column: str | None, path: str) -> TextColumn:
    import polars as pl

    values = table[_text_column_name(table, column, path)].cast(pl.String)
    return TextColumn(values.fill_null("").to_list(), values.null_count())


def _text_column_name(table: "pl.DataFrame", column: str | None, path: str) -> str:
    import polars as pl

    of_text = [name for name, dtype in table.schema.items() if dtype in (pl.String, pl.Categorical)]
    if column is None:
        column = "text" if "text" in of_text else of_text[0] if len(of_text) == 1 else None
    if column is None:
        raise InputError(
            f"{path} has {len(of_text)} columns of text ({', '.join(of_text)}); choose one with --text COLUMN"
        )
    if column not in table.columns:
        raise InputError(f"{path} has no column {column!r}; it has: {', '.join(table.columns)}")
    if column not in of_text and table.schema[column] != pl.Null:
        raise InputError(f"column {column!r} of {path} holds {table.schema[column]}, not text")
    return column
