"""Progress on a terminal, with rate and time left, and nowhere else; and how long each stage took."""

import contextlib
import logging
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

PATIENCE = 2.0
"""Seconds from which on counted work deserves a bar."""

_log = logging.getLogger(__name__)
_recorders: list[list[tuple[str, float]]] = []
_inside = threading.local()


@dataclass(eq=False)
class Stage:
    """Work under way; tell it what is done.

    Attributes
    ----------
    description : str
    total : int or None
        Steps in all, where they can be counted.
    done : float
    """

    description: str
    total: int | None = None
    done: float = 0.0
    _bar: "_Bar | None" = field(default=None, repr=False)

    def advance(self, n: float) -> None:
        """Count n more steps as done."""
        self.reach(self.done + n)

    def reach(self, done: float) -> None:
        """Say how many steps are done in all; fewer than before are not believed."""
        self.done = max(self.done, done)
        if self._bar is not None:
            self._bar.show(self.done)


@contextlib.contextmanager
def stage(description: str, total: int | None = None, *, show: bool | None = None) -> Iterator[Stage]:
    """Show what is going on while a block of work runs; only on a terminal.

    Work without a `total` gets a spinner. Counted work gets a bar with rate and time left, once it is seen
    to take longer than `PATIENCE`. A stage inside one of the same description is part of it. The seconds
    that it took are logged at level INFO and given to `recorded`.

    Parameters
    ----------
    description : str
        For example "Finding topics".
    total : int, optional
        Steps in all.
    show : bool, optional
        None: on a terminal.

    Examples
    --------
    >>> with stage("Counting", total=3) as counting:
    ...     for number in range(3):
    ...         counting.advance(1)
    """
    outer: dict[str, Stage] = _inside.__dict__.setdefault("stages", {})
    if description in outer:
        part = outer[description]
        yield part if total is not None else Stage(description)
        return
    start = time.perf_counter()
    bar = _Bar(description, total, shown=show is True) if _is_shown(show) else None
    outer[description] = made = Stage(description, total, _bar=bar)
    try:
        yield made
    finally:
        del outer[description]
        if bar is not None:
            bar.close()
    seconds = time.perf_counter() - start
    _log.info("%s: %.3f s", description, seconds)
    for recorder in _recorders:
        recorder.append((description, seconds))


@contextlib.contextmanager
def recorded() -> Iterator[list[tuple[str, float]]]:
    """Collect (description, seconds) of each stage that ends while a block of work runs, in any thread.

    Examples
    --------
    >>> with recorded() as stages:
    ...     with stage("Counting"):
    ...         pass
    >>> [description for description, _ in stages]
    ['Counting']
    """
    found: list[tuple[str, float]] = []
    _recorders.append(found)
    try:
        yield found
    finally:
        _recorders.remove(found)


def _is_shown(show: bool | None) -> bool:
    return sys.stderr.isatty() if show is None else show


def rate(speed: float) -> str:
    """Write a rate, a minute's where a second sees few.

    Examples
    --------
    >>> rate(1234.5), rate(0.2)
    ('1,234/s', '12/min')
    """
    return f"{speed:,.0f}/s" if speed >= 10 else f"{60 * speed:,.0f}/min"


class _Bar:
    """One line of the display that all stages share: two displays would overwrite each other."""

    _display: Any = None
    _open: int = 0
    _lock = threading.Lock()

    def __init__(self, description: str, total: int | None, *, shown: bool) -> None:
        self.total = total
        self.began = monotonic()
        self.visible = shown or total is None
        with _Bar._lock:
            if _Bar._display is None:
                _Bar._display = _new_display(transient=not shown)
            _Bar._open += 1
            self.task = _Bar._display.add_task(description, total=total, visible=self.visible)
            if self.visible:
                _Bar._display.start()

    def show(self, done: float) -> None:
        with _Bar._lock:
            _Bar._display.update(self.task, completed=done)
            if not self.visible and self._expected(done) > PATIENCE:
                self.visible = True
                _Bar._display.update(self.task, visible=True)
                _Bar._display.start()

    def close(self) -> None:
        with _Bar._lock:
            _Bar._open -= 1
            if _Bar._open:
                _Bar._display.remove_task(self.task)
            else:
                _Bar._display.stop()
                _Bar._display = None

    def _expected(self, done: float) -> float:
        return (monotonic() - self.began) * (self.total or 0) / done if done else 0.0


def _new_display(*, transient: bool) -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Counted(ProgressColumn):
        """Steps done and steps a second."""

        def render(self, task: Task) -> Text:
            if task.total is None:
                return Text("")
            speed = f"  {rate(task.speed)}" if task.speed else ""
            return Text(f"{task.completed:,.0f}/{task.total:,.0f}{speed}", style="progress.download")

    class Left(TimeRemainingColumn):
        """Time left, of what is counted."""

        def render(self, task: Task) -> Text:
            return Text("") if task.total is None else Text("left ") + super().render(task)

    class CountedBar(BarColumn):
        """A bar, of what is counted."""

        def render(self, task: Task) -> Any:
            return Text("") if task.total is None else super().render(task)

    columns = (SpinnerColumn(), TextColumn("{task.description}"), CountedBar(), Counted())
    console = Console(stderr=True)
    return Progress(*columns, TimeElapsedColumn(), Left(), console=console, transient=transient)
