"""Which topics of two models are the same, by their mean vectors and by their keywords."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, unit_rows
from topickit.fitted.fitted import Fitted
from topickit.keywords.folding import fold

HALFWAY = 0.5
"""A topic is found again where its mean is nearer to what it was than half the way to its nearest topic."""
LEAST_COSINE = 0.8
"""And not farther than this, however far the then nearest topic was."""
LEAST_SHARED = 0.1
"""Least Jaccard index of the keywords; without comparable vectors `LEAST_SHARED_ALONE`. Thresholds chosen on
all collections but one do no better on that one (benchmarks/replaying.py)."""
LEAST_SHARED_ALONE = 0.3
N_WORDS = 10


def shared_words(a: Sequence[str], b: Sequence[str]) -> float:
    """Return the Jaccard index of the first keywords of two topics.

    Parameters
    ----------
    a, b : sequence of str
        The best first.

    Examples
    --------
    >>> shared_words(["cat", "purr"], ["Cat"])
    0.5
    """
    one, other = ({fold(word) for word in words[:N_WORDS]} for words in (a, b))
    return len(one & other) / max(1, len(one | other))


def least_cosine(nearest: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return the least cosine of means at which a topic is found again.

    Parameters
    ----------
    nearest : float or float64 ndarray
        Cosine to the most similar other topic of its own model.
    """
    return np.maximum(LEAST_COSINE, 1 - HALFWAY * (1 - np.asarray(nearest, dtype=np.float64)))


def same_topics(a: Fitted, b: Fitted) -> list[tuple[int, int]]:
    """Find the topics that two models of one embedder have in common.

    Two topics are the same if the mean of each is the most similar one to the other's, near enough for both
    models, and they share keywords, if both have some. Two known topics are the same if their names are.

    Parameters
    ----------
    a, b : Fitted
        Described.

    Returns
    -------
    list of (int, int)
        Rows of `a` and of `b`, by rising row of `a`; each row occurs once at most.
    """
    if not len(a.topics) or not len(b.topics):
        return []
    means = unit_rows(a.means), unit_rows(b.means)
    cosines = (means[0] @ means[1].T).astype(np.float64)
    least = np.maximum.outer(least_cosine(_nearest(means[0])), least_cosine(_nearest(means[1])))
    pairs = []
    for row in range(len(a.topics)):
        other = int(cosines[row].argmax())
        if int(cosines[:, other].argmax()) != row or cosines[row, other] < least[row, other]:
            continue
        one, two = a.topics.items[row], b.topics.items[other]
        if one.is_known and two.is_known:
            continue  # decided by their names
        if not (one.words and two.words) or shared_words(one.words, two.words) >= LEAST_SHARED:
            pairs.append((row, other))
    return sorted([*pairs, *_known(a, b, pairs)])


def _known(a: Fitted, b: Fitted, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    taken = ({row for row, _ in pairs}, {row for _, row in pairs})
    names = {t.name.casefold(): row for row, t in enumerate(b.topics) if t.is_known and row not in taken[1]}
    return [
        (row, names[topic.name.casefold()])
        for row, topic in enumerate(a.topics)
        if topic.is_known and row not in taken[0] and topic.name.casefold() in names
    ]


def _nearest(means: FloatArray) -> NDArray[np.float64]:
    """Return the cosine of each row to the most similar other one, −1 where there is none."""
    cosines = (means @ means.T).astype(np.float64)
    np.fill_diagonal(cosines, -1.0)
    return np.asarray(cosines.max(axis=1))
