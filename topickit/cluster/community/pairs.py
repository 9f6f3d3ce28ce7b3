"""All pairs of rows whose cosine reaches a threshold: who is near to whom, in bounded memory.

Blocks of rows on and above the diagonal are shared out among threads. A block is searched either
through the filter of `topickit.cluster.community.filter` or, where that lets too much through (a low
threshold, rows that are all alike, few rows), by full float32 products. Either way a pair is in, or
out, or within rounding of the threshold; the last are decided as the reference decides them.
Neighbor lists are kept while they fit the budget; past it only their sizes are, and a list is made
again when it is asked for.
"""

import itertools
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topickit._core import processes
from topickit._core.vectors import FloatArray, IntArray, n_threads, single_threaded
from topickit.cluster.community.device_scan import DeviceScan
from topickit.cluster.community.exact import Judge, Rows
from topickit.cluster.community.filter import Filter, make_filter

Weights = NDArray[np.float64]
Progress = Callable[[int, int], None]

FULL_ROWS, FULL_COLUMNS = 512, 2048
FILTER_COLUMNS = 16384
FILTER_TILES = 96
"""Row tiles a block: 576 rows."""
FOUND_AT_ONCE = 2**18
"""Pairs that a thread holds before it hands them over."""
IMPORT_TORCH_ROWS = 20_000
"""From here on some pair is sure to be at the threshold."""
AT_ONCE = 2**20
"""Pairs that are held before they are counted or decided."""
BYTES_PER_PAIR = 64
"""What a kept pair takes while the lists are made."""


@dataclass(frozen=True, eq=False)
class Neighborhoods:
    """How many rows are near to each row, and which, where that fits.

    Attributes
    ----------
    sizes : float64 ndarray of shape (n,)
        Summed weight of the rows within the threshold, the row itself included.
    starts : int64 ndarray of shape (n + 1,), or None
        Where each row's list begins in `members`; only rows of at least the smallest size have one.
    members : int64 ndarray, or None
    notes : dict
        How the pairs were found.
    """

    sizes: Weights
    starts: IntArray | None
    members: IntArray | None
    notes: dict[str, object]


class _Collector:
    """Takes the pairs of all threads: counts them, keeps them while they fit, has the close ones decided."""

    def __init__(self, judge: Judge, weights: Weights, most_pairs: int) -> None:
        self.judge = judge
        self.weights = weights
        self.most_pairs = most_pairs
        self.sizes = np.zeros(len(weights))
        self.keeping = True
        self.n_decided = 0
        self._lock = threading.Lock()
        self._n_kept = self._n_uncounted = self._n_close = 0
        self._kept: list[NDArray[np.int32]] = []
        self._uncounted: list[NDArray[np.int32]] = []
        self._close: list[NDArray[np.int32]] = []

    def add(self, near: NDArray[np.int32], close: NDArray[np.int32]) -> None:
        """Take pairs i < j, (p, 2), that are near, and such that must be decided."""
        with self._lock:
            self._uncounted.append(np.concatenate([near, near[:, ::-1]]))
            self._close.append(close.copy())
            self._n_uncounted += 2 * len(near)
            self._n_close += len(close)
            if self._n_close > AT_ONCE:
                self._decide()
            if self._n_uncounted > AT_ONCE:
                self._count()

    def add_sums(self, rows: slice, columns: slice, near: NDArray[np.bool_]) -> None:
        """Take a block of pairs only as numbers."""
        by_row = _sums(near, self.weights[columns])
        by_column = _sums(near.T, self.weights[rows])
        with self._lock:
            self.sizes[rows] += by_row
            self.sizes[columns] += by_column

    def finish(self) -> None:
        """Decide and count what is left."""
        self._decide()
        self._count()

    def keys(self, enough: NDArray[np.bool_]) -> IntArray:
        """Take out the pairs kept, both ways, of rows with `enough`: row * n + neighbor, unsorted."""
        n = len(self.sizes)
        self._kept.reverse()
        parts = [np.empty(0, dtype=np.int64)]
        while self._kept:
            pairs = self._kept.pop()
            pairs = pairs[enough[pairs[:, 0]]]
            parts.append(pairs[:, 0].astype(np.int64) * n + pairs[:, 1])
        return np.concatenate(parts)

    def _count(self) -> None:
        if self._uncounted:
            pairs = np.concatenate(self._uncounted)
            self._uncounted.clear()
            self._n_uncounted = 0
            self.sizes += np.bincount(pairs[:, 0], self.weights[pairs[:, 1]], minlength=len(self.sizes))
            self._n_kept += len(pairs)
            self._kept.append(pairs)
        if self._n_kept > 2 * self.most_pairs:
            self.keeping = False
            self._kept.clear()

    def _decide(self) -> None:
        if not self._close:
            return
        pairs = np.concatenate(self._close).astype(np.int64)
        self._close.clear()
        self._n_close = 0
        self.n_decided += len(pairs)
        left, right = pairs[:, 0], pairs[:, 1]
        forth = self.judge.passes(left, right)
        back = forth.copy()
        other = ~(self.judge.same_both_ways(left) & self.judge.same_both_ways(right))
        back[other] = self.judge.passes(right[other], left[other])
        decided = np.concatenate([pairs[forth], pairs[back][:, ::-1]]).astype(np.int32)
        self._uncounted.append(decided)
        self._n_uncounted += len(decided)


