"""topickit's own keywords for the labels of any clusterer; it runs in the environment `base`."""

from collections.abc import Sequence

import numpy as np

from benchmarks.peers.protocol import TOP_WORDS, Labels
from topickit.keywords.counts import TermCounts
from topickit.keywords.ctfidf import weigh
from topickit.keywords.rank import top_keywords
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms

SINGLE_WORDS = KeywordSettings(n_keywords=TOP_WORDS, phrases=False)


def topickit_words(texts: Sequence[str], labels: Labels) -> list[list[str]]:
    """Give ten single words of each topic, as topickit's default chooses them.

    Parameters
    ----------
    texts : sequence of str
    labels : int64 ndarray of shape (n,)
        Topics from 0 without gaps; −1 is none.
    """
    weights = np.ones(len(texts), dtype=np.int64)
    terms = count_terms(texts, weights, SINGLE_WORDS)
    counts = TermCounts.of(terms, labels, weights, int(labels.max(initial=-1)) + 1)
    found = top_keywords(weigh(counts, SINGLE_WORDS), counts, SINGLE_WORDS)
    return [[word for word, _ in topic] for topic in found]


def without_gaps(labels: Labels) -> Labels:
    """Number topics from 0 in the order of their old numbers; −1 stays."""
    kept = np.unique(labels[labels >= 0])
    return np.where(labels >= 0, np.searchsorted(kept, labels), -1).astype(np.int64)
