"""Dialects of CSV files: how fields are quoted and escaped, and where lines end.

polars reads only files in which quotation marks are used as in RFC 4180. In others it may join rows without
an error. A file is therefore scanned before it is read. Files that polars would misread are read here.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from topickit.errors import InputError

SIGNS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SEP_LINE = re.compile(r'"?sep=(.)"?\r?\Z', re.IGNORECASE)
"""First line of files that Excel writes or reads with a given separator."""
PAIR = re.compile(r"\\.", re.DOTALL)


class Ambiguous(Exception):
    """Two rules divide a file into different rows."""


class Quoting(StrEnum):
    """Rules of quotation marks.

    Attributes
    ----------
    doubled : str
        RFC 4180: a quotation mark inside a quoted field is doubled.
    escaped : str
        A quotation mark inside a quoted field follows a backslash (MySQL, Spark).
    backslash : str
        Quotation marks are characters of the text. A backslash escapes separators and line ends (MySQL's
        default).
    bare : str
        A quotation mark inside a quoted field stands as it is. Each line is a row.
    none : str
        Quotation marks are characters of the text. Each line is a row.
    """

    doubled = "doubled"
    escaped = "escaped"
    backslash = "backslash"
    bare = "bare"
    none = "none"


@dataclass(frozen=True)
class Dialect:
    r"""Dialect of a CSV file.

    Attributes
    ----------
    separator : str
        Character between fields.
    quoting : Quoting
        Rule of quotation marks.
    line_end : str
        "\\n", also for "\\r\\n", or "\\r".
    n_skipped : int
        Number of lines before the header: blank lines, and the line ``sep=;``.
    is_plain : bool
        Whether polars reads the file correctly.
    n_records : int
        Number of records with the header, without blank lines; −1 if it was not counted.
    has_header : bool
        Whether the first record names the columns.
    """

    separator: str
    quoting: Quoting = Quoting.doubled
    line_end: str = "\n"
    n_skipped: int = 0
    is_plain: bool = True
    n_records: int = -1
    has_header: bool = True

    @property
    def n_rows(self) -> int:
        """Number of records without the header."""
        return self.n_records - self.has_header

    @property
    def first_row(self) -> str:
        """Name of the first record in errors."""
        return "the header" if self.has_header else "the first row"


@dataclass(frozen=True)
class Scan:
    """Result of a scan of all bytes of a file.

    Attributes
    ----------
    n_records, n_blank : int
        Records by the rules of RFC 4180, with blank lines; lines without a character.
    is_strict : bool
        Whether all quotation marks follow RFC 4180.
    is_multiline : bool
        Whether a quoted field contains a line end.
    has_escapes : bool
        Whether a backslash precedes a quotation mark, separator or line end, or is before an N in a field
        of its own.
    """

    n_records: int
    n_blank: int
    is_strict: bool
    is_multiline: bool
    has_escapes: bool


class _Scanner:
    """Scans blocks of bytes that end at line ends."""

    def __init__(self, separator: str, line_end: str) -> None:
        self._line_end = line_end.encode()
        self._is_boundary = np.zeros(256, dtype=np.bool_)
        self._is_boundary[[ord(separator), 10, 13, 34]] = True
        self._is_open = False
        self._n_lines = self._n_inside = self._n_blank = 0
        self._is_strict = True
        self._has_escapes = False
        sign = re.escape(separator.encode())
        self._escapes = re.compile(
            rb'\\["\r\n' + sign + rb"]|(?:^|" + sign + rb")\\N(?:\r?$|" + sign + rb")", re.MULTILINE
        )

    def add(self, block: bytes) -> None:
        """Scan a block."""
        has_quotes = b'"' in block
        self._n_lines += block.count(self._line_end) + (not block.endswith(self._line_end))
        if has_quotes or self._is_open:
            self._add_quoted(block)
        else:
            self._n_blank += self._count_blank(block)
        if not self._has_escapes and b"\\" in block:
            self._has_escapes = self._escapes.search(block) is not None

    def result(self) -> Scan:
        """Return the result for all blocks."""
        return Scan(
            self._n_lines - self._n_inside,
            self._n_blank,
            self._is_strict and not self._is_open,
            self._n_inside > 0,
            self._has_escapes,
        )

    def _add_quoted(self, block: bytes) -> None:
        values = np.frombuffer(block, dtype=np.uint8)
        quotes = np.flatnonzero(values == 34)
        if self._is_strict:
            self._is_strict = self._quotes_are_strict(values, quotes)
        ends = np.flatnonzero(values == self._line_end[0])
        is_inside = (np.searchsorted(quotes, ends) + self._is_open) % 2 == 1
        self._n_inside += int(is_inside.sum())
        self._n_blank += self._count_blank(block, ends[is_inside])
        self._is_open ^= len(quotes) % 2 == 1

    def _quotes_are_strict(
        self, values: "np.ndarray[tuple[int], np.dtype[np.uint8]]", quotes: object
    ) -> bool:
        """Whether quotation marks open at the start of a field, and close at its end or are doubled."""
        positions = np.asarray(quotes)
        first = int(self._is_open)
        opening, closing = positions[first::2], positions[1 - first :: 2]
        # A block begins and ends at a line end, which index 0 - 1 and the end of the block stand for.
        before = np.where(opening > 0, values[opening - 1], 10)
        after = np.where(closing + 1 < len(values), values[np.minimum(closing + 1, len(values) - 1)], 10)
        legal_before, legal_after = self._is_boundary[before], self._is_boundary[after]
        return bool(legal_before.all() and legal_after.all())

    def _count_blank(self, block: bytes, inside: object = ()) -> int:
        """Count the lines without a character that are not inside a quoted field."""
        end = self._line_end
        if (
            not block.startswith((end, b"\r" + end))
            and end + end not in block
            and end + b"\r" + end not in block
        ):
            return 0
        within = set(np.asarray(inside, dtype=np.int64).tolist())
        n, at = 0, 0
        for line in block.split(end)[: -1 if block.endswith(end) else None]:
            n += line in (b"", b"\r") and at + len(line) not in within and at - 1 not in within
            at += len(line) + 1
        return n


def scan(blocks: Iterable[bytes], separator: str, line_end: str = "\n") -> Scan:
    r"""Scan a file.

    Parameters
    ----------
    blocks : iterable of bytes
        The file in UTF-8, in blocks of whole lines.
    separator, line_end : str
        As for `Dialect`.

    Returns
    -------
    Scan

    Examples
    --------
    >>> scan([b'id;text\n1;"a 5" pipe"\n'], ";").is_strict
    False
    """
    scanner = _Scanner(separator, line_end)
    for block in blocks:
        scanner.add(block)
    return scanner.result()


def choose(
    dialect: Dialect,
    blocks: Callable[[], Iterable[bytes]],
    lines: Callable[[], Iterator[str]],
    explain: Callable[[], InputError],
) -> Dialect:
    """Choose the rule of quotation marks that fits the whole file.

    Parameters
    ----------
    dialect : Dialect
        Separator, line end and skipped lines.
    blocks, lines : function
        Read the file in blocks of bytes, and in lines of str, without skipped lines and line ends.
    explain : function
        Returns the error for a file that no rule fits.

    Returns
    -------
    Dialect

    Raises
    ------
    InputError
        If no rule fits the file.
    Ambiguous
        If two rules find different rows.
    """
    whole = scan(blocks(), dialect.separator, dialect.line_end)
    n_columns = len(next(records(lines(), dialect), [""]))
    n_blank = whole.n_blank if n_columns > 1 else 0
    is_plain = not (n_blank or dialect.n_skipped) and dialect.line_end == "\n" and dialect.has_header
    plain = replace(dialect, is_plain=is_plain, n_records=whole.n_records - n_blank)
    if not whole.is_strict:
        return _of_other_rules(dialect, whole, n_columns, lines, explain)
    if whole.has_escapes:
        return _of_escapes(plain, n_columns, lines, explain)
    if whole.is_multiline and n_columns > 1:
        unquoted = replace(dialect, quoting=Quoting.none)
        is_even = _is_even(lines(), dialect.separator) and not _encloses_fields(lines(), dialect)
        bare = replace(dialect, quoting=Quoting.bare)
        if is_even or _count(lines, bare, n_columns) is not None:
            raise _ambiguous(lines, unquoted, "it is part of the text")
    return plain


def _of_other_rules(
    dialect: Dialect,
    whole: Scan,
    n_columns: int,
    lines: Callable[[], Iterator[str]],
    explain: Callable[[], InputError],
) -> Dialect:
    """Choose the rule for a file that does not follow RFC 4180."""
    rules = [Quoting.bare]
    if whole.has_escapes:
        rules = [Quoting.escaped, Quoting.backslash, Quoting.bare]
    if dialect.separator != ",":  # texts without quotation marks around them contain commas
        rules.append(Quoting.none)
    for rule in rules:
        candidate = replace(dialect, quoting=rule, is_plain=False)
        # Where some quotation marks are doubled, others that are not are damage.
        may_double = rule is not Quoting.bare
        if (n := _count(lines, candidate, n_columns, may_double=may_double)) is not None:
            return replace(candidate, n_records=n)
    raise explain()


def _of_escapes(
    plain: Dialect, n_columns: int, lines: Callable[[], Iterator[str]], explain: Callable[[], InputError]
) -> Dialect:
    """Choose the rule for a file that follows RFC 4180 and may contain escapes."""
    n_doubled = _count(lines, plain, n_columns)
    for rule in (Quoting.escaped, Quoting.backslash):
        candidate = replace(plain, quoting=rule, is_plain=False)
        n = _count(lines, candidate, n_columns)
        if n is None:
            continue
        if n_doubled is None or (
            rule is Quoting.backslash and n == n_doubled and _has_null(lines, candidate)
        ):
            return replace(candidate, n_records=n)
        if n != n_doubled:
            raise _ambiguous(lines, candidate, "the backslash escapes it")
    if n_doubled is None:
        raise explain()
    return plain


def _has_null(lines: Callable[[], Iterator[str]], dialect: Dialect) -> bool:
    sign = re.escape(dialect.separator)
    null = re.compile(rf"(?:^|{sign})\\N(?:$|{sign})")
    return any(null.search(line) for line in lines())


def _ambiguous(lines: Callable[[], Iterator[str]], dialect: Dialect, other: str) -> Ambiguous:
    """Return the error for a file that two rules divide into different rows."""
    sign = '"' if dialect.quoting is Quoting.none else "\\"
    at = (number for number, line in enumerate(lines(), 1 + dialect.n_skipped) if sign in line)
    what = 'quotation mark (")' if sign == '"' else "character after the backslash"
    return Ambiguous(
        f"line {next(at, 1)}: the {what} can be read in two ways that give different rows: it ends a field "
        f"or a line, or {other}; put all fields in quotation marks and double those inside "
        '("say ""so"" again"), or save the table as JSON lines or Parquet'
    )


def _is_even(lines: Iterator[str], separator: str) -> bool:
    """Whether all lines have the same number of separators, quoted or not."""
    counts = (line.count(separator) for line in lines if line not in ("", "\r"))
    first = next(counts, 0)
    return all(count == first for count in counts)


def _encloses_fields(lines: Iterator[str], dialect: Dialect) -> bool:
    """Whether quotation marks enclose fields, in a file whose lines would be rows without them."""
    sign = re.escape(dialect.separator)
    number = rf'(?:^|{sign})"[\d.,-]+"(?=\r?$|{sign})'
    evidence = re.compile(rf'{number}|^(?:"[^"]*"(?:{sign}|\r?$))+$')
    header = True
    for line in lines:
        if (header and '"' in line) or evidence.search(line):
            return True
        header = False
    return False


def _count(
    lines: Callable[[], Iterator[str]], dialect: Dialect, n_columns: int, *, may_double: bool = True
) -> int | None:
    """Count the records, or return None if a record does not follow the rule."""
    n = n_enclosed = 0
    for record in records(lines(), dialect):
        if len(record) != n_columns:
            return None
        n += 1
        if not may_double and any(text and '""' in text for text in record):
            return None
        if dialect.quoting is Quoting.none:
            n_enclosed += any(text and len(text) > 1 and text[0] == text[-1] == '"' for text in record)
    return None if n_enclosed > n / 2 else n  # such a file encloses fields, and one of them is damaged


def records(lines: Iterator[str], dialect: Dialect) -> Iterator[list[str | None]]:
    r"""Split lines into records, and records into fields.

    Parameters
    ----------
    lines : iterator of str
        Lines without line ends; the carriage return of a CRLF stays. Lines without a
        character are not records, except in a file of one column.
    dialect : Dialect
        Dialect of the file.

    Yields
    ------
    list of str or None
        Fields of a record; None if a field is empty and not quoted, or ``\N`` in an escaped file. A record
        that does not follow the rule is empty.

    Examples
    --------
    >>> list(records(iter(['1;"a 5" pipe"']), Dialect(";", Quoting.bare)))
    [['1', 'a 5" pipe']]
    """
    split = _splitter(dialect)
    n_columns = 0
    for record in _joined(lines, dialect):
        if record or n_columns == 1:
            fields = split(record)
            n_columns = n_columns or len(fields)
            yield fields


def _joined(lines: Iterator[str], dialect: Dialect) -> Iterator[str]:
    """Yield records: lines, joined while a quoted field is open."""
    if dialect.quoting in (Quoting.bare, Quoting.none):
        yield from (line.removesuffix("\r") for line in lines)
        return
    parts: list[str] = []
    is_open = False
    for line in lines:
        parts.append(line)
        if dialect.quoting is Quoting.backslash:
            is_open = "\\" in line and PAIR.sub("", line.removesuffix("\r")).endswith("\\")
        else:
            marks = PAIR.sub("", line) if dialect.quoting is Quoting.escaped and "\\" in line else line
            is_open ^= marks.count('"') % 2 == 1
        if not is_open:
            yield dialect.line_end.join(parts).removesuffix("\r")
            parts = []
    if parts:
        yield dialect.line_end.join(parts).removesuffix("\r")


def _splitter(dialect: Dialect) -> Callable[[str], list[str | None]]:
    """Return a function that splits a record into fields."""
    separator, sign = dialect.separator, re.escape(dialect.separator)
    if dialect.quoting is Quoting.none:
        return lambda record: [field or None for field in record.split(separator)]
    quoted = {
        Quoting.doubled: r'"((?:[^"]|"")*+)"',
        Quoting.escaped: r'"((?:[^"\\]|\\.)*+)"',
        Quoting.backslash: r"(\b\B)",  # never
        Quoting.bare: r'"(.*?)"',
    }[dialect.quoting]
    plain = {
        Quoting.escaped: rf'(?:\\["\\]|[^{sign}"])*+',
        Quoting.backslash: rf"(?:[^{sign}\\]|\\.)*+",
    }.get(dialect.quoting, rf'[^{sign}"]*+')
    field = re.compile(rf"(?:{quoted}|({plain}))(?:{sign}|(\Z))", re.DOTALL)
    unescape = _unescaper(dialect)
    has_nulls = dialect.quoting in (Quoting.escaped, Quoting.backslash)

    def split(record: str) -> list[str | None]:
        fields: list[str | None] = []
        at = 0
        while (match := field.match(record, at)) is not None:
            text, plain, end = match.groups()
            if text is not None:
                fields.append(unescape(text))
            elif has_nulls and plain == r"\N":
                fields.append(None)
            else:
                escaped = dialect.quoting is Quoting.backslash or '"' in plain
                fields.append((unescape(plain) if escaped else plain) or None)
            if end is not None:
                return fields
            at = match.end()
        return []

    return split


def _unescaper(dialect: Dialect) -> Callable[[str], str]:
    if dialect.quoting is Quoting.doubled:
        return lambda text: text.replace('""', '"')
    if dialect.quoting is Quoting.bare:
        return lambda text: text
    values = {f"\\{sign}": sign for sign in ('"', "\\", "\n", "\r", dialect.separator)} | {r"\0": "\0"}
    return lambda text: PAIR.sub(lambda match: values.get(match[0], match[0]), text) if "\\" in text else text