def find_neighborhoods(
    rows: Rows,
    judge: Judge,
    smallest: float,
    weights: Weights,
    budget: int,
    progress: Progress | None = None,
    device: str | None = None,
) -> Neighborhoods:
    """Count the neighbors of every row, and list those of the rows that have enough.

    Parameters
    ----------
    rows : Rows
    judge : Judge
        With the threshold, and the last word at it.
    smallest : float
        Rows with less neighboring weight need no list.
    weights : float64 ndarray of shape (n,)
        Sums of them must be exact in any order: whole numbers, or multiples of a power of two.
    budget : int
        Bytes that lists may take.
    progress : callable, optional
        Told how many blocks are done, of how many.
    device : str, optional
        A torch device that searches, instead of the processors.
    """
    n = len(rows)
    collector = _Collector(judge, weights, budget // BYTES_PER_PAIR)
    if len(rows) >= IMPORT_TORCH_ROWS and "torch" not in sys.modules:
        processes.import_aside("torch")  # it takes longer than the scan of 50,000 rows
    chosen = None if device is not None else make_filter(rows, judge.threshold)
    scan = _make_scan(rows, judge, chosen, device)
    with single_threaded():
        scan.run(collector, progress)
    own = _near_to_themselves(rows, judge)
    collector.finish()
    sizes = collector.sizes + np.where(own, weights, 0.0)
    notes: dict[str, object] = {
        "coordinates": 0 if chosen is None else chosen.columns.shape[1],
        "pairs_at_threshold": collector.n_decided,
        "lists": collector.keeping,
    }
    if not collector.keeping:
        return Neighborhoods(sizes, None, None, notes)
    enough = (sizes >= smallest) & (weights > 0)
    keys = np.concatenate([collector.keys(enough), np.flatnonzero(own & enough) * (n + 1)])
    keys.sort()
    starts = np.searchsorted(keys, np.arange(n + 1) * n)
    return Neighborhoods(sizes, starts, np.remainder(keys, max(n, 1), out=keys), notes)


def _make_scan(
    rows: Rows, judge: Judge, chosen: Filter | None, device: str | None
) -> "_FullScan | _FilterScan | DeviceScan":
    if device is not None:
        return DeviceScan(rows, judge, device)
    return _FullScan(rows, judge) if chosen is None else _FilterScan(rows, judge, chosen)


def near_block(rows: Rows, judge: Judge, centers: IntArray, among: IntArray) -> NDArray[np.bool_]:
    """Say which rows are within the threshold of which centers.

    Parameters
    ----------
    rows : Rows
    judge : Judge
    centers : int64 ndarray of shape (k,)
        Row numbers.
    among : int64 ndarray of shape (m,)
        Row numbers.

    Returns
    -------
    bool ndarray of shape (k, m)
    """
    near = np.empty((len(centers), len(among)), dtype=bool)
    unit = rows.unit(centers)
    for start in range(0, len(among), 8192):
        here = among[start : start + 8192]
        cosines = unit @ rows.unit(here).T
        passed = cosines >= judge.threshold + rows.margin
        close = np.nonzero((cosines >= judge.threshold - rows.margin) & ~passed)
        if len(close[0]):
            passed[close] = judge.passes(centers[close[0]], here[close[1]])
        near[:, start : start + 8192] = passed
    return near & rows.live[centers, None] & rows.live[among]


def _near_to_themselves(rows: Rows, judge: Judge) -> NDArray[np.bool_]:
    """Rows whose product with themselves reaches the threshold: all but short ones, or none above 1."""
    result = np.zeros(len(rows), dtype=bool)
    for start in range(0, len(rows), 4096):
        unit = rows.unit(slice(start, start + 4096))
        own = np.einsum("ij,ij->i", unit, unit)
        near = own >= judge.threshold + rows.margin
        close = start + np.flatnonzero((own >= judge.threshold - rows.margin) & ~near)
        result[start : start + 4096] = near
        if len(close):
            result[close] = judge.passes(close, close)
    return result & rows.live


def _sums(near: NDArray[np.bool_], weights: Weights) -> Weights:
    """Weight of the columns near to each row of a block."""
    # In float32 sums of weights are as exact, and faster, while they are small whole numbers.
    small = weights.max() * len(weights) < 2**24 and not (weights % 1).any()
    kind = np.float32 if small else np.float64
    return np.asarray(near.astype(kind) @ weights.astype(kind), dtype=np.float64)


def _share_out(
    tasks: list[tuple[int, int, int, int]],
    make_worker: Callable[[], Callable[..., None]],
    progress: Progress | None,
) -> None:
    """Let one worker a processor take tasks until there are none; the first error ends all."""
    waiting = iter(tasks)
    done = itertools.count(1)
    lock = threading.Lock()

    def work() -> None:
        nonlocal waiting
        worker = make_worker()
        while True:
            with lock:
                task = next(waiting, None)
            if task is None:
                return
            try:
                worker(*task)
            except BaseException:
                with lock:
                    waiting = iter(())
                raise
            if progress is not None:
                with lock:
                    progress(next(done), len(tasks))

    threads = min(n_threads(), len(tasks))
    if threads < 2:
        work()
        return
    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(work) for _ in range(threads)]:
            future.result()


