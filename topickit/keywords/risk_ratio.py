"""Risk ratios: how many times likelier a word is in documents of a topic than in other documents."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topickit.keywords.counts import TermCounts
from topickit.keywords.sparse import values_at

Z = 1.959963984540054
"""97.5th percentile of the normal distribution, for 95 % intervals."""


class RiskRatio(NamedTuple):
    """How many times likelier a document of the topic has a word than a document outside of it.

    Attributes
    ----------
    ratio : float
        P(word | topic) / P(word | other documents); above 1 where the word is typical of the topic.
    low, high : float
        Bounds of the 95 % confidence interval.
    """

    ratio: float
    low: float
    high: float


def is_typical(counts: TermCounts) -> NDArray[np.bool_]:
    """Mark the terms of topics that are at least as likely inside the topic as outside of it.

    Parameters
    ----------
    counts : TermCounts

    Returns
    -------
    bool ndarray
        Aligned with ``counts.topics.data``; all True where `counts` has no document frequencies.
    """
    documents = counts.documents
    if documents is None:
        return np.ones(len(counts.topics.data), dtype=np.bool_)
    topic = np.repeat(np.arange(counts.n_topics), np.diff(counts.topics.indptr))
    everywhere = np.asarray(documents.topics.sum(axis=0)).ravel() + documents.outliers
    size, n_documents = documents.sizes[topic].astype(np.float64), int(documents.sizes.sum())
    inside = documents.topics.data + 0.5
    outside = everywhere[counts.topics.indices] - inside + 1.0
    ratio = (inside / (size + 1.0)) / (outside / (n_documents - size + 1.0))
    return np.asarray((ratio >= 1.0) | (size == n_documents))


def risk_ratios(counts: TermCounts, words: Sequence[Sequence[str]]) -> list[tuple[RiskRatio, ...]]:
    """Compare the shares of documents that have a word, inside its topic and outside.

    Half a document is added to each count, so that a word of one topic alone has a finite ratio. The
    interval is that of the logarithm of a ratio of two shares (Katz, Baptista, Azen and Pike,
    Biometrics 34, 1978).

    Parameters
    ----------
    counts : TermCounts
        Of k topics.
    words : sequence of sequences of str, of length k
        Words of each topic; all of them terms of `counts`.

    Returns
    -------
    list of tuple of RiskRatio, of length k
        Empty tuples where `counts` has no document frequencies, and for a topic of all documents.

    Examples
    --------
    >>> from topickit.keywords.settings import KeywordSettings
    >>> from topickit.keywords.vocabulary import count_terms
    >>> texts, weights = ["boat"] * 50 + ["sea boat"] * 50, np.ones(100)
    >>> document_terms = count_terms(texts, weights, KeywordSettings(phrases=False))
    >>> counts = TermCounts.of(document_terms, np.repeat([0, 1], 50), weights, 2)
    >>> [round(word.ratio) for word in risk_ratios(counts, [["boat"], ["sea", "boat"]])[1]]
    [101, 1]
    """
    documents = counts.documents
    if documents is None:
        return [() for _ in words]
    wanted = {word for listed in words for word in listed}
    column = {term: i for i, term in enumerate(counts.terms) if term in wanted}
    everywhere = np.asarray(documents.topics.sum(axis=0)).ravel() + documents.outliers
    n_documents = int(documents.sizes.sum())
    result: list[tuple[RiskRatio, ...]] = []
    for topic, listed in enumerate(words):
        size = float(documents.sizes[topic])
        if size == n_documents:
            result.append(())
            continue
        terms = np.array([column[word] for word in listed], dtype=np.int64)
        inside = values_at(documents.topics, topic, terms).astype(np.float64) + 0.5
        outside = everywhere[terms] - inside + 1.0
        n_inside, n_outside = size + 1.0, n_documents - size + 1.0
        ratio = (inside / n_inside) / (outside / n_outside)
        error = np.sqrt(np.maximum(1 / inside - 1 / n_inside + 1 / outside - 1 / n_outside, 0.0))
        low, high = ratio * np.exp(-Z * error), ratio * np.exp(Z * error)
        result.append(tuple(RiskRatio(*map(float, row)) for row in zip(ratio, low, high, strict=True)))
    return result
