"""Standard streams of the command: they may be absent, closed, full, or read by a program that has ended."""

import contextlib
import os
from collections.abc import Callable
from typing import Any, TextIO

from topickit._core.progress import is_terminal
from topickit.errors import InputError


class StandardStream:
    """A standard stream that drops what nobody can read.

    What is written is dropped when there is no stream (services and pythonw have none), when it is closed,
    and when its reader has gone, so that the work continues.

    Parameters
    ----------
    stream : text stream or None
        All other attributes are those of the stream.
    required : bool, default False
        Raise an error when the stream cannot be written for another reason, such as a full disk. If false,
        the text is dropped.
    """

    def __init__(self, stream: TextIO | None, *, required: bool = False) -> None:
        self._stream = stream
        self._required = required
        with contextlib.suppress(AttributeError, ValueError, OSError):
            # A file has the same content as one written by --out; a terminal may know fewer characters.
            stream.reconfigure(  # type: ignore[union-attr]
                encoding=None if is_terminal(stream) else "utf-8", errors="backslashreplace"
            )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return is_terminal(self._stream)

    def write(self, text: str) -> int:
        """Write text.

        Raises
        ------
        InputError
            If `required` and the stream cannot be written, unless nobody reads it.
        """
        # Libraries write an empty text to find out whether a stream accepts text.
        return 0 if self._stream is None or text == "" else self._attempt(self._stream.write, text) or 0

    def flush(self) -> None:
        """Flush the stream; raises as `write`."""
        if (flush := getattr(self._stream, "flush", None)) is not None:
            self._attempt(flush)

    def _attempt(self, act: Callable[..., int | None], *arguments: str) -> int | None:
        try:
            return act(*arguments)
        except OSError as error:
            self._discard_buffer()
            if self._required and not isinstance(error, BrokenPipeError):
                raise InputError(f"cannot write to standard output: {error.strerror or error}") from error
        except ValueError:
            if not getattr(self._stream, "closed", False):
                raise
        return None

    def _discard_buffer(self) -> None:
        """Redirect the stream to nowhere: its buffer would fail again when the process ends."""
        with contextlib.suppress(AttributeError, ValueError, OSError), open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), self._stream.fileno())  # type: ignore[union-attr]
