"""How much likelier a word is inside a topic than outside: a figure that can be read."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from topickit._core.vectors import IntArray
from topickit.keywords.counts import TermCounts

Z = 1.959963984540054
"""97.5 % point of the normal distribution: intervals of 95 %."""


class RiskRatio(NamedTuple):
    """How many times likelier a document of the topic has a word than a document outside.

    Attributes
    ----------
    ratio : float
        Above 1 where the word is the topic's.
    low, high : float
        Ends of its 95 % interval.
    """

    ratio: float
    low: float
    high: float


def risk_ratios(counts: TermCounts, words: Sequence[Sequence[str]]) -> list[tuple[RiskRatio, ...]]:
    """Compare the share of documents that have a word, in its topic and outside.

    Half a document is added on each side, so that a word of one topic alone has a finite ratio. The
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
        Empty tuples where `counts` does not know documents, and for a topic that has all of them.

    Examples
    --------
    >>> from topickit.keywords.settings import KeywordSettings
    >>> from topickit.keywords.vocabulary import count_terms
    >>> found = count_terms(["boat"] * 50 + ["sea boat"] * 50, np.ones(100), KeywordSettings(phrases=False))
    >>> counts = TermCounts.of(found, np.repeat([0, 1], 50), np.ones(100), 2)
    >>> [round(lift.ratio) for lift in risk_ratios(counts, [["boat"], ["sea", "boat"]])[1]]
    [101, 1]
    """
    if counts.spread is None or counts.sizes is None or counts.outlier_spread is None:
        return [() for _ in words]
    known = {word for listed in words for word in listed}
    place = {term: i for i, term in enumerate(counts.terms) if term in known}
    everywhere = np.asarray(counts.spread.sum(axis=0)).ravel() + counts.outlier_spread
    n_documents = int(counts.sizes.sum())
    result: list[tuple[RiskRatio, ...]] = []
    for topic, listed in enumerate(words):
        if counts.sizes[topic] == n_documents:
            result.append(())
            continue
        terms = np.array([place[word] for word in listed], dtype=np.int64)
        inside = _row(counts.spread, topic)[terms].astype(np.float64) + 0.5
        outside = everywhere[terms] - inside + 1.0
        n_inside = float(counts.sizes[topic]) + 1.0
        n_outside = n_documents - float(counts.sizes[topic]) + 1.0
        ratio = (inside / n_inside) / (outside / n_outside)
        spread = np.sqrt(np.maximum(1 / inside - 1 / n_inside + 1 / outside - 1 / n_outside, 0.0))
        low, high = ratio * np.exp(-Z * spread), ratio * np.exp(Z * spread)
        result.append(tuple(RiskRatio(*map(float, row)) for row in zip(ratio, low, high, strict=True)))
    return result


def _row(matrix: csr_array, row: int) -> IntArray:
    return np.asarray(matrix[[row], :].toarray()).ravel()
