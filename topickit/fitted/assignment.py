"""Assignment: topic, similarity and probabilities of documents, computed in one pass."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from topickit._core.vectors import FloatArray, IntArray
from topickit.corpus.documents import Documents

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, eq=False)
class Assignment:
    """The answer of a model for n documents.

    Attributes
    ----------
    labels : int64 ndarray of shape (n,)
        Topic of each document; −1 for an outlier or a blank text.
    similarity : float32 ndarray of shape (n,)
        Cosine similarity to the nearest prototype of the topic; of an outlier, to the most similar topic;
        0 for a blank text.
    probabilities : float32 ndarray of shape (n, n_topics), or (n, 0) if they were left out
        Distribution over the topics. Rows sum to 1, and the largest entry is the label's unless the label
        is −1. A blank text is uniform.
    names : tuple of str, of length n_topics
        Names of the topics.

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

    def __len__(self) -> int:
        return len(self.labels)

    def per_row(self, documents: Documents, names: tuple[str, ...]) -> "Assignment":
        """Return the answers for the caller's rows from those for distinct texts.

        Parameters
        ----------
        documents : Documents
            Those that were assigned.
        names : tuple of str
            Names of the topics.
        """
        return Assignment(
            documents.per_row(self.labels, -1),
            documents.per_row(self.similarity, 0),
            documents.per_row(self.probabilities, 1 / max(1, self.probabilities.shape[1])),
            names,
        )

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
        columns = {
            "topic": pl.Series(self.labels),
            "name": pl.Series(names[self.labels].tolist(), dtype=pl.String),
            "similarity": pl.Series(self.similarity),
        }
        if self.probabilities.shape[1]:
            assigned = np.flatnonzero(self.labels >= 0)
            shares = np.full(len(self), np.nan, dtype=np.float32)
            shares[assigned] = self.probabilities[assigned, self.labels[assigned]]
            columns["probability"] = pl.Series(shares).fill_nan(None)
        return pl.DataFrame(columns)

    def to_pandas(self) -> Any:
        """Return the table of `to_polars` as a pandas DataFrame; pandas must be installed."""
        from topickit._core.frames import to_pandas

        return to_pandas(self.to_polars())
