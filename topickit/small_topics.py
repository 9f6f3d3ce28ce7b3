"""Small topics that larger ones cover up: a second look at what a clusterer has found.

Topics are found on draws of a few thousand documents, at the level that suits most of them; a subject of
few documents is then part of a larger topic. Two kinds are looked for afterwards, and become topics where
they stand out clearly more than topics do among each other: prototypes unlike the others of their topic,
and groups among the documents that no prototype explains.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit.assign import NO_THRESHOLD, Assigner
from topickit.cluster.graph import N_NEIGHBORS, communities, knn_graph
from topickit.grouping import Grouping, best_jaccard
from topickit.vectors import FloatArray, IntArray, group_means, unit_rows

CLEARLY = 1.25
"""How much more than the median topic stands out from the others: with 1 narrow collections shatter."""
ABOVE_PARTS = 3.0
"""How much more than the median prototype: in a narrow collection the parts of every topic are apart."""
SMALLEST_SHARE = 0.002
FEWEST = 10
"""Fewest documents of a small topic; and at least `SMALLEST_SHARE` of all."""
UNEXPLAINED = 0.15
"""Share of the documents, those farthest from every prototype, among which groups are looked for."""
RESOLUTION = 8.0
"""Of the communities among these: fine, since what is looked for is small."""
STEPS = 2
N_HALVES = 2


def second_look(
    assigner: Assigner,
    grouping: Grouping,
    vectors: FloatArray,
    weights: NDArray[Any],
    *,
    random_state: int = 0,
) -> tuple[Assigner, list[float | None]]:
    """Add small topics where the number of topics is open, and say how well each topic is found again.

    Parameters
    ----------
    assigner : Assigner
    grouping : Grouping
        That it was made of.
    vectors : float32 ndarray of shape (n, d), unit rows
    weights : ndarray of shape (n,)
    random_state : int

    Returns
    -------
    assigner : Assigner
    stability : list of float or None
        Of each of its topics.
    """
    grown = with_small_topics(assigner, vectors, weights) if grouping.may_grow else assigner
    known = grouping.recovery(grown.labels(vectors), weights, grown.n_topics)[: assigner.n_topics]
    return grown, known + recovery(grown, assigner.n_topics, vectors, weights, random_state=random_state)


def with_small_topics(assigner: Assigner, vectors: FloatArray, weights: NDArray[Any]) -> Assigner:
    """Make topics of small groups that stand out.

    A group stands out by the mean over its documents of the cosine to it, less that to the best of the others
    (leaving each document out of its own group's mean).

    Parameters
    ----------
    assigner : Assigner
        With the rule "nearest". Its topics keep their numbers.
    vectors : float32 ndarray of shape (n, d), unit rows
    weights : ndarray of shape (n,)

    Returns
    -------
    Assigner
        New topics are numbered from ``assigner.n_topics`` on; the assigner itself where there are none.
    """
    if assigner.n_topics < 2:
        return assigner
    labels = assigner.labels(vectors)
    gaps = _gaps(assigner, vectors, labels)
    standing = [np.average(gaps[labels == t], weights=weights[labels == t]) for t in np.unique(labels)]
    least = CLEARLY * float(np.median(standing))
    fewest = max(FEWEST, SMALLEST_SHARE * float(weights.sum()))
    apart = _with_parts(assigner, vectors, weights, least, fewest)
    return _with_unexplained(apart, vectors, weights, least, fewest)


def recovery(
    grown: Assigner, n_before: int, vectors: FloatArray, weights: NDArray[Any], *, random_state: int = 0
) -> list[float | None]:
    """Say how well the topics that `with_small_topics` added are found again in halves of the documents.

    Parameters
    ----------
    grown : Assigner
    n_before : int
        Topics before.
    vectors : float32 ndarray of shape (n, d), unit rows
    weights : ndarray of shape (n,)
    random_state : int
        Of the halves.

    Returns
    -------
    list of float or None
        For each added topic as `Grouping.recovery` has it.
    """
    if grown.n_topics == n_before:
        return []
    labels = grown.labels(vectors)
    first = np.where(labels >= n_before, -1, labels)  # the topics that there were, without the added ones
    half = np.random.default_rng(random_state).permutation(len(vectors)) % N_HALVES
    found = []
    for part in range(N_HALVES):
        rows = np.flatnonzero((half == part) & (labels >= 0))
        known = _nearest_known(grown, n_before, vectors[rows], first[rows])
        again = Assigner.of(vectors[rows], Grouping(known), weights[rows], random_state=random_state)
        again = with_small_topics(again, vectors[rows], weights[rows])
        found.append(best_jaccard(labels, again.labels(vectors), weights, grown.n_topics)[n_before:])
    mean = np.mean(found, axis=0)
    return [None if np.isnan(value) else float(value) for value in mean]


def _nearest_known(grown: Assigner, n_before: int, vectors: FloatArray, labels: IntArray) -> IntArray:
    """Give documents of added topics back to the topics that there were."""
    before = grown.select(range(n_before))
    back = np.where(labels < 0, before.labels(vectors), labels)
    return np.unique(back, return_inverse=True)[1].astype(np.int64)


def _gaps(assigner: Assigner, vectors: FloatArray, labels: IntArray) -> NDArray[np.float64]:
    """Cosine of each row to its own topic less that to the best other one."""
    scores = assigner.scores(vectors).astype(np.float64)
    rows = np.arange(len(vectors))
    own = scores[rows, labels]
    scores[rows, labels] = -np.inf
    return np.asarray(own - scores.max(axis=1))


def _with_parts(
    assigner: Assigner, vectors: FloatArray, weights: NDArray[Any], least: float, fewest: float
) -> Assigner:
    """Make a topic of each prototype that stands out from all others, those of its own topic included."""
    parts = assigner.parts()
    labels = parts.labels(vectors)
    gaps = _gaps(parts, vectors, labels)
    sizes = np.bincount(labels, weights, minlength=parts.n_topics)
    means = np.bincount(labels, weights * gaps, minlength=parts.n_topics) / np.maximum(sizes, 1e-300)
    least = max(least, ABOVE_PARTS * float(np.median(means[sizes > 0])))
    topics = assigner.topics.copy()
    for part in np.flatnonzero((sizes >= fewest) & (means >= least)):
        if (topics == topics[part]).sum() > 1:
            topics[part] = topics.max() + 1
    return replace(assigner, topics=topics)


def _with_unexplained(
    assigner: Assigner, vectors: FloatArray, weights: NDArray[Any], least: float, fewest: float
) -> Assigner:
    """Make a topic of each group that stands out among the documents farthest from every prototype."""
    best = assigner.scores(vectors).max(axis=1)
    far = np.argsort(best, kind="stable")[: int(UNEXPLAINED * len(vectors))]
    if len(far) < FEWEST:
        return assigner
    groups = communities(knn_graph(vectors[far], weights[far], N_NEIGHBORS), RESOLUTION)
    means = group_means(vectors[far], groups, int(groups.max()) + 1, weights[far])
    for _ in range(STEPS):
        near = _nearer(vectors, best, means)
        drawn = group_means(vectors, near, len(means), weights)
        empty = ~drawn.any(axis=1)
        drawn[empty] = means[empty]
        means = drawn
    near = _nearer(vectors, best, means)
    kept = [g for g in range(len(means)) if _stands_out(vectors, weights, best, near == g, least, fewest)]
    return replace(
        assigner,
        prototypes=np.concatenate([assigner.prototypes, means[kept].astype(np.float32)]),
        topics=np.concatenate([assigner.topics, assigner.n_topics + np.arange(len(kept))]),
        thresholds=np.concatenate([assigner.thresholds, np.full(len(kept), NO_THRESHOLD, np.float32)]),
    )


def _stands_out(
    vectors: FloatArray,
    weights: NDArray[Any],
    best: FloatArray,
    member: NDArray[np.bool_],
    least: float,
    fewest: float,
) -> bool:
    """Whether a group is large enough, and its documents much nearer to it than to every prototype."""
    if weights[member].sum() < fewest:
        return False
    gaps = _left_out(vectors[member], weights[member]) - best[member]
    return bool(np.average(gaps, weights=weights[member]) >= least)


def _nearer(vectors: FloatArray, best: FloatArray, means: NDArray[np.float64]) -> IntArray:
    """The group of largest cosine of each row, −1 where a prototype has a larger one."""
    cosines = vectors @ unit_rows(means).T
    group = cosines.argmax(axis=1)
    return np.where(cosines[np.arange(len(vectors)), group] > best, group, -1)


def _left_out(vectors: FloatArray, weights: NDArray[Any]) -> NDArray[np.float64]:
    """Cosine of each row to the sum of the others: copies of one document are no group."""
    total = weights @ vectors.astype(np.float64)
    products = vectors @ total
    squares = total @ total - 2 * weights * products + weights**2
    return np.asarray((products - weights) / np.sqrt(np.maximum(squares, 1e-12)))
