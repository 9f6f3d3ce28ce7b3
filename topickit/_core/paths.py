"""Checks of the paths that a user gives, for reading and for writing."""

import os
import re
from typing import Any

from topickit.errors import InputError

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/+")
"""A scheme has two characters or more: C:/ is a drive."""


def refuse_address(path: Any) -> None:
    """Refuse an address such as "s3://bucket/x", of which a local folder named "s3:" would be made.

    Parameters
    ----------
    path : str, path, or anything else
        What is no path passes: others check that.

    Raises
    ------
    InputError
        When it is an address, also one whose slashes `pathlib.Path` has joined.

    Examples
    --------
    >>> refuse_address("a/b")
    >>> refuse_address("s3://bucket/x")
    Traceback (most recent call last):
    topickit.errors.InputError: 's3://bucket/x' is an address, and topickit reads and writes local files \
only; give a local path, and copy the file from or to the address yourself
    """
    if not isinstance(path, str | os.PathLike):
        return
    written = os.fspath(path)
    address = _ADDRESS.match(written) if isinstance(written, str) else None
    if address is None:
        return
    # pathlib.Path("s3://x") is "s3:/x", which may also be a file in a local folder "s3:".
    if address.group().endswith("//") or not os.path.isdir(written.partition("/")[0]):
        raise InputError(
            f"{written!r} is an address, and topickit reads and writes local files only; give a local path, "
            "and copy the file from or to the address yourself"
        )
