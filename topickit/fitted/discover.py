"""Small topics that larger ones cover up: a second look at what a clusterer has found.

Topics are found on draws of a few thousand documents, at the level that suits most of them; a subject of
few documents is then part of a larger topic. Two kinds are looked for afterwards, and become topics where
they stand out clearly more than topics do among each other: prototypes unlike the others of their topic,
and groups among the documents that no prototype explains.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import (
    FloatArray,
    IntArray,
    block_rows,
    group_means,
    map_blocks,
    single_threaded,
    taken,
    unit_rows,
    with_direction,
)
from topickit.cluster.base import Clusterer
from topickit.cluster.partition import N_NEIGHBORS, communities, knn_graph
from topickit.cluster.result import ClusteringResult
from topickit.cluster.stability import or_none, stability
from topickit.corpus.documents import Documents
from topickit.fitted.assigner import Assigner

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
BLOCK = 16384


@dataclass(frozen=True, eq=False)
class TopicSearch:
    """What was found in a sample of the documents, and how well each topic is found again."""

    sampled: FloatArray
    weights: NDArray[Any]
    clustering: ClusteringResult
    assigner: Assigner
    stability: list[float | None]

    @classmethod
    def of(
        cls,
        sampled: FloatArray,
        weights: NDArray[Any],
        clustering: ClusteringResult,
        random_state: int,
        device: str | None = None,
    ) -> "TopicSearch":
        """Describe groups by prototypes, and look at them for the second time."""
        assigner = Assigner.of(sampled, clustering, weights, random_state=random_state, device=device)
        assigner, values = second_look(assigner, clustering, sampled, weights, random_state=random_state)
        return cls(sampled, weights, clustering, assigner, values)


def find_topics(
    documents: Documents,
    vectors: FloatArray,
    clusterer: Clusterer,
    *,
    sample_size: int | Literal["auto"] | None = "auto",
    n_topics: int | None = None,
    random_state: int = 0,
    device: str | None = None,
) -> TopicSearch:
    """Find topics in a sample of the documents.

    Parameters
    ----------
    documents : Documents
    vectors : float32 ndarray of shape (u, d), unit rows
    clusterer : Clusterer
    sample_size : int, "auto" or None
        Distinct documents in the sample; "auto" asks the clusterer, None takes all.
    n_topics : int, optional
        A clusterer that returned fewer topics is asked for finer clusters, if it can make them.
    random_state : int
    device : str, optional
        Of the Assigner.
    """
    rows = documents.sample(
        clusterer.sample_size if sample_size == "auto" else sample_size,
        random_state,
        usable=lambda rows: with_direction(vectors, rows),
    )
    sampled, weights = taken(vectors, rows), documents.weights[rows]
    clustering = clusterer.cluster(sampled, weights).or_one_cluster()
    search = TopicSearch.of(sampled, weights, clustering, random_state, device)
    if clustering.finer is not None and search.assigner.n_topics < (n_topics or 0):
        search = TopicSearch.of(sampled, weights, clustering.finer(), random_state, device)
    return search


def second_look(
    assigner: Assigner,
    clustering: ClusteringResult,
    vectors: FloatArray,
    weights: NDArray[Any],
    *,
    random_state: int = 0,
) -> tuple[Assigner, list[float | None]]:
    """Add small topics where the number of topics is open, and say how well each topic is found again.

    Parameters
    ----------
    assigner : Assigner
    clustering : ClusteringResult
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
    grown = with_small_topics(assigner, vectors, weights) if clustering.may_grow else assigner
    labels, n_before = grown.labels(vectors), assigner.n_topics
    result = clustering.stability_of(labels, weights, grown.n_topics)[:n_before]
    return grown, result + _stability_of_added(grown, n_before, labels, vectors, weights, random_state)


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
    _, sizes, gaps = _gaps(assigner, vectors, weights)
    least = CLEARLY * float(np.median(gaps[sizes > 0]))
    fewest = max(FEWEST, SMALLEST_SHARE * float(weights.sum()))
    apart = _with_parts(assigner, vectors, weights, least, fewest)
    return _with_unexplained(apart, vectors, weights, least, fewest)


