"""Compiling loops with numba: machine code that is kept on disk and runs outside the interpreter lock.

Modules that import this one import numba (half a second): import them inside functions.
"""

from collections.abc import Callable
from typing import Any

import numba


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile with numba, keeping the machine code on disk where there is a place for it."""

    def wrap(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(nogil=True, cache=True, **options)(function)
        except RuntimeError:  # neither the package's folder nor the user's cache folder can be written
            return numba.njit(nogil=True, **options)(function)

    return wrap
