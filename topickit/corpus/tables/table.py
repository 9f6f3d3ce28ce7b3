"""A table in a file: its columns are known when it is opened, its rows are read a block at a time."""

import codecs
import contextlib
import io
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from topickit._core import processes
from topickit.corpus.tables import faults
from topickit.corpus.tables.faults import Source
from topickit.errors import InputError

if TYPE_CHECKING:
    import polars as pl

CSV = ("csv", "tsv")
TYPED_ROWS = 1000
"""Rows of a CSV file by which its columns are taken for texts or numbers."""


@dataclass(frozen=True, eq=False)
class Table:
    """A table that is open; standard input and JSON arrays are read whole, of other files only the columns.

    Attributes
    ----------
    path, kind : str
        How errors call it; "csv", "tsv", "jsonl" or "parquet".
    source : path or BytesIO
    separator : str
        What divides the columns of CSV.
    is_array : bool
        The source was one JSON array.
    scan : LazyFrame
        All columns of CSV are str here: what is written stays as it is, and no file is read only to find out
        what it holds.
    schema : dict of str to polars.DataType
        What the columns hold; of CSV as its first rows have it.
    """

    path: str
    kind: str
    source: Source
    separator: str
    is_array: bool
    scan: "pl.LazyFrame"
    schema: "dict[str, pl.DataType]"

    @classmethod
    def of(cls, path: str, kind: str) -> Self:
        """Open a file, or standard input ("-").

        Raises
        ------
        InputError
        """
        processes.check_polars(f"read {path}")
        source: Source = io.BytesIO(standard_input().read()) if path == "-" else Path(path)
        check_readable(path)
        head = _head(source)
        if not head:
            raise InputError(f"cannot read {path} as {kind}: it is empty")
        start = head.removeprefix(codecs.BOM_UTF8)
        is_array = kind == "jsonl" and start.lstrip().startswith(b"[")
        if is_array:
            source = faults.array_as_lines(_head(source, None).removeprefix(codecs.BOM_UTF8), path)
        elif kind == "jsonl" and start != head:  # polars takes the mark of UTF-8 for a part of the first line
            source = io.BytesIO(_head(source, None).removeprefix(codecs.BOM_UTF8))
        separator = "\t" if kind == "tsv" else _separator(start)
        if kind in CSV and not head.startswith(faults.PACKED):
            first_line = head[: head.find(b"\n") + 1]
            list(faults.decoded(iter([first_line]), path))  # polars takes any bytes for the names of columns
        with _errors(source, path, kind, separator):
            scan = _scan(source, kind, separator)
            typed = _scan(source, kind, separator, TYPED_ROWS) if kind in CSV else scan
            return cls(path, kind, source, separator, is_array, scan, dict(typed.collect_schema()))

    def text_column(self, column: str | None, without: Sequence[str] = ()) -> str:
        """Find the column that holds the texts.

        Parameters
        ----------
        column : str, optional
            The one that is asked for; None for the only one of str, or the one that is called ``text``.
        without : sequence of str
            Columns that are not it.

        Raises
        ------
        InputError
            When there is none, or more than one.
        """
        schema = {name: dtype for name, dtype in self.schema.items() if name not in without}
        asked = list(schema) if column is None else [name for name in schema if name == column]
        if self.kind in CSV and asked and not any(_is_text(schema[name]) for name in asked):
            # Numbers in the first rows may be followed by texts: only here are all rows read to know.
            schema |= {name: self.scan.collect_schema()[name] for name in self._with_texts(asked)}
        return _chosen(schema, column, self.path)

    def batches(self, names: Sequence[str]) -> "Iterator[pl.DataFrame]":
        """Give some columns a block of rows at a time; those of CSV as str.

        Raises
        ------
        InputError
            When the file cannot be read on, or a column of str in JSON holds a list or an object.
        """
        # All columns of CSV are read: polars does not see what is too much in a line behind the last one.
        scan = self.scan if self.kind in CSV else self.scan.select(names)
        check = _NestedCheck(self) if self.kind == "jsonl" else None
        with self._errors():
            batches = scan.collect_batches(lazy=True)
        while True:
            with self._errors():
                batch = next(batches, None)
            if batch is None:
                return
            if check is not None:
                check(batch)
            yield batch.select(names)

    def read(self, names: Sequence[str]) -> "pl.DataFrame":
        """Read some columns whole; those of CSV as str."""
        import polars as pl

        names = list(dict.fromkeys(names))
        schema = self.scan.collect_schema()
        empty = pl.DataFrame(schema={name: schema[name] for name in names})
        return pl.concat([empty, *self.batches(names)])

    def typed(self, values: "pl.Series") -> "pl.Series":
        """Make numbers or booleans of a column of CSV whose values are all such; others stay as they are."""
        if self.kind not in CSV:
            return values
        with self._errors():
            return _typed(values)

    def _errors(self) -> contextlib.AbstractContextManager[None]:
        return _errors(self.source, self.path, self.kind, self.separator)

    def _with_texts(self, names: Sequence[str]) -> set[str]:
        """Find which columns hold a text in any row, as far as it takes to find one in each."""
        found: set[str] = set()
        for batch in self.batches(names):
            for name in names:
                values = batch[name].drop_nulls()
                if name not in found and len(values) and _is_text(self.typed(values).dtype):
                    found.add(name)
            if len(found) == len(names):
                break
        return found


