"""Labels where prototypes were added: rows that no added prototype can take are not decided again."""

import numpy as np

from topickit._core import devices
from topickit._core.vectors import (
    FloatArray,
    IntArray,
    block_rows,
    half_square_norms,
    map_blocks,
    release,
    take_rows,
    unit_rows,
)
from topickit.fitted.assigner import Assigner

ROUNDING = 1e-5
"""Values of a row in two products that differ by less may be equal."""
TOPICS_PER_BLOCK = 8


def labels_with_added(before: Assigner, after: Assigner, labels: IntArray, vectors: FloatArray) -> IntArray:
    """Decide the topics of rows whose labels by the first of the prototypes are known.

    Parameters
    ----------
    before, after : Assigner
        The prototypes of `before` are the first of `after`.
    labels : int64 ndarray of shape (n,)
        Those that `before` decided.
    vectors : float32 ndarray of shape (n, d), unit rows

    Returns
    -------
    int64 ndarray of shape (n,)
        Those that `after` decides.

    Examples
    --------
    >>> topic = np.arange(2)
    >>> after = Assigner(np.eye(2, dtype=np.float32), topic, np.full(2, -1, dtype=np.float32))
    >>> labels = np.zeros(2, dtype=np.int64)
    >>> labels_with_added(after.select([0]), after, labels, after.prototypes).tolist()
    [0, 1]
    """
    n_before = len(before.topics)
    if n_before == len(after.topics):
        return labels
    if after.rule == "first":
        return after.labels(vectors)
    to_added = _best_values(after.prototypes[n_before:], vectors, after.device)
    rows = np.flatnonzero(to_added > own_values(before, vectors, labels) - ROUNDING)
    result = labels.copy()
    result[rows] = after.labels(take_rows(vectors, rows))
    return result


def own_values(
    assigner: Assigner, vectors: FloatArray, labels: IntArray, *, unit: bool = False
) -> FloatArray:
    """Return the largest value of a prototype of each row's own topic: a bound of that of all prototypes.

    Parameters
    ----------
    assigner : Assigner
    vectors : float32 ndarray of shape (n, d), unit rows
    labels : int64 ndarray of shape (n,)
    unit : bool
        The value is the cosine. By default, it is one that grows as the Euclidean distance falls.

    Returns
    -------
    float32 ndarray of shape (n,)
        −inf for a row in no topic.
    """
    prototypes = unit_rows(assigner.prototypes) if unit else assigner.prototypes
    less = np.zeros(len(prototypes), np.float32) if unit else half_square_norms(prototypes)
    values = np.full(len(vectors), -np.inf, dtype=np.float32)
    order = np.argsort(labels, kind="stable")
    bounds = np.searchsorted(labels[order], np.arange(assigner.n_topics + 1))

    def of_topics(start: int, stop: int) -> None:
        for topic in range(start, stop):
            rows, own = order[bounds[topic] : bounds[topic + 1]], assigner.topics == topic
            if len(rows) and own.any():
                values[rows] = (take_rows(vectors, rows) @ prototypes[own].T - less[own]).max(axis=1)

    map_blocks(of_topics, assigner.n_topics, TOPICS_PER_BLOCK)
    return values


def _best_values(prototypes: FloatArray, vectors: FloatArray, device: str | None) -> FloatArray:
    """Return the largest value of any prototype for each row, as in `own_values`."""
    less = half_square_norms(prototypes)

    def best(start: int, stop: int) -> FloatArray:
        values = devices.product(vectors[start:stop], prototypes, device) - less
        release(vectors)
        return np.asarray(values.max(axis=1))

    return np.concatenate(map_blocks(best, len(vectors), block_rows(8 * len(prototypes))))
