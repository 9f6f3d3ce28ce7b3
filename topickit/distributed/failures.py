"""Errors of workers: they name the file and the row, and reach the caller without Ray's traceback."""

import logging
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from topickit.errors import TopickitError

FILE, ROW = "file", "row"
"""Columns that say where a row comes from."""
_RETRIES = "\nFailed to apply UDF transform"
"""What Ray adds to the message of an error."""
_POSITION = re.compile(r"\b(?:document|row) (\d+)\b")


def place_of(table: Any, row: int) -> str:
    """Say where a row of a block comes from.

    Parameters
    ----------
    table : pyarrow.Table
        With columns `FILE` and `ROW`, it comes from there.
    row : int
        Position in the block.

    Returns
    -------
    str

    Examples
    --------
    >>> import pyarrow as pa
    >>> place_of(pa.table({"file": ["a.parquet"], "row": [17]}), 0)
    'row 17 of a.parquet (from 0)'
    >>> place_of(pa.table({"text": [None], "id": [5]}), 0)
    "row 0 of a block ('text': None, 'id': 5)"
    """
    if {FILE, ROW} <= set(table.column_names):
        return f"row {table[ROW][row].as_py()} of {table[FILE][row].as_py()} (from 0)"
    values = {name: table[name][row].as_py() for name in table.column_names[:3]}
    shown = ", ".join(f"{name!r}: {repr(value)[:30]}" for name, value in values.items())
    return f"row {row} of a block ({shown})"


@contextmanager
def rows_named(place: Callable[[int], str]) -> Iterator[None]:
    """Replace the position in a block by its place, in an error about one row.

    Parameters
    ----------
    place : function
        Says where a position comes from.

    Examples
    --------
    >>> from topickit.errors import InputError
    >>> with rows_named(lambda row: f"row {row + 40} of a.parquet"):
    ...     raise InputError("document 2 is missing")
    Traceback (most recent call last):
    topickit.errors.InputError: row 42 of a.parquet is missing
    """
    try:
        yield
    except TopickitError as error:
        raise type(error)(_POSITION.sub(lambda match: place(int(match[1])), str(error), count=1)) from error


@contextmanager
def running() -> Iterator[None]:
    """Run work of Ray Data: the error of a worker is raised as it was raised there, and not logged before.

    Raises
    ------
    TopickitError
        That of the worker. Other errors of Ray are raised as they are.

    Examples
    --------
    >>> with running():
    ...     pass
    """
    from ray.exceptions import RayError

    handlers = logging.getLogger("ray.data").handlers
    for handler in handlers:
        handler.addFilter(_is_for_users)
    try:
        with warnings.catch_warnings():
            # More tasks are allowed than there are blocks: it is unknown how many there will be.
            warnings.filterwarnings("ignore", message="The maximum number of concurrent tasks")
            yield
    except RayError as error:
        found = _of_worker(error)
        if found is None:
            raise
        found.args = (str(found).partition(_RETRIES)[0],)
        raise found from None
    finally:
        for handler in handlers:
            handler.removeFilter(_is_for_users)


def _is_for_users(record: logging.LogRecord) -> bool:
    """Whether a line of Ray's log is a warning: steps and errors are shown otherwise."""
    return record.levelno == logging.WARNING


def _of_worker(error: BaseException) -> TopickitError | None:
    """Return the error of ours that an error of Ray stands for."""
    from ray.exceptions import RayError

    raised: BaseException | None = error
    while raised is not None:
        if isinstance(raised, TopickitError) and not isinstance(raised, RayError):
            return raised
        raised = getattr(raised, "cause", None) or raised.__cause__
    return None
