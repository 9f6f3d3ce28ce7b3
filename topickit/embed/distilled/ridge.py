"""Ridge regression of many targets on sparse and dense features.

Up to a few thousand rows, the dual problem is solved exactly, with leave-one-out predictions. More rows are
solved by conjugate gradients, whose time and memory are linear in the number of rows.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, map_blocks, unit_rows

PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0)
ITERATIONS = 20
"""More iterations improve the held-out cosine similarity by less than .001."""
TARGETS_PER_BLOCK = 64
LEAST = 1e-30


def choose_penalty(products: FloatArray, targets: FloatArray) -> float:
    """Return the one of `PENALTIES` with the largest cosine similarity of leave-one-out predictions.

    Parameters
    ----------
    products : float32 ndarray of shape (n, n)
        Gram matrix of the features; only the lower triangle is read.
    targets : float32 ndarray of shape (n, d), unit rows

    Returns
    -------
    float
    """
    mean = targets.mean(axis=0)

    def cosine(penalty: float) -> float:
        predicted = unit_rows(leave_one_out(products, targets - mean, penalty, len(targets))[1] + mean)
        return float(np.einsum("ij,ij->", predicted, targets, dtype=np.float64))

    return max(PENALTIES, key=cosine)


def leave_one_out(
    products: FloatArray, targets: FloatArray, penalty: float, n_last: int
) -> tuple[FloatArray, FloatArray]:
    """Solve the dual problem, in the precision of the arguments.

    Parameters
    ----------
    products : float ndarray of shape (n, n)
        Gram matrix of the features; only the lower triangle is read.
    targets : float ndarray of shape (n, d)
    penalty : float
        Well above float32 rounding, as all of `PENALTIES` are.
    n_last : int
        Number of last rows to predict, each from all other rows.

    Returns
    -------
    dual : float ndarray of shape (n, d)
    predictions : float ndarray of shape (n_last, d)

    References
    ----------
    Hoerl and Kennard, "Ridge Regression", Technometrics 12(1), 1970; leave-one-out in closed form:
    Allen, "The Relationship between Variable Selection and Data Augmentation", Technometrics 16(1), 1974.
    """
    from scipy.linalg import cho_solve, cholesky, get_lapack_funcs

    shifted = products.copy()
    shifted[np.diag_indices_from(shifted)] += penalty
    lower = cholesky(shifted, lower=True, overwrite_a=True)

    def solve(start: int, stop: int) -> FloatArray:
        return np.asarray(cho_solve((lower, True), targets[:, start:stop], check_finite=False))

    dual = np.concatenate(map_blocks(solve, targets.shape[1], TARGETS_PER_BLOCK), axis=1)
    # Columns of the inverse of a lower triangular matrix are zero above the diagonal.
    (triangle_inverse,) = get_lapack_funcs(("trtri",), (lower,))
    inverse, _ = triangle_inverse(lower[-n_last:, -n_last:], lower=1)
    leverage = np.einsum("ij,ij->j", inverse, inverse)
    return dual, targets[-n_last:] - dual[-n_last:] / leverage[:, None]


def conjugate_gradients(
    sparse: Any, dense: FloatArray, targets: FloatArray, penalty: float
) -> tuple[FloatArray, FloatArray]:
    """Solve the primal problem by `ITERATIONS` steps; independent of the number of threads.

    Parameters
    ----------
    sparse : float32 csr_array of shape (n, p)
    dense : float32 ndarray of shape (n, e)
    targets : float32 ndarray of shape (n, d)
    penalty : float

    Returns
    -------
    float32 ndarrays of shape (p, d) and (e, d)
        Weights of the sparse and the dense features.

    References
    ----------
    Hestenes and Stiefel, "Methods of Conjugate Gradients for Solving Linear Systems", Journal of Research of
    the National Bureau of Standards 49(6), 1952; preconditioned by the diagonal.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> rows = np.eye(3, dtype=np.float32)
    >>> own, shared = conjugate_gradients(csr_array(rows), rows, 3 * rows, 1.0)
    >>> (own + shared).round(3).tolist()
    [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]]
    """
    transposed, p = sparse.T.tocsr(), sparse.shape[1]
    squares = [np.asarray(sparse.multiply(sparse).sum(axis=0)).ravel(), np.einsum("ij,ij->j", dense, dense)]
    inverse = (1.0 / (np.concatenate(squares) + penalty)).astype(np.float32)[:, None]
    solution = np.empty((len(inverse), targets.shape[1]), dtype=np.float32)

    def back(rows: FloatArray) -> FloatArray:
        return np.concatenate([transposed @ rows, dense.T @ rows])

    def solve(start: int, stop: int) -> None:
        """Solve for some targets, which are independent of each other."""
        left = back(np.ascontiguousarray(targets[:, start:stop]))
        weights, scaled = np.zeros_like(left), inverse * left
        direction, size = scaled.copy(), _dots(left, scaled)
        for _ in range(ITERATIONS):
            rows = sparse @ direction[:p] + dense @ direction[p:]
            seen = back(rows) + np.float32(penalty) * direction
            step = (size / np.maximum(_dots(direction, seen), LEAST)).astype(np.float32)
            weights += step * direction
            left -= step * seen
            scaled = inverse * left
            before, size = size, _dots(left, scaled)
            direction = scaled + (size / np.maximum(before, LEAST)).astype(np.float32) * direction
        solution[:, start:stop] = weights

    map_blocks(solve, targets.shape[1], TARGETS_PER_BLOCK)
    return solution[:p], solution[p:]


def _dots(a: FloatArray, b: FloatArray) -> NDArray[np.float64]:
    """Return the dot product of each pair of columns."""
    return np.asarray(np.einsum("ij,ij->j", a, b, dtype=np.float64))
