"""Documents: the caller's texts, checked, de-duplicated and put into a canonical order, once.

Every algorithm sees the distinct texts in the order of their content hash. So the order of the
caller's rows cannot matter, equal texts cannot get different answers, and a text that stands in
the table a thousand times is embedded once and weighs a thousand.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit.errors import InputError, InputTypeError
from topickit.state import State
from topickit.vectors import IntArray, check_vectors

_HOW_TO_FILL = "drop that row, or fill it with '' (a blank text is an outlier)"


@dataclass(frozen=True, eq=False)
class Documents:
    """Distinct, non-blank texts in canonical order, and the way back to the caller's rows.

    Attributes
    ----------
    texts : tuple of str
        The u distinct texts that are not blank, ordered by content hash.
    weights : int64 ndarray of shape (u,)
        How many of the caller's rows each text stands for.
    rows : int64 ndarray of shape (n,)
        For each of the caller's rows its position in `texts`; −1 for a blank one.
    first_rows : int64 ndarray of shape (u,)
        The first of the caller's rows that holds each text.

    Examples
    --------
    >>> documents = Documents.of(["b", "a", "b", " "])
    >>> sorted(documents.texts), documents.n_rows, documents.n_blank
    (['a', 'b'], 4, 1)
    """

    texts: tuple[str, ...] = field(repr=False)
    weights: IntArray = field(repr=False)
    rows: IntArray = field(repr=False)
    first_rows: IntArray = field(repr=False)

    @classmethod
    def of(cls, texts: Any, embeddings: NDArray[Any] | None = None) -> "Documents":
        """Check texts and put them into canonical order.

        Parameters
        ----------
        texts : list, tuple, or column (NumPy, pandas, polars, Arrow) of str
        embeddings : ndarray of shape (n, d), optional
            The caller's own vectors. Equal texts with different vectors stay apart: the caller
            has said that they differ.

        Raises
        ------
        InputTypeError
            When `texts` is not a collection of str.
        InputError
            When it is empty, or a text cannot be encoded in UTF-8.
        """
        strings = check_texts(texts)
        if embeddings is not None:
            embeddings = check_vectors(embeddings, n_rows=len(strings))
        hashes = [b"" if not text or text.isspace() else content_hash(text) for text in strings]
        repeated = {key for key, times in Counter(hashes).items() if key and times > 1}
        keys: dict[tuple[bytes, bytes], int] = {}
        position = np.full(len(strings), -1, dtype=np.int64)
        first: list[int] = []
        for row, text_hash in enumerate(hashes):
            if not text_hash:
                continue
            apart = embeddings is not None and text_hash in repeated
            key = (text_hash, _hash(embeddings[row].tobytes()) if apart else b"")  # type: ignore[index]
            position[row] = keys.setdefault(key, len(keys))
            if position[row] == len(first):
                first.append(row)
        return cls._ordered(strings, list(keys), np.asarray(first, dtype=np.int64), position)

    @classmethod
    def _ordered(
        cls, strings: Sequence[str], keys: list[tuple[bytes, bytes]], first: IntArray, position: IntArray
    ) -> "Documents":
        order = np.asarray(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)
        rank = np.empty(len(order) + 1, dtype=np.int64)
        rank[order] = np.arange(len(order))
        rank[-1] = -1  # position −1, a blank row, reads this
        rows = rank[position]
        weights = np.bincount(rows[rows >= 0], minlength=len(order)).astype(np.int64)
        first_rows = first[order]
        return cls(tuple(strings[row] for row in first_rows), weights, rows, first_rows)

    @property
    def n_rows(self) -> int:
        """The number of the caller's rows, blank ones included."""
        return len(self.rows)

    @property
    def n_blank(self) -> int:
        """The number of blank rows."""
        return int((self.rows < 0).sum())

    def __len__(self) -> int:
        """Count the distinct, non-blank texts."""
        return len(self.texts)

    def state(self) -> State:
        """Give what `from_state` makes it of, next to the texts."""
        return State({}, {"weights": self.weights, "rows": self.rows, "first_rows": self.first_rows})

    @classmethod
    def from_state(cls, state: State, texts: Sequence[str]) -> "Documents":
        """Make the Documents that gave this state."""
        return cls(tuple(texts), **state.arrays)

    def per_row(self, values: NDArray[Any], blank: Any) -> NDArray[Any]:
        """Hand a value per distinct text back to the caller's rows; blank rows get `blank`.

        Parameters
        ----------
        values : ndarray of shape (u, ...)
        blank : scalar
        """
        result = np.full((self.n_rows, *values.shape[1:]), blank, dtype=values.dtype)
        known = self.rows >= 0
        result[known] = values[self.rows[known]]
        return result

    def sample(self, size: int | None, random_state: int = 0) -> IntArray:
        """Choose distinct texts at random, the same ones whatever the caller's order.

        Parameters
        ----------
        size : int or None
            How many; None, or as many as there are, for all.
        random_state : int

        Returns
        -------
        int64 ndarray
            Positions in `texts`, ascending. Positions follow content hashes, so any set of them
            that is drawn without looking is a uniform sample.
        """
        if size is None or size >= len(self):
            return np.arange(len(self), dtype=np.int64)
        return np.sort(np.random.default_rng(random_state).permutation(len(self))[:size])


