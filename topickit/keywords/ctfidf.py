"""Class-based TF-IDF: pure weightings of topic × term counts.

Source: Grootendorst 2022, "BERTopic: Neural topic modeling with a class-based TF-IDF procedure"
(arXiv:2203.05794). W(t, c) = tf(t, c) · log(1 + A / f(t)): tf is the share of term t among the words
of topic c, f(t) its count over all topics and the outliers, A the mean number of words per topic.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import IntArray
from topickit.keywords.counts import TermCounts
from topickit.keywords.settings import KeywordSettings

FloatVector = NDArray[np.float64]


def ctfidf(topic_counts: csr_array, outlier_counts: IntArray, reduce_frequent: bool = False) -> csr_array:
    """Weigh counts by class-based TF-IDF.

    Parameters
    ----------
    topic_counts : csr_array of shape (k, t), int
    outlier_counts : int ndarray of shape (t,)
        Counts over the documents in no topic; they make a term more frequent, not a topic.
    reduce_frequent : bool
        Use √tf, which damps frequent words.

    Returns
    -------
    csr_array of shape (k, t), float64
        Non-negative; a topic without words has an empty row.

    Examples
    --------
    >>> counts = csr_array(np.array([[2, 0], [1, 1]]))
    >>> ctfidf(counts, np.array([0, 0])).toarray().round(4).tolist()
    [[0.5108, 0.0], [0.2554, 0.5493]]
    """
    return _weighted(topic_counts, outlier_counts, _idf, reduce_frequent)


def bm25(topic_counts: csr_array, outlier_counts: IntArray, reduce_frequent: bool = False) -> csr_array:
    """Weigh counts as `ctfidf`, with log(1 + (A − f + 0.5) / (f + 0.5)), floored at 0, for the second factor.

    Parameters
    ----------
    topic_counts : csr_array of shape (k, t), int
    outlier_counts : int ndarray of shape (t,)
    reduce_frequent : bool
        Use √tf, which damps frequent words.

    Returns
    -------
    csr_array of shape (k, t), float64
        A term that occurs more often than a topic has words weighs 0.

    Examples
    --------
    >>> counts = csr_array(np.array([[2, 0], [1, 1]]))
    >>> bm25(counts, np.array([0, 0])).toarray().round(4).tolist()
    [[0.0, 0.0], [0.0, 0.3466]]
    """
    return _weighted(topic_counts, outlier_counts, _idf_bm25, reduce_frequent)


def _idf(frequency: FloatVector, words_per_topic: float) -> FloatVector:
    return np.log1p(words_per_topic / frequency)


def _idf_bm25(frequency: FloatVector, words_per_topic: float) -> FloatVector:
    ratio = (words_per_topic - frequency + 0.5) / (frequency + 0.5)
    return np.maximum(np.log1p(ratio), 0.0)


def _weighted(
    topic_counts: csr_array,
    outlier_counts: IntArray,
    idf: Callable[[FloatVector, float], FloatVector],
    reduce_frequent: bool,
) -> csr_array:
    counts = csr_array(topic_counts, dtype=np.float64, copy=True)
    sizes = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    frequency = np.asarray(counts.sum(axis=0), dtype=np.float64).ravel() + outlier_counts
    words_per_topic = float(sizes.mean()) if len(sizes) else 0.0
    # A term that no document has is in no row of counts, so that its frequency is never read.
    factor = idf(np.where(frequency > 0, frequency, 1.0), words_per_topic)
    share = counts.data / np.repeat(sizes, np.diff(counts.indptr))
    if reduce_frequent:
        share = np.sqrt(share)
    counts.data = share * factor[counts.indices]
    return counts


WEIGHTINGS: dict[str, Callable[[csr_array, IntArray, bool], csr_array]] = {"ctfidf": ctfidf, "bm25": bm25}


def weigh(counts: TermCounts, settings: KeywordSettings) -> csr_array:
    """Weigh the terms of each topic by the weighting of the settings.

    Parameters
    ----------
    counts : TermCounts
        Of k topics and t terms.
    settings : KeywordSettings
        `weighting` names a row of `WEIGHTINGS`.

    Returns
    -------
    csr_array of shape (k, t), float64

    Examples
    --------
    >>> counts = TermCounts(("a",), csr_array(np.array([[1]])), np.array([0]), (), -np.ones((1, 3), np.int32))
    >>> weigh(counts, KeywordSettings()).toarray().round(4).tolist()
    [[0.6931]]
    """
    return WEIGHTINGS[settings.weighting](counts.topics, counts.outliers, settings.reduce_frequent)
