"""Thread pools in forked processes: fork copies a pool's memory, but not its threads.

GNU OpenMP, used by torch and numba, has one pool for each thread that calls it. In a forked process the
initial thread inherits such a pool, and any parallel loop in it waits forever for the missing threads.
There, torch and numba are limited to one thread; threads started later get their own pools and need no
limit. Polars has one pool for the whole process, which cannot be replaced.

A process that was not forked is never changed, and a forked one only when topickit computes in it.
"""

import contextlib
import ctypes
import importlib
import os
import re
import sys
import threading
from typing import Any

from topickit.errors import ProcessError

_NUMBA_POOL = "numba.np.ufunc.omppool"
"""The module of numba's OpenMP layer; loaded with the first parallel loop."""
_FORKED_WITHOUT_EXEC = 0x40
"""The kernel's flag PF_FORKNOEXEC in /proc/self/stat."""
_inherited: set[str] = set()
"""Modules whose thread pools the parent may have started."""
_thread: int | None = None
"""Native id of the thread that called fork, in the child."""
_started: set[str] = set()
"""The same of this process, as determined before each fork."""
_imports: list[threading.Thread] = []


def prepare() -> None:
    """Make torch and numba usable in a forked process; call it before they compute.

    Limits both to one thread in the initial thread of the process, if they were loaded before the fork. Other
    threads are not limited. Does nothing in a process that was not forked.

    Raises
    ------
    ProcessError
        When the parent ran parallel loops of a numba that cannot be restarted.
    """
    if not _inherited:
        return
    if _NUMBA_POOL in _inherited:
        _restart_numba()
    if threading.get_native_id() != _thread:
        return
    if "torch" in _inherited and (torch := sys.modules["torch"]).get_num_threads() > 1:
        torch.set_num_threads(1)
    if "numba" in _inherited:
        sys.modules["numba"].set_num_threads(1)


def check_polars(task: str) -> None:
    """Raise if polars would wait forever because its thread pool was started before the fork.

    Parameters
    ----------
    task : str
        What polars is needed for, for example "read texts.csv".

    Raises
    ------
    ProcessError
    """
    if "polars" in _inherited:
        raise ProcessError(
            f"cannot {task} in this process: it was forked after its parent used polars, whose threads are "
            "not copied by a fork. Read the texts in the parent and pass them as a list, or start the "
            "process with 'spawn' or 'forkserver'"
        )


def import_aside(module: str) -> None:
    """Import a module in a background thread; a fork waits until the import has finished.

    Forked during the import, a process would wait forever for the module's lock. An ImportError is not
    reported here.

    Parameters
    ----------
    module : str
    """

    def run() -> None:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)

    thread = threading.Thread(target=run)
    _imports.append(thread)
    thread.start()


def _restart_numba() -> None:
    """Register this process with numba's OpenMP layer, as numba does before its first parallel loop.

    Otherwise numba terminates the process. With one thread it uses no pool, see `prepare`.
    """
    pool: Any = sys.modules[_NUMBA_POOL]
    if getattr(pool, "openmp_vendor", None) == "GNU":
        try:
            ctypes.CFUNCTYPE(None, ctypes.c_int)(pool.launch_threads)(1)
        except (AttributeError, TypeError) as error:
            raise ProcessError(
                "numba cannot be used in this process: it was forked after its parent ran parallel loops of "
                "numba. Fit in the parent, or start the process with 'spawn' or 'forkserver'"
            ) from error
        _inherited.add("numba")
    _inherited.discard(_NUMBA_POOL)


def _before_fork() -> None:
    for thread in _imports:
        if thread is not threading.current_thread():
            thread.join()
    _imports.clear()
    _started.clear()
    _started.update(_loaded(), _inherited & {"polars"})
    if "polars" in sys.modules and _polars_has_threads() is not False:
        _started.add("polars")


def _after_fork() -> None:
    global _thread
    _thread = threading.get_native_id()
    _inherited.clear()
    _inherited.update(_started)


def _loaded() -> set[str]:
    """The modules that hold a pool of GNU OpenMP, whether or not it is started."""
    return {name for name in ("torch", _NUMBA_POOL) if name in sys.modules}


def _polars_has_threads() -> bool | None:
    """Whether polars has started its pool; None where the names of threads cannot be read."""
    try:
        tasks = os.listdir("/proc/self/task")
    except OSError:
        return None
    for task in tasks:
        with contextlib.suppress(OSError), open(f"/proc/self/task/{task}/comm") as file:  # it may have ended
            if re.match(r"polars-\d", file.read()):  # others of its threads run before
                return True
    return False


def _is_forked() -> bool:
    """Whether this process was forked and has not executed another program since; False outside Linux."""
    try:
        with open("/proc/self/stat") as file:
            flags = int(file.read().rpartition(")")[2].split()[6])
    except (OSError, ValueError, IndexError):
        return False
    return bool(flags & _FORKED_WITHOUT_EXEC)


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork)
    if _is_forked():  # before this module was imported, so the loaded libraries may be the parent's
        _thread = os.getpid()
        _inherited.update(_loaded())
        if "polars" in sys.modules and _polars_has_threads() is False:
            _inherited.add("polars")
