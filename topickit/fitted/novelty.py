"""New topics among documents that a model explains badly.

A group of new documents is a topic of its own if it is as separated as a small topic of a fit must be, and if
the documents of the model have hardly any part in it. Each document is left out of the mean of its own group,
so that a group by chance is not taken for a topic.
"""

from dataclasses import dataclass, replace
from typing import Any

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
    take_rows,
    unit_rows,
)
from topickit.cluster.graph import GraphClusterer
from topickit.cluster.partition import N_NEIGHBORS, communities, knn_graph
from topickit.fitted.added import ROUNDING, own_values
from topickit.fitted.assigner import Assigner
from topickit.fitted.discover import (
    MIN_SHARE,
    MIN_SIZE,
    STEPS,
    UNEXPLAINED_SHARE,
    cosine_to_rest,
    nearest_group,
    separations_of,
)
from topickit.fitted.prototypes import make_prototypes

RESOLUTIONS = (8.0, 1.0)
"""Of the clusterings whose groups are examined: fine groups are united, coarse ones follow."""
SIGNIFICANCE = 0.005
"""Of all groups of one update together, that documents of the model are as frequent in a new topic."""
FACTOR = 3.0
"""Least ratio of a new topic's share among new documents to that among the model's."""
PART_SIGNIFICANCE = 0.01
"""The same of each of the groups that a new topic is made of: chance groups would unite new topics."""
UNITED = 0.5
"""Groups whose separation is below this, in units of the median topic's, are united with others."""
SEPARATION_FROM_OLD = 0.5
"""Least separation from old topics, in the same units."""
ALONE_SEPARATION = 1.0
ALONE_SHARE = 0.02
"""Least separation and share of a new topic where the model's documents are not at hand."""


@dataclass(frozen=True, eq=False)
class Block:
    """Distinct documents.

    Attributes
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    weights : int64 ndarray of shape (n,)
    labels : int64 ndarray of shape (n,), optional
        Topics by an Assigner with the first prototypes of the present one.
    optimism : float
        By how much documents are more similar to prototypes because these were made of them.
    """

    vectors: FloatArray
    weights: IntArray
    labels: IntArray | None = None
    optimism: float = 0.0


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
    usable = new.vectors.any(axis=1)
    new = Block(new.vectors[usable], new.weights[usable])
    grown = assigner
    if assigner.rule == "nearest" and assigner.n_topics >= 2 and len(new.vectors) >= MIN_SIZE:
        known = _Known.of(grown, new)
        for resolution in RESOLUTIONS:
            found = _search(known, new, old, resolution)
            if found.n_topics:
                grown = found.added_to(grown)
                known = _Known.of(grown, new)
    more = slice(len(assigner.topics), None)
    found = NewTopics(grown.prototypes[more], grown.topics[more] - assigner.n_topics)
    if found.n_topics < 2:
        return found
    return _as_a_fit_divides(new, grown.labels(new.vectors) >= assigner.n_topics)


def _as_a_fit_divides(new: Block, member: NDArray[np.bool_]) -> NewTopics:
    """Divide the documents of new topics as a fit would: the groups that found them are finer than topics."""
    vectors, weights = new.vectors[member], new.weights[member]
    clustering = GraphClusterer().cluster(vectors, weights).or_one_cluster()
    prototypes, topics = make_prototypes(vectors, clustering, weights, 0)
    sizes = np.bincount(clustering.labels, weights)  # of a graph, every row is in a cluster
    place = np.argsort(np.argsort(-sizes, kind="stable"), kind="stable")
    return NewTopics(prototypes, place[topics])


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
        _, sizes, separations = separations_of(assigner, new.vectors, new.weights)
        usual = float(np.median(separations[sizes > 0])) if sizes.any() else -1.0
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