def _stability_of_added(
    grown: Assigner,
    n_before: int,
    labels: IntArray,
    vectors: FloatArray,
    weights: NDArray[Any],
    random_state: int,
) -> list[float | None]:
    """Compute the stability of the topics that `with_small_topics` added, over halves of the documents."""
    if grown.n_topics == n_before:
        return []
    before = grown.select(range(n_before)).labels(vectors)  # documents of added topics given back
    half = np.random.default_rng(random_state).permutation(len(vectors)) % N_HALVES
    resampled_labels = []
    for part in range(N_HALVES):
        rows = np.flatnonzero(half == part)
        clustering = ClusteringResult(np.unique(before[rows], return_inverse=True)[1].astype(np.int64))
        assigner = Assigner.of(
            vectors[rows], clustering, weights[rows], random_state=random_state, device=grown.device
        )
        assigner = with_small_topics(assigner, vectors[rows], weights[rows])
        resampled_labels.append(assigner.labels(vectors))
    return or_none(stability(labels, resampled_labels, weights, grown.n_topics))[n_before:]


def _gaps(
    assigner: Assigner, vectors: FloatArray, weights: NDArray[Any]
) -> tuple[IntArray, NDArray[np.float64], NDArray[np.float64]]:
    """Labels, weight of each topic's rows, and the mean of their cosine to it less that to the best other."""
    labels = assigner.labels(vectors)
    gaps = np.empty(len(vectors))
    for start in range(0, len(vectors), BLOCK):
        scores, own = assigner.scores(vectors[start : start + BLOCK]), labels[start : start + BLOCK]
        rows = np.arange(len(scores))
        known = scores[rows, own].astype(np.float64)
        scores[rows, own] = -np.inf
        gaps[start : start + BLOCK] = known - scores.max(axis=1)
    sizes = np.asarray(np.bincount(labels, weights, minlength=assigner.n_topics), dtype=np.float64)
    totals = np.bincount(labels, weights * gaps, minlength=assigner.n_topics)
    return labels, sizes, totals / np.maximum(sizes, 1e-300)


def _with_parts(
    assigner: Assigner, vectors: FloatArray, weights: NDArray[Any], least: float, fewest: float
) -> Assigner:
    """Make a topic of each prototype that stands out from all others, those of its own topic included."""
    parts = assigner.parts()
    labels, sizes, gaps = _gaps(parts, vectors, weights)
    least = max(least, ABOVE_PARTS * float(np.median(gaps[sizes > 0])))
    topics = assigner.topics.copy()
    for part in np.flatnonzero((sizes >= fewest) & (gaps >= least)):
        if (topics == topics[part]).sum() == 1:
            continue
        member = labels == part
        others = np.delete(parts.scores(vectors[member]), part, axis=1).max(axis=1)
        if _stands_out(vectors[member], weights[member], others, least, fewest):
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
    groups = communities(knn_graph(vectors[far], weights[far], N_NEIGHBORS, assigner.device), RESOLUTION)
    means = group_means(vectors[far], groups, int(groups.max()) + 1, weights[far])
    for _ in range(STEPS):
        near = _nearer(vectors, best, means)
        drawn = group_means(vectors, near, len(means), weights)
        empty = ~drawn.any(axis=1)
        drawn[empty] = means[empty]
        means = drawn
    near = _nearer(vectors, best, means)
    members = [near == group for group in range(len(means))]
    kept = [
        group
        for group, member in enumerate(members)
        if _stands_out(vectors[member], weights[member], best[member], least, fewest)
    ]
    return assigner.added(means[kept].astype(np.float32), assigner.n_topics + np.arange(len(kept)))


def _stands_out(
    vectors: FloatArray, weights: NDArray[Any], others: FloatArray, least: float, fewest: float
) -> bool:
    """Whether a group is large enough, and its rows nearer to each other than to the others."""
    if weights.sum() < fewest:
        return False
    return bool(np.average(_left_out(vectors, weights) - others, weights=weights) >= least)


def _nearer(vectors: FloatArray, best: FloatArray, means: NDArray[np.float64]) -> IntArray:
    """The group of largest cosine of each row, −1 where a prototype has a larger one."""
    units = unit_rows(means)

    def nearer(start: int, stop: int) -> IntArray:
        cosines = vectors[start:stop] @ units.T
        group = cosines.argmax(axis=1)
        return np.where(cosines[np.arange(stop - start), group] > best[start:stop], group, -1)

    return np.concatenate(map_blocks(nearer, len(vectors), block_rows(8 * len(means))))


def _left_out(vectors: FloatArray, weights: NDArray[Any]) -> NDArray[np.float64]:
    """Cosine of each row to the sum of the others, 0 where there are none: a repeated text is no group."""
    if len(vectors) < 2:
        return np.zeros(len(vectors))
    with single_threaded():
        total = weights @ vectors.astype(np.float64)
        products = vectors @ total
    squares = total @ total - 2 * weights * products + weights**2
    return np.asarray((products - weights) / np.sqrt(np.maximum(squares, 1e-12)))
