"""Covariates: what the caller knows of each row beside its text: when it is from, and its class."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.state import State
from topickit.errors import InputError, InputTypeError, is_missing

NO_CLASS = -1


@dataclass(frozen=True, eq=False)
class Covariates:
    """When each of the caller's rows is from, and what class it is of.

    Attributes
    ----------
    timestamps : datetime64[s] ndarray of shape (n,), or None
        UTC; NaT where a row has none.
    class_codes : int64 ndarray of shape (n,), or None
        Position in `class_names`; −1 where a row has none.
    class_names : tuple of str
        In the order of the alphabet.

    Examples
    --------
    >>> known = Covariates.of(2, timestamps=["2024-05-01", None], classes=["b", "a"])
    >>> known.timestamps.astype(str).tolist(), known.class_names, known.class_codes.tolist()
    (['2024-05-01T00:00:00', 'NaT'], ('a', 'b'), [1, 0])
    """

    timestamps: NDArray[np.datetime64] | None = field(default=None, repr=False)
    class_codes: NDArray[np.int64] | None = field(default=None, repr=False)
    class_names: tuple[str, ...] = ()

    @classmethod
    def of(cls, n_rows: int, *, timestamps: Any = None, classes: Any = None) -> "Covariates | None":
        """Check what the caller gave; None where there is nothing.

        Parameters
        ----------
        n_rows : int
            Rows that there must be.
        timestamps : sequence of ISO 8601 str, date, datetime, datetime64, int or None, optional
            A datetime without a time zone is read as UTC; an int is a year, or a day as 20240531.
        classes : sequence of str, number or None, optional

        Raises
        ------
        InputError
            When there is not one a row, or a timestamp cannot be read.
        InputTypeError
            When one is of a kind that cannot be used.
        """
        if timestamps is None and classes is None:
            return None
        times = None if timestamps is None else read_timestamps(timestamps, n_rows)
        if classes is None:
            return cls(times)
        names = _class_names(classes, n_rows)
        known = sorted({name for name in names if name is not None})
        rank = {name: code for code, name in enumerate(known)}
        codes = np.array([NO_CLASS if name is None else rank[name] for name in names], dtype=np.int64)
        return cls(times, codes, tuple(known))

    def state(self) -> State:
        """Give what `from_state` makes it of."""
        arrays: dict[str, NDArray[Any]] = {}
        if self.timestamps is not None:
            arrays["timestamps"] = self.timestamps.astype(np.int64)
        if self.class_codes is not None:
            arrays["class_codes"] = self.class_codes
        return State({"class_names": list(self.class_names)}, arrays)

    @classmethod
    def from_state(cls, state: State) -> "Covariates":
        """Make the Covariates that gave this state."""
        times = state.arrays.get("timestamps")
        return cls(
            None if times is None else times.astype("datetime64[s]"),
            state.arrays.get("class_codes"),
            tuple(state.config["class_names"]),
        )


def read_timestamps(values: Any, n_rows: int) -> NDArray[np.datetime64]:
    """Read timestamps of any usual kind.

    Parameters
    ----------
    values : sequence of ISO 8601 str, date, datetime, datetime64, int (a year or day) or None
    n_rows : int

    Returns
    -------
    datetime64[s] ndarray of shape (n_rows,)

    Raises
    ------
    InputError, InputTypeError
        The message names the first row that cannot be used.

    Examples
    --------
    >>> read_timestamps([1999, "2024-05-01T10:00:00+02:00"], 2).astype(str).tolist()
    ['1999-01-01T00:00:00', '2024-05-01T08:00:00']
    """
    items = _column(values, n_rows, "timestamps")
    return np.array([_read_time(item, row) for row, item in enumerate(items)], dtype="datetime64[s]")


def _column(values: Any, n_rows: int, what: str) -> list[Any]:
    ordered = isinstance(values, Iterable) and not isinstance(values, str | bytes | dict | set | frozenset)
    if not ordered or len(getattr(values, "shape", (0,))) != 1:
        raise InputTypeError(
            f"{what} must be a column, one a document, in their order; got {type(values).__name__}"
            + (f" of shape {values.shape}" if ordered else "")
        )
    for method in ("to_pylist", "to_list"):  # Arrow; pandas and polars
        if hasattr(values, method):
            values = getattr(values, method)()
    items = list(values)
    if len(items) != n_rows:
        raise InputError(f"{what} must hold one a document: {n_rows} documents, {len(items)} {what}")
    return items


def _read_time(item: Any, row: int) -> np.datetime64:
    if is_missing(item) or (isinstance(item, str) and not item.strip()):
        return np.datetime64("NaT", "s")
    if isinstance(item, np.datetime64):
        made: np.datetime64 = np.array([item]).astype("datetime64[s]")[0]
        return made
    if isinstance(item, bool | np.bool_):
        raise InputTypeError(f"timestamp {row} is a bool, not a time")
    try:
        if isinstance(item, int | np.integer) or (
            isinstance(item, float | np.floating) and item == item // 1
        ):
            item = _year_or_day(int(item))  # pandas makes floats of a column of years with a hole
        if isinstance(item, str):
            text = item.strip()
            # A year, or a year and a month, is less than `fromisoformat` wants.
            item = text if len(text) <= 7 and not text.isdigit() else _iso(text)
    except ValueError as error:
        raise InputError(
            f"timestamp {row} cannot be read: {str(item)[:40]!r} ({error}); "
            "write ISO 8601, such as 2024-05-31, or leave it empty"
        ) from error
    return _from_datetime(item, row)


def _year_or_day(number: int) -> str:
    """Write a number that is a year, or a day as 20240531, as text."""
    if 1 <= number <= 9999:
        return f"{number:04d}"
    if 10_000_000 <= number <= 99_999_999:
        return str(number)
    raise ValueError("an int is read as a year or as a day such as 20240531; convert epochs to datetimes")


def _iso(text: str) -> Any:
    return np.datetime64(text, "s") if len(text) == 4 else datetime.datetime.fromisoformat(text)


def _from_datetime(item: Any, row: int) -> np.datetime64:
    try:
        if isinstance(item, str):
            return np.datetime64(item, "s")
        if isinstance(item, np.datetime64):
            return item
        if isinstance(item, datetime.datetime):
            if item.tzinfo is not None:
                item = item.astimezone(datetime.UTC).replace(tzinfo=None)
            return np.datetime64(item.replace(microsecond=0), "s")
        if isinstance(item, datetime.date):
            return np.datetime64(item, "s")
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"timestamp {row} cannot be read: {str(item)[:40]!r}; write ISO 8601, such as 2024-05-31, "
            "or leave it empty"
        ) from error
    raise InputTypeError(f"timestamp {row} is {type(item).__name__}; give ISO 8601 str, dates or datetimes")


def _class_names(values: Any, n_rows: int) -> list[str | None]:
    items = _column(values, n_rows, "classes")
    names: list[str | None] = []
    for item in items:
        text = None if is_missing(item) else " ".join(str(item).encode("utf-8", "replace").decode().split())
        names.append(text or None)
    return names
