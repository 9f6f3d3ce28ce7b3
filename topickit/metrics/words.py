"""Metrics of lists of words without a corpus: diversity, and coherence by embeddings."""

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
    """Compute the share of distinct words among the top words of all topics.

    Parameters
    ----------
    topics : iterable of lists of str
        The words of each topic, best first.
    top : int, default 10
        Number of words of each topic, from the first.

    Returns
    -------
    float
        1 when no word occurs twice; NaN when there are no words.

    Raises
    ------
    ParameterError
        When `top` is below 1.

    References
    ----------
    Dieng, Ruiz and Blei, "Topic Modeling in Embedding Spaces", TACL 8, 2020.

    Examples
    --------
    >>> diversity([["red", "apple"], ["red", "car"]])
    0.75
    """
    check_whole("top", top)
    words = [word for topic in check_topics(topics, top=top) for word in topic]
    return len(set(words)) / len(words) if words else float("nan")


def inverted_rbo(topics: Iterable[Sequence[str]], *, top: int = 10, weight: float = 0.9) -> float:
    """Compute one minus the mean rank-biased overlap of all pairs of topics.

    Parameters
    ----------
    topics : iterable of lists of str
        The words of each topic, best first; repeated words count once, at their first position.
    top : int, default 10
        Number of words of each topic, from the first.
    weight : float, default 0.9
        Persistence p, above 0 and below 1: smaller values emphasize the first words.

    Returns
    -------
    float
        1 when no two topics share a word, 0 when all are equal; NaN for fewer than two non-empty topics.

    Raises
    ------
    ParameterError
        When `top` is below 1, or `weight` is not between 0 and 1.

    References
    ----------
    Bianchi, Terragni and Hovy, "Pre-training is a Hot Topic", ACL 2021. The overlap is extrapolated to
    lists of different lengths: Webber, Moffat and Zobel, "A Similarity Measure for Indefinite Rankings",
    TOIS 28, 2010, equation 32.

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
    """Compute the mean cosine of the embeddings of all pairs of words of each topic.

    Parameters
    ----------
    topics : iterable of lists of str
        The words of each topic, best first.
    vectors : mapping of str to array-like of shape (d,)
        An embedding of each word, of any length; a zero vector has cosine 0 to all others.
    top : int, default 10
        Number of words of each topic, from the first; at least 2.
    missing : {"error", "skip"}, default "error"
        For a word without an embedding: raise, or leave it out of its topic.

    Returns
    -------
    Coherence
        −1 to 1; NaN for a topic of fewer than two words.

    Raises
    ------
    InputError
        When a word has no embedding.
    ParameterError
        When `top` is below 2, or `missing` has another value.

    Examples
    --------
    >>> vectors = {"red": [1, 0], "blue": [2, 0], "car": [0, 1]}
    >>> embedding_coherence([["red", "blue"], ["red", "car"]], vectors).per_topic.tolist()
    [1.0, 0.0]
    """
    check_whole("top", top, 2)
    if missing not in ("error", "skip"):
        raise ParameterError(f"missing must be 'error' or 'skip', got {missing!r}")
    lists = check_topics(topics, top=top)
    values, n_skipped = np.full(len(lists), np.nan), 0
    for i, topic in enumerate(lists):
        words = [word for word in topic if word in vectors]
        if len(words) < len(topic) and missing == "error":
            absent = next(word for word in topic if word not in vectors)
            raise InputError(
                f"{absent!r}, a word of topic {i}, has no embedding; "
                "add one, or leave it out with missing='skip'"
            )
        n_skipped += len(topic) - len(words)
        if len(words) > 1:
            values[i] = _mean_cosine([vectors[word] for word in words])
    defined = values[~np.isnan(values)]
    return Coherence(values, float(defined.mean()) if len(defined) else float("nan"), n_skipped)


def _mean_cosine(vectors: list[Any]) -> float:
    rows = check_vectors(vectors, what="the vectors of words").astype(np.float64)
    norms = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    rows = rows / np.where(norms > 0, norms, 1.0)
    cosines = rows @ rows.T
    return float(cosines[np.triu_indices(len(rows), 1)].mean())


MEASURES: Mapping[str, Callable[..., float]] = MappingProxyType(
    {"diversity": diversity, "inverted_rbo": inverted_rbo}
)
"""Metrics by name that need only the words."""
