"""New topics among new documents.

Where the documents of the model are at hand, documents are new that are in a region where the model has
hardly any; see `topickit.fitted.density`. Without them, a group of documents that the model explains badly
is new if it is clearly separated. Each document is left out of the mean of its own group then, so that a
group by chance is not taken for a topic.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from topickit._core import devices
from topickit._core.vectors import (
    FloatArray,
    IntArray,
    block_rows,
    group_means,
    map_blocks,
    nearest_prototype,
    unit_rows,
)
from topickit.cluster.draws import Draws
from topickit.cluster.graph import FEWEST_FOR_DRAWS
from topickit.cluster.levels import best_level, ladder
from topickit.cluster.partition import N_NEIGHBORS, communities, knn_graph
from topickit.cluster.result import ClusteringResult
from topickit.fitted.assigner import Assigner
from topickit.fitted.density import Block, rows_of_new_topics
from topickit.fitted.discover import (
    MIN_SIZE,
    STEPS,
    UNEXPLAINED_SHARE,
    cosine_to_rest,
    median_separation,
    nearest_group,
    separations_of,
)
from topickit.fitted.prototypes import make_prototypes
from topickit.fitted.thresholds import NO_THRESHOLD

LEAST_STABILITY = 0.75
"""Least agreement between samples of the new documents for them to be several topics. Those of one class had
at most .7 at any number of topics, those of several classes .76 to 1.0 at the best."""
RESOLUTIONS = (8.0, 1.0)
"""Of the clusterings whose groups are examined: fine groups are united, coarse ones follow."""
UNITED = 0.5
"""Groups whose separation is below this, in units of the median topic's, are united with others."""
SEPARATION_FROM_OLD = 0.5
"""Least separation from old topics, in the same units."""
ALONE_SEPARATION = 1.0
ALONE_SHARE = 0.02
"""Least separation and share of a new topic."""


@dataclass(frozen=True, eq=False)
class NewTopics:
    """Prototypes of new topics.

    Attributes
    ----------
    prototypes : float32 ndarray of shape (p, d)
    topics : int64 ndarray of shape (p,)
        The new topic of each prototype, 0 for the largest.
    """

    prototypes: FloatArray
    topics: IntArray

    @property
    def n_topics(self) -> int:
        """The number of new topics."""
        return int(self.topics.max(initial=-1)) + 1

    def added_to(self, assigner: Assigner) -> Assigner:
        """Add the new topics to an Assigner, numbered after its own."""
        return assigner.added(self.prototypes, assigner.n_topics + self.topics)


def find_new_topics(assigner: Assigner, new: Block, old: Block | None) -> NewTopics:
    """Find topics that new documents have and a model does not.

    Parameters
    ----------
    assigner : Assigner
        Of the model. One with the rule "first" gets no new topics.
    new : Block
        The new documents.
    old : Block, optional
        Those of the model; None where it was saved without them, which demands clearer topics.

    Returns
    -------
    NewTopics
        Usually there is none.
    """
    new = new.first(len(new.weights))
    nothing = NewTopics(assigner.prototypes[:0], assigner.topics[:0])
    if assigner.rule != "nearest" or assigner.n_topics < 2 or new.weights.sum() < MIN_SIZE:
        return nothing
    if old is None:
        grown = _with_clear_topics(assigner, new)
        rows = np.flatnonzero(grown.labels(new.vectors) >= assigner.n_topics)
    else:
        rows = rows_of_new_topics(assigner, new, old)
    if not len(rows):
        return nothing
    others = np.setdiff1d(np.arange(len(new.weights)), rows)
    usual = _usual_separation(assigner, Block(new.vectors[others], new.weights[others]))
    return _topics_of(Block(new.vectors[rows], new.weights[rows]), usual)


def _usual_separation(assigner: Assigner, documents: Block) -> float:
    """Return the median separation of the topics that have documents; −1 where none has."""
    return median_separation(assigner, documents.vectors, documents.weights, default=-1.0)


