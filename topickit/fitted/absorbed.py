"""Topics that a merge of models leaves out, because the other topics explain their documents as well.

Two models divide the same subjects in two ways. With the topics of both, each document would be between two
topics, and the merged model would have more topics than either way of dividing.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray
from topickit.fitted.assigner import Assigner
from topickit.fitted.discover import AGREEMENT_SAMPLE, median_separation, separations_of

SEPARATION = 0.7
"""Least separation of a topic, in units of the median topic's of its own model. Of .5 to 1, it
was the best in the mean of six collections."""


def usual_separation(assigner: Assigner, vectors: FloatArray, weights: NDArray[np.int64]) -> float:
    """Return the median separation of the topics of a model; 0 for fewer than two topics.

    Parameters
    ----------
    assigner : Assigner
    vectors : float32 ndarray of shape (n, d), unit rows
        Its documents.
    weights : int64 ndarray of shape (n,)
    """
    if assigner.n_topics < 2:
        return 0.0
    few = slice(0, AGREEMENT_SAMPLE)  # in the order of content hashes: a uniform sample
    return median_separation(assigner, vectors[few], weights[few], default=0.0)


def absorbed_topics(
    assigner: Assigner, new: Collection[int], usual: float, vectors: FloatArray, weights: NDArray[np.int64]
) -> dict[int, int]:
    """Find the new topics that are not separated from the others, the least separated first.

    Parameters
    ----------
    assigner : Assigner
        With the topics of both models.
    new : collection of int
        The topics that may be left out.
    usual : float
        `usual_separation` of their own model.
    vectors : float32 ndarray of shape (n, d), unit rows
        The documents of both models.
    weights : int64 ndarray of shape (n,)

    Returns
    -------
    dict of int to int
        Topics that are left out, each with the topic to which most of its documents go.
    """
    few = slice(0, AGREEMENT_SAMPLE)
    vectors, weights = vectors[few], weights[few]
    kept = list(range(assigner.n_topics))
    members: dict[int, NDArray[np.bool_]] = {}
    while len(kept) > 1:
        labels, sizes, separations = separations_of(assigner.select(kept), vectors, weights)
        separations[sizes == 0] = -np.inf
        places = [place for place, topic in enumerate(kept) if topic in new]
        worst = min(places, key=lambda place: separations[place], default=None)
        if worst is None or separations[worst] >= SEPARATION * usual:
            break
        members[kept.pop(worst)] = labels == worst
    rest = assigner.select(kept)
    return {topic: kept[_nearest(rest, vectors[member])] for topic, member in members.items()}


def _nearest(assigner: Assigner, vectors: FloatArray) -> int:
    """Return the topic that is the most similar to some documents on average; 0 without documents."""
    return int(assigner.scores(vectors).mean(axis=0, dtype=np.float64).argmax()) if len(vectors) else 0
