"""Compiled search for the largest entries of each row."""

from typing import Any

import numpy as np

from topickit._core.jit import jit


@jit()
def largest(scores: Any, k: int) -> Any:
    """Return the k largest entries of each row, for `topickit._core.vectors.top_k_cosine`.

    Parameters
    ----------
    scores : float32 ndarray of shape (n, m)
        Must not contain NaN.
    k : int
        At most m.

    Returns
    -------
    positions, values : int64 and float32 ndarray of shape (n, k)
        Sorted by falling value, then by position.
    """
    n, m = scores.shape
    positions = np.empty((n, k), dtype=np.int64)
    values = np.empty((n, k), dtype=np.float32)
    for row in range(n):
        best, where = values[row], positions[row]
        for at in range(k):
            best[at] = -np.inf
            where[at] = -1
        least = np.float32(-np.inf)
        for column in range(m):
            value = scores[row, column]
            if value > least or where[k - 1] < 0:
                at = k - 1
                while at > 0 and (where[at - 1] < 0 or best[at - 1] < value):
                    best[at] = best[at - 1]
                    where[at] = where[at - 1]
                    at -= 1
                best[at] = value
                where[at] = column
                least = best[k - 1]
    return positions, values
