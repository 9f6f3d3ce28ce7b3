"""Assigner: the fitted state. A few prototype vectors decide the topic of any vector.

A clusterer proposes groups of training vectors and is forgotten. Labels come from here only, for
training documents and new ones alike, one row at a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from topickit._core import devices
from topickit._core.state import State
from topickit._core.vectors import (
    FloatArray,
    IntArray,
    block_rows,
    half_square_norms,
    map_blocks,
    nearest_prototype,
    release,
    unit_rows,
)
from topickit.cluster.result import ClusteringResult
from topickit.fitted.assignment import Assignment
from topickit.fitted.prototypes import make_prototypes
from topickit.fitted.temperature import (
    DEFAULT_INVERSE_TEMPERATURE,
    FEWEST_TO_HOLD_OUT,
    N_CALIBRATED,
    least_log_loss,
    probabilities_of,
)
from topickit.fitted.thresholds import (
    NO_THRESHOLD,
    OutlierShare,
    check_share,
    separating_threshold,
    share_threshold,
    usual_threshold,
)

ROUNDED = 1e-6
"""Thresholds are rounded down: the block product may round a row's own cosine just below it."""


@dataclass(frozen=True, eq=False)
class Assigner:
    """Prototypes, the topic of each, and the cosine below which a row is an outlier.

    Attributes
    ----------
    prototypes : float32 ndarray of shape (p, d)
        For ``rule="first"`` in rank order.
    topics : int64 ndarray of shape (p,)
        The topic that each prototype stands for, 0 … n_topics − 1. −1 makes the rows that it decides
        outliers, as after `without`.
    thresholds : float32 ndarray of shape (p,)
        A row whose cosine to its prototype is below the prototype's threshold is an outlier. The
        prototypes of a topic share one threshold until topics are merged, when each keeps its own:
        so a merge moves no document.
    rule : {"nearest", "first"}
        The topic of the prototype at the smallest Euclidean distance, or of the first prototype
        whose cosine reaches the threshold.
    inverse_temperature : float
        What cosines are multiplied by before the softmax of `distribution`.
    device : str, optional
        A torch device that computes products, such as "cuda"; None for the CPU. It is not part of `state`.

    Examples
    --------
    >>> prototypes = np.array([[1, 0], [0, 1]], dtype=np.float32)
    >>> assigner = Assigner(prototypes, np.array([0, 1]), np.array([0.5, 0.5], dtype=np.float32))
    >>> assigner.labels(np.array([[0.8, 0.6], [0, 1], [-1, 0]], dtype=np.float32)).tolist()
    [0, 1, -1]
    """

    prototypes: FloatArray
    topics: IntArray
    thresholds: FloatArray
    rule: Literal["nearest", "first"] = "nearest"
    inverse_temperature: float = DEFAULT_INVERSE_TEMPERATURE
    device: str | None = None

    @property
    def n_topics(self) -> int:
        """The number of topics."""
        return int(self.topics.max(initial=-1)) + 1

    @property
    def dimension(self) -> int:
        """The length of the vectors."""
        return int(self.prototypes.shape[1])

    @classmethod
    def of(
        cls,
        vectors: FloatArray,
        clustering: ClusteringResult,
        weights: NDArray[Any],
        *,
        random_state: int = 0,
        device: str | None = None,
    ) -> "Assigner":
        """Make an Assigner that answers as a clustering of training vectors does, as nearly as it can.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d), unit rows
        clustering : ClusteringResult
            Where it brings prototypes they are taken; otherwise each group gets up to four k-means
            centres, and the threshold that tells its members from the clusterer's outliers with
            the fewest errors (none, where there are no outliers).
        weights : ndarray of shape (n,)
            How many documents each row stands for.
        random_state : int, default 0
            Seed of the k-means inside each group.
        device : str, optional
            As the attribute.

        Returns
        -------
        Assigner
        """
        if clustering.prototypes is not None and clustering.prototype_clusters is not None:
            prototypes, topics = clustering.prototypes, clustering.prototype_clusters
        else:
            prototypes, topics = make_prototypes(vectors, clustering, weights, random_state)
        least = NO_THRESHOLD if clustering.threshold is None else clustering.threshold
        thresholds = np.full(len(topics), least, dtype=np.float32)
        plain = cls(prototypes, topics, thresholds, clustering.rule, device=device)
        if clustering.rule == "nearest" and (clustering.labels < 0).any():
            outlier = clustering.labels < 0
            plain = plain._with_thresholds(
                vectors, lambda score, rows: separating_threshold(score, outlier[rows], weights[rows])
            )
        if clustering.resampled_labels or len(vectors) < FEWEST_TO_HOLD_OUT:
            value = plain._least_log_loss(vectors, clustering.labels, weights)
        else:
            value = cls._held_out_log_loss(vectors, clustering.labels, weights, random_state)
        return replace(plain, inverse_temperature=value)

    def labels(self, vectors: FloatArray) -> IntArray:
        """Decide the topic of each row, on its own.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d), unit rows
            A zero row has nothing to go by and is an outlier.

        Returns
        -------
        int64 ndarray of shape (n,)
            −1 for outliers.
        """
        if not len(self.topics):
            return np.full(len(vectors), -1, dtype=np.int64)
        return self._blockwise(
            vectors, lambda rows: self._placed(rows, self._cosines(rows)), np.empty(0, dtype=np.int64)
        )

    def labels_and_scores(self, vectors: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return `labels` and `scores` of few rows, compared with the prototypes once.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d), unit rows

        Returns
        -------
        int64 ndarray of shape (n,), float32 ndarray of shape (n, n_topics)
        """
        cosines = self._cosines(vectors)
        return self._placed(vectors, cosines), self._by_topic(cosines)

    def scores(self, vectors: FloatArray) -> FloatArray:
        """Give each row's cosine to the best prototype of each topic.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d), unit rows

        Returns
        -------
        float32 ndarray of shape (n, n_topics)
        """
        empty = np.empty((len(vectors), self.n_topics), dtype=np.float32)
        if not self.n_topics:
            return empty
        return self._blockwise(vectors, lambda rows: self._by_topic(self._cosines(rows)), empty)

    def margins(self, vectors: FloatArray) -> FloatArray:
        """Give each row's best cosine to a topic less that to the second best: small is doubtful.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d), unit rows

        Returns
        -------
        float32 ndarray of shape (n,)
            2 where there are fewer than two topics.
        """
        if self.n_topics < 2:
            return np.full(len(vectors), 2.0, dtype=np.float32)

        def margin(rows: FloatArray) -> FloatArray:
            two = np.partition(self._by_topic(self._cosines(rows)), -2, axis=1)[:, -2:]
            return np.asarray(two[:, 1] - two[:, 0])

        return self._blockwise(vectors, margin, np.empty(0, dtype=np.float32))

    def similarity(self, vectors: FloatArray) -> FloatArray:
        """Return the similarity of each row to its topic, as in `assign`.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d), unit rows

        Returns
        -------
        float32 ndarray of shape (n,)
            0 where there are no topics.
        """
        return self.assign(vectors, probabilities=False).similarity

    def distribution(self, vectors: FloatArray) -> FloatArray:
        """Return the probability of each topic for each row, as in `assign`.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d), unit rows

        Returns
        -------
        float32 ndarray of shape (n, n_topics)
        """
        return self.assign(vectors).probabilities

    def assign(self, vectors: FloatArray, *, probabilities: bool = True) -> Assignment:
        """Decide the topic of each row with its similarity and probabilities, in one pass.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d), unit rows
        probabilities : bool
            False leaves them out: their array has no columns.

        Returns
        -------
        Assignment
            Probabilities are a softmax of the cosines to the topics. A zero row has label −1 and uniform
            probabilities.
        """
        n, n_columns = len(vectors), self.n_topics if probabilities else 0
        labels = np.full(n, -1, dtype=np.int64)
        similarity = np.zeros(n, dtype=np.float32)
        shares = np.empty((n, n_columns), dtype=np.float32)

        def decide(start: int, stop: int) -> None:
            rows, block = vectors[start:stop], slice(start, stop)
            cosines = self._cosines(rows)
            scores, own = self._by_topic(cosines), self._placed(rows, cosines)
            best = scores[np.arange(len(rows)), own]
            labels[block], similarity[block] = own, np.where(own >= 0, best, scores.max(axis=1))
            if probabilities:
                shares[block] = probabilities_of(scores, own, self.inverse_temperature)
            release(vectors)

        if n and self.n_topics:
            map_blocks(decide, n, self._rows_per_block())
        return Assignment(labels, similarity, shares)

    def by_size(self, sizes: NDArray[Any]) -> list[int]:
        """List the topics by falling size, equal ones by their first prototypes: however they came about.

        Parameters
        ----------
        sizes : ndarray of shape (n_topics,)

        Returns
        -------
        list of int
        """
        first = np.full(self.n_topics, len(self.topics))
        own = np.flatnonzero(self.topics >= 0)
        np.minimum.at(first, self.topics[own], own)
        return [int(topic) for topic in np.lexsort((first, -sizes))]

    def select(self, topics: Sequence[int]) -> "Assigner":
        """Keep these topics, renumbered by their place in the list.

        Parameters
        ----------
        topics : sequence of int
            Prototypes of other topics are dropped: their documents go to the next topic or to −1.

        Returns
        -------
        Assigner
        """
        mapping = np.full(self.n_topics, -1, dtype=np.int64)
        mapping[np.asarray(topics, dtype=np.int64)] = np.arange(len(topics))
        return self.mapped(mapping)

    def mapped(self, mapping: IntArray) -> "Assigner":
        """Give each topic another number; topics of one number become one.

        Parameters
        ----------
        mapping : int64 ndarray of shape (n_topics,)
            −1 drops the topic's prototypes. Prototypes of no topic are kept.

        Returns
        -------
        Assigner
        """
        new = np.append(np.asarray(mapping, dtype=np.int64), -1)[self.topics]
        kept = (new >= 0) | (self.topics < 0)
        return replace(
            self, prototypes=self.prototypes[kept], topics=new[kept], thresholds=self.thresholds[kept]
        )

    def without(self, topics: Sequence[int]) -> "Assigner":
        """Make outliers of the rows of these topics, and number the others as before, without gaps.

        Parameters
        ----------
        topics : sequence of int
            Their prototypes are kept as prototypes of no topic, so other rows keep their topics.

        Returns
        -------
        Assigner
        """
        gone = np.isin(self.topics, topics)
        numbers = np.unique(self.topics[~gone & (self.topics >= 0)])
        kept = ~gone & (self.topics >= 0)
        return replace(self, topics=np.where(kept, np.searchsorted(numbers, self.topics), -1))

    def added(
        self, prototypes: FloatArray, topics: IntArray, *, threshold: float = NO_THRESHOLD
    ) -> "Assigner":
        """Add prototypes, of topics that there are or of new ones.

        Parameters
        ----------
        prototypes : float32 ndarray of shape (p, d)
        topics : int64 ndarray of shape (p,)
        threshold : float
            Of each of them.

        Returns
        -------
        Assigner
        """
        thresholds = np.full(len(prototypes), threshold, dtype=np.float32)
        return replace(
            self,
            prototypes=np.concatenate([self.prototypes, prototypes]),
            topics=np.concatenate([self.topics, topics]),
            thresholds=np.concatenate([self.thresholds, thresholds]),
        )

    def parts(self) -> "Assigner":
        """Make a topic of each prototype: the finest level of these prototypes.

        Returns
        -------
        Assigner
        """
        positions = np.arange(len(self.topics), dtype=np.int64)
        return replace(self, topics=np.where(self.topics < 0, -1, positions))

    def state(self) -> State:
        """Give what `from_state` makes it of."""
        return State(
            {"rule": self.rule, "sharpness": self.inverse_temperature},
            {"prototypes": self.prototypes, "topics": self.topics, "thresholds": self.thresholds},
        )

    @classmethod
    def from_state(cls, state: State) -> "Assigner":
        """Make the Assigner that gave this state."""
        arrays = state.arrays
        rule, temperature = state.config["rule"], state.config["sharpness"]
        return cls(arrays["prototypes"], arrays["topics"], arrays["thresholds"], rule, temperature)

    def with_outliers(self, vectors: FloatArray, weights: NDArray[Any], share: OutlierShare) -> "Assigner":
        """Set thresholds so that at most a share of these documents, the farthest ones, are outliers.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d), unit rows
        weights : ndarray of shape (n,)
        share : float or "auto"
            Of the weight of each topic, 0 to below 1; 0 leaves none. "auto" sets one threshold for all
            topics, see `usual_threshold`.

        Returns
        -------
        Assigner

        Raises
        ------
        ParameterTypeError
            When the share is no number.
        ParameterError
            For another share, or an Assigner of communities, whose one threshold is what they are.
        """
        check_share(share, self.rule)
        open_ = replace(self, thresholds=np.full(len(self.topics), NO_THRESHOLD, dtype=np.float32))
        if share == "auto":
            cosines, labels = open_._own_cosines(vectors)
            least = usual_threshold(cosines[labels >= 0], weights[labels >= 0]) - ROUNDED
            return replace(open_, thresholds=np.full(len(self.topics), least, dtype=np.float32))
        return open_._with_thresholds(
            vectors, lambda score, rows: share_threshold(score, weights[rows], share)
        )

    def with_at_most(
        self, vectors: FloatArray, weights: NDArray[Any], share: OutlierShare | None
    ) -> "Assigner":
        """Keep outliers to a share: a clusterer's own where they are no more, else as `with_outliers`.

        Parameters
        ----------
        vectors, weights, share
            As for `with_outliers`; None changes nothing.

        Returns
        -------
        Assigner
        """
        if share is None:
            return self
        check_share(share, self.rule)
        wanted = self.with_outliers(vectors, weights, share)
        if (self.thresholds > NO_THRESHOLD).any():
            most = wanted._left_out(vectors, weights) if share == "auto" else share * weights.sum()
            if self._left_out(vectors, weights) <= most:
                return self
        return wanted

    def _left_out(self, vectors: FloatArray, weights: NDArray[Any]) -> float:
        """The weight of rows that thresholds make outliers."""
        left_out = (self.labels(vectors) < 0) & vectors.any(axis=1)
        return float(weights[left_out & ~self._in_no_topic(vectors)].sum())

    def _own_cosines(self, vectors: FloatArray) -> tuple[FloatArray, IntArray]:
        """Give each row's cosine to the prototype that decides its topic, and the topic."""
        prototype = nearest_prototype(vectors, self.prototypes, device=self.device)
        cosine = np.einsum("ij,ij->i", vectors, self._unit_prototypes()[prototype])
        return cosine, self.labels(vectors)

    def _with_thresholds(
        self, vectors: FloatArray, fit: Callable[[FloatArray, IntArray], float]
    ) -> "Assigner":
        """Fit each topic's threshold to the cosines of its rows to their prototypes."""
        if not self.n_topics:
            return self
        cosine, labels = self._own_cosines(vectors)
        thresholds = self.thresholds.copy()
        for topic in range(self.n_topics):
            rows = np.flatnonzero(labels == topic)
            if len(rows):
                thresholds[self.topics == topic] = fit(cosine[rows], rows) - ROUNDED
        return replace(self, thresholds=thresholds)

    def _placed(self, rows: FloatArray, cosines: FloatArray) -> IntArray:
        """The topic of each row, by its cosines to the prototypes."""
        prototype, cosine = self._decide(rows, cosines)
        known = rows.any(axis=1) & (cosine >= self.thresholds[prototype])
        return np.where(known, self.topics[prototype], -1)

    def _in_no_topic(self, vectors: FloatArray) -> NDArray[np.bool_]:
        """Whether a prototype of no topic decides each row; no threshold matters to it then."""
        if (self.topics >= 0).all():
            return np.zeros(len(vectors), dtype=np.bool_)
        decided = self._blockwise(
            vectors, lambda rows: self._decide(rows, self._cosines(rows))[0], np.empty(0, dtype=np.int64)
        )
        return np.asarray(self.topics[decided] < 0)

    def _by_topic(self, cosines: FloatArray) -> FloatArray:
        """The best cosine of each row to a prototype of each topic."""
        order = np.argsort(self.topics, kind="stable")
        starts = np.searchsorted(self.topics[order], np.arange(self.n_topics))
        return np.asarray(np.maximum.reduceat(cosines[:, order], starts, axis=1))

    def _decide(self, rows: FloatArray, cosines: FloatArray) -> tuple[IntArray, FloatArray]:
        """The prototype of each row, and the cosine to it."""
        if self.rule == "first":
            prototype = (cosines >= self.thresholds).argmax(axis=1)  # 0 if none, whose test fails again
        else:
            lengths = np.sqrt(2 * half_square_norms(self.prototypes))
            prototype = (cosines * lengths - half_square_norms(self.prototypes)).argmax(axis=1)
        return prototype, cosines[np.arange(len(rows)), prototype]

    def _cosines(self, rows: FloatArray) -> FloatArray:
        return devices.product(rows, self._unit_prototypes(), self.device)

    def _unit_prototypes(self) -> FloatArray:
        return unit_rows(self.prototypes)

    def _blockwise(
        self, vectors: FloatArray, work: Callable[[FloatArray], NDArray[Any]], empty: NDArray[Any]
    ) -> NDArray[Any]:
        if len(vectors) == 0:
            return empty

        def worked(start: int, stop: int) -> NDArray[Any]:
            found = work(vectors[start:stop])
            release(vectors)
            return found

        return np.concatenate(map_blocks(worked, len(vectors), self._rows_per_block()))

    def _rows_per_block(self) -> int:
        return block_rows(16 * (len(self.prototypes) + self.n_topics + 1))

    def _least_log_loss(self, vectors: FloatArray, labels: IntArray, weights: NDArray[Any]) -> float:
        """Fit the inverse temperature to the clusters of some rows."""
        known = np.flatnonzero(labels >= 0)[:N_CALIBRATED]
        if self.n_topics < 2 or not len(known):
            return DEFAULT_INVERSE_TEMPERATURE
        return least_log_loss(self.scores(vectors[known]), labels[known], weights[known])

    @classmethod
    def _held_out_log_loss(
        cls, vectors: FloatArray, labels: IntArray, weights: NDArray[Any], random_state: int
    ) -> float:
        """Fit the inverse temperature on every other row, with prototypes of the rows between them."""
        rows = np.flatnonzero(labels >= 0)[: 2 * N_CALIBRATED]
        train, test = rows[::2], rows[1::2]
        groups, of_train = np.unique(labels[train], return_inverse=True)
        test = test[np.isin(labels[test], groups)]
        clustering = ClusteringResult(of_train.astype(np.int64))
        prototypes, topics = make_prototypes(vectors[train], clustering, weights[train], random_state)
        assigner = cls(prototypes, topics, np.full(len(topics), NO_THRESHOLD, dtype=np.float32))
        return assigner._least_log_loss(vectors[test], np.searchsorted(groups, labels[test]), weights[test])