def content_hash(text: str) -> bytes:
    """Hash one text (BLAKE2b, 16 bytes): its place in the canonical order and in caches."""
    return _hash(text.encode("utf-8"))


def _hash(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def check_texts(texts: Any) -> list[str]:
    """Make a list of str of any column of texts, or say what is wrong and where.

    Parameters
    ----------
    texts : list, tuple, or column (NumPy, pandas, polars, Arrow) of str

    Raises
    ------
    InputTypeError, InputError
        As `Documents.of`.

    Examples
    --------
    >>> check_texts(("a", "b"))
    ['a', 'b']
    """
    strings = _as_list(texts)
    if not strings:
        raise InputError("there are no documents: the collection is empty")
    for row, text in enumerate(strings):
        if type(text) is not str:
            strings[row] = text = _as_str(text, row)
        if not text.isascii():
            _check_encodable(text, row)
    return strings


def _as_list(texts: Any) -> list[Any]:
    if isinstance(texts, str | bytes | bytearray):
        raise InputTypeError(
            f"documents must be a collection of str, got one {type(texts).__name__}; wrap it: [text]"
        )
    if isinstance(texts, dict | set | frozenset):
        raise InputTypeError(f"documents must have an order, got a {type(texts).__name__}; pass a list")
    if len(getattr(texts, "shape", (0,))) != 1:  # a table, or an array of more than one dimension
        raise InputTypeError(
            f"documents must be one column of str, got a {type(texts).__name__} of shape {texts.shape}; "
            "choose the column that holds the texts"
        )
    for method in ("to_pylist", "to_list", "tolist"):  # Arrow; pandas and polars; NumPy
        if hasattr(texts, method):
            return list(getattr(texts, method)())
    if not isinstance(texts, Iterable):
        raise InputTypeError(f"documents must be a collection of str, got {type(texts).__name__}")
    return list(texts)


def _as_str(text: Any, row: int) -> str:
    if isinstance(text, str):  # a subclass, such as numpy.str_
        return str(text)
    if text is None or type(text).__name__ in {"NAType", "NaTType"} or text != text:
        raise InputTypeError(f"document {row} is missing ({text}); {_HOW_TO_FILL}")
    if isinstance(text, bytes | bytearray):
        raise InputTypeError(f"document {row} is bytes; decode it first: text.decode('utf-8')")
    raise InputTypeError(
        f"document {row} is {type(text).__name__}, not str: {str(text)[:40]!r}; {_HOW_TO_FILL}"
    )


def _check_encodable(text: str, row: int) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"document {row} has an unpaired surrogate (U+{ord(text[error.start]):04X}) at character "
            f"{error.start}, which no encoding can hold; repair it: text.encode('utf-8', 'replace').decode()"
        ) from None
