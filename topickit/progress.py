"""Progress on a terminal, and nowhere else."""

import contextlib
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def stage(description: str) -> Iterator[None]:
    """Show what is going on, and for how long, while a block of work runs; only on a terminal.

    Parameters
    ----------
    description : str
        For example "Finding topics".

    Examples
    --------
    >>> with stage("Counting"):
    ...     n = sum(range(3))
    """
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(description, total=None)
        yield
