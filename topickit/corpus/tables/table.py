"""A table in a file: its columns are read when it is opened, its rows in blocks."""

import codecs
import contextlib
import functools
import io
import itertools
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from topickit._core import processes
from topickit._core.optional import require
from topickit._core.paths import refuse_address
from topickit.corpus.tables import faults
from topickit.corpus.tables.content import Content, NotUtf8Error, Source
from topickit.corpus.tables.dialects import SEP_LINE, Ambiguous, Dialect, choose, records
from topickit.errors import InputError, ParameterError, TopickitWarning

if TYPE_CHECKING:
    import polars as pl

CSV = ("csv", "tsv")
BINARY = ("parquet", "xlsx")
FRAME = 8192
TYPED_ROWS = 1000
"""Rows of a CSV file that decide whether a column is a text column."""


@dataclass(frozen=True, eq=False)
class Table:
    """An open table. Standard input and JSON arrays are read whole, of other files only the columns.

    Attributes
    ----------
    path, kind : str
        Name in errors; "csv", "tsv", "jsonl", "parquet" or "xlsx".
    source : path or BytesIO
    content : Content
        Decoded content of a text file.
    dialect : Dialect or None
        Dialect of a CSV file.
    is_array : bool
        Whether the source is one JSON array.
    scan : LazyFrame or None
        None for a CSV file that polars would misread. All CSV columns are str: values stay as written, and no
        file is read only to infer types.
    schema : dict of str to polars.DataType
        Types of the columns; of CSV those of its first rows.
    """

    path: str
    kind: str
    source: Source
    content: Content
    dialect: Dialect | None
    is_array: bool
    scan: "pl.LazyFrame | None"
    schema: "dict[str, pl.DataType]"

    @classmethod
    def of(cls, path: str, kind: str, encoding: str | None = None, *, header: bool = True) -> Self:
        """Open a file, or standard input ("-").

        Raises
        ------
        InputError
            If it cannot be read.
        ParameterError
            If the encoding is unknown, or given for Parquet, or if only CSV may lack a header.
        """
        if not header and kind not in CSV:
            raise ParameterError(f"{path} is read as {kind}; header=False is for CSV and TSV only")
        if kind == "xlsx":
            require("fastexcel")
        processes.check_polars(f"read {path}")
        source: Source = io.BytesIO(standard_input().read()) if path == "-" else Path(path)
        check_readable(path)
        head = _head(source)
        if not head:
            raise InputError(f"cannot read {path} as {kind}: it is empty")
        if kind in BINARY:
            if encoding is not None:
                raise ParameterError(f"{path} is read as {kind}, which has no encoding; leave encoding out")
            return cls._of_polars(path, kind, source, Content(source, path))
        of_text = functools.partial(cls._of_csv, header=header) if kind in CSV else cls._of_json
        content = Content.of(source, path, encoding)
        try:
            return of_text(path, kind, content)
        except NotUtf8Error:
            repaired = content.repair()
            if repaired is None:
                raise
        return of_text(path, kind, repaired)

    @classmethod
    def _of_polars(
        cls, path: str, kind: str, source: Source, content: Content, *, is_array: bool = False
    ) -> Self:
        with _errors(content, kind, None):
            scan = _scan(source, kind)
            return cls(path, kind, source, content, None, is_array, scan, dict(scan.collect_schema()))

    @classmethod
    def _of_json(cls, path: str, kind: str, content: Content) -> Self:
        faults.check_surrogates(content)
        source = content.source
        is_array = content.head().lstrip().startswith("[")
        is_marked = _head(source, 3) == codecs.BOM_UTF8
        # polars takes the byte order mark for a part of the first line.
        if is_array or is_marked or not content.is_utf8:
            whole = b"".join(content.blocks())
            source = faults.array_as_lines(whole, path) if is_array else io.BytesIO(whole)
            content = Content(source, path)
        return cls._of_polars(path, kind, source, content, is_array=is_array)

    @classmethod
    def _of_csv(cls, path: str, kind: str, content: Content, *, header: bool) -> Self:
        dialect = _dialect(content, kind, header=header)
        with _errors(content, kind, dialect):
            scan = None
            if dialect.is_plain and content.is_utf8:
                scan = _scan(content.source, kind, dialect.separator)
                schema = dict(_scan(content.source, kind, dialect.separator, TYPED_ROWS).collect_schema())
            else:
                first = next(_frames(content, kind, dialect, TYPED_ROWS))
                schema = {name: _inferred(first[name]).dtype for name in first.columns}
            return cls(path, kind, content.source, content, dialect, False, scan, schema)

    def text_column(self, column: str | None, without: Sequence[str] = ()) -> str:
        """Find the text column.

        Parameters
        ----------
        column : str, optional
            Name of the column; by default ``text``, or the only text column.
        without : sequence of str
            Columns to ignore.

        Raises
        ------
        InputError
            If there is no text column, or several.
        """
        schema = {name: dtype for name, dtype in self.schema.items() if name not in without}
        names = list(schema) if column is None else [name for name in schema if name == column]
        if self.kind in CSV and names and not any(_is_text(schema[name]) for name in names):
            # Texts may follow numbers in the first rows: only in this case are all rows read.
            import polars as pl

            schema |= dict.fromkeys(self._find_texts(names), pl.String())
        is_odd = (
            self.dialect is not None and self.dialect.has_header and any(map(faults.is_like_data, schema))
        )
        hint = "; if the file has no header, set header=False" if is_odd else ""
        name = _choose_column(schema, column, self.path, hint)
        if is_odd and column is None:
            warnings.warn(
                f"the first row of {self.path} names its columns, but looks like data{hint}",
                TopickitWarning,
                stacklevel=4,
            )
        return name

    def batches(self, names: Sequence[str]) -> "Iterator[pl.DataFrame]":
        """Yield blocks of rows of some columns; CSV columns are str.

        Raises
        ------
        InputError
            If the file cannot be read, or a text column in JSON contains a list or an object.
        """
        if self.dialect is not None:
            yield from self._csv_batches(self.dialect, names)
            return
        check = _NestedCheck(self) if self.kind == "jsonl" else None
        for batch in self._polars_batches(names):
            if check is not None:
                check(batch)
            yield batch.select(names)

    def _csv_batches(self, dialect: Dialect, names: Sequence[str]) -> "Iterator[pl.DataFrame]":
        """Yield blocks of rows of a CSV file, and check their number."""
        # All columns are read: polars ignores surplus fields behind the last selected column.
        whole = _frames(self.content, self.kind, dialect) if self.scan is None else self._polars_batches(None)
        n_rows = 0
        for batch in whole:
            n_rows += len(batch)
            yield batch.select(names)
        if n_rows != dialect.n_rows:
            raise InputError(
                f"cannot read {self.path} as {self.kind}: it has {dialect.n_rows:,} rows, but "
                f"{n_rows:,} were read; save the table as JSON lines or Parquet"
            )

    def _polars_batches(self, names: Sequence[str] | None) -> "Iterator[pl.DataFrame]":
        assert self.scan is not None
        with self._errors():
            batches = (self.scan if names is None else self.scan.select(names)).collect_batches(lazy=True)
        while True:
            with self._errors():
                batch = next(batches, None)
            if batch is None:
                return
            yield batch

    def read(self, names: Sequence[str]) -> "pl.DataFrame":
        """Read some columns whole; CSV columns are str."""
        import polars as pl

        names = list(dict.fromkeys(names))
        schema = dict.fromkeys(names, pl.String()) if self.scan is None else self.scan.collect_schema()
        empty = pl.DataFrame(schema={name: schema[name] for name in names})
        return pl.concat([empty, *self.batches(names)])

    def infer_type(self, values: "pl.Series") -> "pl.Series":
        """Convert a CSV column of numbers or booleans; return other columns unchanged."""
        if self.kind not in CSV:
            return values
        with self._errors():
            return _infer_type(values)

    def _errors(self) -> contextlib.AbstractContextManager[None]:
        return _errors(self.content, self.kind, self.dialect)

    def _find_texts(self, names: Sequence[str]) -> set[str]:
        """Find the columns with a text in any row."""
        with_text: set[str] = set()
        for batch in self.batches(names):
            for name in names:
                values = batch[name].drop_nulls()
                if name not in with_text and len(values) and _is_text(self.infer_type(values).dtype):
                    with_text.add(name)
            if len(with_text) == len(names):
                break
        return with_text


