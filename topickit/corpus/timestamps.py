"""Timestamps in common formats: ISO 8601, day and month in either order, Excel serials, Unix times."""

import datetime
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topickit.errors import InputError, InputTypeError, ParameterError, TopickitWarning, is_missing

NUMBER_FORMATS = ("excel", "s", "ms")
"""Formats of numbers: days since 1899-12-30, and seconds or milliseconds since 1970-01-01."""
ISO = "iso"
LAST_ORDINAL = 366
"""A column of whole numbers up to this one holds months, hours or days rather than years."""
EXCEL_SERIALS = (10_000, 80_000)
"""Serials of the years 1927 to 2119."""
_EXCEL_EPOCH = datetime.datetime(1899, 12, 30)
_UNIX_EPOCH = datetime.datetime(1970, 1, 1)
_REMEDY = 'use ISO 8601, such as 2024-05-31, or set time_format="%d.%m.%Y" or the like'

_ORDINAL = re.compile(r"\d{1,3}")
_ZONE = re.compile(r"\s+(?:([+-]\d{2}:?\d{2})|UTC)$")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_DATE = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})"
    r"(?:(?:,?\s+|T)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?:\s*([ap])\.?m\.?)?)?\s*(?:Z|UTC|GMT)?",
    re.IGNORECASE,
)
_ORDERS = {"day/month/year": (2, 1, 0), "month/day/year": (2, 0, 1), "year/month/day": (0, 1, 2)}
"""Position of year, month and day in the three numbers of a date."""
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_WITH_NAMES = (
    "%a %b %d %H:%M:%S %z %Y",
    "%a %b %d %H:%M:%S %Y",
    "%a, %d %b %Y %H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S GMT",
    "%d/%b/%Y:%H:%M:%S %z",
    "%B %Y",
    "%b %Y",
    *(
        date + clock
        for date in ("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y")
        for clock in _CLOCKS
    ),
)
"""Formats with names of months: of mail, Twitter, web servers and common writing in English."""


def read_timestamps(
    values: Any, n_rows: int, *, time_format: str | None = None, name: str = "timestamps"
) -> NDArray[np.datetime64]:
    """Convert timestamps to datetime64.

    Values in another format than ISO 8601 are read if all values of the column have one format and no two
    formats fit; a warning states it.

    Parameters
    ----------
    values : sequence of str, date, datetime, datetime64, number or None
        A time with a time zone keeps its local time: midnight stays in its day. A whole number is a year, a
        day such as 20240531, an Excel serial, or a Unix time.
    n_rows : int
        Required number of values.
    time_format : str, optional
        Format of all values that are str or numbers: as for `datetime.datetime.strptime`, such as
        "%m/%d/%Y %H:%M", or "excel" (serial), "s" or "ms" (Unix time). None takes ISO 8601, years and days,
        or guesses.
    name : str, default "timestamps"
        What error messages call the column.

    Returns
    -------
    datetime64[s] ndarray of shape (n_rows,)

    Raises
    ------
    InputError, InputTypeError
        If a value cannot be read, or day and month are ambiguous; the message names the value and the row.
    ParameterError
        If the format is not one of strptime or above.

    Warns
    -----
    TopickitWarning
        How the values were read, if the format was guessed.

    Examples
    --------
    >>> read_timestamps([1999, "2024-05-01T10:00:00+02:00"], 2).astype(str).tolist()
    ['1999-01-01T00:00:00', '2024-05-01T10:00:00']
    >>> read_timestamps(["02/03/2015"], 1, time_format="%d/%m/%Y").astype(str).tolist()
    ['2015-03-02T00:00:00']
    """
    items = ordered_column(values, n_rows, name)
    times = np.full(n_rows, np.datetime64("NaT", "s"))
    written = []
    for row, item in enumerate(items):
        if _is_written(item):
            written.append(row)
        elif not _is_empty(item):
            times[row] = _from_object(item, row, name)
    if written:
        column = [_as_written(items[row]) for row in written]
        read = _read_guessed if time_format is None else _read_format(time_format)
        times[written] = read(column, written, name)
    return times


