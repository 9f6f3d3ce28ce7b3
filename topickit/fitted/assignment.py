"""Assignment: topic, similarity and probabilities of documents, computed in one pass."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from topickit._core.vectors import FloatArray, IntArray
from topickit.corpus.documents import Documents
from topickit.fitted.topics import Topics

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, eq=False)
class Assignment:
    """The answer of a model for n documents.

    Attributes
    ----------
    labels : int64 ndarray of shape (n,)
        Id of the topic of each document; −1 for an outlier or a blank text.
    similarity : float32 ndarray of shape (n,)
        Cosine similarity to the nearest prototype of the topic; of an outlier, to the most similar topic;
        0 for a blank text.
    probabilities : float32 ndarray of shape (n, n_topics), or (n, 0) if they were left out
        Distribution over the topics, in the order of `TopicModel.topics_`. Rows sum to 1, and the largest
        entry is the label's unless the label is −1. A blank text is uniform.
    names : tuple of str, of length n_topics
        Names of the topics.
    ids : tuple of int, of length n_topics
        Ids of the topics; empty for 0 … n_topics − 1.

    Examples
    --------
    >>> one = np.ones((1, 1), dtype=np.float32)
    >>> Assignment(np.array([0]), one[0], one, ("food",)).to_polars().row(0)
    (0, 'food', 1.0, 1.0)
    """

    labels: IntArray
    similarity: FloatArray
    probabilities: FloatArray = field(repr=False)
    names: tuple[str, ...] = field(default=(), repr=False)
    ids: tuple[int, ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.labels)

    def per_row(self, documents: Documents, topics: Topics) -> "Assignment":
        """Return the answers for the caller's rows, with ids, from those of an Assigner for distinct texts.

        Parameters
        ----------
        documents : Documents
            Those that were assigned.
        topics : Topics
            The topics of the Assigner.
        """
        return Assignment(
            topics.ids_of(documents.per_row(self.labels, -1)),
            documents.per_row(self.similarity, 0),
            documents.per_row(self.probabilities, 1 / max(1, self.probabilities.shape[1])),
            tuple(topic.name for topic in topics),
            tuple(topic.id for topic in topics),
        )

    def _positions(self) -> IntArray:
        """Return the column of the topic of each document, −1 for none."""
        if not self.ids:
            return self.labels
        order = np.argsort(self.ids)
        found = order[np.searchsorted(self.ids, self.labels, sorter=order).clip(max=len(order) - 1)]
        return np.where(self.labels < 0, -1, found)

    def to_polars(self) -> "pl.DataFrame":
        """Return a table with the columns topic, name, similarity and probability, one row per document.

        Returns
        -------
        polars.DataFrame
            ``name`` and ``probability`` (that of the topic) are null for an outlier. There is no column
            ``probability`` if probabilities were left out.
        """
        import polars as pl

        names = np.array([*self.names, None], dtype=object)
        positions = self._positions()
        columns = {
            "topic": pl.Series(self.labels),
            "name": pl.Series(names[positions].tolist(), dtype=pl.String),
            "similarity": pl.Series(self.similarity),
        }
        if self.probabilities.shape[1]:
            assigned = np.flatnonzero(positions >= 0)
            shares = np.full(len(self), np.nan, dtype=np.float32)
            shares[assigned] = self.probabilities[assigned, positions[assigned]]
            columns["probability"] = pl.Series(shares).fill_nan(None)
        return pl.DataFrame(columns)

    def to_pandas(self) -> Any:
        """Return the table of `to_polars` as a pandas DataFrame; pandas must be installed."""
        from topickit._core.frames import to_pandas

        return to_pandas(self.to_polars())
