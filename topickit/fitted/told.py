"""Documents of known topics where no others are wanted: evidence spread over the graph of nearest neighbors.

The evidence of each document (the similarity to descriptions, or a classifier of the labelled documents) is
spread over the graph of its nearest neighbors. A linear discriminant of the groups that result is the model:
its boundaries can be written as one prototype per topic.

References
----------
Friedman, "Regularized Discriminant Analysis", JASA 1989.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import FloatArray, IntArray, group_means, unit_rows
from topickit.fitted.spreading import Matrix, neighbor_graph, shares_of, spread

N_ROUNDS = 3
"""Rounds in which the means of the groups count as evidence, too."""
BALANCE = 0.5
"""Power of the correction of topics that attract many documents, between none (0) and equal sizes (1)."""
BALANCE_STEPS = 3
CLASSIFIER_POWER = 2.0
"""Power of a classifier's probabilities, which few labels leave too even."""
STRENGTH = 100.0
"""Inverse of the penalty of the logistic regression, on unit vectors."""
SHRINKAGE = 0.002
"""Share of the mean variance that is added to the covariance of the discriminant."""


def groups_of(
    vectors: FloatArray,
    evidence: Matrix,
    labelled: IntArray,
    weights: NDArray[Any],
    graph: csr_array | None = None,
) -> IntArray:
    """Give each document one of the known topics.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    evidence : float64 ndarray of shape (n, m)
        How much each document has of each topic, centered.
    labelled : int64 ndarray of shape (n,)
        Topic of labelled documents, −1 for the others.
    weights : ndarray of shape (n,)
    graph : csr_array of shape (n, n), optional
        Of their neighbors; by default it is made.

    Returns
    -------
    int64 ndarray of shape (n,)
        0 … m − 1; of labelled documents their label.
    """
    n_topics = evidence.shape[1]
    own = labelled >= 0
    given = np.eye(n_topics)[np.maximum(labelled, 0)]
    described = evidence.any()
    classified = len(np.unique(labelled[own])) == n_topics > 1
    # A topic without any evidence gets no document.
    said = evidence.any(axis=0) | np.isin(np.arange(n_topics), labelled)
    said |= ~said.any()
    evidence = np.where(said, evidence, -np.inf)
    start = shares_of(evidence)
    if classified:
        likely = _classified(vectors, labelled, weights)
        start = likely * start if described else likely
        start /= start.sum(axis=1, keepdims=True)
    start = _balanced(start)
    graph = neighbor_graph(vectors) if graph is None else graph
    shares = spread(graph, np.where(own[:, None], given, start))
    for _ in range(0 if classified else N_ROUNDS):
        labels = np.where(own, labelled, shares.argmax(axis=1))
        means = unit_rows(group_means(vectors, labels, n_topics, weights))
        similar = np.where(said, vectors @ means.T, -np.inf)
        mixed = (shares_of(similar) + start) / 2
        shares = spread(graph, np.where(own[:, None], given, mixed))
    return np.where(own, labelled, shares.argmax(axis=1)).astype(np.int64)


def discriminant_prototypes(
    vectors: FloatArray, labels: IntArray, n_topics: int, weights: NDArray[Any]
) -> FloatArray:
    """Return one prototype per topic, between which the nearest one is a linear discriminant's choice.

    The discriminant has equal priors and the covariance of all rows, with a share of the identity, in place
    of the covariance within topics. It scores a row x by w·x + b. The nearest prototype p is that of the
    largest p·x − |p|²/2: the same choice for p = s w + v where −|p|²/2 is s b but for a constant. The shift
    v is the smallest that brings this about, from where the prototypes are near the means of their topics.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    labels : int64 ndarray of shape (n,)
        Each topic has rows.
    n_topics : int
        Exact for at most d + 1 topics; above, as nearly as can be.
    weights : ndarray of shape (n,)

    Returns
    -------
    float32 ndarray of shape (n_topics, d)
    """
    center = np.average(vectors, axis=0, weights=weights).astype(np.float64)
    away = vectors.astype(np.float64) - center
    covariance = (away * (weights / weights.sum())[:, None]).T @ away
    covariance += (SHRINKAGE * np.trace(covariance) / len(covariance) + 1e-12) * np.eye(len(covariance))
    means = group_means(vectors, labels, n_topics, weights) - center
    directions = np.linalg.solve(covariance, means.T).T
    offsets = -0.5 * np.einsum("ij,ij->i", means, directions) - directions @ center
    inner = means - means.mean(axis=0)
    spread = directions - directions.mean(axis=0)
    scale = float((spread * inner).sum() / max((spread**2).sum(), 1e-300))
    directions, offsets = scale * directions, scale * offsets
    shift = center + means.mean(axis=0) - directions.mean(axis=0)
    wanted = -offsets - 0.5 * np.einsum("ij,ij->i", directions, directions) - directions @ shift
    system = np.hstack([directions, -np.ones((n_topics, 1))])
    shift += np.linalg.lstsq(system, wanted, rcond=1e-10)[0][:-1]
    return np.asarray(directions + shift, dtype=np.float32)


def _classified(vectors: FloatArray, labelled: IntArray, weights: NDArray[Any]) -> Matrix:
    """Return the probabilities of a logistic regression of the labelled documents."""
    from sklearn.linear_model import LogisticRegression

    rows = np.flatnonzero(labelled >= 0)
    model = LogisticRegression(C=STRENGTH, max_iter=200)
    model.fit(vectors[rows], labelled[rows], sample_weight=weights[rows])
    likely = np.asarray(model.predict_proba(vectors), dtype=np.float64) ** CLASSIFIER_POWER
    return np.asarray(likely / likely.sum(axis=1, keepdims=True))


def _balanced(shares: Matrix) -> Matrix:
    """Reduce the shares of topics that attract more documents than others (Sinkhorn's steps, damped)."""
    for _ in range(BALANCE_STEPS):
        shares = shares / np.maximum(shares.mean(axis=0) * shares.shape[1], 1e-12) ** BALANCE
        shares = shares / shares.sum(axis=1, keepdims=True)
    return shares
