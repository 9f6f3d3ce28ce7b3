"""A column of texts from a file: CSV, TSV, JSON lines, Parquet or plain lines."""

import contextlib
import inspect
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topickit.corpus.tables.faults import decoded
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
    ".txt": "lines",
}
FORMATS = ("csv", "tsv", "jsonl", "parquet", "lines")
UNREAD = {
    **dict.fromkeys((".gz", ".bz2", ".xz", ".zst", ".zip"), "decompress it first"),
    **dict.fromkeys((".xlsx", ".xls", ".ods", ".feather", ".arrow"), "save it as CSV or Parquet"),
    **dict.fromkeys((".pdf", ".docx", ".doc"), "put its texts into a CSV file, one a row"),
}
"""What to do with files that are neither tables nor lines of text, by the end of their names."""


@dataclass(frozen=True)
class TextColumn:
    """The texts of a file, one a row, with how many rows had none.

    Attributes
    ----------
    texts : list of str
        A missing text is ''.
    n_missing : int
        Rows without text, those of blanks alone included.
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

    Notes
    -----
    A column of numbers is not one of texts, whatever the format. In CSV a column is one of texts as soon as
    it holds any, and then all its values are texts, as they are written ("007", "1.0"); where no column is
    asked for, the first 1,000 rows decide which are of texts. In JSON a number or boolean among strings is
    the text that JSON writes for it (1.50 is "1.5"); lists and objects are refused, as in Parquet.

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
            check_readable(path)
            self._texts = _lines(path)
        else:
            table = Table.of(path, kind)
            self._texts = self._of_table(table, table.text_column(column))

    def __next__(self) -> str:
        text = next(self._texts)
        self.n_rows += 1
        self.n_missing += not text or text.isspace()
        return text

    def _of_table(self, table: Table, name: str) -> Iterator[str]:
        import polars as pl

        for batch in table.batches([name]):
            yield from batch[name].cast(pl.String).fill_null("")


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

    Raises
    ------
    InputError
        When the file cannot be read.
    InputTypeError
        For a str that names a file, or a function that needs arguments.
    """
    if isinstance(texts, str):
        _refuse_name_of_file(texts)
    if isinstance(texts, os.PathLike):
        texts = TextFile(texts)
    if isinstance(texts, TextFile):
        return TextStream(os.fspath(texts.path), texts.column, texts.file_format)
    if callable(texts):
        _check_without_arguments(texts)
        return texts()
    return texts


def _refuse_name_of_file(text: str) -> None:
    """Say of a str that names a file how to give the file; any other is for others to refuse."""
    if Path(text).suffix.lower() in {*SUFFIXES, *UNREAD} or os.path.isfile(text):
        raise InputTypeError(
            f"documents must be a collection of str, got one str, {text[:200]!r}; wrap it: [text]; for the "
            f"texts of a file give pathlib.Path({text[:200]!r}), or TextFile(path, column)"
        )


def _check_without_arguments(function: Callable[..., Any]) -> None:
    # Not by calling it: a TypeError from inside the function is the user's to see as it is.
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some functions in C have none
        return
    try:
        signature.bind()
    except TypeError as error:
        name = getattr(function, "__name__", type(function).__name__)
        raise InputTypeError(
            "a function for the documents is called without arguments, and must return an iterable of texts; "
            f"got {name}{signature}: {error}; wrap it: lambda: function(...)"
        ) from None


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
    _others(table, [labels], "label")
    if labels == column:
        raise InputError(f"column {labels!r} of {path} cannot be both the texts and their labels")
    name = table.text_column(column, without=[labels])
    found = table.read([name, labels])
    texts = _text_column(found[name])
    return LabelledTexts(texts.texts, texts.n_missing, table.typed(found[labels]).to_list())


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
    path: str,
    others: Sequence[str],
    column: str | None = None,
    file_format: str | None = None,
    *,
    as_written: bool = False,
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
    as_written : bool
        Leave the values of a file without types (CSV) as they are: the id 007 is no number.

    Raises
    ------
    InputError
        When the file cannot be read, or has no such columns.
    """
    table = _table(path, others[0], file_format)
    _others(table, others, "value")
    name = table.text_column(column, without=[other for other in others if other != column])
    found = table.read([name, *others])
    texts = _text_column(found[name])
    columns = {
        other: (found[other] if as_written else table.typed(found[other])).to_list() for other in others
    }
    return TextsWithColumns(texts.texts, texts.n_missing, columns)


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
        f"{path} is read as plain lines, which have no column {column!r}; if it is a table, set its format "
        'with TextFile(path, file_format="csv"), or "tsv", "jsonl", "parquet"'
    )


def _table(path: str, column: str, file_format: str | None) -> Table:
    """Open a table that has to have columns."""
    kind = _kind(path, file_format)
    if kind == "lines":
        raise _no_columns(path, column)
    return Table.of(path, kind)


def _others(table: Table, names: Sequence[str], what: str) -> None:
    """Check that a table has columns of plain values."""
    for name in names:
        if name not in table.schema:
            raise InputError(
                f"{table.path} has no column {name!r}; it has: {', '.join(map(repr, table.schema))}"
            )
        if table.schema[name].is_nested():
            raise InputError(
                f"column {name!r} of {table.path} holds {table.schema[name]}, not one {what} a text"
            )


def _lines(path: str) -> Iterator[str]:
    with contextlib.nullcontext(standard_input()) if path == "-" else Path(path).open("rb") as file:
        yield from decoded(file, path)


def _text_column(texts: "pl.Series") -> TextColumn:
    import polars as pl

    values = texts.cast(pl.String).fill_null("").to_list()
    return TextColumn(values, sum(not text or text.isspace() for text in values))