def _with_clear_topics(assigner: Assigner, new: Block) -> Assigner:
    """Add groups of documents that the model explains badly."""
    known = _Known.of(assigner, new)
    for resolution in RESOLUTIONS:
        found = _search(known, new, resolution)
        if found.n_topics:
            assigner = found.added_to(assigner)
            known = _Known.of(assigner, new)
    return assigner


def _topics_of(new: Block, usual: float) -> NewTopics:
    """Make prototypes of the topics that documents of new topics are divided into."""
    labels = _divided(new, usual)
    prototypes, topics = make_prototypes(new.vectors, ClusteringResult(labels), new.weights, 0)
    place = np.argsort(np.argsort(-np.bincount(labels, new.weights), kind="stable"), kind="stable")
    return NewTopics(prototypes, place[topics])


def _divided(new: Block, usual: float) -> IntArray:
    """Divide documents as a fit would, at a level whose clusters are stable and as separated as topics are.

    They are one topic if there is no such level.
    """
    one = np.zeros(len(new.vectors), dtype=np.int64)
    if len(one) < FEWEST_FOR_DRAWS:
        return one
    levels = ladder(Draws(new.vectors, new.weights, N_NEIGHBORS, 0), whole=False)
    good = [
        level
        for level in levels
        if level.n_clusters > 1
        and level.stability >= LEAST_STABILITY
        and _is_separated(level.center, new, UNITED * usual)
    ]
    if not good:
        return one
    near = nearest_prototype(new.vectors, best_level(good).center)
    return np.unique(near, return_inverse=True)[1].astype(np.int64)


def _is_separated(centers: FloatArray, new: Block, least: float) -> bool:
    """Return whether the documents of each center are as much more similar to it than to the other ones."""
    n = len(centers)
    assigner = Assigner(centers, np.arange(n), np.full(n, NO_THRESHOLD, dtype=np.float32))
    _, sizes, separations = separations_of(assigner, new.vectors, new.weights)
    return bool((separations[sizes > 0] >= least).all())


@dataclass(frozen=True, eq=False)
class _Known:
    """How the present topics explain the new documents.

    Attributes
    ----------
    assigner : Assigner
    best : float32 ndarray of shape (n,)
        Cosine of each document to the most similar prototype.
    usual : float
        Median separation of the topics that have documents; −1 where none has.
    far : int64 ndarray of shape (m,)
        The documents that are least similar to any prototype.
    graph : csr_matrix of shape (m, m)
        Their nearest-neighbor graph.
    """

    assigner: Assigner
    best: FloatArray
    usual: float
    far: IntArray
    graph: csr_matrix

    @classmethod
    def of(cls, assigner: Assigner, new: Block) -> "_Known":
        """Compare new documents with all prototypes."""
        best = best_cosine(assigner, new.vectors)
        usual = _usual_separation(assigner, new)
        far = np.argsort(best, kind="stable")[: max(MIN_SIZE, int(UNEXPLAINED_SHARE * len(best)))]
        graph = knn_graph(new.vectors[far], new.weights[far], N_NEIGHBORS, assigner.device)
        return cls(assigner, best, usual, far, graph)

    def candidates(self, new: Block, resolution: float) -> NDArray[np.float64]:
        """Cluster the documents that are least similar; means of shape (n_groups, d)."""
        vectors, weights, far = new.vectors, new.weights, self.far
        groups = communities(self.graph, resolution)
        means = group_means(vectors[far], groups, int(groups.max()) + 1, weights[far])
        for _ in range(STEPS):
            near = nearest_group(vectors, self.best, means)
            moved = group_means(vectors, near, len(means), weights)
            empty = ~moved.any(axis=1)
            moved[empty] = means[empty]
            means = moved
        return means