def guessed_format(values: Any, n_rows: int) -> str:
    """Return how `read_timestamps` reads a column without a format, as a format for other values.

    Parameters
    ----------
    values, n_rows
        As for `read_timestamps`.

    Returns
    -------
    str
        One of strptime or of `NUMBER_FORMATS`, or "iso", "day/month/year" and the like, which
        `read_timestamps` takes too.

    Examples
    --------
    >>> import warnings
    >>> warnings.simplefilter("ignore", TopickitWarning)
    >>> [guessed_format(values, 1) for values in (["2024-05-31"], ["31/5/2024"], [45000.5], ["5 May 2024"])]
    ['iso', 'day/month/year', 'excel', '%d %b %Y']
    """
    items = ordered_column(values, n_rows, "timestamps")
    column = [_as_written(item) for item in items if _is_written(item)]
    return _guessed(column, range(len(column)), "timestamps").format if column else ISO


def _is_empty(item: Any) -> bool:
    return is_missing(item) or (isinstance(item, str) and not item.strip())


def _is_written(item: Any) -> bool:
    """Return whether the format of a value matters."""
    return not _is_empty(item) and (isinstance(item, str) or _is_number(item))


class _Reading(NamedTuple):
    """A format, and the times that it gives."""

    format: str
    times: list[datetime.datetime]


def ordered_column(values: Any, n_rows: int, name: str) -> list[Any]:
    """Return the values of a column as a list, after checking that there is one per document."""
    ordered = isinstance(values, Iterable) and not isinstance(values, str | bytes | dict | set | frozenset)
    if not ordered or len(getattr(values, "shape", (0,))) != 1:
        raise InputTypeError(
            f"{name} must be an ordered column, one per document; got {type(values).__name__}"
            + (f" of shape {values.shape}" if ordered else "")
        )
    for method in ("to_pylist", "to_list"):  # Arrow; pandas and polars
        if hasattr(values, method):
            values = getattr(values, method)()
    items = list(values)
    if len(items) != n_rows:
        raise InputError(f"{name} must have one value per document: got {len(items)} for {n_rows} documents")
    return items


def _is_number(item: Any) -> bool:
    return isinstance(item, int | float | np.integer | np.floating) and not isinstance(item, bool)


def _as_written(item: Any) -> str | int | float:
    if isinstance(item, str):
        return str(item).strip()
    number = float(item)
    return int(item) if number.is_integer() else number  # pandas stores years with a missing value as float


def _fail(name: str, row: int, item: Any, reason: str = "", remedy: str = _REMEDY) -> InputError:
    reason = f" ({reason})" if reason else ""
    return InputError(f"{name}, row {row}: {str(item)[:40]!r} cannot be read as a time{reason}; {remedy}")


def _from_object(item: Any, row: int, name: str) -> np.datetime64:
    if isinstance(item, datetime.datetime):
        return np.datetime64(item.replace(tzinfo=None, microsecond=0), "s")
    if isinstance(item, datetime.date):
        return np.datetime64(item, "s")
    if isinstance(item, np.datetime64):
        seconds: np.datetime64 = np.array([item]).astype("datetime64[s]")[0]
        return seconds
    raise InputTypeError(
        f"{name}, row {row} is {type(item).__name__}; use ISO 8601 str, dates, datetimes or numbers"
    )


def _read_guessed(column: list[str | int | float], rows: Sequence[int], name: str) -> list[datetime.datetime]:
    """Read ISO 8601, years and days; else in the one format that fits the whole column."""
    return _guessed(column, rows, name).times


