"""Shared numerics on unit vectors, in blocks whose size a memory budget sets.

Everything here gives the same bits on one machine whatever the number of threads: blocks have a
fixed shape, each block is one single-threaded BLAS product, and threads only share out the blocks.
A row alone and the same row in a batch agree to float32 rounding (BLAS sums the rows of a block in
slightly different orders), so only rounding at an exact tie may differ.
"""

import contextlib
import functools
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topickit._core import devices
from topickit._core.spill import release_pages, reserve, unnamed_file
from topickit._core.validation import check_vectors
from topickit.errors import TopickitWarning

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
T = TypeVar("T")

ROW_TILE = 256
UNIT_BLOCK = 1024
ROUNDING = 1e-6
"""A row whose square is so near to 1 stays as it is: its bits must not depend on how often it was scaled."""
SPARE = 8
"""Extra neighbors requested from a device: its rounding must not decide which are nearest."""
PLANNED_THREADS = 8
"""Blocks in flight that budgets plan for: fixed, so that block shapes do not follow the machine."""
IN_MEMORY = 512 * 1024**2
"""Larger arrays of vectors, in bytes, are stored in a temporary file."""
BLOCK_BUDGET = 256 * 1024**2
"""Bytes that the blocks in flight may take together, unless a caller says otherwise."""
FEW_REPEATED = 0.9
"""Least share of distinct rows for a spectral start of UMAP."""


def check_given(embeddings: ArrayLike, *, stacklevel: int = 3) -> NDArray[Any]:
    """Check embeddings from the user with `check_vectors`, and warn of rows of zeros."""
    array = check_vectors(embeddings)
    n_zero = len(array) - len(with_direction(array, np.arange(len(array))))
    if n_zero:
        warnings.warn(
            f"{n_zero:,} of {len(array):,} embeddings are all zeros: their documents will be outliers",
            TopickitWarning,
            stacklevel=stacklevel,
        )
    return array


def unit_rows(vectors: NDArray[Any], which: IntArray | None = None) -> FloatArray:
    """Scale each row to Euclidean length 1, in a new float32 array; unit rows and zero rows stay as they are.

    Parameters
    ----------
    vectors : ndarray of shape (n, d)
    which : int64 ndarray, optional
        The rows to take, in this order; None for all.

    Examples
    --------
    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    result = np.empty((len(vectors) if which is None else len(which), vectors.shape[1]), dtype=np.float32)
    for start in range(0, len(result), UNIT_BLOCK):
        block = slice(start, start + UNIT_BLOCK)
        part = vectors[block] if which is None else vectors[which[block]]
        rows = part.astype(np.float64)
        squares = np.einsum("ij,ij->i", rows, rows)
        as_it_is = (squares == 0) | (np.abs(squares - 1) < ROUNDING)
        result[block] = rows / np.sqrt(np.where(as_it_is, 1, squares))[:, None]
        odd = np.flatnonzero((squares < 1e-20) | (squares > 1e20) | ~np.isfinite(squares))
        result[start + odd] = _unit_rows_of_any_size(part[odd])
    return result


def _unit_rows_of_any_size(vectors: NDArray[Any]) -> FloatArray:
    """Scale by the largest entry first: squares of very large or very small entries leave the floats."""
    rows = vectors.astype(np.float64)
    largest = np.abs(rows).max(axis=1, keepdims=True)
    rows /= np.where(largest > 0, largest, 1.0)
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return np.asarray(rows / np.where(norms > 0, norms, 1.0), dtype=np.float32)


def allocate(n: int, d: int) -> FloatArray:
    """Allocate an array of vectors: in memory or, above `IN_MEMORY` bytes, in an unnamed temporary file.

    The file lies in the folder for temporary files (set by the variable TMPDIR) and is deleted with the
    array; the operating system keeps the parts in use in memory.

    Parameters
    ----------
    n, d : int

    Returns
    -------
    float32 ndarray of shape (n, d)
        Its values are arbitrary.

    Raises
    ------
    InputError
        If the folder for temporary files is full.
    """
    if 4 * n * d <= IN_MEMORY:
        return np.empty((n, d), dtype=np.float32)
    with unnamed_file() as file:
        reserve(file, 4 * n * d)
        return np.memmap(file, dtype=np.float32, mode="w+", shape=(n, d))


def release(array: NDArray[Any]) -> None:
    """Release the memory of an array that is stored in a file; other arrays are unaffected.

    The next access reads the file again. A pass over vectors calls it after each block, so that memory is
    used for one block at a time.

    Parameters
    ----------
    array : ndarray
        As `allocate` made it, or a part of one.
    """
    whole: Any = array
    while whole is not None and getattr(whole, "_mmap", None) is None:
        whole = getattr(whole, "base", None)
    if whole is not None:
        release_pages(whole._mmap)


def n_threads() -> int:
    """Count the processors that this process may use."""
    with contextlib.suppress(AttributeError):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def single_threaded() -> Iterator[None]:
    """Keep BLAS and OpenMP to one thread, so that sums are formed in one order."""
    with _controller(len(sys.modules)).limit(limits=1):
        yield


@contextlib.contextmanager
def few_distinct_rows() -> Iterator[None]:
    """Silence k-means's warning of fewer distinct rows than clusters: texts may share a vector."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Number of distinct clusters", ConvergenceWarning)
        yield


