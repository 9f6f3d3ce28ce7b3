"""Unit rows, and the last word on pairs within rounding of the threshold.

Two float32 products of the same two rows differ in the last bits when their sums are formed in
another order, so a pair at the threshold is in or out by the order. The reference,
``sentence_transformers.util.community_detection``, multiplies ``batch_size`` unit rows by all
rows in torch; its word is taken. Measured on torch 2.13 with MKL: in float32 an element of a
product has the same bits in every product of at least 12 rows and 12 columns, wherever its rows
stand in it and whatever the number of threads. So undecided pairs are gathered into small products
(of `FEWEST` rows and columns at least). Only where the reference itself multiplies fewer rows (the
last batch, or a handful of rows in all), and in float64, whose bits do depend on the shape, its
own product is repeated, batch by batch. That is for the rows of the last batch and for up to
`FEW_ROWS` rows; past these, a float64 tie is decided by a float64 product of its two rows.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core import processes
from topickit._core.vectors import FloatArray, IntArray

FEWEST = 16
"""Rows and columns from which on the bits of a float32 product do not depend on its shape."""
UNIT_ROUNDOFF = 2.0**-24
SHORTEST = 1e-12
"""Rows shorter than this are divided by this (as torch's ``normalize`` does): they stay short."""
CHUNK = 512
FEW_ROWS = 8192
"""Rows up to which the reference's products are repeated however many of them there are."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Vectors as they came, and how to make unit rows of them.

    Attributes
    ----------
    source : float32 or float64 ndarray of shape (n, d)
        What the reference would be given.
    values : float32 ndarray of shape (n, d), C-contiguous
        `source` itself where that is possible, else a unit copy.
    scale : float32 ndarray of shape (n,)
        ``values[i] * scale[i]`` is row i at unit length.
    live : bool ndarray of shape (n,)
        False for zero rows, which are near to nothing.
    """

    source: NDArray[Any]
    values: FloatArray
    scale: FloatArray
    live: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.source)

    @property
    def margin(self) -> float:
        """A bound on how far two float32 products of the same unit rows can be apart."""
        return float(2.5 * self.source.shape[1] + 16) * UNIT_ROUNDOFF

    def unit(self, rows: slice | IntArray) -> FloatArray:
        """Unit rows, float32, of some rows: a new array."""
        return self.values[rows] * self.scale[rows, None]

    def take(self, rows: slice) -> "Rows":
        """Some of the rows, copied."""
        source = np.ascontiguousarray(self.source[rows])
        values = source if self.values is self.source else np.ascontiguousarray(self.values[rows])
        return Rows(source, values, self.scale[rows].copy(), self.live[rows].copy())


def prepare(vectors: NDArray[Any]) -> Rows:
    """Bring checked vectors into the form that pairs are searched in.

    Parameters
    ----------
    vectors : ndarray of shape (n, d), any real dtype
        float32 rows in C order are used where they are; anything else costs one float32 copy.
    """
    if vectors.dtype not in (np.float32, np.float64):
        vectors = vectors.astype(np.float32)
    vectors = np.asarray(vectors, dtype=vectors.dtype.newbyteorder("="))
    n = len(vectors)
    largest = np.zeros(n)
    norms = np.zeros(n)
    for start in range(0, n, 4096):
        block = vectors[start : start + 4096]
        largest[start : start + 4096] = np.maximum(block.max(axis=1), -block.min(axis=1))
        with np.errstate(over="ignore", under="ignore"):
            norms[start : start + 4096] = np.sqrt(np.einsum("ij,ij->i", block, block, dtype=np.float64))
    huge = largest > (1e18 if vectors.dtype == np.float32 else 1e150)
    if huge.any():  # their squares overflow: scale them by a power of two, which changes no direction
        vectors = vectors.copy()
        vectors[huge] = np.ldexp(vectors[huge], -np.frexp(largest[huge])[1].astype(np.int32)[:, None])
        norms[huge] = np.linalg.norm(vectors[huge].astype(np.float64), axis=1)
    scale = 1.0 / np.maximum(norms, SHORTEST)
    if vectors.dtype == np.float32 and vectors.flags.c_contiguous and not huge.any():
        return Rows(vectors, vectors, scale.astype(np.float32), largest > 0)
    values = np.empty(vectors.shape, dtype=np.float32)
    for start in range(0, n, 4096):
        values[start : start + 4096] = vectors[start : start + 4096] * scale[start : start + 4096, None]
    return Rows(vectors, values, np.ones(n, dtype=np.float32), largest > 0)