class _FullScan:
    """Searches blocks by full float32 products."""

    def __init__(self, rows: Rows, judge: Judge) -> None:
        self.rows = rows
        self.judge = judge

    def run(self, collector: _Collector, progress: Progress | None) -> None:
        n = len(self.rows)
        tasks = [
            (i, min(i + FULL_ROWS, n), j, min(j + FULL_COLUMNS, n))
            for i in range(0, n, FULL_ROWS)
            for j in range(i, n, FULL_COLUMNS)
        ]

        def make_worker() -> Callable[..., None]:
            room = np.empty(FULL_ROWS * FULL_COLUMNS, dtype=np.float32)
            return lambda *span: self._block(collector, room, *span)

        _share_out(tasks, make_worker, progress)

    def _block(self, collector: _Collector, room: FloatArray, i0: int, i1: int, j0: int, j1: int) -> None:
        cosines = room[: (i1 - i0) * (j1 - j0)].reshape(i1 - i0, j1 - j0)
        left, right = slice(i0, i1), slice(j0, j1)
        np.matmul(self.rows.unit(left), self.rows.unit(right).T, out=cosines)
        cosines[:, ~self.rows.live[right]] = -2
        cosines[~self.rows.live[left]] = -2
        if j0 < i1:  # on the diagonal: only pairs i < j
            cosines[np.arange(i0, i1)[:, None] >= np.arange(j0, j1)] = -2
        limit, margin = self.judge.threshold, self.rows.margin
        near = cosines >= limit + margin
        close = cosines >= limit - margin
        n_close = int(np.count_nonzero(close)) - int(np.count_nonzero(near))
        if n_close > close.size // 16:
            decided = self.judge.block(left, right)
            if decided is not None:
                near, n_close = decided & close, 0
        pairs = np.empty((0, 2), dtype=np.int32)
        if n_close:
            pairs = _positions(close & ~near, i0, j0)
        if collector.keeping:
            collector.add(_positions(near, i0, j0), pairs)
        else:
            collector.add(np.empty((0, 2), dtype=np.int32), pairs)
            collector.add_sums(left, right, near)


def _positions(block: NDArray[np.bool_], i0: int, j0: int) -> NDArray[np.int32]:
    return np.asarray(np.argwhere(block) + np.array([i0, j0]), dtype=np.int32)


class _FilterScan:
    """Searches blocks through the filter, and looks at what it lets through."""

    def __init__(self, rows: Rows, judge: Judge, chosen: Filter) -> None:
        self.rows = rows
        self.judge = judge
        self.chosen = chosen

    def run(self, collector: _Collector, progress: Progress | None) -> None:
        from topickit.cluster.community import kernel as _kernel

        n, chosen = len(self.rows), self.chosen
        together = _kernel.columns_a_panel(chosen.columns)
        packed = (
            _kernel.pack(chosen.rows, _kernel.ROWS, chosen.kind.shift),
            _kernel.pack(chosen.columns, together),
            _kernel.pad(chosen.starts, together, 0),
            _kernel.pad(chosen.limits, _kernel.ROWS, np.iinfo(chosen.limits.dtype).max),
            chosen.rows.shape[1] // 2,
        )
        tiles, panels = -(-n // _kernel.ROWS), -(-n // together)
        step = FILTER_COLUMNS // together
        tasks = [
            (tile, min(tile + FILTER_TILES, tiles), panel, min(panel + step, panels))
            for tile in range(0, tiles, FILTER_TILES)
            for panel in range(tile * _kernel.ROWS // together, panels, step)
        ]
        margin, limit = self.rows.margin, self.judge.threshold
        limits = (np.float32(limit - margin), np.float32(limit + margin))

        def make_worker() -> Callable[..., None]:
            room = np.empty((FOUND_AT_ONCE, 2), dtype=np.int32)

            def search(*span: int) -> None:
                at = (span[0], span[2])
                while at[0] < span[1]:
                    n_near, n_close, *at_next = _kernel.scan_block(
                        self.rows.values, self.rows.scale, packed, together, span, at, limits, room
                    )
                    collector.add(room[:n_near], room[len(room) - n_close :])
                    at = (at_next[0], at_next[1])

            return search

        _share_out(tasks, make_worker, progress)
