"""Progress bars with rate and time left, on terminals only, and the time that each stage takes."""

import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

PATIENCE = 2.0
"""Counted work that takes longer gets a bar; seconds."""

_log = logging.getLogger(__name__)
_recorders: list[list[tuple[str, float]]] = []
_inside = threading.local()


@dataclass(eq=False)
class Stage:
    """Work in progress.

    Attributes
    ----------
    description : str
        Name of the work.
    total : int or None
        Number of steps, if they can be counted.
    done : float
        Number of completed steps.
    """

    description: str
    total: int | None = None
    done: float = 0.0
    _bar: "_Bar | None" = field(default=None, repr=False)

    def advance(self, n: float) -> None:
        """Add n completed steps."""
        self.reach(self.done + n)

    def reach(self, done: float) -> None:
        """Set the number of completed steps; it never decreases."""
        self.done = max(self.done, done)
        if self._bar is not None:
            self._bar.show(self.done)


@contextlib.contextmanager
def stage(description: str, total: int | None = None, *, show: bool | None = None) -> Iterator[Stage]:
    """Show progress while a block of work runs.

    Work without a `total` gets a spinner. Counted work gets a bar with rate and time left, once it is
    expected to take longer than `PATIENCE`. A stage inside a stage of the same description is part of it.
    The time of the stage is logged at level INFO and collected by `record_stages`.

    Parameters
    ----------
    description : str
        Name of the work, such as "Finding topics".
    total : int, optional
        Number of steps.
    show : bool, optional
        Show progress; by default, if standard error is a terminal.

    Yields
    ------
    Stage

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
    visible = is_terminal(sys.stderr) if show is None else show
    bar = _Bar(description, total, shown=show is True) if visible else None
    outer[description] = current = Stage(description, total, _bar=bar)
    try:
        yield current
    finally:
        del outer[description]
        if bar is not None:
            bar.close()
    seconds = time.perf_counter() - start
    _log.info("%s: %.3f s", description, seconds)
    for recorder in _recorders:
        recorder.append((description, seconds))


@contextlib.contextmanager
def record_stages() -> Iterator[list[tuple[str, float]]]:
    """Collect (description, seconds) of each stage that ends while a block of work runs, in any thread.

    Yields
    ------
    list of (str, float)
        Grows as stages end.

    Examples
    --------
    >>> with record_stages() as stages:
    ...     with stage("Counting"):
    ...         pass
    >>> [description for description, _ in stages]
    ['Counting']
    """
    stages: list[tuple[str, float]] = []
    _recorders.append(stages)
    try:
        yield stages
    finally:
        _recorders.remove(stages)


def is_terminal(stream: Any) -> bool:
    """Return whether a stream is a terminal; an absent, closed or incomplete stream is none.

    Examples
    --------
    >>> is_terminal(None)
    False
    """
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError, OSError):
        return False


def rate(speed: float) -> str:
    """Format a rate per second, or per minute if it is below 10 per second.

    Parameters
    ----------
    speed : float
        Steps per second.

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
            self.display = _Bar._display
            self.task = _Bar._display.add_task(description, total=total, visible=self.visible)
            if self.visible:
                _Bar._display.start()

    def show(self, done: float) -> None:
        with _Bar._lock:
            if self.display is not _Bar._display:  # the parent's, in a forked process
                return
            _Bar._display.update(self.task, completed=done)
            if not self.visible and self._estimate(done) > PATIENCE:
                self.visible = True
                _Bar._display.update(self.task, visible=True)
                _Bar._display.start()

    def close(self) -> None:
        with _Bar._lock:
            if self.display is not _Bar._display:
                return
            _Bar._open -= 1
            if _Bar._open:
                _Bar._display.remove_task(self.task)
            else:
                _Bar._display.stop()
                _Bar._display = None

    @classmethod
    def forget_display(cls) -> None:
        """Drop the parent's display in a forked process, which has no thread to refresh it."""
        cls._lock, cls._display, cls._open = threading.Lock(), None, 0

    def _estimate(self, done: float) -> float:
        return (monotonic() - self.began) * (self.total or 0) / done if done else 0.0


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_Bar.forget_display)


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
        """Completed steps and steps per second."""

        def render(self, task: Task) -> Text:
            if task.total is None:
                return Text("")
            speed = f"  {rate(task.speed)}" if task.speed else ""
            return Text(f"{task.completed:,.0f}/{task.total:,.0f}{speed}", style="progress.download")

    class Left(TimeRemainingColumn):
        """Time left of counted work."""

        def render(self, task: Task) -> Text:
            return Text("") if task.total is None else Text("left ") + super().render(task)

    class CountedBar(BarColumn):
        """Bar of counted work."""

        def render(self, task: Task) -> Any:
            return Text("") if task.total is None else super().render(task)

    columns = (SpinnerColumn(), TextColumn("{task.description}"), CountedBar(), Counted())
    console = Console(stderr=True)
    return Progress(*columns, TimeElapsedColumn(), Left(), console=console, transient=transient)
