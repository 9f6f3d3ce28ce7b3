"""Where large products are computed: on the processors, or on a torch device that the user named.

A device sums in another order than a processor, so cosines differ by float32 rounding, and labels only
where two topics are equally near to within it. Neighbours are ordered by cosines of the processors.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit.errors import ParameterError

_DEVICE: ContextVar[str | None] = ContextVar("device", default=None)


@contextlib.contextmanager
def on(device: str | None) -> Iterator[None]:
    """Compute products on a torch device while this context is open, in this thread and those it starts.

    Parameters
    ----------
    device : str, optional
        Such as "cuda"; None for the processors.

    Raises
    ------
    ParameterError
        When torch has no such device.

    Examples
    --------
    >>> with on("cpu"):
    ...     product(np.eye(2, dtype=np.float32), np.ones((1, 2), dtype=np.float32)).tolist()
    [[1.0], [1.0]]
    """
    if device is not None:
        check(device)
    before = _DEVICE.set(device)
    try:
        yield
    finally:
        _DEVICE.reset(before)


def current() -> str | None:
    """Name the device on which products are computed, None for the processors."""
    return _DEVICE.get()


def check(device: str) -> None:
    """Raise a ParameterError where torch cannot compute on a device.

    Parameters
    ----------
    device : str
    """
    import torch

    if not isinstance(device, str):
        raise ParameterError(f"device must be None or the name of a torch device, got {device!r}")
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # the latter from a torch without CUDA
        reason = str(error).splitlines()[0]
        raise ParameterError(f"device {device!r} cannot be used: {reason}") from error


def product(rows: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Multiply each row with each of the others, on the current device.

    Parameters
    ----------
    rows : float32 ndarray of shape (n, d)
    others : float32 ndarray of shape (m, d)

    Returns
    -------
    float32 ndarray of shape (n, m)
    """
    device = current()
    if device is None:
        return rows @ others.T
    return np.asarray((tensor(rows, device) @ tensor(others, device).T).cpu().numpy())


def largest_products(
    queries: NDArray[np.float32], corpus: NDArray[np.float32], k: int, block: int, *, exclude_self: bool
) -> NDArray[np.int64]:
    """Find the corpus rows of the k largest products with each query, in no order, on the current device.

    Parameters
    ----------
    queries : float32 ndarray of shape (n, d)
    corpus : float32 ndarray of shape (m, d)
        All of it is copied to the device.
    k : int
        At most m, or m − 1 with `exclude_self`.
    block : int
        Queries at a time.
    exclude_self : bool
        Queries and corpus are the same rows: leave each row out of its own list.

    Returns
    -------
    int64 ndarray of shape (n, k)
    """
    device = current() or "cpu"
    whole = tensor(corpus, device)
    found = np.empty((len(queries), k), dtype=np.int64)
    for start in range(0, len(queries), block):
        scores = tensor(queries[start : start + block], device) @ whole.T
        if exclude_self:
            scores.diagonal(start).fill_(-np.inf)
        found[start : start + block] = scores.topk(k, sorted=False).indices.cpu().numpy()
    return found


def tensor(rows: NDArray[np.float32], device: str) -> Any:
    """Copy rows to a torch device.

    Parameters
    ----------
    rows : float32 ndarray of shape (n, d)
    device : str
    """
    import torch

    return torch.from_numpy(np.ascontiguousarray(rows)).to(device)
