"""Loops compiled by numba, cached on disk and run without the interpreter lock.

Importing this module imports numba, which takes half a second. Import it, and modules that import it, inside
functions.
"""

from collections.abc import Callable
from typing import Any

import numba


def jit(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function with numba; its machine code is cached if there is a writable folder.

    Parameters
    ----------
    **options
        Options of `numba.njit`.
    """

    def wrap(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(nogil=True, cache=True, **options)(function)
        except RuntimeError:  # neither the folder of the package nor the user's cache folder is writable
            return numba.njit(nogil=True, **options)(function)

    return wrap
