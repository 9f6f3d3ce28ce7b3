"""Texts from a file: CSV, TSV, JSON lines, Parquet, Excel or plain lines."""

import contextlib
import inspect
import io
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topickit.corpus.documents import is_blank
from topickit.corpus.tables.content import Content, NotUtf8Error
from topickit.corpus.tables.faults import decode_lines
from topickit.corpus.tables.table import Table, check_readable, standard_input
from topickit.errors import InputError, InputTypeError, ParameterError

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
    ".xlsx": "xlsx",
    ".txt": "lines",
}
FORMATS = ("csv", "tsv", "jsonl", "parquet", "xlsx", "lines")
UNREAD = {
    **dict.fromkeys((".gz", ".bz2", ".xz", ".zst", ".zip"), "decompress it first"),
    **dict.fromkeys((".xls", ".ods", ".feather", ".arrow"), "save it as CSV or Parquet"),
    **dict.fromkeys((".pdf", ".docx", ".doc"), "put its texts into a CSV file, one per row"),
}
"""What to do with unsupported files, by file extension."""


@dataclass(frozen=True)
class TextColumn:
    """The texts of a file, one per row.

    Attributes
    ----------
    texts : list of str
        A missing text is an empty str.
    n_missing : int
        Number of rows with a missing or blank text.
    """

    texts: list[str]
    n_missing: int


def read_texts(
    path: str,
    column: str | None = None,
    file_format: str | None = None,
    *,
    encoding: str | None = None,
    header: bool = True,
) -> TextColumn:
    """Read the texts of a file.

    Parameters
    ----------
    path, column, file_format, encoding, header : optional
        As for `TextStream`.

    Returns
    -------
    TextColumn

    Raises
    ------
    InputError
        If the file cannot be read, or has no such text column.
    """
    stream = TextStream(path, column, file_format, encoding=encoding, header=header)
    return TextColumn(list(stream), stream.n_missing)


class TextStream(Iterator[str]):
    """Iterator over the texts of a file, which is read in blocks. A missing text is an empty str.

    Parameters
    ----------
    path : str
        File to read; ``"-"`` is standard input.
    column : str, optional
        Column of the texts; by default the column ``text``, or the only text column. Plain lines have no
        columns.
    file_format : {"csv", "tsv", "jsonl", "parquet", "xlsx", "lines"}, optional
        By default determined by the file extension, or plain lines if it is unknown. CSV may be separated
        by semicolons, tabs or bars if its first line has no comma. "jsonl" may be one array of objects.
    encoding : str, optional
        Encoding of a text file, such as "cp1252"; by default UTF-8, or the one that the byte order mark of a
        table names.
    header : bool, default True
        Whether the first row of a CSV file names the columns; if not, they are ``column_1``, ``column_2``, …

    Warns
    -----
    TopickitWarning
        If UTF-8 has a few invalid bytes, which are read as U+FFFD.

    Notes
    -----
    A column of numbers is not a text column in any format. A CSV column with at least one text is a text
    column, and all its values are texts, as written in the file ("007", "1.0"). Without `column`, the first
    1,000 rows decide which columns are text columns. In JSON, a number or boolean among strings is converted
    to its JSON representation (1.50 to "1.5"). Lists and objects are refused, as in Parquet.

    Attributes
    ----------
    n_rows, n_missing : int
        Number of rows, and of rows without text, that have been read.

    Raises
    ------
    InputError
        If the file cannot be read, or has no such text column. Errors in later rows are raised when they
        are read.
    """

    def __init__(
        self,
        path: str,
        column: str | None = None,
        file_format: str | None = None,
        *,
        encoding: str | None = None,
        header: bool = True,
    ) -> None:
        self.n_rows = self.n_missing = 0
        kind = _kind(path, file_format)
        if kind == "lines":
            if column is not None:
                raise _no_columns(path, column)
            if not header:
                raise ParameterError(f"{path} is read as plain lines; header=False is for CSV and TSV only")
            check_readable(path)
            self._texts = _lines(path) if encoding is None else _decoded_lines(path, encoding)
        else:
            table = Table.of(path, kind, encoding, header=header)
            self._texts = self._of_table(table, table.text_column(column))

    def __next__(self) -> str:
        text = next(self._texts)
        self.n_rows += 1
        self.n_missing += is_blank(text)
        return text

    def _of_table(self, table: Table, name: str) -> Iterator[str]:
        import polars as pl

        for batch in table.batches([name]):
            yield from batch[name].cast(pl.String).fill_null("")


