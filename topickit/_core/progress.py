"""Progress of work on terminals and in notebooks, as lines for the command, and the time of each stage."""

import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, ClassVar, Protocol

PATIENCE = 2.0
"""Counted work that takes longer gets a bar; seconds."""
SHORTEST = 5.0
"""Stages that take this long or longer get a line in the output of the command; seconds."""
SETTLED = 5.0
"""Seconds after which the speed of counted work tells how long all of it takes."""
LINE_INTERVAL = 30.0
"""Time between lines on counted work; seconds."""
NOTEBOOK_INTERVAL = 0.5
"""Time between updates in a notebook; seconds."""

_log = logging.getLogger(__name__)
_recorders: list[list[tuple[str, float]]] = []
_inside = threading.local()
_lines: Any = None
"""Stream for lines on stages, where standard error is no terminal."""


class _Reporter(Protocol):
    """What shows the progress of one stage."""

    def show(self, done: float) -> None: ...

    def close(self) -> None: ...


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
    _reporter: _Reporter | None = field(default=None, repr=False)
    _expect: Callable[[float], None] | None = field(default=None, repr=False)
    _began: float = field(default=0.0, repr=False)

    def advance(self, n: float) -> None:
        """Add n completed steps."""
        self.reach(self.done + n)

    def reach(self, done: float) -> None:
        """Set the number of completed steps; it never decreases."""
        self.done = max(self.done, done)
        if self._reporter is not None:
            self._reporter.show(self.done)
        if self._expect is not None and self.total and self.done > 0:
            seconds = monotonic() - self._began
            if seconds >= SETTLED:
                expect, self._expect = self._expect, None
                expect(seconds * self.total / self.done)


@contextlib.contextmanager
def stage(
    description: str,
    total: int | None = None,
    *,
    show: bool | None = None,
    expect: Callable[[float], None] | None = None,
) -> Iterator[Stage]:
    """Show progress while a block of work runs.

    Work without a `total` gets a spinner. Counted work gets a bar with rate and time left, once it is
    expected to take longer than `PATIENCE`. A notebook gets one line of text for work that takes longer.
    A stage inside a stage of the same description is part of it. The time of the stage is logged at level
    INFO and collected by `record_stages`.

    Parameters
    ----------
    description : str
        Name of the work, such as "Finding topics".
    total : int, optional
        Number of steps.
    show : bool, optional
        Show progress; by default, if standard error is a terminal or a notebook, or inside `lines_to`.
    expect : function of a float, optional
        Called once with the seconds that all of counted work takes at its present speed, after `SETTLED`
        seconds. Not called for work that is done by then.

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
    reporter = _new_reporter(description, total, show)
    outer[description] = current = Stage(description, total, _reporter=reporter)
    if expect is not None:
        current._expect, current._began = expect, monotonic()
    try:
        yield current
    finally:
        del outer[description]
        if reporter is not None:
            reporter.close()
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


@contextlib.contextmanager
def lines_to(stream: Any) -> Iterator[None]:
    """Write lines on stages to a stream while a block of work runs, where standard error is no terminal.

    Stages of `SHORTEST` seconds or more get a line when they end. Counted work gets one every
    `LINE_INTERVAL` seconds.

    Parameters
    ----------
    stream : text stream

    Examples
    --------
    >>> with lines_to(sys.stderr), stage("Counting"):
    ...     pass
    """
    global _lines
    previous, _lines = _lines, stream
    try:
        yield
    finally:
        _lines = previous


def is_notebook(stream: Any) -> bool:
    """Return whether a stream writes to a notebook.

    Examples
    --------
    >>> is_notebook(sys.stderr)
    False
    """
    return type(stream).__module__.partition(".")[0] == "ipykernel"


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


def _new_reporter(description: str, total: int | None, show: bool | None) -> _Reporter | None:
    if show is False:
        return None
    if is_notebook(sys.stderr):
        return _NotebookText(description, total, sys.stderr)
    if show or is_terminal(sys.stderr):
        return _Bar(description, total, shown=show is True)
    return None if _lines is None else _Lines(description, total, _lines)


class _Lines:
    """Lines in a file: one when a long stage ends, and one at intervals of counted work."""

    def __init__(self, description: str, total: int | None, stream: Any) -> None:
        self.description, self.total, self.stream = description, total, stream
        self.began = self.written = monotonic()

    def show(self, done: float) -> None:
        now = monotonic()
        if self.total is not None and now - self.written >= LINE_INTERVAL:
            self.written = now
            self._write(f"{done:,.0f}/{self.total:,}, {rate(done / (now - self.began))}")

    def close(self) -> None:
        if (seconds := monotonic() - self.began) >= SHORTEST:
            self._write(f"{seconds:,.1f} s")

    def _write(self, text: str) -> None:
        self.stream.write(f"{self.description}: {text}\n")
        self.stream.flush()


class _NotebookText:
    """A part of the line that all stages share in a notebook; rich would need ipywidgets there."""

    _open: ClassVar[list[Any]] = []
    _lock: ClassVar[threading.Lock] = threading.Lock()
    _width: ClassVar[int] = 0
    _drawn: ClassVar[float] = float("-inf")

    def __init__(self, description: str, total: int | None, stream: Any) -> None:
        self.description, self.total, self.stream = description, total, stream
        self.began = monotonic()
        self.done = 0.0
        self.visible = False
        with _NotebookText._lock:
            _NotebookText._open.append(self)
        # Work that is not counted, or slow to count, does not call `show`.
        self.timer = threading.Timer(PATIENCE, self._reveal)
        self.timer.daemon = True
        self.timer.start()

    def show(self, done: float) -> None:
        with _NotebookText._lock:
            self.done = done
            if self.visible and monotonic() - _NotebookText._drawn >= NOTEBOOK_INTERVAL:
                self._draw()

    def close(self) -> None:
        self.timer.cancel()
        with _NotebookText._lock:
            if self in _NotebookText._open:  # not in a forked process
                _NotebookText._open.remove(self)
                if self.visible:
                    self._draw()

    @classmethod
    def forget_display(cls) -> None:
        """Drop the parent's line in a forked process."""
        cls._lock, cls._open, cls._width = threading.Lock(), [], 0

    def _reveal(self) -> None:
        with _NotebookText._lock:
            if self in _NotebookText._open:
                self.visible = True
                self._draw()

    def _draw(self) -> None:
        now = monotonic()
        text = "  |  ".join(part._text(now) for part in _NotebookText._open if part.visible)
        with contextlib.suppress(ValueError, OSError):  # a closed stream
            self.stream.write("\r" + text.ljust(_NotebookText._width) + ("" if text else "\r"))
            self.stream.flush()
        _NotebookText._width, _NotebookText._drawn = len(text), now

    def _text(self, now: float) -> str:
        if self.total is None:
            return self.description
        counted = f"{self.description} {self.done:,.0f}/{self.total:,}"
        if not self.done or now <= self.began:
            return counted
        speed = self.done / (now - self.began)
        minutes, seconds = divmod(round(max(self.total - self.done, 0) / speed), 60)
        return f"{counted}  {rate(speed)}  left {minutes}:{seconds:02}"


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
    os.register_at_fork(after_in_child=_NotebookText.forget_display)


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