@functools.lru_cache(maxsize=1)
def _controller(n_modules: int) -> Any:
    """The controller of the loaded libraries, cached by the number of loaded modules."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def map_blocks(work: Callable[[int, int], T], n_rows: int, block: int) -> list[T]:
    """Call ``work(start, stop)`` for each block of rows on all processors; results in row order.

    Parameters
    ----------
    work : callable
        Gets the first and last-plus-one row. It should spend its time outside the interpreter lock.
    n_rows : int
    block : int
        Rows a block.
    """
    spans = [(start, min(start + block, n_rows)) for start in range(0, n_rows, block)]
    with single_threaded():
        if len(spans) < 2:
            return [work(*span) for span in spans]
        with ThreadPoolExecutor(n_threads()) as pool:
            return list(pool.map(lambda span: work(*span), spans))


def block_rows(bytes_per_row: int, budget: int = BLOCK_BUDGET) -> int:
    """Rows a block, in whole tiles, such that all blocks in flight fit the budget.

    Examples
    --------
    >>> block_rows(1024, budget=2**20) % ROW_TILE
    0
    """
    rows = budget // max(1, bytes_per_row * PLANNED_THREADS)
    return int(min(max(rows // ROW_TILE, 1), 16)) * ROW_TILE


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The nearest rows of each query: positions and cosines, both (n, k), nearest first."""

    indices: IntArray
    similarities: FloatArray


def top_k_cosine(
    queries: FloatArray,
    corpus: FloatArray,
    k: int,
    *,
    exclude_self: bool = False,
    budget: int = BLOCK_BUDGET,
    device: str | None = None,
) -> Neighbors:
    """Find the k rows of largest cosine for each query, exactly, in blocks.

    Parameters
    ----------
    queries : float32 ndarray of shape (n, d), unit rows
    corpus : float32 ndarray of shape (m, d), unit rows
    k : int
        Number of neighbors; at most the number of rows.
    exclude_self : bool
        Queries and corpus are the same rows: leave each row out of its own list.
    budget : int
        Bytes that the blocks may take.
    device : str, optional
        A torch device, such as "cuda"; None for the CPU.

    Returns
    -------
    Neighbors
        Equal cosines are in the order of their position.

    Examples
    --------
    >>> eye = np.eye(3, dtype=np.float32)
    >>> top_k_cosine(eye, eye, 1).indices.ravel().tolist()
    [0, 1, 2]
    """
    from topickit._core.largest import largest

    there = len(corpus) - (1 if exclude_self else 0)
    k = min(k, there)
    if k < 1 or len(queries) == 0:
        empty = np.empty((len(queries), 0))
        return Neighbors(empty.astype(np.int64), empty.astype(np.float32))

    block = block_rows(8 * len(corpus), budget)
    if device is not None:
        candidates = devices.largest_products(
            queries, corpus, min(k + SPARE, there), block=block, exclude_self=exclude_self, device=device
        )
        return nearest_of(queries, corpus, candidates, k)

    def search(start: int, stop: int) -> tuple[IntArray, FloatArray]:
        scores = queries[start:stop] @ corpus.T
        if exclude_self:
            scores[np.arange(stop - start), np.arange(start, stop)] = -np.inf
        return largest(scores, k)  # type: ignore[no-any-return]

    parts = map_blocks(search, len(queries), block)
    return Neighbors(np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts]))


