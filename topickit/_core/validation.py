"""Checks of embeddings that a user passes."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topickit._core import processes
from topickit.errors import InputError, InputTypeError

FEWEST_COLUMNS = 16
"""A target `y` of at least this many columns of floating-point numbers is taken for embeddings."""


def check_vectors(vectors: ArrayLike, *, n_rows: int | None = None, what: str = "embeddings") -> NDArray[Any]:
    """Check an array of one vector per row, without changing it.

    Parameters
    ----------
    vectors : array-like of shape (n, d)
        Real numbers of any dtype.
    n_rows : int, optional
        Required number of rows.
    what : str
        Name of the array in error messages.

    Returns
    -------
    ndarray of shape (n, d)
        The given array, or a conversion of it.

    Raises
    ------
    InputTypeError
        If it is not numeric.
    InputError
        If it is not two-dimensional, has the wrong number of rows or no columns, or contains NaN or
        infinity.

    Examples
    --------
    >>> check_vectors([[1.0, 0.0]]).shape
    (1, 2)
    """
    array = as_array(vectors, what=what)
    if array.dtype.kind not in "fiub":
        raise InputTypeError(
            f"{what} must be real numbers, got dtype {array.dtype}; convert them with .astype"
        )
    if array.ndim != 2:
        raise InputError(f"{what} must have shape (n, d), with one row per document; got shape {array.shape}")
    if n_rows is not None and len(array) != n_rows:
        raise InputError(
            f"{what} must have one row per document: got {len(array)} rows for {n_rows} documents"
        )
    if array.shape[1] == 0:
        raise InputError(f"{what} must have at least one column; got shape {array.shape}")
    for start in range(0, len(array), 65536):
        finite = np.isfinite(array[start : start + 65536]).all(axis=1)
        if not finite.all():
            row = start + int(np.argmin(finite))
            raise InputError(
                f"{what} contain NaN or infinity, first in row {row}; remove that row or embed it again"
            )
    return array


def as_array(vectors: Any, *, what: str = "embeddings") -> NDArray[Any]:
    """Make an array of tensors on any device, of lists, or of a column of arrays.

    Parameters
    ----------
    vectors : array-like, torch.Tensor, or list of either
        One vector per row.
    what : str
        Name of the vectors in error messages.

    Returns
    -------
    ndarray

    Raises
    ------
    InputTypeError
        If they are sparse.
    InputError
        If rows have different lengths.
    """
    if hasattr(vectors, "toarray") or getattr(vectors, "is_sparse", False):
        raise InputTypeError(
            f"{what} are sparse; reduce them to a few hundred dense columns first, for example with "
            "scikit-learn's TruncatedSVD"
        )
    try:
        if isinstance(vectors, list | tuple) and any(hasattr(row, "detach") for row in vectors):
            vectors = [from_tensor(row) for row in vectors]
        array = np.asarray(from_tensor(vectors))
        if array.dtype == object and array.ndim == 1 and len(array):
            array = np.asarray([np.asarray(row) for row in array])
    except ValueError as error:
        raise InputError(f"{what} must be a rectangular array of shape (n, d): {error}") from error
    return array


def from_tensor(tensor: Any) -> Any:
    """Copy a torch tensor into an array, without importing torch; return anything else unchanged.

    Parameters
    ----------
    tensor : torch.Tensor or anything
    """
    if not hasattr(tensor, "detach"):
        return tensor
    processes.prepare()
    tensor = tensor.detach().cpu()
    if str(tensor.dtype) == "torch.bfloat16":  # NumPy has no such type
        tensor = tensor.float()
    return tensor.numpy()


def check_no_vectors(y: Any) -> None:
    """Refuse embeddings passed as the target `y`, which scikit-learn's interface ignores.

    Parameters
    ----------
    y : anything
        Second argument of a scikit-learn estimator.

    Raises
    ------
    InputTypeError
        If it has at least 16 columns of floating-point numbers.
    """
    shape: tuple[int, ...] = tuple(getattr(y, "shape", ()))
    floating = "float" in str(getattr(y, "dtype", ""))
    if isinstance(y, list | tuple) and len(y) and isinstance(y[0], list | tuple | np.ndarray) and len(y[0]):
        shape, floating = (len(y), len(y[0])), isinstance(y[0][0], float | np.floating)
    if floating and len(shape) == 2 and shape[1] >= FEWEST_COLUMNS:
        raise InputTypeError(
            f"y is ignored, but an array of shape {shape} was passed; if it contains the embeddings of the "
            "texts, pass it as embeddings="
        )
