"""The parts of topics: a second, finer level that a reader sees beneath the topics.

A few large topics are a right division of a corpus, and too few to say what is in it. Each topic is assigned
by several prototypes, so it falls into parts along them. Only parts that other samples of the topic's
documents give again are shown.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, IntArray, group_means, nearest_prototype
from topickit.cluster.levels import adjusted_rand
from topickit.cluster.result import ClusteringResult
from topickit.cluster.stability import stability
from topickit.cluster.ward import merge_order
from topickit.fitted.derive import describe, remeasure
from topickit.fitted.fitted import Fitted
from topickit.fitted.keyword_names import topic_names
from topickit.fitted.parts import Parts
from topickit.fitted.prototypes import make_prototypes
from topickit.fitted.topics import UNSTABLE, Topics

ENOUGH = 25
"""So many topics are read without parts: a blind reading found 24 to 40 lines best."""
MOST_LINES = 40
"""Topics and their parts together."""
MOST_PARTS = 6
FEWEST = 10
LEAST_SHARE = 0.005
"""A part has at least `FEWEST` documents, and at least this share of the corpus."""
AGREEMENT = 0.4
"""Mean adjusted Rand index between the parts of a topic and those of halves of its documents, at least."""
SAMPLE = 2_000
"""Documents of a topic in which its parts are looked for again."""
N_SPLITS = 2
"""How often they are halved: halves share no document, so they agree on chance clusters least."""


def parts_of(fitted: Fitted) -> Parts | None:
    """Give the parts of the topics of a model, found on first use or saved with it.

    Parameters
    ----------
    fitted : Fitted

    Returns
    -------
    Parts or None
        None where there are none, and in a model without its corpus that was saved without parts.
    """
    if "parts" not in fitted.__dict__:
        fitted.__dict__["parts"] = None if fitted.corpus is None else find_parts(fitted)
    found: Parts | None = fitted.__dict__["parts"]
    return found


def find_parts(fitted: Fitted) -> Parts | None:
    """Find the parts of the topics of a model.

    Ward's criterion merges the prototypes of a topic, or its topics of the base level first, to two or more
    parts. They are stable if k-means on halves of the topic's documents gives them again: with a mean
    adjusted Rand index of 0.4, and a mean Jaccard index of 0.5 for each part. Of the topics that have stable
    parts, the one whose parts are largest is divided next, until topics and parts are 40 lines.

    Parameters
    ----------
    fitted : Fitted
        With its corpus.

    Returns
    -------
    Parts or None
        None where no topic has parts to show: there are 25 topics or more, topics have one prototype each or
        are communities, or no topic has stable parts.

    References
    ----------
    Hennig, "Cluster-wise Assessment of Cluster Stability", Computational Statistics and Data Analysis 52,
    2007.
    """
    assigner, n_topics = fitted.assigner, len(fitted.topics)
    if not 0 < n_topics < ENOUGH or assigner.rule == "first" or len(assigner.topics) <= n_topics:
        return None
    candidates = _candidates(fitted)
    n_parts = _shared_lines(candidates, np.array([topic.size for topic in fitted.topics], dtype=np.float64))
    if not n_parts:
        return None
    mapping, n_now, ids = assigner.topics.copy(), n_topics, fitted.ids.tolist()
    for row, n in n_parts.items():
        numbers = np.append(row, n_now + np.arange(n - 1))
        mapping[assigner.topics == row] = numbers[candidates[row][n]]
        n_now += n - 1
        ids += [int(fitted.ids[row])] * (n - 1)  # the largest part has the id of its topic
    finer = describe(remeasure(fitted, replace(assigner, topics=mapping), base_level=None, ids=ids))
    parent_of = parents_of(finer.labels, fitted.labels, len(finer.topics))
    topics = told_apart(finer, parent_of, fitted.topics)
    return Parts(topics, tuple(fitted.topics.items[row].id for row in parent_of.tolist()), finer.labels)


def _candidates(fitted: Fitted) -> list[dict[int, IntArray]]:
    """Give, for each topic, its stable divisions by their numbers of parts: the part of each prototype."""
    corpus = fitted.need_corpus("finding parts of topics")
    vectors, weights = corpus.vectors, corpus.documents.weights
    nearest = fitted.assigner.parts().labels(vectors)
    fewest = max(FEWEST, LEAST_SHARE * fitted.topics.n_documents)
    result = []
    for row in range(len(fitted.topics)):
        own = np.flatnonzero(fitted.assigner.topics == row)
        rows = np.flatnonzero(np.isin(nearest, own))
        within = own if fitted.base_level is None else fitted.base_level.topics[own]
        topic = _Divisible(vectors[rows], weights[rows], np.searchsorted(own, nearest[rows]), within)
        result.append(topic.divisions(fewest))
    return result


@dataclass(frozen=True, eq=False)
class _Divisible:
    """The documents of a topic: vectors, weights, prototypes, and the base topic of each prototype."""

    vectors: FloatArray
    weights: NDArray[Any]
    prototype: IntArray
    within: IntArray

    def divisions(self, fewest: float) -> dict[int, IntArray]:
        """Give the stable divisions by their numbers of parts."""
        most = min(MOST_PARTS, len(self.within))
        if most < 2 or self.weights.sum() < 2 * fewest:
            return {}
        few = slice(0, SAMPLE)  # in the order of content hashes: a uniform sample
        vectors, weights, prototype = self.vectors[few], self.weights[few], self.prototype[few]
        again = [
            (nearest_prototype(vectors, centers), len(centers))
            for centers in _halves(vectors, weights, len(self.within))
        ]
        result = {}
        for n in range(2, most + 1):
            part_of = _merged(self.vectors, self.weights, self.prototype, n, self.within)
            if np.bincount(part_of[self.prototype], self.weights, minlength=n).min() < fewest:
                continue
            labels = part_of[prototype]
            others = [_merged(vectors, weights, own, n, np.zeros(k))[own] for own, k in again]
            found = stability(labels, others, weights, n)
            agreement = np.mean([adjusted_rand(labels, other) for other in others])
            if found.min() >= UNSTABLE and agreement >= AGREEMENT:
                result[n] = part_of
        return result


def _halves(vectors: FloatArray, weights: NDArray[Any], n_prototypes: int) -> list[FloatArray]:
    """Find the prototypes of halves of some documents, as those of a topic are found."""
    rng, found = np.random.default_rng(0), []
    for seed in range(N_SPLITS):
        order = rng.permutation(len(vectors))
        for half in np.array_split(order, 2):
            rows = np.sort(half)
            whole = ClusteringResult(np.zeros(len(rows), dtype=np.int64), n_prototypes=n_prototypes)
            found.append(make_prototypes(vectors[rows], whole, weights[rows], seed)[0])
    return found


def _merged(
    vectors: FloatArray, weights: NDArray[Any], labels: IntArray, n: int, within: NDArray[Any]
) -> IntArray:
    """Merge clusters of rows by Ward's criterion down to n; return the new one of each."""
    sizes = np.bincount(labels, weights, minlength=len(within)).astype(np.float64)
    means = group_means(vectors, labels, len(within), weights).astype(np.float32)
    return merge_order(means, sizes, min(n, len(within)), within=within)


