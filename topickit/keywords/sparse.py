"""Sparse matrices of documents × words, in blocks of rows that bound the memory of counting."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from topickit._core.spill import StoredNumbers
from topickit._core.vectors import IntArray, release

BLOCK_ROWS = 65_536


class StoredRows:
    """Collects a sparse matrix of int32 from blocks of rows; a large one is kept in a file.

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
        """Append rows, with sorted indices and without duplicates."""
        self._data.extend(block.data)
        self._indices.extend(block.indices)
        self._lengths.append(np.diff(block.indptr).astype(np.int64))

    def matrix(self, n_columns: int) -> csr_array:
        """Return all rows."""
        ends = np.cumsum(np.concatenate(self._lengths))
        indptr = ends.astype(np.int32) if ends[-1] < 2**31 else ends
        parts = (self._data.array(), self._indices.array(), indptr)
        return csr_array(parts, shape=(len(indptr) - 1, n_columns))


def row_blocks(counts: csr_array) -> Iterator[tuple[slice, csr_array]]:
    """Yield blocks of rows and their positions."""
    for start in range(0, counts.shape[0], BLOCK_ROWS):
        rows = slice(start, min(start + BLOCK_ROWS, counts.shape[0]))
        yield rows, counts[rows]
        release(counts.data)
        release(counts.indices)


def weighted_totals(counts: csr_array, weights: IntArray) -> IntArray:
    """Sum the columns, with each row multiplied by its weight.

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
    """Sum the columns of one block of rows, with each row multiplied by its weight."""
    each = block.data * np.repeat(weights, np.diff(block.indptr))
    return np.bincount(block.indices, each, minlength=block.shape[1]).astype(np.int64)


def presence(counts: csr_array) -> csr_array:
    """Replace every count by 1; indices are shared with the argument.

    Examples
    --------
    >>> presence(csr_array(np.array([[0, 3]]))).toarray().tolist()
    [[0, 1]]
    """
    return csr_array((np.ones_like(counts.data), counts.indices, counts.indptr), shape=counts.shape)


def csr_arrays(matrix: csr_array) -> dict[str, NDArray[Any]]:
    """Return the three arrays of a sparse matrix, to be saved."""
    return {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}


def csr_from(arrays: Mapping[str, NDArray[Any]], n_columns: int) -> csr_array:
    """Make a sparse matrix from the arrays of `csr_arrays`."""
    shape = (len(arrays["indptr"]) - 1, n_columns)
    return csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)


def values_at(matrix: csr_array, row: int, columns: ArrayLike) -> NDArray[Any]:
    """Return the values of one row at some columns; those that are not stored are 0.

    Parameters
    ----------
    matrix : csr_array of shape (k, t)
        With sorted indices, as all counts and weights have.
    row : int
    columns : int array of shape (m,)

    Returns
    -------
    ndarray of shape (m,)

    Examples
    --------
    >>> values_at(csr_array(np.array([[0, 3, 0, 5]])), 0, [3, 0, 1]).tolist()
    [5, 0, 3]
    """
    begin, end = matrix.indptr[row], matrix.indptr[row + 1]
    stored, data = matrix.indices[begin:end], matrix.data[begin:end]
    wanted = np.asarray(columns, dtype=np.int64)
    if not len(stored):
        return np.zeros(len(wanted), dtype=data.dtype)
    at = np.minimum(np.searchsorted(stored, wanted), len(stored) - 1)
    return np.asarray(np.where(stored[at] == wanted, data[at], 0), dtype=data.dtype)