@dataclass(frozen=True)
class TextFile:
    """A text column of a file, which is read when a model is fitted.

    Attributes
    ----------
    path : path
        CSV, TSV, JSON lines, Parquet, Excel (the first sheet of .xlsx; needs the extra ``excel``) or plain
        lines.
    column : str, optional
        Column of the texts; by default the column ``text``, or the only text column.
    file_format : {"csv", "tsv", "jsonl", "parquet", "xlsx", "lines"}, optional
        By default determined by the file extension.
    encoding : str, optional
        Encoding of a text file, such as "cp1252"; by default UTF-8, or the one that the byte order mark of a
        table names.
    header : bool, default True
        Whether the first row of a CSV file names the columns; if not, they are ``column_1``, ``column_2``, …

    Examples
    --------
    >>> TextFile("questions.parquet", "title").column
    'title'
    """

    path: str | os.PathLike[str]
    column: str | None = None
    file_format: str | None = None
    encoding: str | None = None
    header: bool = True


def read(texts: Any) -> Any:
    """Open texts that are given as a file or a function; return others unchanged.

    Parameters
    ----------
    texts : path, TextFile, function, or anything else
        A function is called without arguments and returns an iterable of texts.

    Returns
    -------
    TextStream, the result of the function, or `texts`

    Raises
    ------
    InputError
        If the file cannot be read.
    InputTypeError
        If `texts` is a str that names a file, or a function that needs arguments.
    """
    if isinstance(texts, str):
        _check_no_file_name(texts)
    if isinstance(texts, os.PathLike):
        texts = TextFile(texts)
    if isinstance(texts, TextFile):
        path = os.fspath(texts.path)
        return TextStream(path, texts.column, texts.file_format, encoding=texts.encoding, header=texts.header)
    if callable(texts):
        _check_without_arguments(texts)
        return texts()
    return texts


def _check_no_file_name(text: str) -> None:
    """Refuse a str that names a file, and explain how to pass the file."""
    if Path(text).suffix.lower() in {*SUFFIXES, *UNREAD} or os.path.isfile(text):
        raise InputTypeError(
            f"documents must be a collection of str; got a single str, {text[:200]!r}; wrap it: [text]; to "
            f"read a file, pass pathlib.Path({text[:200]!r}) or topickit.TextFile(path, column)"
        )


def _check_without_arguments(function: Callable[..., Any]) -> None:
    # Calling it would hide a TypeError from inside the function.
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some functions in C have no signature
        return
    try:
        signature.bind()
    except TypeError as error:
        name = getattr(function, "__name__", type(function).__name__)
        raise InputTypeError(
            "a function for documents is called without arguments and must return an iterable of texts; "
            f"got {name}{signature}: {error}; wrap it: lambda: function(...)"
        ) from None


@dataclass(frozen=True)
class TextsWithLabels(TextColumn):
    """The texts of a file and their labels.

    Attributes
    ----------
    labels : list of str, number or None
        None if a row has no label.
    """

    labels: list[Any]


def read_with_labels(
    path: str,
    labels: str,
    column: str | None = None,
    file_format: str | None = None,
    *,
    encoding: str | None = None,
    header: bool = True,
) -> TextsWithLabels:
    """Read the texts and labels of a table.

    Parameters
    ----------
    path : str
        ``"-"`` reads standard input.
    labels : str
        Column of the labels. It is not considered as the text column.
    column, file_format, encoding, header : optional
        As for `read_texts`; plain lines have no labels.

    Returns
    -------
    TextsWithLabels

    Raises
    ------
    InputError
        If the file cannot be read, or has no such columns.
    """
    table = _table(path, labels, file_format, encoding, header=header)
    _check_columns(table, [labels], "label")
    if labels == column:
        raise InputError(f"column {labels!r} of {path} cannot be both the text column and the label column")
    name = table.text_column(column, without=[labels])
    frame = table.read([name, labels])
    texts = _text_column(frame[name])
    return TextsWithLabels(texts.texts, texts.n_missing, table.infer_type(frame[labels]).to_list())