def _guessed(column: list[str | int | float], rows: Sequence[int], name: str) -> _Reading:
    _refuse_ordinals(column, rows, name)
    times: list[datetime.datetime] = []
    for item, row in zip(column, rows, strict=True):
        try:
            times.append(_plain(item))
        except ValueError as error:
            first = _fail(name, row, item, str(error))
            break
    else:
        return _Reading(ISO, times)
    if (numbers := _numbers(column)) is not None:
        return _guess_numbers(numbers, rows, name, first)
    texts = [str(item) for item in column]
    found = _guess_order(texts, rows, name) or _guess_named(texts, name)
    if found is None:
        raise first
    return found


def _refuse_ordinals(column: list[str | int | float], rows: Sequence[int], name: str) -> None:
    if all(_ORDINAL.fullmatch(str(item)) and int(item) <= LAST_ORDINAL for item in column):
        raise InputError(
            f"{name}: all are whole numbers up to {LAST_ORDINAL} (row {rows[0]}: {column[0]}), like "
            "months, days or hours, not years; give full dates, or write early years with four digits, "
            "as text ('0079')"
        )


def _plain(item: str | int | float) -> datetime.datetime:
    """Read ISO 8601, a year or a day."""
    if isinstance(item, float):
        raise ValueError("not a whole number")
    if isinstance(item, int):
        if not (1 <= item <= 9999 or 10_000_000 <= item <= 99_999_999):
            raise ValueError("a whole number is a year or a day such as 20240531")
        item = f"{item:04d}"
    text = _ZONE.sub(lambda match: match[1] or "", item)
    if len(text) == 4 and text.isdigit():
        return datetime.datetime(int(text), 1, 1)
    if len(text) == 7 and text[4] == "-" and text[5:].isdigit():
        return datetime.datetime(int(text[:4]), int(text[5:]), 1)
    return datetime.datetime.fromisoformat(text).replace(tzinfo=None, microsecond=0)


def _numbers(column: list[str | int | float]) -> list[float] | None:
    """Return the column as numbers if all its values are some."""
    if all(not isinstance(item, str) or _NUMBER.fullmatch(item) for item in column):
        return [float(item) for item in column]
    return None


def _guess_numbers(numbers: list[float], rows: Sequence[int], name: str, first: InputError) -> _Reading:
    """Read Excel serials, or Unix times in seconds or milliseconds."""
    low, high = min(numbers), max(numbers)
    if EXCEL_SERIALS[0] <= low and high < EXCEL_SERIALS[1]:
        kind, what = "excel", "Excel serials"
    elif low >= 1e8 and high < 1e11:
        kind, what = "s", "seconds since 1970"
    elif low >= 1e11 and high < 1e14:
        kind, what = "ms", "milliseconds since 1970"
    else:
        raise first
    times = _from_numbers(numbers, rows, name, kind)
    shown = f"{numbers[0]:.10g}" if kind == "excel" else f"{numbers[0]:.0f}"
    _state(name, what, shown, times[0])
    return _Reading(kind, times)


def _from_numbers(
    numbers: Sequence[float], rows: Sequence[int], name: str, kind: str
) -> list[datetime.datetime]:
    epoch = _EXCEL_EPOCH if kind == "excel" else _UNIX_EPOCH
    step = {"excel": 86_400.0, "s": 1.0, "ms": 0.001}[kind]
    times = []
    for number, row in zip(numbers, rows, strict=True):
        try:
            times.append(epoch + datetime.timedelta(seconds=round(number * step)))
        except (OverflowError, ValueError) as error:
            raise _fail(name, row, number, f"out of range for {kind!r}") from error
    return times


