"""Competition of known topics with those that a search found, for the documents of a sample.

Each known topic starts from documents that are surely its own. Parts of found topics that hold many of them
belong to it; every other part competes. Similarities to the means of both are spread over the graph of
nearest neighbors. What is a known topic's is decided by the shares that result, and the more of the corpus
known topics explain, the less of it they need to show.

References
----------
Elkan, Noto, "Learning Classifiers from Only Positive and Unlabeled Data", KDD 2008 (documents like those
labelled, against all others).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import FloatArray, IntArray, group_means, unit_rows
from topickit.fitted.spreading import Matrix, neighbor_graph, shares_of, spread
from topickit.fitted.told import groups_of

SEED_SHARE = 0.2
"""Share of the documents most like a known topic from which it starts: the most similar ones."""
FEWEST_SEEDS = 5
CLAIM = 0.3
"""A known topic claims parts that have this share of the usual density of its seeds in parts with seeds."""
KNOWN_SHARE = 0.4
"""Share of known topics in a document, at most, from which it is in one of them."""
UNKNOWN_RATIO = 0.65
"""The same, for each unit of the share of the corpus that known topics do not explain."""
LOST_SHARE = 0.6
"""A found topic that loses this share of its documents to known topics is dropped."""
STRENGTH = 10.0
"""Inverse of the penalty of the logistic regression, on unit vectors."""
MOST_UNLABELLED = 2000
"""Documents without a label that it reads."""


@dataclass(frozen=True, eq=False)
class Found:
    """Topics that a search found, for some documents.

    Attributes
    ----------
    topics : int64 ndarray of shape (n,)
        −1 for none.
    parts : int64 ndarray of shape (n,)
        Part of a topic; −1 for none.
    """

    topics: IntArray
    parts: IntArray

    @property
    def n_topics(self) -> int:
        """Number of topics."""
        return int(self.topics.max(initial=-1)) + 1

    @property
    def n_parts(self) -> int:
        """Number of parts."""
        return int(self.parts.max(initial=-1)) + 1

    def topic_of_parts(self) -> IntArray:
        """Return the topic of each part, int64 of shape (n_parts,)."""
        result = np.full(self.n_parts, -1, dtype=np.int64)
        inside = self.parts >= 0
        result[self.parts[inside]] = self.topics[inside]
        return result


def compete(
    vectors: FloatArray, weights: NDArray[Any], evidence: Matrix, labelled: IntArray, found: Found
) -> IntArray:
    """Let known and found topics compete for documents.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    weights : ndarray of shape (n,)
    evidence : float64 ndarray of shape (n, m)
        How much each document has of each known topic, centered.
    labelled : int64 ndarray of shape (n,)
        Known topic of labelled documents, −1 for the others.
    found : Found

    Returns
    -------
    int64 ndarray of shape (n,)
        Known topics 0 … m − 1, then m + the found topic; −1 for a document in none.
    """
    m, own = evidence.shape[1], labelled >= 0
    graph = neighbor_graph(vectors)
    shares = _shares(vectors, weights, evidence, labelled, found, graph)
    known, others = shares[:, :m], np.zeros((len(vectors), found.n_topics))
    for part, topic in enumerate(found.topic_of_parts().tolist()):
        others[:, topic] += shares[:, m + part]
    explained = np.average(known.sum(axis=1), weights=weights)
    least = min(KNOWN_SHARE, UNKNOWN_RATIO * (1 - explained))
    labels = np.where(own, labelled, _choice(known, others, least))
    # A found topic that is left with little is a known one under another name.
    inside, kept = found.topics >= 0, labels >= m
    sizes = np.bincount(found.topics[inside], weights[inside], minlength=found.n_topics)
    left = np.bincount(found.topics[inside], (weights * kept)[inside], minlength=found.n_topics)
    dropped = left <= (1 - LOST_SHARE) * sizes
    homeless = kept & np.isin(labels - m, np.flatnonzero(dropped))
    others[:, dropped] = 0
    labels = np.where(homeless, _choice(known, others, least), labels)
    labels[~inside & (labels >= m)] = -1
    # Between known topics alone, a classifier of all of them is the better judge.
    told = np.flatnonzero((labels >= 0) & (labels < m))
    if len(told) > 1:
        links = csr_array(graph[told][:, told])
        labels[told] = groups_of(vectors[told], evidence[told], labelled[told], weights[told], links)
    return labels.astype(np.int64)


def _shares(
    vectors: FloatArray,
    weights: NDArray[Any],
    evidence: Matrix,
    labelled: IntArray,
    found: Found,
    graph: csr_array,
) -> Matrix:
    """Return the share of each known topic and of each part of found topics in each document."""
    m, n_groups = evidence.shape[1], evidence.shape[1] + found.n_parts
    seeds = _seeds(vectors, weights, evidence, labelled, graph)
    claimed = np.append(_claimed(seeds, found, weights, m), True)
    start = np.where(seeds >= 0, seeds, np.where(claimed[found.parts], -1, m + found.parts))
    present = np.bincount(start[start >= 0], minlength=n_groups) > 0
    if not present.any():
        return np.full((len(vectors), n_groups), 1 / n_groups)
    similar = vectors @ unit_rows(group_means(vectors, start, n_groups, weights)).T
    similar[:, ~present] = -np.inf
    given = np.eye(n_groups)[np.maximum(labelled, 0)]
    shares = spread(graph, np.where(labelled[:, None] >= 0, given, shares_of(similar)))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _choice(known: Matrix, others: Matrix, least: float) -> IntArray:
    """Choose a known topic where all of them have a share, else the best of the others, else a known one."""
    m, total = known.shape[1], known.sum(axis=1) + others.sum(axis=1)
    is_known = known.sum(axis=1) >= least * total
    if not others.shape[1]:
        return np.asarray(known.argmax(axis=1))
    is_known |= others.max(axis=1) <= 0
    return np.asarray(np.where(is_known, known.argmax(axis=1), m + others.argmax(axis=1)))


def _seeds(
    vectors: FloatArray, weights: NDArray[Any], evidence: Matrix, labelled: IntArray, graph: csr_array
) -> IntArray:
    """Return the known topic of documents that are surely its own; −1 for the others."""
    with_labels = np.unique(labelled[labelled >= 0])
    described = np.setdiff1d(np.flatnonzero(evidence.any(axis=0)), with_labels)
    seeds = _most_like(evidence, evidence.argmax(axis=1), described, labelled)
    if len(with_labels):
        likely = _likeness(vectors, weights, labelled, evidence.shape[1], graph)
        seeds = _most_like(likely, likely.argmax(axis=1), with_labels, seeds)
    return seeds


def _most_like(scores: Matrix, nearest: IntArray, topics: IntArray, seeds: IntArray) -> IntArray:
    """Add the documents most like some topics to those that are no seeds yet."""
    result = seeds.copy()
    for topic in topics.tolist():
        mine = np.flatnonzero((nearest == topic) & (seeds < 0))
        best = mine[np.argsort(-scores[mine, topic], kind="stable")]
        result[best[: max(FEWEST_SEEDS, int(SEED_SHARE * len(mine)))]] = topic
    return result


def _likeness(
    vectors: FloatArray, weights: NDArray[Any], labelled: IntArray, m: int, graph: csr_array
) -> Matrix:
    """Return how like documents are to those with a label, against all others; spread over the graph."""
    from sklearn.linear_model import LogisticRegression

    rest = np.flatnonzero(labelled < 0)
    if not len(rest):
        return np.eye(m)[labelled]
    read = rest[np.unique(np.linspace(0, len(rest) - 1, min(MOST_UNLABELLED, len(rest))).astype(np.int64))]
    rows = np.concatenate([np.flatnonzero(labelled >= 0), read])
    model = LogisticRegression(C=STRENGTH, max_iter=200)
    model.fit(vectors[rows], np.where(labelled[rows] < 0, m, labelled[rows]), sample_weight=weights[rows])
    likely = np.zeros((len(vectors), m + 1))
    likely[:, model.classes_] = model.predict_proba(vectors)
    return spread(graph, likely)[:, :m]


def _claimed(seeds: IntArray, found: Found, weights: NDArray[Any], m: int) -> NDArray[np.bool_]:
    """Return which parts have nearly as many seeds of a known topic, for their size, as its usual part."""
    inside = found.parts >= 0
    with_seeds = inside & (seeds >= 0)
    counts = np.zeros((found.n_parts, m))
    np.add.at(counts, (found.parts[with_seeds], seeds[with_seeds]), weights[with_seeds])
    sizes = np.bincount(found.parts[inside], weights[inside], minlength=found.n_parts)
    density = counts / np.maximum(sizes, 1e-300)[:, None]
    usual = (counts * density).sum(axis=0) / np.maximum(counts.sum(axis=0), 1e-300)
    return np.asarray(((counts > 0) & (density >= CLAIM * usual)).any(axis=1))
