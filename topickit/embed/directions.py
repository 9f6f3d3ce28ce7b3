"""Directions of the space of embeddings that tell known classes apart, and their removal.

Two things tell classes apart: their means, and their spread, the second moments within each class. A class
with several habits ("@airline ...", "flying airline today") differs from others in spread even where its mean
is the same. Directions are removed by an orthogonal projection, so that a row is mapped alone as in a batch,
no class is needed to map it, and mapping it twice changes nothing.

Removing the means leaves nothing that a linear classifier could use (Belrose et al. 2023, LEACE,
arXiv:2306.03819). Clusterers are not linear, hence the spread. A direction counts where it exceeds what
classes drawn at random give, so that small classes and small differences, which are noise, take nothing out.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import FloatArray, allocate, block_rows, map_blocks, single_threaded

MAX_DOCUMENTS = 20_000
"""Documents from which directions are estimated; the first in canonical order are a uniform sample."""
SHRINKAGE = 20
"""The mean of a class is pulled to the mean of all as by so many documents there."""
SPREAD_NOISE = 3.0
"""Required size of a difference in spread, in units of the largest that random classes give."""
REMAINDER = 1e-3
"""A row of which less is left has no direction any more."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ClassDirections:
    """Directions that tell classes apart.

    Attributes
    ----------
    basis : float32 ndarray of shape (m, d), orthonormal rows
    n_means : int
        How many of them, the first, tell the means of classes apart; the others, their spread.
    """

    basis: FloatArray = field(repr=False)
    n_means: int

    @property
    def n_spreads(self) -> int:
        """Number of directions in which classes differ in spread."""
        return len(self.basis) - self.n_means


def class_directions(vectors: FloatArray, members: csr_array, random_state: int = 0) -> ClassDirections:
    """Find the directions that tell classes apart.

    Parameters
    ----------
    vectors : float32 ndarray of shape (u, d), unit rows
        Of distinct documents in canonical order.
    members : csr_array of shape (u, k), int64
        Number of times that each document is of each class.
    random_state : int
        Seed of the random classes.

    Returns
    -------
    ClassDirections

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows = rng.normal(size=(400, 3)).astype(np.float32)
    >>> rows[200:, 0] += 4
    >>> members = csr_array(np.repeat([[1, 0], [0, 1]], 200, axis=0))
    >>> found = class_directions(rows, members)
    >>> found.n_means, np.abs(found.basis[0]).round(1).tolist()
    (1, [1.0, 0.0, 0.0])
    """
    classed = np.flatnonzero(np.diff(members.indptr))[:MAX_DOCUMENTS]
    rows = np.asarray(vectors[classed], dtype=np.float64)
    counts = members[classed].toarray().astype(np.float64)
    at_random = counts[np.random.default_rng(random_state).permutation(len(counts))]
    most = rows.shape[1] // 2  # at least half of the space is left
    with single_threaded():
        scale, axes = _means(rows, counts)
        means = axes[scale > _means(rows, at_random)[0].max(initial=0.0)][:most]
        rest = rows - (rows @ means.T) @ means
        size, axes = _spreads(rest, counts)
        noise = _spreads(rest, at_random)[0].max(initial=0.0)
        spreads = axes[size > SPREAD_NOISE * noise][: most - len(means)]
        basis = np.linalg.qr(np.concatenate([means, spreads]).T)[0].T
    return ClassDirections(np.ascontiguousarray(basis, dtype=np.float32), len(means))


def without_directions(vectors: FloatArray, basis: FloatArray) -> FloatArray:
    """Remove directions from vectors and scale them to unit length.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    basis : float32 ndarray of shape (m, d), orthonormal rows

    Returns
    -------
    float32 ndarray of shape (n, d)
        Unit rows; a row of zeros where nothing else was in the vector.

    Examples
    --------
    >>> basis = np.array([[1, 0, 0]], dtype=np.float32)
    >>> without_directions(np.array([[0.6, 0.8, 0], [1, 0, 0]], dtype=np.float32), basis).tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    result = allocate(*vectors.shape)
    wide = basis.astype(np.float64)

    def project(start: int, stop: int) -> None:
        rows = np.asarray(vectors[start:stop], dtype=np.float64)
        rows = rows - (rows @ wide.T) @ wide
        norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
        result[start:stop] = np.where(norms > REMAINDER, rows / np.maximum(norms, REMAINDER), 0.0)

    map_blocks(project, len(vectors), block_rows(16 * vectors.shape[1]))
    return result


def _means(rows: Matrix, counts: Matrix) -> tuple[NDArray[np.float64], Matrix]:
    """Return the axes of the class means, the longest first, and their lengths."""
    sizes = counts.sum(axis=0)
    means = (counts.T @ rows) / np.maximum(sizes, 1)[:, None]
    middle = (counts.sum(axis=1) @ rows) / sizes.sum()
    shrunk = sizes / (sizes + SHRINKAGE)
    scatter = (np.sqrt(sizes / sizes.sum()) * shrunk)[:, None] * (means - middle)
    _, scale, axes = np.linalg.svd(scatter, full_matrices=False)
    kept = scale > 1e-6
    return scale[kept], axes[kept]


def _spreads(rows: Matrix, counts: Matrix) -> tuple[NDArray[np.float64], Matrix]:
    """Return the axes in which classes differ in spread, the largest difference first, and its size.

    The size is the mean square, over classes, of the difference between the second moments of the class and
    those of all, in units of the latter plus those of an average axis.
    """
    sizes = counts.sum(axis=0)
    total = _second_moments(rows, counts.sum(axis=1))
    values, axes = np.linalg.eigh(total)
    whiten = (axes * (np.maximum(values, 0) + values.mean() + 1e-12) ** -0.5) @ axes.T
    common = whiten @ total @ whiten
    differences = np.zeros_like(total)
    for column, size in enumerate(sizes):
        if size > 0:
            own = whiten @ _second_moments(rows, counts[:, column]) @ whiten - common
            differences += size / sizes.sum() * (size / (size + SHRINKAGE)) ** 2 * own @ own
    size_of, axes = np.linalg.eigh(differences)
    return size_of[::-1], (whiten @ axes[:, ::-1]).T


def _second_moments(rows: Matrix, weights: NDArray[np.float64]) -> Matrix:
    used = np.flatnonzero(weights)
    weighted = rows[used] * weights[used, None]
    result: Matrix = weighted.T @ rows[used] / weights.sum()
    return result
