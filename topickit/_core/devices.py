"""Large matrix products, on the CPU or on a torch device.

A device sums in another order than the CPU, so cosines differ by float32 rounding, and labels differ only
where two topics are equally near to within that rounding. Neighbors are ordered by cosines from the CPU.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core import processes
from topickit.errors import ParameterError


def check(device: str | None) -> None:
    """Check that torch can compute on a device.

    Parameters
    ----------
    device : str, optional
        Such as "cuda"; None, the CPU without torch, always passes.

    Raises
    ------
    ParameterError
        When torch has no such device.
    """
    if device is None:
        return
    import torch

    processes.prepare()
    if not isinstance(device, str):
        raise ParameterError(f"device must be None or the name of a torch device, got {device!r}")
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # the latter from a torch without CUDA
        reason = str(error).splitlines()[0]
        raise ParameterError(f"device {device!r} cannot be used: {reason}") from error


def product(
    rows: NDArray[np.float32], columns: NDArray[np.float32], device: str | None = None
) -> NDArray[np.float32]:
    """Multiply each row of one matrix with each row of another: ``rows @ columns.T``.

    Parameters
    ----------
    rows : float32 ndarray of shape (n, d)
    columns : float32 ndarray of shape (m, d)
    device : str, optional
        A torch device, such as "cuda"; None for the CPU.

    Returns
    -------
    float32 ndarray of shape (n, m)

    Examples
    --------
    >>> product(np.eye(2, dtype=np.float32), np.ones((1, 2), dtype=np.float32), "cpu").tolist()
    [[1.0], [1.0]]
    """
    if device is None:
        return rows @ columns.T
    return np.asarray((tensor(rows, device) @ tensor(columns, device).T).cpu().numpy())


def largest_products(
    queries: NDArray[np.float32],
    corpus: NDArray[np.float32],
    k: int,
    *,
    block: int,
    exclude_self: bool,
    device: str,
) -> NDArray[np.int64]:
    """Find the corpus rows of the k largest products with each query, in no order.

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
    device : str

    Returns
    -------
    int64 ndarray of shape (n, k)
    """
    whole = tensor(corpus, device)
    indices = np.empty((len(queries), k), dtype=np.int64)
    for start in range(0, len(queries), block):
        scores = tensor(queries[start : start + block], device) @ whole.T
        if exclude_self:
            scores.diagonal(start).fill_(-np.inf)
        indices[start : start + block] = scores.topk(k, sorted=False).indices.cpu().numpy()
    return indices


def tensor(rows: NDArray[np.float32], device: str) -> Any:
    """Copy rows to a torch device.

    Parameters
    ----------
    rows : float32 ndarray of shape (n, d)
    device : str
    """
    import torch

    processes.prepare()
    return torch.from_numpy(np.ascontiguousarray(rows)).to(device)
