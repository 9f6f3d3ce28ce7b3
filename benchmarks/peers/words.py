"""topickit's own keywords for the labels of any clusterer; it runs in the environment `base`."""

from collections.abc import Sequence

import numpy as np

from benchmarks.peers.protocol import TOP_WORDS, Labels, Vectors
from topickit._core.vectors import group_means
from topickit.keywords.counts import TermCounts
from topickit.keywords.ctfidf import weigh
from topickit.keywords.evidence import Evidence
from topickit.keywords.rank import shortlists, top_keywords
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms

SINGLE_WORDS = KeywordSettings(n_keywords=TOP_WORDS, phrases=False)


def topickit_words(texts: Sequence[str], labels: Labels, vectors: Vectors) -> list[list[str]]:
    """Give ten single words of each topic, as topickit's default chooses them.

    Parameters
    ----------
    texts : sequence of str
    labels : int64 ndarray of shape (n,)
        Topics from 0 without gaps; −1 is none.
    vectors : float32 ndarray of shape (n, d), unit rows
    """
    weights = np.ones(len(texts), dtype=np.int64)
    terms = count_terms(texts, weights, SINGLE_WORDS)
    counts = TermCounts.of(terms, labels, weights, int(labels.max(initial=-1)) + 1)
    weighed = weigh(counts, SINGLE_WORDS)
    candidates = np.concatenate([np.empty(0, dtype=np.int64), *shortlists(weighed, counts)])
    evidence = Evidence.of(terms, vectors, weights, candidates)
    means = group_means(vectors, labels, counts.n_topics, weights).astype(np.float32)
    found = top_keywords(weighed, counts, SINGLE_WORDS, evidence=evidence, means=means)
    return [[word for word, _ in topic] for topic in found]


def without_gaps(labels: Labels) -> Labels:
    """Number topics from 0 in the order of their old numbers; −1 stays."""
    kept = np.unique(labels[labels >= 0])
    return np.where(labels >= 0, np.searchsorted(kept, labels), -1).astype(np.int64)