def _search(known: _Known, new: Block, old: Block | None, resolution: float) -> NewTopics:
    """Find new topics among groups of one resolution, the largest first."""
    assigner, usual = known.assigner, known.usual
    if usual < 0:
        return NewTopics(assigner.prototypes[:0], assigner.topics[:0])
    groups = _Groups.of(known, new, old, resolution).where_new(usual)
    topics = _united(assigner, new, groups.means, usual)
    kept = [topic for topic in range(int(topics.max(initial=-1)) + 1) if groups.are_new(topics == topic)]
    kept.sort(key=lambda topic: -groups.sizes[topics == topic].sum())
    number = np.full(int(topics.max(initial=-1)) + 2, -1, dtype=np.int64)
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
    before : int64 ndarray of shape (g,), or None
        Documents of the model that each group would take.
    n, n_before, n_groups : int
        Documents, new and of the model, and groups that there were.
    """

    means: FloatArray
    sizes: IntArray
    margins: NDArray[np.float64]
    before: IntArray | None
    n: int
    n_before: int
    n_groups: int

    @classmethod
    def of(cls, known: _Known, new: Block, old: Block | None, resolution: float) -> "_Groups":
        """Find groups among new documents, and count those of the model."""
        best, means = known.best, known.candidates(new, resolution)
        near = nearest_group(new.vectors, best, means)
        sizes, margins = np.zeros(len(means), dtype=np.int64), np.full(len(means), -np.inf)
        for group in np.unique(near[near >= 0]).tolist():
            member = near == group
            weights = new.weights[member]
            margin = cosine_to_rest(new.vectors[member], weights) - best[member]
            sizes[group], margins[group] = weights[margin > 0].sum(), np.average(margin, weights=weights)
        before = None if old is None else _sizes_before(known.assigner, old, means)
        n_before = 0 if old is None else int(old.weights.sum())
        return cls(
            means.astype(np.float32), sizes, margins, before, int(new.weights.sum()), n_before, len(means)
        )

    def where_new(self, usual: float) -> "_Groups":
        """Keep the groups that may be part of a new topic."""
        if self.before is None:
            kept = (self.margins >= ALONE_SEPARATION * usual) & (self.sizes >= MIN_SIZE)
        else:
            kept = self._p_values(self.sizes, self.before) * self.n_groups <= PART_SIGNIFICANCE
        rows = np.flatnonzero(kept)
        before = None if self.before is None else self.before[rows]
        return replace(
            self, means=self.means[rows], sizes=self.sizes[rows], margins=self.margins[rows], before=before
        )

    def are_new(self, chosen: NDArray[np.bool_]) -> bool:
        """Return whether groups together are a new topic (exact test, Bonferroni)."""
        size = int(self.sizes[chosen].sum())
        if self.before is None:
            return size >= max(2 * MIN_SIZE, ALONE_SHARE * self.n)
        before = int(self.before[chosen].sum())
        if size < max(MIN_SIZE, MIN_SHARE * self.n) or size / self.n < FACTOR * before / max(
            self.n_before, 1
        ):
            return False
        return bool(self._p_values(size, before) * self.n_groups <= SIGNIFICANCE)

    def _p_values(self, size: Any, before: Any) -> Any:
        """Test that groups are as frequent among documents of the model, or more."""
        from scipy.stats import hypergeom

        return hypergeom.sf(size - 1, self.n + self.n_before, size + before, self.n)


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


def _sizes_before(assigner: Assigner, old: Block, means: NDArray[np.float64]) -> IntArray:
    """Count the documents of the model that each group would take."""
    rows = np.arange(len(old.vectors))
    if old.labels is not None:  # the cosine to the own topic rules out most groups at little cost
        least = own_values(assigner, old.vectors, old.labels, unit=True) - (ROUNDING + old.optimism)
        rows = np.flatnonzero(nearest_group(old.vectors, least, means) >= 0)
    if not len(rows):
        return np.zeros(len(means), dtype=np.int64)
    vectors = take_rows(old.vectors, rows)
    near = nearest_group(vectors, best_cosine(assigner, vectors) - np.float32(old.optimism), means)
    member = near >= 0
    return np.bincount(near[member], old.weights[rows[member]], minlength=len(means)).astype(np.int64)