class Judge:
    """Says of single pairs whether the reference's product reaches the threshold.

    Parameters
    ----------
    rows : Rows
    threshold : float
    batch_size : int, optional
        The rows that the reference multiplies at a time. None asks for the same bits in a product
        of any shape (float32 only): what a clusterer needs whose `predict` sees other batches.
    """

    def __init__(self, rows: Rows, threshold: float, batch_size: int | None) -> None:
        self.rows = rows
        self.threshold = float(np.float32(threshold))  # the reference compares with a float32
        self.batch_size = batch_size
        self._all: Any = None
        self._done: dict[int, NDArray[np.bool_]] = {}

    def passes(self, left: IntArray, right: IntArray) -> NDArray[np.bool_]:
        """Decide pairs in the product where `left` is the row and `right` the column.

        Parameters
        ----------
        left, right : int64 ndarray of shape (p,)

        Returns
        -------
        bool ndarray of shape (p,)
        """
        result = np.zeros(len(left), dtype=bool)
        if self.rows.source.dtype == np.float64:
            result, alone = self._nearly(left, right)
        else:
            alone = self._is_alone(left)
        gathered = np.flatnonzero(~alone)
        if self.rows.source.dtype == np.float32 and len(gathered):
            result[gathered] = self._gathered(left[gathered], right[gathered])
        batched = np.flatnonzero(alone)
        if len(batched):
            result[batched] = self._batched(left[batched], right[batched])
        return result & self.rows.live[left] & self.rows.live[right]

    def same_both_ways(self, rows: IntArray) -> NDArray[np.bool_]:
        """Rows whose products have the same bits as a row and as a column."""
        if self.rows.source.dtype == np.float64:
            return np.zeros(len(rows), dtype=bool)
        return ~self._is_alone(rows)

    def _is_alone(self, rows: IntArray) -> NDArray[np.bool_]:
        """Rows that the reference multiplies in a product too small for the common bits."""
        n = len(self.rows)
        if self.batch_size is None or (self.batch_size < FEWEST and n > FEW_ROWS):
            return np.zeros(len(rows), dtype=bool)
        if n < FEWEST:
            return np.ones(len(rows), dtype=bool)
        start = rows // self.batch_size * self.batch_size
        return np.asarray(np.minimum(self.batch_size, n - start) < FEWEST)

    def _unit(self, rows: slice | IntArray) -> Any:
        """Unit rows as the reference makes them: a torch tensor of the source's dtype."""
        import torch

        processes.prepare()
        source = self.rows.source
        if not source.flags.c_contiguous:  # torch sums the squares of other layouts in another order
            if self._all is None:
                self._all = torch.nn.functional.normalize(_tensor(source), p=2, dim=1)
            return self._all[rows]
        return torch.nn.functional.normalize(_tensor(source[rows]), p=2, dim=1)

    def block(self, rows: slice, columns: slice) -> NDArray[np.bool_] | None:
        """Decide a whole block at once, or None where only single pairs can be decided."""
        import torch

        starts = np.arange(rows.start, columns.stop)
        if self.rows.source.dtype == np.float64 or self._is_alone(starts).any():
            return None
        a = self._padded(np.arange(rows.start, rows.stop))
        b = self._padded(np.arange(columns.start, columns.stop))
        values = torch.mm(a, b.T).numpy()[: rows.stop - rows.start, : columns.stop - columns.start]
        passed = values >= self.threshold
        passed[~self.rows.live[rows]] = False
        passed[:, ~self.rows.live[columns]] = False
        return np.asarray(passed)

    def _gathered(self, left: IntArray, right: IntArray) -> NDArray[np.bool_]:
        import torch

        result = np.zeros(len(left), dtype=bool)
        order = np.argsort(left, kind="stable")
        rows, starts = np.unique(left[order], return_index=True)
        bounds = np.append(starts, len(left))
        for first in range(0, len(rows), CHUNK):
            pairs = order[bounds[first] : bounds[min(first + CHUNK, len(rows))]]
            columns, column = np.unique(right[pairs], return_inverse=True)
            row = np.searchsorted(rows, left[pairs]) - first
            a = self._padded(rows[first : first + CHUNK])
            for other in range(0, len(columns), 8 * CHUNK):
                here = np.flatnonzero((column >= other) & (column < other + 8 * CHUNK))
                values = torch.mm(a, self._padded(columns[other : other + 8 * CHUNK]).T).numpy()
                result[pairs[here]] = values[row[here], column[here] - other] >= self.threshold
        return result

    def _padded(self, rows: IntArray) -> Any:
        import torch

        unit = self._unit(rows)
        if len(unit) >= FEWEST:
            return unit
        return torch.cat([unit, unit.new_zeros((FEWEST - len(unit), unit.shape[1]))])

    def _nearly(self, left: IntArray, right: IntArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Decide float64 pairs that are not at the threshold itself; say which are."""
        source = self.rows.source
        result, tied = np.zeros(len(left), dtype=bool), np.zeros(len(left), dtype=bool)
        margin = (4 * source.shape[1] + 32) * 2.0**-53
        rows_at_once = max(1, 2**22 // source.shape[1])
        for start in range(0, len(left), rows_at_once):
            span = slice(start, start + rows_at_once)
            a, b = source[left[span]], source[right[span]]
            lengths = [np.maximum(np.linalg.norm(x, axis=1), SHORTEST) for x in (a, b)]
            cosines = np.einsum("ij,ij->i", a / lengths[0][:, None], b / lengths[1][:, None])
            result[span] = cosines >= self.threshold
            tied[span] = np.abs(cosines - self.threshold) <= margin
        if len(self.rows) > FEW_ROWS or self.batch_size is None:
            tied[:] = False
        return result, tied

    def _batched(self, left: IntArray, right: IntArray) -> NDArray[np.bool_]:
        """Repeat the reference's own products of the batches that the rows are in."""
        result = np.zeros(len(left), dtype=bool)
        width = self.batch_size or len(self.rows)
        batch = left // width
        for b in np.unique(batch).tolist():
            if b not in self._done:
                if self._all is None:
                    self._all = self._unit(slice(0, len(self.rows)))
                values = self._all[b * width : (b + 1) * width] @ self._all.T
                self._done[b] = values.numpy() >= self.threshold
            here = np.flatnonzero(batch == b)
            result[here] = self._done[b][left[here] - b * width, right[here]]
        return result


def _tensor(array: NDArray[Any]) -> Any:
    """A torch tensor on the array's memory, or on a copy where torch cannot take that."""
    import torch

    if not array.flags.writeable or min(array.strides) < 0:
        array = array.copy(order="K")
    return torch.from_numpy(array)
