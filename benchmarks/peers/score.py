"""One scorer for all systems: labels against gold, words against the collection's own tokens."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.peers.protocol import TOP_WORDS, Labels
from topickit import metrics
from topickit.keywords.folding import fold
from topickit.keywords.tokens import clean

Figures = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Scorer:
    """Gold classes and reference corpus of one collection.

    Attributes
    ----------
    gold : int64 ndarray of shape (n,), or None
    reference : topickit.metrics.Reference
    """

    gold: np.ndarray | None
    reference: metrics.Reference

    @classmethod
    def of(cls, texts: Sequence[str], gold: np.ndarray | None) -> "Scorer":
        """Index a collection."""
        return cls(gold, metrics.Reference.of(metrics.tokenize(texts)))

    def score(self, labels: Labels, words: Sequence[Sequence[str]]) -> Figures:
        """Give the figures of one clustering and its words; what cannot be said is None."""
        lists = [single_words(topic) for topic in words]
        npmi = metrics.c_npmi(lists, self.reference, top=TOP_WORDS, window=10, missing="skip")
        return {
            "topics": len(np.unique(labels[labels >= 0])),
            "gold": None if self.gold is None else len(np.unique(self.gold)),
            "outliers": float((labels < 0).mean()),
            "c_npmi": _known(float(npmi)),
            "c_v": _known(float(metrics.c_v(lists, self.reference, top=TOP_WORDS, missing="skip"))),
            "diversity": _known(metrics.diversity(lists, top=TOP_WORDS)),
            "words": sum(map(len, lists)),
            "words_not_in_texts": npmi.n_skipped,
            **self._agreement(labels),
        }

    def _agreement(self, labels: Labels) -> Figures:
        if self.gold is None:
            return {"nmi": None, "ari": None, "ari_covered": None}
        found = metrics.agreement(labels, self.gold)
        return {"nmi": found.nmi, "ari": found.ari, "ari_covered": _known(found.ari_covered)}


def single_words(topic: Sequence[str]) -> list[str]:
    """Fold the best words of a topic as the reference is folded: ten at most, phrases left out.

    Examples
    --------
    >>> single_words(["Apple", "apple pie", "apple", "U.S."])
    ['apple', 'u.s']
    """
    folded = (fold(clean(word)) for word in topic if not any(map(str.isspace, word)))
    return list(dict.fromkeys(word for word in folded if word))[:TOP_WORDS]


def same_grouping(first: Labels, second: Labels) -> float:
    """Agreement (ARI) of two labellings of the same documents, outliers as one group."""
    return float(metrics.agreement(first, second.astype(str).tolist()).ari)


def put_back(labels: Labels, order: np.ndarray) -> Labels:
    """Give the labels of documents in their old order; row i of `labels` is document `order[i]`."""
    back = np.empty_like(labels)
    back[order] = labels
    return back


def share_changed(before: Labels, after: Labels) -> float:
    """Share of documents whose label is another one."""
    return float((np.asarray(before) != np.asarray(after)).mean())


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