def nearest_of(queries: FloatArray, corpus: FloatArray, indices: IntArray, k: int) -> Neighbors:
    """Keep the k rows of largest cosine of each query's list.

    Parameters
    ----------
    queries : float32 ndarray of shape (n, d), unit rows
    corpus : float32 ndarray of shape (m, d), unit rows
    indices : int64 ndarray of shape (n, at least k)
    k : int

    Returns
    -------
    Neighbors
        Equal cosines are in the order of their position.
    """
    similarities = np.empty(indices.shape, dtype=np.float32)
    for start in range(0, len(indices), 4096):
        rows = slice(start, start + 4096)
        similarities[rows] = np.einsum("ij,ikj->ik", queries[rows], corpus[indices[rows]])
    order = np.lexsort((indices, -similarities), axis=1)[:, :k]
    return Neighbors(
        np.take_along_axis(indices, order, axis=1), np.take_along_axis(similarities, order, axis=1)
    )


def group_means(
    vectors: FloatArray, labels: IntArray, n_clusters: int, weights: NDArray[Any] | None = None
) -> NDArray[np.float64]:
    """Average the rows of each cluster; a cluster without rows gets zeros.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d)
    labels : int ndarray of shape (n,)
        The cluster of each row, 0 … n_clusters − 1; rows with −1 are left out.
    n_clusters : int
    weights : ndarray of shape (n,), optional

    Returns
    -------
    float64 ndarray of shape (n_clusters, d)

    Examples
    --------
    >>> group_means(np.eye(2, dtype=np.float32), np.array([0, 0]), 1).tolist()
    [[0.5, 0.5]]
    """
    from scipy.sparse import csr_array

    rows = np.flatnonzero(labels >= 0)
    weight = np.ones(len(rows)) if weights is None else np.asarray(weights, dtype=np.float64)[rows]
    member = csr_array((weight, (labels[rows], rows)), shape=(n_clusters, len(vectors)))
    totals = np.asarray(member.sum(axis=1)).reshape(-1, 1)
    sums = np.zeros((n_clusters, vectors.shape[1]))
    for start in range(0, len(vectors), 4096):  # few at a time: float64 copies that stay in the cache
        sums += member[:, start : start + 4096] @ vectors[start : start + 4096].astype(np.float64)
        release(vectors)
    return np.asarray(sums / np.where(totals > 0, totals, 1.0))


def nearest_prototype(
    vectors: FloatArray, prototypes: FloatArray, *, budget: int = BLOCK_BUDGET, device: str | None = None
) -> IntArray:
    """Find the prototype at the smallest Euclidean distance of each row, the first of equals.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d)
    prototypes : float32 ndarray of shape (p, d)
        Of any length: ‖x − c‖² falls as x·c − ‖c‖²/2 rises.
    budget : int
        Bytes that the blocks may take.
    device : str, optional
        A torch device, such as "cuda"; None for the CPU.

    Returns
    -------
    int64 ndarray of shape (n,)

    Examples
    --------
    >>> nearest_prototype(np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32)).tolist()
    [0, 1]
    """
    half_norms = half_square_norms(prototypes)

    def search(start: int, stop: int) -> IntArray:
        products = devices.product(vectors[start:stop], prototypes, device)
        return np.asarray((products - half_norms).argmax(axis=1))

    if len(vectors) == 0:
        return np.empty(0, dtype=np.int64)
    return np.concatenate(map_blocks(search, len(vectors), block_rows(8 * len(prototypes), budget)))