class _NestedCheck:
    """Refuses lists and objects among the strings of a JSON column, of which polars makes strings.

    What looks like one is looked up in the file; the lines before it are passed over, each once.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._n_rows = 0
        lines = enumerate(faults.decoded(faults.raw_lines(table.source), table.path), start=1)
        # Blank lines are no rows.
        self._lines = enumerate((number, line) for number, line in lines if line.strip())

    def __call__(self, batch: "pl.DataFrame") -> None:
        import polars as pl

        of_text = [name for name, dtype in batch.schema.items() if dtype == pl.String]
        like_one = [pl.col(of_text).str.starts_with(sign) for sign in "[{"]
        rows = batch.select(pl.any_horizontal(like_one).arg_true()).to_series() if of_text else ()
        for row in rows:
            self._look_up(self._n_rows + row, of_text)
        self._n_rows += len(batch)

    def _look_up(self, row: int, of_text: Sequence[str]) -> None:
        number, line = next((found for at, found in self._lines if at == row), (0, "{}"))
        values = faults.parsed(line)  # by polars it is JSON
        for name in of_text:
            if isinstance(values.get(name), list | dict):
                where = f"item {number} of its array" if self._table.is_array else f"line {number}"
                raise InputError(
                    f"column {name!r} of {self._table.path} holds strings, but {where} has "
                    f"{faults.kind_of(values[name])}; make a string of it, or null"
                )


def standard_input() -> BinaryIO:
    """Return the bytes of standard input.

    Raises
    ------
    InputError
        If there is none, or it is closed.
    """
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("cannot read -: there is no standard input")
    return sys.stdin.buffer


def check_readable(path: str) -> None:
    """Raise unless a file can be opened.

    Raises
    ------
    InputError
    """
    if path == "-":
        return
    try:
        Path(path).open("rb").close()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


@contextlib.contextmanager
def _errors(source: Source, path: str, kind: str, separator: str) -> Iterator[None]:
    """Say of what polars cannot read what is wrong with it."""
    import polars as pl

    try:
        yield
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (pl.exceptions.PolarsError, ValueError) as error:
        found = None if kind == "parquet" else faults.fault(source, path, kind, separator)
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise found or InputError(f"cannot read {path} as {kind}: {reason}") from error


def _scan(source: Source, kind: str, separator: str, typed_rows: int = 0) -> "pl.LazyFrame":
    """Scan a file; the columns of CSV are str, or what its first rows say."""
    import polars as pl

    readers: dict[str, Callable[[], pl.LazyFrame]] = {
        "csv": lambda: pl.scan_csv(source, separator=separator, infer_schema_length=typed_rows, glob=False),
        "jsonl": lambda: pl.scan_ndjson(source, infer_schema_length=None),
        "parquet": lambda: pl.scan_parquet(source, glob=False),
    }
    return readers["csv" if kind in CSV else kind]()


def _head(source: Source, size: int | None = 65536) -> bytes:
    """Read the first bytes, or all of them (None)."""
    if isinstance(source, io.BytesIO):
        return source.getvalue()[:size]
    with source.open("rb") as file:
        return file.read(size)


def _separator(head: bytes) -> str:
    r"""Find what divides the columns of a CSV file: a comma, unless its first two lines say otherwise.

    Another sign divides a file whose first line has no comma, and whose second line has as many of that sign.

    Examples
    --------
    >>> _separator(b'id;"title, long";body\n1;a;b'), _separator(b"Liked? | Disliked?\nthe sea")
    (';', ',')
    """
    if head.startswith(faults.PACKED):
        return ","  # polars unpacks it; what it holds is not seen here
    lines = re.sub(r'"[^"]*"', "", head.decode(errors="replace")).splitlines()
    first, second = (*lines, "", "")[:2]
    counts = {sign: first.count(sign) for sign in ";\t|"}
    best = max(counts, key=lambda sign: counts[sign])
    alike = second.count(best) == counts[best] or len(lines) < 2
    return best if "," not in first and counts[best] and alike else ","


def _typed(values: "pl.Series") -> "pl.Series":
    """Let polars say what strings are, as it does where it reads them from a file."""
    import polars as pl

    content = io.BytesIO()
    pl.DataFrame({"values": values, "": ""}).write_csv(content)  # a row of one empty value would be no row
    found = pl.read_csv(content.getvalue(), infer_schema_length=None)["values"]
    # As numbers, versions 1.1 and 1.10 would be one, and so would codes 07 and 7.
    return values if found.dtype == pl.String or found.n_unique() < values.n_unique() else found


def _is_text(dtype: "pl.DataType") -> bool:
    import polars as pl

    return dtype in (pl.String, pl.Categorical)


def _listed(schema: "dict[str, pl.DataType]") -> str:
    return ", ".join(f"{name} ({dtype})" for name, dtype in schema.items())


def _chosen(schema: "dict[str, pl.DataType]", column: str | None, path: str) -> str:
    import polars as pl

    of_text = [name for name, dtype in schema.items() if _is_text(dtype)]
    if column is None:
        column = "text" if "text" in of_text else of_text[0] if len(of_text) == 1 else None
    if column is None:
        if not of_text:
            raise InputError(f"{path} has no column of text; it has: {_listed(schema)}")
        raise InputError(
            f"{path} has {len(of_text)} text columns ({', '.join(of_text)}); choose one with "
            "TextFile(path, column=…)"
        )
    if column not in schema:
        raise InputError(f"{path} has no column {column!r}; it has: {', '.join(map(repr, schema))}")
    if column not in of_text and schema[column] != pl.Null:
        raise InputError(f"column {column!r} of {path} holds {schema[column]}, not text")
    return column