@dataclass(frozen=True)
class TextsWithColumns(TextColumn):
    """The texts and other columns of a file.

    Attributes
    ----------
    columns : dict of str to list
        Values by column name; None if a row has no value.
    written : dict of str to list
        The same for columns without inferred types.
    """

    columns: dict[str, list[Any]]
    written: dict[str, list[Any]]


def read_with_columns(
    path: str,
    others: Sequence[str],
    column: str | None = None,
    file_format: str | None = None,
    *,
    encoding: str | None = None,
    header: bool = True,
    as_written: Sequence[str] = (),
) -> TextsWithColumns:
    """Read the texts and other columns of a table.

    Parameters
    ----------
    path : str
        ``"-"`` reads standard input.
    others : sequence of str
        Columns to read. They are not considered as the text column, except by `column`.
    column, file_format, encoding, header : optional
        As for `read_texts`.
    as_written : sequence of str
        Columns to read without inferring types of CSV, so that the id 007 stays a str.

    Returns
    -------
    TextsWithColumns

    Raises
    ------
    InputError
        If the file cannot be read, or has no such columns.
    """
    names = [*others, *as_written]
    table = _table(path, names[0], file_format, encoding, header=header)
    _check_columns(table, names, "value")
    name = table.text_column(column, without=[other for other in names if other != column])
    frame = table.read([name, *names])
    texts = _text_column(frame[name])
    columns = {other: table.infer_type(frame[other]).to_list() for other in others}
    written = {other: frame[other].to_list() for other in as_written}
    return TextsWithColumns(texts.texts, texts.n_missing, columns, written)


def _kind(path: str, file_format: str | None) -> str:
    suffix = Path(path).suffix.lower()
    if file_format is None and suffix in UNREAD:
        raise InputError(f"cannot read {path}: {suffix} files are not supported; {UNREAD[suffix]}")
    kind = file_format or SUFFIXES.get(suffix, "lines")
    if kind not in FORMATS:
        raise ParameterError(f"unknown file format {kind!r}; choose one of {', '.join(FORMATS)}")
    return kind


def _no_columns(path: str, column: str) -> InputError:
    return InputError(
        f"{path} is read as plain lines, which have no column {column!r}; if it is a table, set its format "
        'with TextFile(path, file_format="csv"), or "tsv", "jsonl", "parquet", "xlsx"'
    )


def _table(path: str, column: str, file_format: str | None, encoding: str | None, *, header: bool) -> Table:
    """Open a file that must be a table."""
    kind = _kind(path, file_format)
    if kind == "lines":
        raise _no_columns(path, column)
    return Table.of(path, kind, encoding, header=header)


def _check_columns(table: Table, names: Sequence[str], what: str) -> None:
    """Check that a table has these columns, and that their values are not nested."""
    for name in names:
        if name not in table.schema:
            raise InputError(
                f"{table.path} has no column {name!r}; its columns are {', '.join(map(repr, table.schema))}"
            )
        if table.schema[name].is_nested():
            raise InputError(
                f"column {name!r} of {table.path} has type {table.schema[name]}, not one {what} per row"
            )


def _lines(path: str) -> Iterator[str]:
    n_rows = 0
    try:
        with contextlib.nullcontext(standard_input()) if path == "-" else Path(path).open("rb") as file:
            for line in decode_lines(file, path):
                yield line
                n_rows += 1
    except NotUtf8Error:
        repaired = None if path == "-" else Content(Path(path), path).repair()
        if repaired is None:
            raise
    else:
        return
    for line in itertools.islice(repaired.lines(), n_rows, None):
        yield line.removesuffix("\r")


def _decoded_lines(path: str, encoding: str) -> Iterator[str]:
    source = io.BytesIO(standard_input().read()) if path == "-" else Path(path)
    for line in Content.of(source, path, encoding).lines():
        yield line.removesuffix("\r")


def _text_column(texts: "pl.Series") -> TextColumn:
    import polars as pl

    values = texts.cast(pl.String).fill_null("").to_list()
    return TextColumn(values, sum(is_blank(text) for text in values))