def _guess_order(texts: list[str], rows: Sequence[int], name: str) -> _Reading | None:
    """Read dates of three numbers in the order that fits all; None if none does."""
    matches = [_DATE.fullmatch(text) for text in texts]
    if not all(matches):
        return None
    readings: dict[str, list[datetime.datetime]] = {}
    for order, positions in _ORDERS.items():
        try:
            readings[order] = [_in_order(match, positions) for match in matches if match]
        except ValueError:
            continue
    # Dots separate day, month and year wherever they are used.
    if len(readings) > 1 and all(match and match[2] == "." for match in matches):
        readings.pop("month/day/year", None)
    if not readings:
        return None
    (order, times), *others = readings.items()
    for other, second in others:
        i = next((i for i, pair in enumerate(zip(times, second, strict=True)) if pair[0] != pair[1]), None)
        if i is not None:
            raise InputError(
                f"{name}: the order of day and month is ambiguous: row {rows[i]}, {texts[i]!r}, is "
                f"{_shown(times[i])} as {order} and {_shown(second[i])} as {other}, and no row "
                'decides; set time_format="%d/%m/%Y" or time_format="%m/%d/%Y"'
            )
    separator = matches[0][2] if matches[0] else "/"
    _state(name, order.replace("/", separator), texts[0], times[0])
    return _Reading(order, times)


def _ordered(text: str, order: str) -> datetime.datetime:
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError("no date of three numbers")
    return _in_order(match, _ORDERS[order])


def _in_order(match: re.Match[str], positions: tuple[int, int, int]) -> datetime.datetime:
    parts = (match[1], match[3], match[4])
    year, month, day = (parts[position] for position in positions)
    if len(year) not in (2, 4) or len(month) > 2 or len(day) > 2 or (len(year) == 2 and positions[0] == 0):
        raise ValueError
    century = (0 if len(year) == 4 else 1900 if int(year) >= 69 else 2000) + int(year)  # as strptime
    hour, minute, second = (int(match[i] or 0) for i in (5, 6, 7))
    if match[8]:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if match[8].lower() == "p" else 0)
    return datetime.datetime(century, int(month), int(day), hour, minute, second)


def _guess_named(texts: list[str], name: str) -> _Reading | None:
    """Read dates with names of months; None if no format fits all."""
    for time_format in _WITH_NAMES:
        try:
            times = [_parse(text, time_format) for text in texts]
        except ValueError:
            continue
        _state(name, time_format, texts[0], times[0])
        return _Reading(time_format, times)
    return None


def _parse(text: str, time_format: str) -> datetime.datetime:
    return datetime.datetime.strptime(text, time_format).replace(tzinfo=None, microsecond=0)


def _read_format(time_format: str) -> Callable[..., list[datetime.datetime]]:
    """Return a function that reads a column in one format."""
    if time_format not in (*NUMBER_FORMATS, ISO, *_ORDERS) and "%" not in str(time_format):
        raise ParameterError(
            f"the format of timestamps must be a format of strptime, such as %d.%m.%Y, or one of "
            f"{', '.join(NUMBER_FORMATS)}; got {time_format!r}"
        )

    def read(column: list[str | int | float], rows: Sequence[int], name: str) -> list[datetime.datetime]:
        times = []
        for item, row in zip(column, rows, strict=True):
            try:
                if time_format in NUMBER_FORMATS:
                    times += _from_numbers([float(item)], [row], name, time_format)
                elif time_format == ISO:
                    times.append(_plain(item))
                elif time_format in _ORDERS:
                    times.append(_ordered(str(item), time_format))
                else:
                    times.append(_parse(str(item), time_format))
            except ValueError as error:
                if isinstance(error, InputError):
                    raise
                remedy = "correct the value or the format, or leave the value empty"
                raise _fail(name, row, item, f"the format is {time_format}", remedy) from error
        return times

    return read


def _state(name: str, how: str, text: str, time: datetime.datetime) -> None:
    warnings.warn(
        f"{name} are read as {how}: {text!r} is {_shown(time)}; if that is wrong, set time_format=…",
        TopickitWarning,
        stacklevel=2,
    )


def _shown(time: datetime.datetime) -> str:
    return time.isoformat(" ", "minutes").removesuffix(" 00:00")