class _NestedCheck:
    """Refuses lists and objects in a JSON column of strings, which polars converts to strings.

    A value that looks like one is looked up in the file.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._n_rows = 0
        lines = enumerate(faults.decode_lines(faults.raw_lines(table.source), table.path), start=1)
        # Blank lines are not rows.
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
        number, line = next((line for at, line in self._lines if at == row), (0, "{}"))
        values = faults.parse_json(line)  # polars has parsed it
        for name in of_text:
            if isinstance(values.get(name), list | dict):
                where = f"item {number} of its array" if self._table.is_array else f"line {number}"
                raise InputError(
                    f"column {name!r} of {self._table.path} contains strings, but {where} has "
                    f"{faults.kind_of(values[name])}; convert it to a string or null"
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
    """Check that a file can be opened.

    Raises
    ------
    InputError
        If it cannot be opened.
    """
    if path == "-":
        return
    try:
        refuse_address(path)
        Path(path).open("rb").close()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


@contextlib.contextmanager
def _errors(content: Content, kind: str, dialect: Dialect | None) -> Iterator[None]:
    """Replace errors of polars by errors that name the fault and its line."""
    path = content.path
    try:
        yield
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except _read_errors(kind) as error:
        fault = None if kind in BINARY else faults.fault(content, kind, dialect)
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise fault or InputError(f"cannot read {path} as {kind}: {reason}") from error


def _read_errors(kind: str) -> tuple[type[Exception], ...]:
    import polars as pl

    excel = [require("fastexcel").FastExcelError] if kind == "xlsx" else []
    return (pl.exceptions.PolarsError, ValueError, *excel)


def _scan(source: Source, kind: str, separator: str = ",", typed_rows: int = 0) -> "pl.LazyFrame":
    """Scan a file; CSV columns are str, or have the types of the first rows."""
    import polars as pl

    readers: dict[str, Callable[[], pl.LazyFrame]] = {
        "csv": lambda: pl.scan_csv(source, separator=separator, infer_schema_length=typed_rows, glob=False),
        "jsonl": lambda: pl.scan_ndjson(source, infer_schema_length=None),
        "parquet": lambda: pl.scan_parquet(source, glob=False),
        "xlsx": lambda: pl.read_excel(source, infer_schema_length=None, drop_empty_rows=False).lazy(),
    }
    return readers["csv" if kind in CSV else kind]()


def _head(source: Source, size: int | None = 65536) -> bytes:
    """Read the first bytes, or all of them (None)."""
    if isinstance(source, io.BytesIO):
        return source.getvalue()[:size]
    with source.open("rb") as file:
        return file.read(size)


def _dialect(content: Content, kind: str, *, header: bool) -> Dialect:
    """Find the dialect of a CSV file."""
    head = content.head()
    line_end = _line_end(head)
    start = head.lstrip("\r\n")
    n_skipped = head[: len(head) - len(start)].count(line_end)
    sep_line = SEP_LINE.match(start.split(line_end, 1)[0])
    if sep_line is not None:
        separator, n_skipped = sep_line[1], n_skipped + 1
    else:
        separator = "\t" if kind == "tsv" else _separator(start)
    dialect = Dialect(separator, line_end=line_end, n_skipped=n_skipped, has_header=header)

    def blocks() -> Iterator[bytes]:
        whole = content.blocks(line_end)
        first = next(whole, b"").split(line_end.encode(), n_skipped)[n_skipped:]
        return itertools.chain(first, whole)

    def lines() -> Iterator[str]:
        return itertools.islice(content.lines(line_end), n_skipped, None)

    def explain() -> InputError:
        what = "its quotation marks follow no rule that is known; double those inside fields"
        return faults.fault(content, kind, dialect) or _unreadable(content, kind, what)

    with _errors(content, kind, dialect):
        try:
            return choose(dialect, blocks, lines, explain)
        except Ambiguous as error:
            raise _unreadable(content, kind, str(error)) from None


def _unreadable(content: Content, kind: str, what: str) -> InputError:
    return InputError(f"cannot read {content.path} as {kind}: {what}")


def _frames(content: Content, kind: str, dialect: Dialect, n_rows: int = FRAME) -> "Iterator[pl.DataFrame]":
    """Yield blocks of rows of a CSV file that polars would misread; the first block may be empty."""
    import polars as pl

    lines = itertools.islice(content.lines(dialect.line_end), dialect.n_skipped, None)
    rows = records(lines, dialect)
    first = next(rows, [])
    if dialect.has_header:
        names = _unique_names(first)
    else:
        names = [f"column_{number}" for number in range(1, len(first) + 1)]
        rows = itertools.chain([first], rows)
    while True:
        columns: list[list[str | None]] = [[] for _ in names]
        n = 0
        for row in itertools.islice(rows, n_rows):
            n += 1
            if not row or len(row) > len(names):
                raise faults.fault(content, kind, dialect) or _unreadable(
                    content, kind, f"row {n} has {len(row)} fields, {dialect.first_row} {len(names)}"
                )
            for column, value in itertools.zip_longest(columns, row):
                column.append(value)
        yield pl.DataFrame(dict(zip(names, columns, strict=True)), schema=dict.fromkeys(names, pl.String()))
        if n < n_rows:
            return


def _unique_names(header: Sequence[str | None]) -> list[str]:
    """Name columns as polars does."""
    names: list[str] = []
    for name in header:
        base, n = name or "", 0
        unique = base
        while unique in names:
            unique, n = f"{base}_duplicated_{n}", n + 1
        names.append(unique)
    return names


def _line_end(head: str) -> str:
    """Return the line end of a CSV file, which is a carriage return in files of old programs."""
    match = re.match(r'\n*+(?:"[^"]*"|[^"\r\n])*+(\r\n|\r|\n)', head)
    return "\r" if match is not None and match[1] == "\r" else "\n"


def _separator(head: str) -> str:
    r"""Find the separator of a CSV file.

    It is a comma, unless the first line has none and the second line has as many of another separator as the
    first one.

    Examples
    --------
    >>> _separator('id;"title, long";body\n1;a;b'), _separator("Liked? | Disliked?\nthe sea")
    (';', ',')
    """
    lines = re.sub(r'"[^"]*"', "", head).splitlines()
    first, second = (*lines, "", "")[:2]
    counts = {sign: first.count(sign) for sign in ";\t|"}
    best = max(counts, key=lambda sign: counts[sign])
    same = second.count(best) == counts[best] or len(lines) < 2
    return best if "," not in first and counts[best] and same else ","


def _infer_type(values: "pl.Series") -> "pl.Series":
    """Infer the type of strings, if different values stay different."""
    import polars as pl

    inferred = _inferred(values)
    # Versions 1.1 and 1.10, codes 07 and 7.
    keep = inferred.dtype == pl.String or inferred.n_unique() < values.n_unique()
    return values if keep else inferred


def _inferred(values: "pl.Series") -> "pl.Series":
    """Infer the type of strings as polars does when it reads a file."""
    import polars as pl

    content = io.BytesIO()
    # A second column, because a row of one empty value is not a row.
    pl.DataFrame({"values": values, "": ""}).write_csv(content)
    return pl.read_csv(content.getvalue(), infer_schema_length=None)["values"]


def _is_text(dtype: "pl.DataType") -> bool:
    import polars as pl

    return dtype in (pl.String, pl.Categorical)


def _choose_column(schema: "dict[str, pl.DataType]", column: str | None, path: str, hint: str) -> str:
    import polars as pl

    of_text = [name for name, dtype in schema.items() if _is_text(dtype)]
    if column is None:
        column = "text" if "text" in of_text else of_text[0] if len(of_text) == 1 else None
    if column is None:
        if not of_text:
            columns = ", ".join(f"{name} ({dtype})" for name, dtype in schema.items())
            raise InputError(f"{path} has no text column; its columns are {columns}{hint}")
        raise InputError(
            f"{path} has {len(of_text)} text columns ({', '.join(of_text)}); choose one with "
            f"TextFile(path, column=…){hint}"
        )
    if column not in schema:
        names = ", ".join(map(repr, schema))
        raise InputError(f"{path} has no column {column!r}; its columns are {names}{hint}")
    if column not in of_text and schema[column] != pl.Null:
        raise InputError(f"column {column!r} of {path} has type {schema[column]}, not text")
    return column
