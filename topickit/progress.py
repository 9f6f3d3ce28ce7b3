"""Progress on a terminal, and nowhere else."""

import contextlib
import logging
import sys
import time
from collections.abc import Iterator

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def stage(description: str) -> Iterator[None]:
    """Show what is going on, and for how long, while a block of work runs; only on a terminal.

    The seconds that it took are logged at level INFO.

    Parameters
    ----------
    description : str
        For example "Finding topics".

    Examples
    --------
    >>> with stage("Counting"):
    ...     n = sum(range(3))
    """
    start = time.perf_counter()
    with _spinner(description):
        yield
    _log.info("%s: %.3f s", description, time.perf_counter() - start)


@contextlib.contextmanager
def _spinner(description: str) -> Iterator[None]:
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(description, total=None)
        yield
