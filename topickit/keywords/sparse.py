"""Documents × words, row block by row block: what bounds the memory of counting a large corpus."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.spill import StoredNumbers
from topickit._core.vectors import IntArray, release

BLOCK_ROWS = 65_536


class StoredRows:
    """Takes a sparse matrix of int32 a block of rows at a time; a large one lies in a file.

    Examples
    --------
    >>> with StoredRows() as rows:
    ...     rows.add(csr_array(np.array([[0, 2], [1, 0]], dtype=np.int32)))
    ...     rows.add(csr_array(np.array([[0, 3]], dtype=np.int32)))
    ...     rows.matrix(2).toarray().tolist()
    [[0, 2], [1, 0], [0, 3]]
    """

    def __init__(self) -> None:
        self._data = StoredNumbers(np.int32)
        self._indices = StoredNumbers(np.int32)
        self._lengths: list[IntArray] = [np.zeros(1, dtype=np.int64)]

    def __enter__(self) -> "StoredRows":
        return self

    def __exit__(self, *error: object) -> None:
        self._data.close()
        self._indices.close()

    def add(self, block: csr_array) -> None:
        """Take more rows, in the form with sorted indices and without duplicates."""
        self._data.extend(block.data)
        self._indices.extend(block.indices)
        self._lengths.append(np.diff(block.indptr).astype(np.int64))

    def matrix(self, n_columns: int) -> csr_array:
        """Give all rows."""
        ends = np.cumsum(np.concatenate(self._lengths))
        indptr = ends.astype(np.int32) if ends[-1] < 2**31 else ends
        parts = (self._data.array(), self._indices.array(), indptr)
        return csr_array(parts, shape=(len(indptr) - 1, n_columns))


def row_blocks(counts: csr_array) -> Iterator[tuple[slice, csr_array]]:
    """Give blocks of rows, and where they stand."""
    for start in range(0, counts.shape[0], BLOCK_ROWS):
        rows = slice(start, min(start + BLOCK_ROWS, counts.shape[0]))
        yield rows, counts[rows]
        release(counts.data)
        release(counts.indices)


def weighted_totals(counts: csr_array, weights: IntArray) -> IntArray:
    """Sum the columns, each row times its weight.

    Examples
    --------
    >>> weighted_totals(csr_array(np.array([[1, 2], [0, 5]])), np.array([10, 1])).tolist()
    [10, 25]
    """
    totals = np.zeros(counts.shape[1], dtype=np.int64)
    for rows, block in row_blocks(counts):
        totals += block_totals(block, weights[rows])
    return totals


def block_totals(block: csr_array, weights: IntArray) -> IntArray:
    """Sum the columns of one block of rows, each row times its weight."""
    each = block.data * np.repeat(weights, np.diff(block.indptr))
    return np.bincount(block.indices, each, minlength=block.shape[1]).astype(np.int64)


def presence(counts: csr_array) -> csr_array:
    """Put 1 for every count; the places are shared.

    Examples
    --------
    >>> presence(csr_array(np.array([[0, 3]]))).toarray().tolist()
    [[0, 1]]
    """
    return csr_array((np.ones_like(counts.data), counts.indices, counts.indptr), shape=counts.shape)


def csr_arrays(matrix: csr_array) -> dict[str, NDArray[Any]]:
    """Give the three arrays of a sparse matrix, to be saved."""
    return {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}


def csr_from(arrays: Mapping[str, NDArray[Any]], n_columns: int) -> csr_array:
    """Make a sparse matrix of the arrays that `csr_arrays` gave."""
    shape = (len(arrays["indptr"]) - 1, n_columns)
    return csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)
