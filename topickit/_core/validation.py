"""Checks of vectors that a user gives, in whatever they lie."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topickit._core import processes
from topickit.errors import InputError, InputTypeError

FEWEST_COLUMNS = 16
"""From so many columns on, floating-point numbers in the place of a target are taken for vectors."""


def check_vectors(vectors: ArrayLike, *, n_rows: int | None = None, what: str = "embeddings") -> NDArray[Any]:
    """Check that an array can serve as one vector a row; the array itself is not changed.

    Parameters
    ----------
    vectors : array-like of shape (n, d), any real dtype
    n_rows : int, optional
        The number of rows there must be.
    what : str
        How the error calls the array.

    Returns
    -------
    ndarray of shape (n, d)
        The caller's array, or the array made of it.

    Raises
    ------
    InputTypeError
        When it is not numeric.
    InputError
        When it is not two-dimensional, has the wrong number of rows, no columns, NaN or infinity.

    Examples
    --------
    >>> check_vectors([[1.0, 0.0]]).shape
    (1, 2)
    """
    array = _as_array(vectors, what)
    if array.dtype.kind not in "fiub":
        raise InputTypeError(
            f"{what} must be real numbers, got dtype {array.dtype}; convert them with .astype"
        )
    if array.ndim != 2:
        raise InputError(f"{what} must have shape (n, d), one row a document; got shape {array.shape}")
    if n_rows is not None and len(array) != n_rows:
        raise InputError(f"{what} must have one row a document: {n_rows} documents, {len(array)} rows")
    if array.shape[1] == 0:
        raise InputError(f"{what} have no columns: shape {array.shape}")
    for start in range(0, len(array), 65536):
        finite = np.isfinite(array[start : start + 65536]).all(axis=1)
        if not finite.all():
            row = start + int(np.argmin(finite))
            raise InputError(
                f"{what} contain NaN or infinity, first in row {row}; drop or embed that row again"
            )
    return array


def _as_array(vectors: Any, what: str) -> NDArray[Any]:
    """Make an array of a tensor, wherever it lives, or of a column of arrays or lists."""
    if hasattr(vectors, "toarray") or getattr(vectors, "is_sparse", False):
        raise InputTypeError(
            f"{what} are sparse; reduce them to a few hundred dense columns first, as by scikit-learn's "
            "TruncatedSVD"
        )
    if hasattr(vectors, "detach"):
        vectors = from_tensor(vectors)
    try:
        array = np.asarray(vectors)
        if array.dtype == object and array.ndim == 1 and len(array):
            array = np.asarray([np.asarray(row) for row in array])
    except ValueError as error:
        raise InputError(f"{what} must be a rectangular array of shape (n, d): {error}") from error
    return array


def from_tensor(tensor: Any) -> NDArray[Any]:
    """Give a torch tensor's numbers, wherever it lives, without importing torch.

    Parameters
    ----------
    tensor : torch.Tensor
        Of any kind; a sparse one is made dense.
    """
    processes.prepare()
    tensor = tensor.detach().cpu()
    if getattr(tensor, "is_sparse", False):
        tensor = tensor.to_dense()
    if str(tensor.dtype) == "torch.bfloat16":  # numpy has none
        tensor = tensor.float()
    return np.asarray(tensor.numpy())


def check_no_vectors(y: Any) -> None:
    """Refuse vectors in the place of a target, where they would be ignored and a model would run instead.

    Parameters
    ----------
    y : anything
        The second argument of a scikit-learn estimator.

    Raises
    ------
    InputTypeError
        When it is a table of at least 16 columns of floating-point numbers.
    """
    shape: tuple[int, ...] = tuple(getattr(y, "shape", ()))
    floating = "float" in str(getattr(y, "dtype", ""))
    if isinstance(y, list | tuple) and len(y) and isinstance(y[0], list | tuple | np.ndarray) and len(y[0]):
        shape, floating = (len(y), len(y[0])), isinstance(y[0][0], float | np.floating)
    if floating and len(shape) == 2 and shape[1] >= FEWEST_COLUMNS:
        raise InputTypeError(
            f"an array of shape {shape} was given as y, which is ignored, as scikit-learn has it; "
            "if these are the vectors of the texts, write embeddings=…"
        )
