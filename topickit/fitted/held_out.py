"""The similarity to their topics that documents have on which the topics were not found.

A document of the sample is part of the mean that it is compared with, and had a part in the choice of its
group: of other documents, up to 30 % are less similar than 95 % of a sample of 500. So similarity is measured
on documents outside of the sample, or on parts of the sample that are left out (cross-fitting).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, take_rows
from topickit.cluster.graph import FEWEST_FOR_CENTERS
from topickit.cluster.partition import N_NEIGHBORS, exactly, knn_graph
from topickit.cluster.result import ClusteringResult
from topickit.fitted.assigner import Assigner
from topickit.fitted.discover import TopicSearch
from topickit.fitted.prototypes import make_prototypes
from topickit.fitted.thresholds import NO_THRESHOLD

LOW_PERCENTILE = 0.05
"""`Provenance.similarity_p5` is this quantile."""
N_COMPARED = 5000
"""Most documents that are compared, or of which some are left out."""
N_FOLDS = 5
N_HELD_OUT = 1000
"""Documents that are left out, of as many folds as it takes."""
FEWEST = 50
"""Documents of a sample from which some are left out."""


def low_similarity(assigner: Assigner, search: TopicSearch, vectors: FloatArray) -> float:
    """Estimate the 5th percentile of the similarity of other documents of the corpus to their topics.

    Parameters
    ----------
    assigner : Assigner
        The topics of the model.
    search : TopicSearch
        How they were found.
    vectors : float32 ndarray of shape (u, d), unit rows
        All documents of the corpus.

    Returns
    -------
    float
        0 where no document has a direction.
    """
    usable = np.asarray(search.sampled.any(axis=1))
    n_clusters = search.clustering.n_clusters
    if not usable.any():
        return 0.0
    if len(vectors) - len(search.sampled) >= N_HELD_OUT:
        others = np.setdiff1d(np.arange(len(vectors)), search.rows)[:N_COMPARED]
        rows = take_rows(vectors, others)
        similarity = assigner.similarity(rows)[rows.any(axis=1)]
    elif usable.sum() >= FEWEST and n_clusters >= 2 and assigner.rule == "nearest":
        similarity = _left_out(search, usable, assigner.device)
    else:
        few = search.sampled[usable][:N_COMPARED]
        similarity = assigner.similarity(few)
    return float(np.quantile(similarity, LOW_PERCENTILE)) if len(similarity) else 0.0


def _left_out(search: TopicSearch, usable: NDArray[np.bool_], device: str | None) -> FloatArray:
    """Compare rows of the sample with prototypes that are made of the other rows."""
    few = np.flatnonzero(usable)[:N_COMPARED]
    vectors, weights = search.sampled[few], search.weights[few]
    labels = search.clustering.labels[few]
    fold = np.arange(len(vectors)) % N_FOLDS  # in the order of content hashes: uniform samples
    result: list[FloatArray] = []
    for number in range(N_FOLDS):
        train, test = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        groups = labels[train]
        if search.clustering.is_by_center or len(vectors) < FEWEST_FOR_CENTERS:
            # What was left out had a part in the groups of the sample.
            graph = knn_graph(vectors[train], weights[train], N_NEIGHBORS, device)
            groups = exactly(graph, search.clustering.n_clusters)
        numbered = np.unique(groups[groups >= 0], return_inverse=True)[1].astype(np.int64)
        clustering = replace(_plain(search.clustering), labels=numbered)
        inside = train[groups >= 0]
        prototypes, topics = make_prototypes(vectors[inside], clustering, weights[inside], 0)
        # The nearest prototype is not the one of the largest cosine where a few rows made it.
        thresholds = np.full(len(topics), NO_THRESHOLD, dtype=np.float32)
        result.append(Assigner(prototypes, topics, thresholds, device=device).similarity(vectors[test]))
        if sum(map(len, result)) >= N_HELD_OUT:
            break
    return np.concatenate(result)


def _plain(clustering: ClusteringResult) -> ClusteringResult:
    """Return how prototypes are made of a clustering, without its groups."""
    n_prototypes = clustering.n_prototypes if clustering.prototypes is None else 1
    return ClusteringResult(
        np.empty(0, dtype=np.int64), n_prototypes=n_prototypes, is_by_center=clustering.is_by_center
    )
