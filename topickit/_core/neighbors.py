"""Nearest neighbors: exact for moderate numbers of rows, else approximate with measured recall."""

import logging

import numpy as np

from topickit._core.vectors import FloatArray, IntArray, Neighbors, nearest_of, take_rows, top_k_cosine

EXACT_ROWS = 50_000
"""Most rows for an exact search."""
RECALL = 0.95
"""Least recall of an approximate search."""
JUDGED_ROWS = 1_000
"""Rows on which recall is measured."""
EFFORTS = (1.0, 1.5, 2.5)
"""Neighbors searched for, as multiples of k, until the recall is reached."""

_log = logging.getLogger(__name__)


def nearest_rows(
    vectors: FloatArray,
    k: int,
    *,
    exclude_self: bool = True,
    random_state: int = 0,
    device: str | None = None,
) -> Neighbors:
    """Find the k nearest rows of each row by cosine.

    Above `EXACT_ROWS` rows the search is nearest neighbor descent, with rising effort until its recall on
    `JUDGED_ROWS` rows reaches `RECALL`; if it never does, the search is exact. On a torch device it is
    always exact.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    k : int
    exclude_self : bool
        Leave each row out of its own list; else it is first in an approximate search.
    random_state : int
    device : str, optional
        A torch device, such as "cuda"; None for the CPU.

    References
    ----------
    Dong, Charikar, Li, "Efficient K-Nearest Neighbor Graph Construction for Generic Similarity Measures",
    WWW 2011; the library is PyNNDescent.
    """
    if len(vectors) <= EXACT_ROWS or device is not None:
        return top_k_cosine(vectors, vectors, k, exclude_self=exclude_self, device=device)
    if not exclude_self:
        near = nearest_rows(vectors, k - 1, random_state=random_state)
        own, one = np.arange(len(vectors))[:, None], np.ones((len(vectors), 1), dtype=np.float32)
        return Neighbors(np.hstack([own, near.indices]), np.hstack([one, near.similarities]))
    sample = np.sort(np.random.default_rng(random_state).permutation(len(vectors))[:JUDGED_ROWS])
    truth = _without_self(top_k_cosine(take_rows(vectors, sample), vectors, k + 1).indices, sample, k)
    for effort in EFFORTS:
        indices = _descend(vectors, k, effort, random_state)
        recall = float(np.mean([np.isin(a, b).mean() for a, b in zip(truth, indices[sample], strict=True)]))
        _log.info("approximate neighbors of %d rows: recall %.3f", len(vectors), recall)
        if recall >= RECALL:
            return nearest_of(vectors, vectors, indices, k)
    return top_k_cosine(vectors, vectors, k, exclude_self=True)


def _descend(vectors: FloatArray, k: int, effort: float, random_state: int) -> IntArray:
    from pynndescent import NNDescent

    index = NNDescent(
        np.ascontiguousarray(vectors),
        metric="dot",
        n_neighbors=int(effort * k) + 1,
        random_state=random_state,
        low_memory=True,
    )
    return _without_self(index.neighbor_graph[0], np.arange(len(vectors)), k)


def _without_self(indices: IntArray, rows: IntArray, k: int) -> IntArray:
    """Drop each row from its own list, or the last of a list that it is not in."""
    own = indices == rows[:, None]
    own[~own.any(axis=1), -1] = True
    first = own.argmax(axis=1)
    kept = np.ones_like(own)
    kept[np.arange(len(own)), first] = False
    return np.asarray(indices[kept].reshape(len(indices), -1)[:, :k], dtype=np.int64)
