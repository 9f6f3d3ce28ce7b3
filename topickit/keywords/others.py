"""Words for the documents without a term: they describe only topics that have few other terms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from topickit._core.vectors import IntArray
from topickit.keywords.lexicon import Mask


@dataclass(frozen=True, eq=False)
class Others:
    """Words that are counted only in some documents.

    Attributes
    ----------
    words : int64 ndarray of shape (m,)
        Positions in the lexicon.
    rows : int64 ndarray of shape (r,)
        The documents, ascending.
    counts : csr_array of shape (r, m)
    """

    words: IntArray
    rows: IntArray
    counts: csr_array

    def added(self, block: csr_array, at: slice, first_column: int) -> csr_array:
        """Add the counts to a block of documents.

        Parameters
        ----------
        block : csr_array of shape (stop - start, n_columns)
        at : slice
            The documents of the block.
        first_column : int
            The column of the first of the words.

        Returns
        -------
        csr_array
        """
        begin, end = np.searchsorted(self.rows, (at.start, at.stop))
        own = csr_array(self.counts[begin:end]).tocoo()
        where = (self.rows[begin:end][own.row] - at.start, own.col + first_column)
        return csr_array(block + csr_array((own.data, where), shape=block.shape))


def count_others(counts: csr_array, rows: IntArray, kinds: Sequence[Mask]) -> Others:
    """Count the words of some documents: in each document, those of the first kind that it has.

    Parameters
    ----------
    counts : csr_array of shape (u, v)
        Occurrences of all words in all documents.
    rows : int64 ndarray of shape (r,)
        The documents, ascending.
    kinds : sequence of bool ndarrays of shape (v,)
        The preferred kind of words first.

    Returns
    -------
    Others

    Examples
    --------
    >>> counts = csr_array(np.array([[1, 0, 2], [0, 3, 1], [4, 4, 4]]))
    >>> others = count_others(counts, np.array([0, 1]), [np.array([True, False, False]), np.ones(3, bool)])
    >>> others.words.tolist(), others.counts.toarray().tolist()
    ([0, 1, 2], [[1, 0, 0], [0, 3, 1]])
    """
    selected = csr_array(counts[rows])
    kind = np.full(selected.shape[1], len(kinds))
    for number in reversed(range(len(kinds))):
        kind[kinds[number]] = number
    row = np.repeat(np.arange(len(rows)), np.diff(selected.indptr))
    first = np.full(len(rows), len(kinds))
    np.minimum.at(first, row, kind[selected.indices])
    kept = (kind[selected.indices] == first[row]) & (first[row] < len(kinds))
    words, columns = np.unique(selected.indices[kept], return_inverse=True)
    shape = (len(rows), len(words))
    return Others(words, rows, csr_array((selected.data[kept], (row[kept], columns)), shape=shape))
