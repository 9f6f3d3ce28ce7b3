"""Standard output that may go away: a reader that has seen enough, a disk that is full."""

import os
from collections.abc import Callable
from typing import Any, TextIO

from topickit.errors import InputError


class Output:
    """A text stream whose reader may leave: the work goes on, and what else is printed is dropped.

    Parameters
    ----------
    stream : text stream
        Everything else is its own.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write as the stream does.

        Raises
        ------
        InputError
            When it cannot be written, for any other reason than that nobody reads.
        """
        # Libraries ask by an empty text whether a stream takes any, and forgive what that raises.
        return (self._tried(lambda: self._stream.write(text)) or 0) if text != "" else 0

    def flush(self) -> None:
        """Flush as the stream does; raises as `write`."""
        self._tried(self._stream.flush)

    def _tried(self, act: Callable[[], int | None]) -> int | None:
        try:
            return act()
        except OSError as error:
            # What is still buffered would fail again when the process ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            if isinstance(error, BrokenPipeError):
                return None
            raise InputError(f"cannot write to standard output: {error.strerror}") from error