def _shared_lines(candidates: list[dict[int, IntArray]], sizes: NDArray[np.float64]) -> dict[int, int]:
    """Choose the number of parts of each topic: the topic of the largest parts is divided next."""
    chosen: dict[int, int] = {}
    n_lines = len(sizes)
    while True:
        steps = [
            (-sizes[row] / chosen.get(row, 1), row, n)
            for row, divisions in enumerate(candidates)
            for n in divisions
            if n > chosen.get(row, 1) and n_lines - chosen.get(row, 0) + n <= MOST_LINES
        ]
        if not steps:
            return chosen
        _, row, n = min(steps)
        n_lines += n - chosen.get(row, 0)
        chosen[row] = n


def parents_of(finer: IntArray, coarser: IntArray, n_finer: int) -> IntArray:
    """Give the topic of a coarser level that each topic of a finer one is a part of.

    Parameters
    ----------
    finer, coarser : int64 ndarray of shape (n,)
        Labels at two nested levels; −1 for none.
    n_finer : int

    Returns
    -------
    int64 ndarray of shape (n_finer,)
        −1 for a topic without documents.
    """
    result = np.full(n_finer, -1, dtype=np.int64)
    placed = (finer >= 0) & (coarser >= 0)
    result[finer[placed]] = coarser[placed]
    return result


def told_apart(finer: Fitted, parents: IntArray, coarser: Topics) -> Topics:
    """Name the topics of a level such that their names tell the parts of one topic apart.

    Parameters
    ----------
    finer : Fitted
        Described.
    parents : int64 ndarray of shape (n_topics,)
        Row of the topic of `coarser` that each is a part of.
    coarser : Topics

    Returns
    -------
    Topics
        Those of the finer level. A topic that is not divided is described as at the coarser one. Names that
        the user gave are kept.
    """
    names = topic_names([topic.keywords for topic in finer.topics], finer.counts, finer.means, parents)
    n_parts = np.bincount(parents[parents >= 0], minlength=len(coarser))
    items = []
    for row, (topic, parent) in enumerate(zip(finer.topics, parents.tolist(), strict=True)):
        if parent >= 0 and n_parts[parent] == 1:
            items.append(replace(coarser.items[parent], id=topic.id))
        else:
            items.append(replace(topic, name=finer.given_names.get(row) or names[row]))
    return replace(finer.topics, items=tuple(items))
