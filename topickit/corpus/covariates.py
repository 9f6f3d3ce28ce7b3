"""Covariates: the timestamp and class of each document."""

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
    """Timestamps and classes of the caller's rows.

    Attributes
    ----------
    timestamps : datetime64[s] ndarray of shape (n,), or None
        In UTC; NaT if a row has none.
    class_codes : int64 ndarray of shape (n,), or None
        Position in `class_names`; −1 if a row has none.
    class_names : tuple of str
        Sorted alphabetically.

    Examples
    --------
    >>> covariates = Covariates.of(2, timestamps=["2024-05-01", None], classes=["b", "a"])
    >>> covariates.timestamps.astype(str).tolist(), covariates.class_names, covariates.class_codes.tolist()
    (['2024-05-01T00:00:00', 'NaT'], ('a', 'b'), [1, 0])
    """

    timestamps: NDArray[np.datetime64] | None = field(default=None, repr=False)
    class_codes: NDArray[np.int64] | None = field(default=None, repr=False)
    class_names: tuple[str, ...] = ()

    @classmethod
    def of(cls, n_rows: int, *, timestamps: Any = None, classes: Any = None) -> "Covariates | None":
        """Check timestamps and classes.

        Parameters
        ----------
        n_rows : int
            Required number of rows.
        timestamps : sequence of ISO 8601 str, date, datetime, datetime64, int or None, optional
            A datetime without a time zone is taken as UTC. An int is a year, or a day such as 20240531.
        classes : sequence of str, number or None, optional

        Returns
        -------
        Covariates or None
            None if there are neither timestamps nor classes.

        Raises
        ------
        InputError
            If the number of values is wrong, or a timestamp cannot be read.
        InputTypeError
            If a value is of an unsupported type.
        """
        if timestamps is None and classes is None:
            return None
        times = None if timestamps is None else read_timestamps(timestamps, n_rows)
        if classes is None:
            return cls(times)
        names = _class_names(classes, n_rows)
        distinct = sorted({name for name in names if name is not None})
        rank = {name: code for code, name in enumerate(distinct)}
        codes = np.array([NO_CLASS if name is None else rank[name] for name in names], dtype=np.int64)
        return cls(times, codes, tuple(distinct))

    def state(self) -> State:
        """Return the state that `from_state` reads."""
        arrays: dict[str, NDArray[Any]] = {}
        if self.timestamps is not None:
            arrays["timestamps"] = self.timestamps.astype(np.int64)
        if self.class_codes is not None:
            arrays["class_codes"] = self.class_codes
        return State({"class_names": list(self.class_names)}, arrays)

    @classmethod
    def from_state(cls, state: State) -> "Covariates":
        """Make the Covariates that returned this state."""
        times = state.arrays.get("timestamps")
        return cls(
            None if times is None else times.astype("datetime64[s]"),
            state.arrays.get("class_codes"),
            tuple(state.config["class_names"]),
        )


def read_timestamps(values: Any, n_rows: int) -> NDArray[np.datetime64]:
    """Convert timestamps to datetime64.

    Parameters
    ----------
    values : sequence of ISO 8601 str, date, datetime, datetime64, int (a year or day) or None
        A datetime without a time zone is taken as UTC.
    n_rows : int
        Required number of values.

    Returns
    -------
    datetime64[s] ndarray of shape (n_rows,)

    Raises
    ------
    InputError, InputTypeError
        If a value cannot be read; the message names the first such row.

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
            f"{what} must be an ordered column, one per document; got {type(values).__name__}"
            + (f" of shape {values.shape}" if ordered else "")
        )
    for method in ("to_pylist", "to_list"):  # Arrow; pandas and polars
        if hasattr(values, method):
            values = getattr(values, method)()
    items = list(values)
    if len(items) != n_rows:
        raise InputError(f"{what} must have one value per document: got {len(items)} for {n_rows} documents")
    return items


def _read_time(item: Any, row: int) -> np.datetime64:
    if is_missing(item) or (isinstance(item, str) and not item.strip()):
        return np.datetime64("NaT", "s")
    if isinstance(item, np.datetime64):
        seconds: np.datetime64 = np.array([item]).astype("datetime64[s]")[0]
        return seconds
    if isinstance(item, bool | np.bool_):
        raise InputTypeError(f"timestamp {row} is a bool, not a time")
    try:
        if isinstance(item, int | np.integer) or (
            isinstance(item, float | np.floating) and item == item // 1
        ):
            item = _year_or_day(int(item))  # pandas stores years with a missing value as float
        if isinstance(item, str):
            text = item.strip()
            # `fromisoformat` reads neither a year nor a year and month.
            item = text if len(text) <= 7 and not text.isdigit() else _iso(text)
    except ValueError as error:
        raise InputError(
            f"timestamp {row} cannot be read: {str(item)[:40]!r} ({error}); "
            "use ISO 8601, such as 2024-05-31, or leave it empty"
        ) from error
    return _from_datetime(item, row)


def _year_or_day(number: int) -> str:
    """Convert a number that is a year or a day such as 20240531 to str."""
    if 1 <= number <= 9999:
        return f"{number:04d}"
    if 10_000_000 <= number <= 99_999_999:
        return str(number)
    raise ValueError("an int must be a year or a day such as 20240531; convert Unix times to datetimes")


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
            f"timestamp {row} cannot be read: {str(item)[:40]!r}; use ISO 8601, such as 2024-05-31, "
            "or leave it empty"
        ) from error
    raise InputTypeError(f"timestamp {row} is {type(item).__name__}; use ISO 8601 str, dates or datetimes")


def _class_names(values: Any, n_rows: int) -> list[str | None]:
    items = _column(values, n_rows, "classes")
    names: list[str | None] = []
    for item in items:
        text = None if is_missing(item) else " ".join(str(item).encode("utf-8", "replace").decode().split())
        names.append(text or None)
    return names
