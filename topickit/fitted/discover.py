"""The search for topics: cluster a sample, make prototypes, and add small topics.

A clusterer chooses the level that fits most of a sample, so a subject of few documents is part of a larger
topic. Two kinds of candidates are checked afterwards. They become topics if they are separated from the
other topics clearly better than topics usually are: prototypes unlike the others of their topic, and
clusters of the documents that are least similar to any prototype.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
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
    take_rows,
    unit_rows,
    with_direction,
)
from topickit.cluster.base import BaseClusterer, Clusterer
from topickit.cluster.given import GivenLabels
from topickit.cluster.partition import N_NEIGHBORS, communities, knn_graph
from topickit.cluster.result import ClusteringResult
from topickit.cluster.stability import or_none, stability
from topickit.corpus.documents import Documents
from topickit.corpus.templates import FewOfEach
from topickit.errors import TopickitWarning
from topickit.fitted.across import Across
from topickit.fitted.assigner import Assigner
from topickit.fitted.doubtful import DoubtfulLabel

SEPARATION = 1.25
"""Required separation, in units of the median topic's. With 1, narrow collections fall into pieces."""
PART_SEPARATION = 3.0
"""The same in units of the median prototype's: in a narrow collection all prototypes are separated."""
MIN_SHARE = 0.002
MIN_SIZE = 10
"""A small topic has at least this many documents, and at least `MIN_SHARE` of all."""
LEAST_STABILITY = 0.1
"""A small topic with a lower stability over halves of the documents is not added: it was found by chance."""
UNEXPLAINED_SHARE = 0.15
"""Share of the documents, the least similar to any prototype, that are clustered again."""
RESOLUTION = 8.0
"""Resolution of that clustering: fine, because small clusters are wanted."""
STEPS = 2
N_HALVES = 2
BLOCK = 16384
AGREEMENT_SAMPLE = 20_000


@dataclass(frozen=True, eq=False)
class TopicSearch:
    """Result of the search for topics.

    Attributes
    ----------
    sampled : float32 ndarray of shape (n, d), unit rows
        The sample.
    weights : ndarray of shape (n,)
        How many documents each row of the sample stands for.
    clustering : ClusteringResult
        What the clusterer returned.
    assigner : Assigner
        Prototypes of the clusters and of the small topics.
    stability : list of float or None
        Of each topic of the assigner.
    agreement : float
        Share of the documents that the prototypes of the clusters give the clusterer's label, over at most
        20,000 rows of the sample.
    rows : int64 ndarray of shape (n,)
        Positions of the sample among the documents.
    known : tuple of str
        Names of the first topics of the assigner, which were given; see `topickit.fitted.guidance`.
    doubtful : tuple of DoubtfulLabel
        Labels given that the others contradict.
    across : Across or None
        What was taken out of the vectors before.
    """

    sampled: FloatArray
    weights: NDArray[Any]
    clustering: ClusteringResult
    assigner: Assigner
    stability: list[float | None]
    agreement: float
    rows: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    known: tuple[str, ...] = ()
    doubtful: tuple[DoubtfulLabel, ...] = ()
    across: Across | None = None

    @classmethod
    def of(
        cls,
        sampled: FloatArray,
        weights: NDArray[Any],
        clustering: ClusteringResult,
        random_state: int,
        device: str | None = None,
    ) -> "TopicSearch":
        """Make prototypes of clusters and add small topics."""
        assigner = Assigner.of(sampled, clustering, weights, random_state=random_state, device=device)
        few = slice(0, AGREEMENT_SAMPLE)  # in the order of content hashes: a uniform sample
        same = assigner.labels(sampled[few]) == clustering.labels[few]
        agreement = float(np.average(same, weights=weights[few])) if len(same) else 1.0
        assigner, values = add_small_topics(assigner, clustering, sampled, weights, random_state=random_state)
        return cls(sampled, weights, clustering, assigner, values, agreement)


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
    given = clusterer if isinstance(clusterer, GivenLabels) else None
    if given is not None and sample_size not in ("auto", None):
        warnings.warn(
            f"fit_sample={sample_size} does not apply to GivenLabels: all labelled documents are used",
            TopickitWarning,
            stacklevel=3,
        )
        sample_size = None
    size = clusterer.sample_size if sample_size == "auto" else sample_size
    usable: Callable[[IntArray], IntArray] = partial(with_direction, vectors)
    if finds_subjects(clusterer):
        n_wanted = len(documents) if size is None else min(size, len(documents))
        usable = FewOfEach(documents.texts, vectors, n_wanted, usable)
    rows = documents.sample(size, random_state, usable=usable)
    sampled, weights = take_rows(vectors, rows), documents.weights[rows]
    if given is not None:
        clustering = given.cluster_documents(documents, rows)
    else:
        clustering = clusterer.cluster(sampled, weights).or_one_cluster()
    search = TopicSearch.of(sampled, weights, clustering, random_state, device)
    if clustering.finer is not None and search.assigner.n_topics < (n_topics or 0):
        search = TopicSearch.of(sampled, weights, clustering.finer(), random_state, device)
    return replace(search, rows=rows)


