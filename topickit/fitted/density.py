"""Regions where new documents are several times as frequent as those of a model.

For each new document it is counted how many of its nearest neighbors are new. Similarity to prototypes does
not tell a new subject that is near an old one; this does. Communities of documents with many new neighbors
are compared with those that chance makes, for which the labels "new" and "old" are shuffled; and with their
topics, since a topic that grew as a whole is not new.

References
----------
Schilling, "Multivariate Two-Sample Tests Based on Nearest Neighbors", J. Am. Stat. Assoc. 1986.
Dann, Henderson, Teichmann, Morgan, Marioni, "Differential abundance testing on single-cell data using
k-nearest neighbor graphs", Nature Biotechnology 2022.
Maris, Oostenveld, "Nonparametric statistical testing of EEG- and MEG-data", J. Neurosci. Methods 2007 (masses
of clusters against those after shuffling).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, IntArray, top_k_cosine
from topickit.cluster.partition import N_NEIGHBORS, communities, knn_graph
from topickit.fitted.assigner import Assigner
from topickit.fitted.discover import MIN_SHARE, MIN_SIZE

N_COUNTED = 20
"""Neighbors that are counted. With 10 or 15, fewer late classes of seven collections were found."""
MOST_NEW = 5000
"""New documents whose neighbors are counted."""
TIMES_NEW = 4
"""Documents of the model among which neighbors are searched for, for each new one."""
FACTOR = 3.0
"""Least ratio of the odds of a new neighbor to those of a new document anywhere."""
FACTOR_IN_TOPIC = 2.0
"""The same relative to the odds in the topics of the documents. Where a late class had become a topic, its
further documents had .9 to 1.9 (rarely 2.5); groups of documents of a class without a topic 2.2 to 1,300."""
RESOLUTION = 0.3
"""Of their communities: with 1, a subject is cut into parts that are hardly larger than those by chance."""
LEAST_GROUP = 5
"""Fewest documents of a group: those of a new topic of `MIN_SIZE` may be in two."""
N_SHUFFLES = 199
"""Of which none may have a group as large, so by chance one update in 200 has new topics."""


@dataclass(frozen=True, eq=False)
class Block:
    """Distinct documents, in an order that does not depend on their content.

    Attributes
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    weights : int64 ndarray of shape (n,)
        How many documents each row stands for.
    """

    vectors: FloatArray
    weights: IntArray

    def first(self, n: int, most: float = np.inf) -> "Block":
        """Take rows with a direction, of the first n, that stand for at most so many documents."""
        rows = np.flatnonzero(self.vectors[:n].any(axis=1))
        rows = rows[self.weights[rows].cumsum() <= most]
        return Block(self.vectors[rows], self.weights[rows])


def rows_of_new_topics(assigner: Assigner, new: Block, old: Block) -> IntArray:
    """Find the new documents that are in regions where hardly any document of the model is.

    Parameters
    ----------
    assigner : Assigner
        Of the model.
    new, old : Block
        The new documents, all with a direction, and those of the model.

    Returns
    -------
    int64 ndarray
        Rows of `new`, ascending; usually none. At most `MOST_NEW` rows are looked at.

    Examples
    --------
    >>> eye = np.eye(3, dtype=np.float32)
    >>> assigner = Assigner(eye[:2], np.arange(2), np.full(2, -1, dtype=np.float32))
    >>> old, new = np.repeat(eye[:2], 40, axis=0), np.repeat(eye, 25, axis=0)
    >>> blocks = [Block(rows, np.ones(len(rows), dtype=np.int64)) for rows in (new, old)]
    >>> rows_of_new_topics(assigner, *blocks).tolist() == list(range(50, 75))
    True
    """
    old = old.first(TIMES_NEW * MOST_NEW)
    new = new.first(MOST_NEW, most=old.weights.sum())  # with more, most neighbors would be new anywhere
    old = old.first(len(old.weights), most=TIMES_NEW * new.weights.sum())
    nothing = np.empty(0, dtype=np.int64)
    if len(new.weights) + len(old.weights) <= N_COUNTED + 1:
        return nothing
    fewest = max(MIN_SIZE, MIN_SHARE * float(new.weights.sum()))
    around = _Neighborhoods.of(new, old, assigner.device)
    groups = around.groups(around.is_new)
    sizes = around.sizes(groups)
    kept = (sizes >= LEAST_GROUP) & (around.excess(groups, assigner, old) >= np.log(FACTOR_IN_TOPIC))
    if sizes[kept].sum() < fewest:
        return nothing
    masses = around.masses(groups, around.is_new)
    kept &= masses > around.largest_by_chance(float(masses[kept].max()))
    return np.flatnonzero(np.append(kept, False)[groups]) if sizes[kept].sum() >= fewest else nothing


@dataclass(frozen=True, eq=False)
class _Neighborhoods:
    """Nearest neighbors of new documents among all.

    Attributes
    ----------
    new : Block
    near : int64 ndarray of shape (n, k)
        Places of neighbors among the new documents, followed by those of the model.
    counted : int64 ndarray of shape (n, k)
        How many documents of each neighbor are among the nearest `N_COUNTED`, duplicates included.
    is_new : bool ndarray of shape (n + m,)
    weights : int64 ndarray of shape (n + m,)
    device : str or None
    """

    new: Block
    near: IntArray
    counted: IntArray
    is_new: NDArray[np.bool_]
    weights: IntArray
    device: str | None

    @classmethod
    def of(cls, new: Block, old: Block, device: str | None) -> "_Neighborhoods":
        """Search for neighbors; of equal ones, those listed first are new or old at random."""
        both = np.concatenate([new.vectors, old.vectors])
        weights = np.concatenate([new.weights, old.weights])
        n = len(new.weights)
        order = np.random.default_rng(0).permutation(len(both))
        near = order[top_k_cosine(new.vectors, both[order], N_COUNTED + 1, device=device).indices]
        own = near == np.arange(n)[:, None]
        own[~own.any(axis=1), -1] = True
        near = near[~own].reshape(n, N_COUNTED)
        total = weights[near].cumsum(axis=1)
        counted = np.clip(N_COUNTED - (total - weights[near]), 0, weights[near])
        return cls(new, near, counted, np.arange(len(both)) < n, weights, device)

    def sizes(self, groups: IntArray) -> IntArray:
        """Count the documents of each group."""
        inside = groups >= 0
        return np.bincount(groups[inside], self.new.weights[inside]).astype(np.int64)

    def groups(self, is_new: NDArray[np.bool_]) -> IntArray:
        """Group documents that have many new neighbors; −1 for the others."""
        result = np.full(len(self.near), -1, dtype=np.int64)
        rows = np.flatnonzero(self._ratios(is_new) >= np.log(FACTOR))
        if len(rows) >= LEAST_GROUP:
            vectors, weights = self.new.vectors[rows], self.new.weights[rows]
            result[rows] = communities(knn_graph(vectors, weights, N_NEIGHBORS, self.device), RESOLUTION)
        return result

    def masses(self, groups: IntArray, is_new: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Sum the ratios over the documents of each group: by chance, few are large."""
        inside = groups >= 0
        masses = self.new.weights[inside] * self._ratios(is_new)[inside]
        return np.asarray(np.bincount(groups[inside], masses), dtype=np.float64)

    def _ratios(self, is_new: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Compare the odds of a new neighbor with those of any document, as a logarithm."""
        odds = _log_odds((self.counted * is_new[self.near]).sum(axis=1), N_COUNTED)
        return np.asarray(odds - self._anywhere(is_new))

    def _anywhere(self, is_new: NDArray[np.bool_]) -> Any:
        return _log_odds(self.weights[is_new].sum(), self.weights.sum())

    def excess(self, groups: IntArray, assigner: Assigner, old: Block) -> NDArray[np.float64]:
        """Compare the odds of new neighbors in each group with the odds in the topics of its documents."""
        labels, of_old = assigner.labels(self.new.vectors), assigner.labels(old.vectors)
        n_new, n_old = (
            np.bincount(of[of >= 0], block.weights[of >= 0], minlength=assigner.n_topics)
            for of, block in ((labels, self.new), (of_old, old))
        )
        usual = np.append(_log_odds(n_new, n_new + n_old), self._anywhere(self.is_new))[labels]
        inside = groups >= 0
        groups, near, counted = groups[inside], self.near[inside], self.counted[inside]
        found = np.bincount(groups, (counted * self.is_new[near]).sum(axis=1))
        n_rows = np.bincount(groups)
        odds = _log_odds(found, np.bincount(groups, counted.sum(axis=1)))
        return np.asarray(odds - np.bincount(groups, usual[inside]) / n_rows)

    def largest_by_chance(self, enough: float) -> float:
        """Return the largest mass of a group in all shuffles; fewer of them where one has enough."""
        rng, largest = np.random.default_rng(0), 0.0
        for _ in range(N_SHUFFLES):
            is_new = rng.permutation(self.is_new)
            largest = max(largest, float(self.masses(self.groups(is_new), is_new).max(initial=0)))
            if largest >= enough:
                break
        return largest


def _log_odds(n: Any, total: Any) -> Any:
    """Estimate the logarithm of the odds, also where n is none or all."""
    return np.log((n + 0.5) / (total - n + 0.5))
