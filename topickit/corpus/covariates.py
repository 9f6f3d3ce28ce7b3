"""Covariates: the timestamp and class of each document."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.display import encodable
from topickit._core.state import State
from topickit.corpus.timestamps import ordered_column, read_timestamps
from topickit.errors import InputTypeError, is_missing

NO_CLASS = -1


@dataclass(frozen=True, eq=False)
class Covariates:
    """Timestamps and classes of the caller's rows.

    Attributes
    ----------
    timestamps : datetime64[s] ndarray of shape (n,), or None
        In the local time of each value; NaT if a row has none.
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
    def of(
        cls, n_rows: int, *, timestamps: Any = None, classes: Any = None, time_format: str | None = None
    ) -> "Covariates | None":
        """Check timestamps and classes.

        Parameters
        ----------
        n_rows : int
            Required number of rows.
        timestamps : sequence of str, date, datetime, datetime64, number or None, optional
            As for `topickit.corpus.timestamps.read_timestamps`.
        classes : sequence of str, number or None, optional
            One class per document.
        time_format : str, optional
            Format of the timestamps; see `read_timestamps`.

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
        times = None if timestamps is None else read_timestamps(timestamps, n_rows, time_format=time_format)
        if classes is None:
            return cls(times)
        names = _class_names(classes, n_rows)
        distinct = sorted({name for name in names if name is not None})
        rank = {name: code for code, name in enumerate(distinct)}
        codes = np.array([NO_CLASS if name is None else rank[name] for name in names], dtype=np.int64)
        return cls(times, codes, tuple(distinct))

    @classmethod
    def joined(
        cls, first: "Covariates | None", n_first: int, second: "Covariates | None", n_second: int
    ) -> "Covariates | None":
        """Return the covariates of rows after rows; those that one of the two lacks are missing there.

        Parameters
        ----------
        first, second : Covariates or None
        n_first, n_second : int
            Their rows.

        Examples
        --------
        >>> joined = Covariates.joined(Covariates.of(1, classes=["b"]), 1, Covariates.of(1, classes=["a"]), 1)
        >>> joined.class_names, joined.class_codes.tolist()
        (('a', 'b'), [1, 0])
        """
        sides = [(first or cls(), n_first), (second or cls(), n_second)]
        times, codes = None, None
        if any(side.timestamps is not None for side, _ in sides):
            missing = np.datetime64("NaT", "s")
            times = np.concatenate(
                [np.full(n, missing) if side.timestamps is None else side.timestamps for side, n in sides]
            )
        names = tuple(sorted({name for side, _ in sides for name in side.class_names}))
        if any(side.class_codes is not None for side, _ in sides):
            codes = np.concatenate(
                [
                    np.full(n, NO_CLASS, dtype=np.int64)
                    if side.class_codes is None
                    else _codes_in(names, side.class_names)[side.class_codes]
                    for side, n in sides
                ]
            )
        return None if times is None and codes is None else cls(times, codes, names)

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


def _codes_in(names: tuple[str, ...], own: tuple[str, ...]) -> NDArray[np.int64]:
    """Return the code of each class among other names; the last entry is that of no class."""
    return np.array([*(names.index(name) for name in own), NO_CLASS], dtype=np.int64)


def _class_names(values: Any, n_rows: int) -> list[str | None]:
    items = ordered_column(values, n_rows, "classes")
    # pandas stores whole numbers with a missing value as float.
    numbers = [item for item in items if isinstance(item, float | np.floating) and not is_missing(item)]
    whole = all(float(number).is_integer() for number in numbers)
    names: list[str | None] = []
    for row, item in enumerate(items):
        if isinstance(item, list | tuple | set | frozenset | dict | np.ndarray):
            raise InputTypeError(
                f"classes must have one class per document; row {row} is a {type(item).__name__}: "
                f"{str(item)[:40]}; choose one of its values, or join them to one str"
            )
        if whole and isinstance(item, float | np.floating) and not is_missing(item):
            item = int(item)
        text = None if is_missing(item) else " ".join(encodable(str(item)).split())
        names.append(text or None)
    return names
