"""Writing files so that they are whole or not there."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any

from topickit.errors import InputError, InputTypeError

TEMPORARY = ".topickit-"
"""How files begin that are not whole yet: what a killed process leaves of one."""


def write_atomic(path: str | os.PathLike[str], data: str | bytes) -> Path:
    """Write a file in one step: readers see the old file or the whole new one, never a part.

    The data goes to a temporary file in the same folder, is flushed to the disk and then renamed.
    A link is followed: the file that it points to is replaced. The permissions of a replaced file
    are kept. A pipe or a device is written to as it is.

    Parameters
    ----------
    path : str or path-like
        The file to write; its folder must exist.
    data : str or bytes
        A str is written as UTF-8, its line ends as they are.

    Returns
    -------
    Path
        The path as it was given.

    Raises
    ------
    InputTypeError
        When `path` is not a path.
    InputError
        When the folder does not exist, the path is a folder, the text cannot be encoded, or the
        system refuses to write (full disk, no permission). Nothing is left behind.

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
    """Check that a file can be written at a path, before the work for it is done; nothing is written.

    Raises
    ------
    InputTypeError
        When `path` is not a path.
    InputError
        When it is a folder, or the folder it is in does not exist or may not be written.
    """
    try:
        result = Path(path)
    except TypeError as error:
        raise InputTypeError(f"a path must be a str or path-like, got {type(path).__name__}") from error
    if "\0" in str(result):
        raise InputError(f"a path cannot hold a NUL character: {str(path)!r}")
    if os.path.isdir(result):  # Path.is_dir raises where a name is too long
        raise InputError(f"cannot write {str(path)!r}: it is a folder; add a file name")
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
    """Whether there is something that is no file, such as a pipe or /dev/null: it must not be replaced."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _replace(target: Path, content: bytes) -> None:
    # A name of its own length: the target's name may already be as long as the system allows.
    temporary = target.parent / f"{TEMPORARY}{secrets.token_hex(8)}.tmp"
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            os.chmod(temporary, target.stat().st_mode & 0o7777)
        os.replace(temporary, target)
    except BaseException:  # an interrupt, too, must leave nothing behind
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
