"""Atomic writing of files."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any

from topickit._core.paths import refuse_address
from topickit.errors import InputError, InputTypeError

TEMPORARY = ".topickit-"
"""Prefix of unfinished files. A killed process may leave one."""


def write_atomic(path: str | os.PathLike[str], data: str | bytes) -> Path:
    """Write a file atomically: readers see the old file or the new one, never a part of it.

    The data is written to a temporary file in the same folder, flushed to disk and renamed. If `path` is a
    symbolic link, the file that it points to is replaced. The permissions of a replaced file are kept. Pipes
    and devices are written to directly.

    Parameters
    ----------
    path : str or path-like
        The file to write; its folder must exist.
    data : str or bytes
        A str is written as UTF-8, without changing line ends.

    Returns
    -------
    Path
        The given path.

    Raises
    ------
    InputTypeError
        If `path` is not a path.
    InputError
        If the folder does not exist, the path is a folder, the text cannot be encoded, or the file cannot
        be written (full disk, no permission). No temporary file remains.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomic(Path(folder) / "a.txt", "abc").read_text()
    'abc'
    """
    result = check_target(path)
    try:
        content = data.encode("utf-8") if isinstance(data, str) else data
    except UnicodeEncodeError as error:
        raise InputError(
            f"cannot write {str(path)!r}: the text has an unpaired surrogate at character {error.start}; "
            "repair it: text.encode('utf-8', 'replace').decode()"
        ) from error
    try:
        if _is_stream(result):
            result.write_bytes(content)
        else:
            _replace(Path(os.path.realpath(result)), content)
    except OSError as error:
        raise InputError(f"cannot write {str(path)!r}: {error.strerror or error}") from error
    return result


def check_target(path: Any) -> Path:
    """Check that a file can be written, before the work for it is done.

    Parameters
    ----------
    path : str or path-like
        The file to write.

    Returns
    -------
    Path
        The given path.

    Raises
    ------
    InputTypeError
        If `path` is not a path.
    InputError
        If it is a folder, or if its folder does not exist or may not be written.
    """
    try:
        result = Path(path)
    except TypeError as error:
        raise InputTypeError(f"a path must be a str or path-like, got {type(path).__name__}") from error
    refuse_address(path)
    if "\0" in str(result):
        raise InputError(f"a path cannot contain a NUL character: {str(path)!r}")
    if os.path.isdir(result):  # Path.is_dir raises where a name is too long
        raise InputError(f"cannot write {str(path)!r}: it is a folder; append a file name")
    if not os.path.isdir(result.parent):
        raise InputError(
            f"cannot write {str(path)!r}: there is no folder {str(result.parent)!r}; create it first"
        )
    folder = os.path.dirname(os.path.realpath(result))
    if _is_stream(result):
        return result
    if not os.access(folder, os.W_OK):
        raise InputError(f"cannot write {str(path)!r}: no permission to write in {folder!r}")
    return result


def _is_stream(path: Path) -> bool:
    """Return whether the path is a pipe or device, such as /dev/null, which must not be replaced."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _replace(target: Path, content: bytes) -> None:
    # A short name: that of the target may have the maximum length.
    temporary = target.parent / f"{TEMPORARY}{secrets.token_hex(8)}.tmp"
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            os.chmod(temporary, target.stat().st_mode & 0o7777)
        os.replace(temporary, target)
    except BaseException:  # also for an interrupt
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
