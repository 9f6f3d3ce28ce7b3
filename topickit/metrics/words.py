"""Measures of lists of words that need no corpus: how different topics are, and how near their words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topickit._core.validation import check_vectors
from topickit.errors import InputError, ParameterError, check_whole
from topickit.metrics.coherence import Coherence
from topickit.metrics.reference import check_topics

BLOCK_TOPICS = 512


def diversity(topics: Iterable[Sequence[str]], *, top: int = 10) -> float:
    """Share of distinct words among the top words of all topics.

    Parameters
    ----------
    topics : iterable of lists of str
        The words of each topic, best first.
    top : int
        Words of each topic that count.

    Returns
    -------
    float
        1 when no word comes twice; NaN when there are no words.

    Raises
    ------
    ParameterError
        When `top` is below 1.

    Notes
    -----
    Dieng, Ruiz and Blei 2020, "Topic modeling in embedding spaces".

    Examples
    --------
    >>> diversity([["red", "apple"], ["red", "car"]])
    0.75
    """
    check_whole("top", top)
    words = [word for topic in check_topics(topics, top=top) for word in topic]
    return len(set(words)) / len(words) if words else float("nan")


def inverted_rbo(topics: Iterable[Sequence[str]], *, top: int = 10, weight: float = 0.9) -> float:
    """One minus the mean rank-biased overlap of all pairs of topics.

    Parameters
    ----------
    topics : iterable of lists of str
        The words of each topic, best first; a word counts where it stands first.
    top : int
        Words of each topic that count.
    weight : float
        The persistence p, above 0 and below 1: the smaller, the more the first words count.

    Returns
    -------
    float
        1 when no two topics share a word, 0 when all are equal; NaN with fewer than two topics that have
        words.

    Raises
    ------
    ParameterError
        When `top` is below 1 or `weight` not between 0 and 1.

    Notes
    -----
    Bianchi, Terragni and Hovy 2021, "Pre-training is a hot topic"; the overlap is extrapolated, for lists
    of any two lengths (Webber, Moffat and Zobel 2010, "A similarity measure for indefinite
    rankings", equation 32).

    Examples
    --------
    >>> inverted_rbo([["red", "apple"], ["fast", "car"]])
    1.0
    >>> round(inverted_rbo([["red", "apple"], ["red", "car"]]), 3)
    0.45
    """
    check_whole("top", top)
    if not 0 < weight < 1:
        raise ParameterError(f"weight must be above 0 and below 1, got {weight}")
    lists = [list(dict.fromkeys(topic)) for topic in check_topics(topics, top=top)]
    lists = [words for words in lists if words]
    n_pairs = len(lists) * (len(lists) - 1) // 2
    if not n_pairs:
        return float("nan")
    total = sum(
        float(np.triu(_overlaps(lists, start, weight), start + 1).sum())
        for start in range(0, len(lists), BLOCK_TOPICS)
    )
    return 1 - total / n_pairs


def _overlaps(lists: list[list[str]], start: int, weight: float) -> NDArray[np.float64]:
    """Rank-biased overlap of `BLOCK_TOPICS` lists from one on with all lists."""
    from scipy.sparse import csr_array

    number = {word: i for i, word in enumerate(dict.fromkeys(word for words in lists for word in words))}
    entries = [
        (row, number[word], rank) for row, words in enumerate(lists) for rank, word in enumerate(words)
    ]
    rows, columns, ranks = np.array(entries).T
    sizes = np.array([len(words) for words in lists])
    own = sizes[start : start + BLOCK_TOPICS, None]
    short, long = np.minimum(own, sizes), np.maximum(own, sizes)
    total = np.zeros(short.shape)
    at_short, at_long = np.zeros(short.shape), np.zeros(short.shape)
    for depth in range(1, int(sizes.max()) + 1):
        kept = ranks < depth
        prefix = csr_array(
            (np.ones(int(kept.sum())), (rows[kept], columns[kept])), shape=(len(lists), len(number))
        )
        shared = (prefix[start : start + BLOCK_TOPICS] @ prefix.T).toarray()
        at_short, at_long = (
            np.where(depth == short, shared, at_short),
            np.where(depth == long, shared, at_long),
        )
        beyond = np.where(depth > short, at_short * (depth - short) / short, 0)
        total += np.where(depth <= long, (shared + beyond) * weight**depth / depth, 0)
    tail = ((at_long - at_short) / long + at_short / short) * weight**long
    return np.asarray((1 - weight) / weight * total + tail)


def embedding_coherence(
    topics: Iterable[Sequence[str]],
    vectors: Mapping[str, ArrayLike],
    *,
    top: int = 10,
    missing: Literal["error", "skip"] = "error",
) -> Coherence:
    """Mean cosine of the vectors of all pairs of words of a topic.

    Parameters
    ----------
    topics : iterable of lists of str
        The words of each topic, best first.
    vectors : mapping of str to array-like of shape (d,)
        A vector of each word, of any length; a zero vector has cosine 0 to all.
    top : int
        Words of each topic that count, from the first; at least 2.
    missing : {"error", "skip"}
        What to do with a word that has no vector: raise, or leave it out of its topic.

    Returns
    -------
    Coherence
        −1 to 1; NaN for a topic of fewer than two words.

    Raises
    ------
    InputError
        When a word has no vector.
    ParameterError
        When `top` is below 2 or `missing` is something else.

    Examples
    --------
    >>> vectors = {"red": [1, 0], "blue": [2, 0], "car": [0, 1]}
    >>> embedding_coherence([["red", "blue"], ["red", "car"]], vectors).per_topic.tolist()
    [1.0, 0.0]
    """
    check_whole("top", top, 2)
    if missing not in ("error", "skip"):
        raise ParameterError(f"missing must be 'error' or 'skip', got {missing!r}")
    asked = check_topics(topics, top=top)
    values, n_skipped = np.full(len(asked), np.nan), 0
    for i, topic in enumerate(asked):
        words = [word for word in topic if word in vectors]
        if len(words) < len(topic) and missing == "error":
            absent = next(word for word in topic if word not in vectors)
            raise InputError(
                f"{absent!r}, a word of topic {i}, has no vector; "
                "embed it, or leave it out with missing='skip'"
            )
        n_skipped += len(topic) - len(words)
        if len(words) > 1:
            values[i] = _mean_cosine([vectors[word] for word in words])
    known = values[~np.isnan(values)]
    return Coherence(values, float(known.mean()) if len(known) else float("nan"), n_skipped)


def _mean_cosine(vectors: list[Any]) -> float:
    rows = check_vectors(vectors, what="the vectors of words").astype(np.float64)
    norms = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    rows = rows / np.where(norms > 0, norms, 1.0)
    cosines = rows @ rows.T
    return float(cosines[np.triu_indices(len(rows), 1)].mean())


MEASURES: Mapping[str, Callable[..., float]] = MappingProxyType(
    {"diversity": diversity, "inverted_rbo": inverted_rbo}
)
"""The measures that need nothing but the words, by name."""
