"""BaseLevel: what a fit found, by prototype, from which all levels of the hierarchy are derived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from topickit._core.state import State
from topickit._core.vectors import IntArray
from topickit.cluster.stability import best_jaccard, contingency, mean_over_samples, or_none


@dataclass(frozen=True, eq=False)
class BaseLevel:
    """The level of the hierarchy that a fit found, by prototype of its Assigner.

    Attributes
    ----------
    topics : int64 ndarray of shape (p,)
        The topic of each prototype at that level, whatever level the model is at now; −1 for none.
    tables : tuple of float64 csr_array of shape (p + 1, k + 1)
        For each resampled clustering, the weight of the training rows by prototype and cluster; the last
        row is for rows in no topic, the last column for rows in no cluster.
    stability : tuple of float or None
        Of each topic; empty where it is unknown.
    known : mapping of int to str
        Name of each topic that was given to the fit. Finer levels may divide it, coarser ones restore it.
    ids : tuple of int
        Id of each topic; −1, or empty for all, where none was given.
    """

    topics: IntArray
    tables: tuple[csr_array, ...] = ()
    stability: tuple[float | None, ...] = ()
    known: Mapping[int, str] = field(default_factory=dict)
    ids: tuple[int, ...] = ()

    @property
    def n_topics(self) -> int:
        """The number of topics."""
        return len(np.unique(self.topics[self.topics >= 0]))

    def with_tables(
        self, nearest: IntArray, resampled_labels: Sequence[IntArray], weights: NDArray[Any]
    ) -> "BaseLevel":
        """Count how the rows of each prototype fall into the clusters of other samples.

        Parameters
        ----------
        nearest : int64 ndarray of shape (n,)
            Prototype of each training row, −1 for a row in no topic.
        resampled_labels : sequence of int64 ndarray of shape (n,)
            As `ClusteringResult.resampled_labels`.
        weights : ndarray of shape (n,)
        """
        n = len(self.topics)
        tables = (contingency(nearest, resampled, weights, n) for resampled in resampled_labels)
        return replace(self, tables=tuple(map(csr_array, tables)))

    def stability_of(self, topics: IntArray, n_topics: int) -> list[float | None]:
        """Compute the stability of other topics made of the same prototypes.

        A topic that unites several is compared with the best single cluster of each other sample, and with
        the union of the clusters that lie mostly in it; the larger Jaccard index counts. A topic that equals
        one of this level keeps its stability.

        Parameters
        ----------
        topics : int64 ndarray of shape (p,)
            −1 for none.
        n_topics : int

        Returns
        -------
        list of float or None, of length n_topics
            None where no other sample covers the topic.
        """
        of = np.append(np.where(topics < 0, n_topics, topics), n_topics)
        member = csr_array((np.ones(len(of)), (of, np.arange(len(of)))), shape=(n_topics + 1, len(of)))
        best = [best_jaccard((member @ table).toarray(), unions=True) for table in self.tables]
        result = or_none(mean_over_samples(best, n_topics))
        for topic, stability in enumerate(self.stability):
            new = np.unique(topics[self.topics == topic])
            if len(new) == 1 and new[0] >= 0 and (self.topics[topics == new[0]] == topic).all():
                result[int(new[0])] = stability
        return result

    def extended(self, topics: IntArray, ids: Sequence[int]) -> "BaseLevel":
        """Add prototypes of new topics, which no other sample has seen.

        Parameters
        ----------
        topics : int64 ndarray of shape (p,)
            New topic of each prototype, counted from 0.
        ids : sequence of int
            Id of each new topic.
        """
        first = int(self.topics.max(initial=-1)) + 1
        tables = tuple(
            csr_array(vstack([table[:-1], csr_array((len(topics), table.shape[1])), table[[-1]]]))
            for table in self.tables
        )
        stability = self.stability and (*self.stability, *[None] * (int(topics.max(initial=-1)) + 1))
        return replace(
            self,
            topics=np.concatenate([self.topics, first + topics]),
            tables=tables,
            stability=stability,
            ids=self.ids and (*self.ids, *ids),
        )

    def without(self, prototypes: NDArray[np.bool_]) -> "BaseLevel":
        """Make some prototypes belong to no topic."""
        return replace(self, topics=np.where(prototypes, -1, self.topics))

    def kept(self, prototypes: NDArray[np.bool_]) -> "BaseLevel":
        """Keep some prototypes only."""
        if prototypes.all():
            return self
        rows = np.append(prototypes, True)
        tables = tuple(table[rows] for table in self.tables)
        return replace(self, topics=self.topics[prototypes], tables=tables)

    def state(self) -> State:
        """Give the value as configuration and arrays, which `from_state` reads."""
        arrays = {"topics": self.topics}
        for i, table in enumerate(self.tables):
            arrays |= {f"starts_{i}": table.indptr, f"groups_{i}": table.indices, f"weights_{i}": table.data}
        n_columns = [table.shape[1] for table in self.tables]
        known = {str(topic): name for topic, name in self.known.items()}
        config = {"n_groups": n_columns, "stability": list(self.stability), "known": known}
        return State({**config, "ids": list(self.ids)}, arrays)

    @classmethod
    def from_state(cls, state: State) -> "BaseLevel":
        """Make a value from its state."""
        arrays = state.arrays
        tables = (
            csr_array(
                (arrays[f"weights_{i}"], arrays[f"groups_{i}"], arrays[f"starts_{i}"]),
                shape=(len(arrays["topics"]) + 1, n_columns),
            )
            for i, n_columns in enumerate(state.config["n_groups"])
        )
        known = {int(topic): name for topic, name in state.config.get("known", {}).items()}
        stability, ids = (tuple(state.config.get(name, ())) for name in ("stability", "ids"))
        return cls(arrays["topics"], tuple(tables), stability, known, ids)
