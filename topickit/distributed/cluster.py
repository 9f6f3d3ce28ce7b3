"""Starting Ray, or connecting to a cluster."""

import os
import socket

from topickit._core.optional import require
from topickit.errors import ParameterError

TIMEOUT = 10
"""Seconds to wait for a cluster."""


def start(address: str | None = None, *, quiet: bool = False) -> None:
    """Start Ray on this machine, or connect to a cluster; nothing is done where that has been done.

    Parameters
    ----------
    address : str, optional
        Of a cluster, as for ``ray.init``, such as "auto" or "ray.example.org:6379". None starts Ray on this
        machine, unless the variable RAY_ADDRESS names a cluster.
    quiet : bool, default False
        Show no log of Ray below errors, as the command does.

    Raises
    ------
    MissingPackageError
        If Ray is not installed.
    ParameterError
        When there is no cluster at the address.

    Examples
    --------
    >>> start("127.0.0.1:1")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    topickit.errors.ParameterError: cannot connect to a Ray cluster at '127.0.0.1:1': ...
    """
    ray = require("ray")
    os.environ.setdefault("RAY_TQDM_PATCH_PRINT", "0")  # else it replaces print(), which numba cannot compile
    if ray.is_initialized():
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else Ray would send statistics to its makers
    settings = {"logging_level": "ERROR", "log_to_driver": False} if quiet else {}
    if address is None:
        ray.init(include_dashboard=False, **settings)
        return
    try:
        _check_reachable(address)
        ray.init(address=address, **settings)
    except (OSError, ValueError, RuntimeError) as error:
        raise ParameterError(
            f"cannot connect to a Ray cluster at {address!r}: {str(error).partition(chr(10))[0]}; check the "
            "address, or leave it out to start Ray on this machine"
        ) from error


def _check_reachable(address: str) -> None:
    """Try an address of the form host:port, where Ray itself would try for minutes and end the process."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), TIMEOUT).close()


def n_processors() -> int:
    """Return the number of processors of the cluster, at least 1.

    Examples
    --------
    >>> n_processors()  # doctest: +SKIP
    16
    """
    return max(1, int(require("ray").cluster_resources().get("CPU", 1)))