def _search(known: _Known, new: Block, resolution: float) -> NewTopics:
    """Find new topics among groups of one resolution, the largest first."""
    assigner, usual = known.assigner, known.usual
    if usual < 0:
        return NewTopics(assigner.prototypes[:0], assigner.topics[:0])
    groups = _Groups.of(known, new, resolution).apart(usual)
    topics = _united(assigner, new, groups.means, usual)
    sizes = np.bincount(topics[topics >= 0], groups.sizes[topics >= 0])
    fewest = max(2 * MIN_SIZE, ALONE_SHARE * float(new.weights.sum()))
    kept = [topic for topic in np.argsort(-sizes, kind="stable").tolist() if sizes[topic] >= fewest]
    number = np.full(len(sizes) + 1, -1, dtype=np.int64)
    number[kept] = np.arange(len(kept))
    topics = number[topics]
    return NewTopics(groups.means[topics >= 0], topics[topics >= 0])


@dataclass(frozen=True, eq=False)
class _Groups:
    """Groups of documents that are more similar to each other than to any prototype.

    Attributes
    ----------
    means : float32 ndarray of shape (g, d)
    sizes : int64 ndarray of shape (g,)
        New documents of each group, each left out of the mean that it is compared with.
    margins : float64 ndarray of shape (g,)
        Mean cosine to the rest of the group less that to the most similar prototype.
    """

    means: FloatArray
    sizes: IntArray
    margins: NDArray[np.float64]

    @classmethod
    def of(cls, known: _Known, new: Block, resolution: float) -> "_Groups":
        """Find groups among new documents."""
        best, means = known.best, known.candidates(new, resolution)
        near = nearest_group(new.vectors, best, means)
        sizes, margins = np.zeros(len(means), dtype=np.int64), np.full(len(means), -np.inf)
        for group in np.unique(near[near >= 0]).tolist():
            member = near == group
            weights = new.weights[member]
            margin = cosine_to_rest(new.vectors[member], weights) - best[member]
            sizes[group], margins[group] = weights[margin > 0].sum(), np.average(margin, weights=weights)
        return cls(means.astype(np.float32), sizes, margins)

    def apart(self, usual: float) -> "_Groups":
        """Keep the groups that may be part of a new topic."""
        rows = np.flatnonzero((self.margins >= ALONE_SEPARATION * usual) & (self.sizes >= MIN_SIZE))
        return _Groups(self.means[rows], self.sizes[rows], self.margins[rows])


def _united(assigner: Assigner, new: Block, groups: FloatArray, usual: float) -> IntArray:
    """Unite groups that are hardly separated from each other, and drop those that an old topic explains.

    Returns
    -------
    int64 ndarray of shape (n_groups,)
        Number of the new topic of each group; −1 for none.
    """
    n = assigner.n_topics
    topics = np.arange(len(groups), dtype=np.int64)
    while (topics >= 0).any():
        topics[topics >= 0] = np.unique(topics[topics >= 0], return_inverse=True)[1]
        grown = NewTopics(groups[topics >= 0], topics[topics >= 0]).added_to(assigner)
        labels, sizes, separations = separations_of(grown, new.vectors, new.weights)
        separations[sizes == 0] = -np.inf
        worst = n + int(np.argmin(separations[n:]))
        member = labels == worst
        if separations[worst] >= UNITED * usual:
            break
        if not member.any():
            topics[topics == worst - n] = -1
            continue
        scores = grown.scores(new.vectors[member]).mean(axis=0, dtype=np.float64)
        scores[worst] = -np.inf
        other = int(scores.argmax())
        if other >= n:
            topics[topics == worst - n] = other - n
        elif separations[worst] < SEPARATION_FROM_OLD * usual:
            topics[topics == worst - n] = -1
        else:
            scores[:n] = -np.inf
            other = int(scores.argmax())
            if not np.isfinite(scores[other]):
                break
            topics[topics == worst - n] = other - n
    return topics


def best_cosine(assigner: Assigner, vectors: FloatArray) -> FloatArray:
    """Return the cosine of each row to the most similar prototype, those of no topic included."""
    units = unit_rows(assigner.prototypes)

    def best(start: int, stop: int) -> FloatArray:
        return np.asarray(devices.product(vectors[start:stop], units, assigner.device).max(axis=1))

    return np.concatenate(map_blocks(best, len(vectors), block_rows(8 * len(units))))