def finds_subjects(clusterer: Clusterer) -> bool:
    """Return whether a clusterer looks for subjects; communities and a user's clusterer define their own."""
    return isinstance(clusterer, BaseClusterer) and clusterer.sample_size is not None


def add_small_topics(
    assigner: Assigner,
    clustering: ClusteringResult,
    vectors: FloatArray,
    weights: NDArray[Any],
    *,
    random_state: int = 0,
) -> tuple[Assigner, list[float | None]]:
    """Add small topics if the number of topics was not fixed, and compute the stability of all topics.

    Small topics that are not found again in halves of the documents are left out; see `LEAST_STABILITY`.

    Parameters
    ----------
    assigner : Assigner
    clustering : ClusteringResult
        From which the assigner was made.
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
    n_before = assigner.n_topics
    added = _stability_of_added(grown, n_before, grown.labels(vectors), vectors, weights, random_state)
    kept = [place for place, value in enumerate(added) if value is None or value >= LEAST_STABILITY]
    if len(kept) < len(added):
        selected = [*range(n_before), *(n_before + place for place in kept)]
        parts = slice(len(assigner.topics))  # prototypes that were those of a larger topic go back to it
        topics = grown.topics.copy()
        topics[parts] = np.where(np.isin(topics[parts], selected), topics[parts], assigner.topics)
        grown = replace(grown, topics=topics).select(selected)
    labels = grown.labels(vectors)
    result = clustering.stability_of(labels, weights, grown.n_topics)[:n_before]
    return grown, result + [added[place] for place in kept]


def with_small_topics(
    assigner: Assigner, vectors: FloatArray, weights: NDArray[Any], *, min_size: float = MIN_SIZE
) -> Assigner:
    """Add topics for small groups that are clearly separated.

    The separation of a group is the mean, over its documents, of the cosine to the group minus the cosine
    to the best other topic. Each document is left out of its own group's mean.

    Parameters
    ----------
    assigner : Assigner
        With the rule "nearest". Its topics keep their numbers.
    vectors : float32 ndarray of shape (n, d), unit rows
    weights : ndarray of shape (n,)
    min_size : float
        A topic that is added has at least this many documents, and at least `MIN_SHARE` of all.

    Returns
    -------
    Assigner
        New topics are numbered from ``assigner.n_topics`` on. The assigner itself if there are none.
    """
    if assigner.n_topics < 2:
        return assigner
    _, sizes, separations = separations_of(assigner, vectors, weights)
    least = SEPARATION * float(np.median(separations[sizes > 0]))
    fewest = max(min_size, MIN_SHARE * float(weights.sum()))
    apart = _add_parts(assigner, vectors, weights, least, fewest)
    return _add_unexplained(apart, vectors, weights, least, fewest)


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
    before = grown.select(range(n_before)).labels(vectors)  # documents of added topics go back
    half = np.random.default_rng(random_state).permutation(len(vectors)) % N_HALVES
    resampled_labels = []
    for part in range(N_HALVES):
        rows = np.flatnonzero(half == part)
        clustering = ClusteringResult(np.unique(before[rows], return_inverse=True)[1].astype(np.int64))
        assigner = Assigner.of(
            vectors[rows], clustering, weights[rows], random_state=random_state, device=grown.device
        )
        assigner = with_small_topics(assigner, vectors[rows], weights[rows], min_size=MIN_SIZE / N_HALVES)
        resampled_labels.append(assigner.labels(vectors))
    return or_none(stability(labels, resampled_labels, weights, grown.n_topics))[n_before:]


def separations_of(
    assigner: Assigner, vectors: FloatArray, weights: NDArray[Any]
) -> tuple[IntArray, NDArray[np.float64], NDArray[np.float64]]:
    """Labels, and the weight and separation of each topic."""
    labels, separations = np.empty(len(vectors), dtype=np.int64), np.empty(len(vectors))

    def compare(start: int, stop: int) -> None:
        own, scores = assigner.labels_and_scores(vectors[start:stop])
        rows = np.arange(len(scores))
        to_own = scores[rows, own].astype(np.float64)
        scores[rows, own] = -np.inf
        labels[start:stop], separations[start:stop] = own, to_own - scores.max(axis=1)

    map_blocks(compare, len(vectors), block_rows(16 * (len(assigner.topics) + assigner.n_topics + 1)))
    inside = labels >= 0
    topic, weight = labels[inside], weights[inside]
    sizes = np.asarray(np.bincount(topic, weight, minlength=assigner.n_topics), dtype=np.float64)
    totals = np.bincount(topic, weight * separations[inside], minlength=assigner.n_topics)
    return labels, sizes, totals / np.maximum(sizes, 1e-300)


def median_separation(
    assigner: Assigner, vectors: FloatArray, weights: NDArray[Any], default: float
) -> float:
    """Return the median separation of the topics that have documents; a default where none has."""
    _, sizes, separations = separations_of(assigner, vectors, weights)
    return float(np.median(separations[sizes > 0])) if sizes.any() else default


def _add_parts(
    assigner: Assigner, vectors: FloatArray, weights: NDArray[Any], least: float, fewest: float
) -> Assigner:
    """Make a topic of each prototype that is separated from all others, also from those of its topic."""
    parts = assigner.parts()
    labels, sizes, separations = separations_of(parts, vectors, weights)
    least = max(least, PART_SEPARATION * float(np.median(separations[sizes > 0])))
    topics = assigner.topics.copy()
    for part in np.flatnonzero((sizes >= fewest) & (separations >= least)):
        if (topics == topics[part]).sum() == 1:
            continue
        member = labels == part
        others = np.delete(parts.scores(vectors[member]), part, axis=1).max(axis=1)
        if _is_separated(vectors[member], weights[member], others, least, fewest):
            topics[part] = topics.max() + 1
    return replace(assigner, topics=topics)


def _add_unexplained(
    assigner: Assigner, vectors: FloatArray, weights: NDArray[Any], least: float, fewest: float
) -> Assigner:
    """Make topics of separated clusters among the documents that are least similar to any prototype."""
    best = assigner.scores(vectors).max(axis=1)
    far = np.argsort(best, kind="stable")[: int(UNEXPLAINED_SHARE * len(vectors))]
    if len(far) < MIN_SIZE:
        return assigner
    groups = communities(knn_graph(vectors[far], weights[far], N_NEIGHBORS, assigner.device), RESOLUTION)
    means = group_means(vectors[far], groups, int(groups.max()) + 1, weights[far])
    for _ in range(STEPS):
        near = nearest_group(vectors, best, means)
        moved = group_means(vectors, near, len(means), weights)
        empty = ~moved.any(axis=1)
        moved[empty] = means[empty]
        means = moved
    near = nearest_group(vectors, best, means)
    members = [near == group for group in range(len(means))]
    kept = [
        group
        for group, member in enumerate(members)
        if _is_separated(vectors[member], weights[member], best[member], least, fewest)
    ]
    return assigner.added(means[kept].astype(np.float32), assigner.n_topics + np.arange(len(kept)))


def _is_separated(
    vectors: FloatArray, weights: NDArray[Any], others: FloatArray, least: float, fewest: float
) -> bool:
    """Return whether a group is large enough, and its rows are nearer to each other than to the others."""
    if weights.sum() < fewest:
        return False
    return bool(np.average(cosine_to_rest(vectors, weights) - others, weights=weights) >= least)


def nearest_group(vectors: FloatArray, best: FloatArray, means: NDArray[np.float64]) -> IntArray:
    """Return the group of largest cosine of each row; −1 if a prototype has a larger one."""
    units = unit_rows(means)

    def nearest(start: int, stop: int) -> IntArray:
        cosines = vectors[start:stop] @ units.T
        group = cosines.argmax(axis=1)
        return np.where(cosines[np.arange(stop - start), group] > best[start:stop], group, -1)

    return np.concatenate(map_blocks(nearest, len(vectors), block_rows(8 * len(means))))


def cosine_to_rest(vectors: FloatArray, weights: NDArray[Any]) -> NDArray[np.float64]:
    """Return the cosine of each row to the sum of the others; 0 for a single row, which is no group."""
    if len(vectors) < 2:
        return np.zeros(len(vectors))
    with single_threaded():
        total = weights @ vectors.astype(np.float64)
        products = vectors @ total
    squares = total @ total - 2 * weights * products + weights**2
    return np.asarray((products - weights) / np.sqrt(np.maximum(squares, 1e-12)))