def nearest_of_each(
    vectors: FloatArray,
    sets: Sequence[FloatArray],
    *,
    budget: int = BLOCK_BUDGET,
    device: str | None = None,
) -> IntArray:
    """Find the nearest prototype of each of several sets, as `nearest_prototype` does, in one product.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d)
    sets : sequence of float32 ndarray of shape (p_i, d)
    budget : int
        Bytes that the blocks may take.
    device : str, optional
        A torch device, such as "cuda"; None for the CPU.

    Returns
    -------
    int64 ndarray of shape (n, number of sets)
        Positions among the prototypes of all sets, one set after the other.

    Examples
    --------
    >>> eye = np.eye(2, dtype=np.float32)
    >>> nearest_of_each(eye, [eye, eye[::-1]]).tolist()
    [[0, 3], [1, 2]]
    """
    prototypes = np.concatenate(sets)
    half_norms = half_square_norms(prototypes)
    ends = np.cumsum([len(one) for one in sets])
    spans = list(zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True))

    def search(start: int, stop: int) -> IntArray:
        scores = devices.product(vectors[start:stop], prototypes, device) - half_norms
        return np.stack([first + scores[:, first:end].argmax(axis=1) for first, end in spans], axis=1)

    if len(vectors) == 0:
        return np.empty((0, len(sets)), dtype=np.int64)
    return np.concatenate(map_blocks(search, len(vectors), block_rows(8 * len(prototypes), budget)))


def half_square_norms(prototypes: FloatArray) -> FloatArray:
    """Half the squared length of each row: subtracted from products, it orders rows by distance."""
    squares = np.einsum("ij,ij->i", prototypes.astype(np.float64), prototypes.astype(np.float64))
    return np.asarray(0.5 * squares, dtype=np.float32)


def take_rows(vectors: FloatArray, rows: IntArray) -> FloatArray:
    """Copy some rows; memory is used for these only.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d)
    rows : int64 ndarray
    """
    copy = np.asarray(vectors[rows])
    release(vectors)
    return copy


def with_direction(vectors: NDArray[Any], rows: IntArray) -> IntArray:
    """Leave out rows of zeros, which have no direction and cannot be clustered.

    Parameters
    ----------
    vectors : ndarray of shape (n, d)
    rows : int64 ndarray

    Examples
    --------
    >>> with_direction(np.array([[1, 0], [0, 0]], np.float32), np.array([0, 1])).tolist()
    [0]
    """
    nonzero: NDArray[np.bool_] = vectors[rows, 0] != 0  # the first entry decides for most rows
    nonzero[~nonzero] = vectors[rows[~nonzero]].any(axis=1)
    return rows[nonzero]


def typical_first(vectors: FloatArray, labels: IntArray, n_clusters: int) -> list[IntArray]:
    """List the rows of each cluster by falling cosine to its mean.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    labels : int64 ndarray of shape (n,)
        −1 for outliers.
    n_clusters : int

    Examples
    --------
    >>> typical_first(np.eye(2, dtype=np.float32), np.array([1, -1]), 2)
    [array([], dtype=int64), array([0])]
    """
    if n_clusters == 0:
        return []
    means = unit_rows(group_means(vectors, labels, n_clusters))
    cosines = np.empty(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), 8192):
        block = slice(start, start + 8192)
        cosines[block] = np.einsum("ij,ij->i", vectors[block], means[labels[block]])
        release(vectors)
    order = np.lexsort((-cosines, labels))
    bounds = np.searchsorted(labels[order], np.arange(n_clusters + 1))
    return [order[bounds[group] : bounds[group + 1]] for group in range(n_clusters)]


def umap_start(vectors: FloatArray, neighbors: IntArray) -> str:
    """Choose UMAP's initialization such that every run gives the same result.

    With a disconnected graph or many repeated rows, the spectral initialization solves eigenproblems of few
    dimensions, whose solver (ARPACK, in SciPy) restarts from a random vector that no seed controls.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d)
    neighbors : int ndarray of shape (n, k)
        Rows near each row.

    Examples
    --------
    >>> rows = np.eye(3, dtype=np.float32)
    >>> umap_start(rows, np.array([[0, 1], [1, 2], [2, 0]])), umap_start(rows, np.array([[0], [1], [2]]))
    ('spectral', 'pca')
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    n, k = neighbors.shape
    if len(np.unique(vectors, axis=0)) < FEW_REPEATED * n:
        return "pca"
    links = csr_array((np.ones(n * k), neighbors.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    return "spectral" if connected_components(links, directed=False)[0] == 1 else "pca"
