"""Checks of embeddings that a user passes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topickit._core import processes
from topickit.errors import InputError, InputTypeError

FEWEST_COLUMNS = 16
"""A target `y` of at least this many columns of floating-point numbers is taken for embeddings."""


class TextError(InputError):
    """An error about one text.

    An embedder sees distinct texts in canonical order and cannot know their rows in the caller's table. The
    caller of the embedder catches this error and names the row.

    Attributes
    ----------
    text : str
    """

    def __init__(self, message: str, text: str) -> None:
        super().__init__(message)
        self.text = text

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.text)


def quote(text: str, length: int = 40) -> str:
    """Quote the beginning of a text for a message.

    Examples
    --------
    >>> quote("a b c", 3)
    "'a b…'"
    """
    return repr(text if len(text) <= length else text[:length] + "…")


def check_encoded(vectors: Any, texts: Sequence[str], embedder: str) -> NDArray[Any]:
    """Check what an embedder returned; an error about one text is a `TextError`.

    Parameters
    ----------
    vectors : anything
    texts : sequence of str
    embedder : str
        Name of the embedder in error messages.

    Returns
    -------
    ndarray of shape (len(texts), d)

    Raises
    ------
    InputTypeError, InputError
        If it is not one row of real, finite numbers per text.

    Examples
    --------
    >>> check_encoded([[1.0, 2.0]], ["a"], "my embedder").shape
    (1, 2)
    """
    what = f"vectors from {embedder}"
    if isinstance(vectors, list | tuple):
        _check_equal_lengths(vectors, texts, what)
    array = check_vectors(vectors, n_rows=len(texts), what=what, may_be_infinite=True)
    row = first_not_finite(array)
    if row is not None:
        text = texts[row]
        raise TextError(
            f"{what} contain NaN or infinity for the text {quote(text)}; correct the embedder", text
        )
    return array


def _check_equal_lengths(rows: Sequence[Any], texts: Sequence[str], what: str) -> None:
    """Name the first text whose row is None, or has another length than the first row."""
    kinds = [_kind_of_row(row) for row in rows]
    for text, kind in zip(texts, kinds, strict=False):
        if kind == "None":
            raise TextError(f"{what} are None for the text {quote(text)}", text)
        if kind != kinds[0]:
            raise TextError(
                f"{what} must have rows of one length: got {kinds[0]} for the text {quote(texts[0])} and "
                f"{kind} for {quote(text)}",
                text,
            )


def _kind_of_row(row: Any) -> str:
    if hasattr(row, "__len__") and getattr(row, "ndim", 1) != 0 and not isinstance(row, str | bytes):
        return f"{len(row)} numbers"
    return "None" if row is None else f"one {type(row).__name__}"


def first_not_finite(array: NDArray[Any]) -> int | None:
    """Return the first row that holds NaN or infinity; None if there is none."""
    for start in range(0, len(array), 65536):
        finite = np.isfinite(array[start : start + 65536]).all(axis=1)
        if not finite.all():
            return start + int(np.argmin(finite))
    return None


def check_vectors(
    vectors: ArrayLike,
    *,
    n_rows: int | None = None,
    what: str = "embeddings",
    may_be_infinite: bool = False,
) -> NDArray[Any]:
    """Check an array of one vector per row, without changing it.

    Parameters
    ----------
    vectors : array-like of shape (n, d)
        Real numbers of any dtype.
    n_rows : int, optional
        Required number of rows.
    what : str
        Name of the array in error messages.
    may_be_infinite : bool
        Accept NaN and infinity; False by default.

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
    row = None if may_be_infinite else first_not_finite(array)
    if row is not None:
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
    _check_kind(vectors, what)
    try:
        if isinstance(vectors, list | tuple) and any(hasattr(row, "detach") for row in vectors):
            vectors = [from_tensor(row) for row in vectors]
        array = np.asarray(from_tensor(vectors))
        if array.dtype == object and array.ndim == 1 and len(array):
            array = np.asarray([np.asarray(row) for row in array])
    except ValueError as error:
        raise InputError(f"{what} must be a rectangular array of shape (n, d): {error}") from error
    return array


def _check_kind(vectors: Any, what: str) -> None:
    """Refuse what is no array, and would become an array of one object."""
    form = "an array of shape (n, d), with one row per document"
    if vectors is None:
        raise InputTypeError(f"{what} are None; expected {form}")
    if isinstance(vectors, Iterator):
        raise InputTypeError(f"{what} are a {type(vectors).__name__}; make a list of it: list(...)")
    is_array = hasattr(vectors, "__len__") or hasattr(vectors, "__array__")
    if isinstance(vectors, str | bytes | Mapping | set | frozenset) or not is_array:
        raise InputTypeError(f"{what} are one {type(vectors).__name__}; expected {form}")
    if getattr(vectors, "ndim", 1) == 0:
        raise InputTypeError(f"{what} are a single number; expected {form}")


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
