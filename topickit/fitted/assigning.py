"""Assigning documents to topics by hand: prototypes that bring them there."""

from dataclasses import dataclass, replace

import numpy as np

from topickit._core.vectors import FloatArray, IntArray
from topickit.cluster.result import ClusteringResult
from topickit.errors import ParameterError
from topickit.fitted.assigner import Assigner
from topickit.fitted.derive import current_level, derive
from topickit.fitted.fitted import Fitted
from topickit.fitted.prototypes import make_prototypes
from topickit.fitted.thresholds import NO_THRESHOLD

MOST_PROTOTYPES = 16
"""Of the documents assigned to one topic."""


@dataclass(frozen=True, eq=False)
class Target:
    """Prototypes of a topic, which is there or new.

    Attributes
    ----------
    row : int or None
        Row of the topic; None for a new one.
    name : str
        Of a new topic.
    prototypes : float32 ndarray of shape (p, d)
    """

    row: int | None
    name: str
    prototypes: FloatArray


def prototypes_for(fitted: Fitted, row: int | None, rows: IntArray, random_state: int) -> FloatArray:
    """Find the fewest prototypes that bring documents to a topic.

    Parameters
    ----------
    fitted : Fitted
        With its corpus.
    row : int or None
        The topic; None for a new one.
    rows : int64 ndarray
        Distinct documents of the corpus.
    random_state : int

    Returns
    -------
    float32 ndarray of shape (p, d)
        p is 0 where the documents are there, and at most 16.
    """
    corpus = fitted.need_corpus("assigning documents")
    _check_rule(fitted)
    if row is not None:
        rows = rows[fitted.labels[corpus.documents.first_rows[rows]] != row]
    vectors, weights = corpus.vectors[rows], corpus.documents.weights[rows]
    usable = vectors.any(axis=1)
    vectors, weights = vectors[usable], weights[usable]
    if not len(vectors):
        return np.empty((0, fitted.assigner.dimension), dtype=np.float32)
    target = fitted.assigner.n_topics if row is None else row
    best: tuple[int, FloatArray] | None = None
    most = min(MOST_PROTOTYPES, len(vectors))
    for n in sorted({*(count for count in (1, 2, 4, 8) if count < most), most}):
        group = ClusteringResult(np.zeros(len(vectors), dtype=np.int64), n_prototypes=n)
        found = make_prototypes(vectors, group, weights, random_state)[0]
        assigner = _added(fitted.assigner, [(target, found)])
        placed = int((assigner.labels(vectors) == target).sum())
        if best is None or placed > best[0]:
            best = placed, found
        if placed == len(vectors):
            break
    assert best is not None
    return best[1]


def assign(fitted: Fitted, targets: list[Target]) -> Fitted:
    """Add prototypes to topics, and new topics of prototypes; documents go to the nearest.

    Parameters
    ----------
    fitted : Fitted
        With its corpus.
    targets : list of Target
    """
    _check_rule(fitted)
    n = len(fitted.topics)
    added, names, ids = [], dict(fitted.given_names), fitted.ids.tolist()
    for target in targets:
        row = target.row
        if row is None:
            row, n = n, n + 1
            names[row] = target.name
            ids.append(-1)
        added.append((row, target.prototypes))
    stability = [topic.stability for topic in fitted.topics] + [None] * (n - len(fitted.topics))
    known = [row for row, topic in enumerate(fitted.topics) if topic.is_known]
    edited = derive(
        fitted, _added(fitted.assigner, added), names=names, stability=stability, known=known, ids=ids
    )
    return replace(edited, base_level=current_level(edited))


def _added(assigner: Assigner, targets: list[tuple[int, FloatArray]]) -> Assigner:
    for row, prototypes in targets:
        own = assigner.thresholds[assigner.topics == row]
        topics = np.full(len(prototypes), row, dtype=np.int64)
        threshold = float(own.min()) if len(own) else NO_THRESHOLD
        assigner = assigner.added(prototypes, topics, threshold=threshold)
    return assigner


def _check_rule(fitted: Fitted) -> None:
    if fitted.assigner.rule == "first":
        raise ParameterError(
            "a community is defined by its center, and documents cannot be assigned to it; "
            "cluster by another clusterer"
        )
