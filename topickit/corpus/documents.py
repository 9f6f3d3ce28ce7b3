"""Documents: the caller's texts, checked, deduplicated and in canonical order.

Every algorithm sees the distinct texts in the order of their content hash. Therefore results do not depend on
the order of rows, equal texts get equal results, and a text that occurs a thousand times is embedded once and
has a weight of a thousand.
"""

import hashlib
import re
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from topickit._core.display import unescaped
from topickit._core.spill import BLOCK, RUN, KeyArray, StoredTexts, TextStore, spans
from topickit._core.state import State
from topickit._core.validation import check_vectors
from topickit._core.vectors import IntArray, unit_rows
from topickit.errors import InputError, InputTypeError, ParameterError, TopickitWarning, is_missing

Missing = Literal["error", "blank", "drop"]
"""What to do with missing texts."""
_HOW_TO_FILL = "remove that row, or replace it by '' (a blank document is an outlier)"
# Invisible in other categories: fillers, blank Braille, variation selectors, non-characters.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\ufffe\uffff\U000e0100-\U000e01ef]"
)
_HOW_TO_READ = 'set missing="blank" (an outlier) or missing="drop"'


@dataclass(frozen=True, eq=False)
class Documents:
    """Distinct texts in canonical order, and their positions in the caller's rows.

    Attributes
    ----------
    texts : sequence of str
        The u distinct texts that are not blank, ordered by content hash. A tuple, or `StoredTexts` if
        they were read from an iterator and are too large for memory.
    weights : int64 ndarray of shape (u,)
        Number of the caller's rows with each text.
    rows : int64 ndarray of shape (n,)
        Position in `texts` of each of the caller's rows; −1 for a blank text.
    first_rows : int64 ndarray of shape (u,)
        First of the caller's rows with each text.

    Examples
    --------
    >>> documents = Documents.of(["b", "a", "b", " "])
    >>> sorted(documents.texts), documents.n_rows, documents.n_blank
    (['a', 'b'], 4, 1)
    """

    texts: Sequence[str] = field(repr=False)
    weights: IntArray = field(repr=False)
    rows: IntArray = field(repr=False)
    first_rows: IntArray = field(repr=False)

    @classmethod
    def of(
        cls, texts: Any, embeddings: NDArray[Any] | None = None, *, may_be_empty: bool = False
    ) -> "Documents":
        """Check texts and sort them into canonical order.

        Parameters
        ----------
        texts : list, tuple, or column (NumPy, pandas, polars, Arrow) of str; or iterator of str
            Texts of an iterator that take more than 256 MiB are stored in a temporary file, in the folder
            that the variable TMPDIR sets.
        embeddings : ndarray of shape (n, d), optional
            The caller's embeddings. Equal texts with different embeddings are different documents.
        may_be_empty : bool, default False
            Accept an empty collection.

        Returns
        -------
        Documents

        Raises
        ------
        InputTypeError
            If `texts` is not a collection of str.
        InputError
            If it is empty, or a text cannot be encoded in UTF-8.
        """
        strings, keys = _collect(texts, may_be_empty=may_be_empty)
        if embeddings is not None:
            embeddings = check_vectors(embeddings, n_rows=len(strings))
            keys = np.hstack([keys, _hash_repeated(keys, embeddings)])
        documents = cls._of(strings, keys)
        if not isinstance(documents.texts, StoredTexts):
            documents.__dict__["keys"] = keys[documents.first_rows, :2]  # fills the cached property
        return documents

    @classmethod
    def _of(cls, strings: Sequence[str], keys: KeyArray) -> "Documents":
        """Sort rows by their keys; equal keys are one document."""
        order = np.lexsort(keys.T[::-1])  # stable: of equal texts, the first row comes first
        order = order[keys[order, :2].any(axis=1)]  # the key of a blank text is 0
        ordered = keys[order]
        is_new = np.ones(len(order), dtype=np.bool_)
        is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
        rows = np.full(len(strings), -1, dtype=np.int64)
        rows[order] = np.cumsum(is_new) - 1
        first_rows = order[is_new]
        weights = np.bincount(rows[rows >= 0], minlength=len(first_rows)).astype(np.int64)
        return cls(take_texts(strings, first_rows), weights, rows, first_rows)

    @classmethod
    def of_vectors(cls, embeddings: NDArray[Any]) -> "Documents":
        """Make documents of embeddings alone, such as those of images; their texts are empty.

        Parameters
        ----------
        embeddings : ndarray of shape (n, d)
            Equal directions are one document. A zero row counts as blank.

        Returns
        -------
        Documents
            In the canonical order of the embeddings' hashes.

        Examples
        --------
        >>> documents = Documents.of_vectors(np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))
        >>> len(documents), documents.n_blank, documents.has_texts
        (2, 1, False)
        """
        embeddings = check_vectors(embeddings)
        n = len(embeddings)
        keys = _hashes(embeddings, np.arange(n))
        keys[np.concatenate([~embeddings[at : at + BLOCK].any(axis=1) for at in range(0, n, BLOCK)])] = 0
        return cls._of([""] * n, keys)

    @cached_property
    def keys(self) -> KeyArray:
        """Content hashes of the distinct texts, of shape (u, 2); 0 for an empty text."""
        return text_keys(self.texts)

    @property
    def has_texts(self) -> bool:
        """Whether the documents are more than embeddings."""
        return len(self.texts) > 0 and self.texts[0] != ""

    @property
    def n_rows(self) -> int:
        """Number of the caller's rows, including blank ones."""
        return len(self.rows)

    @property
    def n_blank(self) -> int:
        """Number of blank rows."""
        return int((self.rows < 0).sum())

    def __len__(self) -> int:
        """Count the distinct, non-blank texts."""
        return len(self.texts)

    def digest(self) -> str:
        """Hash all rows in their order; models without texts are compared by it."""
        hasher = hashlib.blake2b(self.rows.tobytes(), digest_size=16)
        if self.has_texts and "keys" in self.__dict__:
            hasher.update(self.keys.astype(">u8").tobytes())
            return hasher.hexdigest()
        for text in self.texts:
            hasher.update(content_hash(text))
        return hasher.hexdigest()

    def state(self) -> State:
        """Return the state that `from_state` reads."""
        arrays = {"weights": self.weights, "rows": self.rows, "first_rows": self.first_rows}
        return State({}, arrays, texts=self.texts)

    @classmethod
    def from_state(cls, state: State) -> "Documents":
        """Make the Documents that returned this state."""
        return cls(tuple(state.texts or ()), **state.arrays)

    def per_row(self, values: NDArray[Any], blank: Any) -> NDArray[Any]:
        """Expand values of distinct texts to the caller's rows.

        Parameters
        ----------
        values : ndarray of shape (u, ...)
            A value per distinct text.
        blank : scalar
            Value of blank rows.

        Returns
        -------
        ndarray of shape (n, ...)
        """
        result = np.full((self.n_rows, *values.shape[1:]), blank, dtype=values.dtype)
        has_text = self.rows >= 0
        result[has_text] = values[self.rows[has_text]]
        return result

    def first(self, n_rows: int) -> tuple["Documents", IntArray]:
        """Return the documents of the first rows, and their positions in `texts`.

        Parameters
        ----------
        n_rows : int

        Examples
        --------
        >>> documents, kept = Documents.of(["b", "a", "b"]).first(1)
        >>> documents.texts, documents.weights.tolist()
        (('b',), [1])
        """
        rows = self.rows[:n_rows]
        kept, own = np.unique(rows[rows >= 0], return_inverse=True)
        of_rows = np.full(n_rows, -1, dtype=np.int64)
        of_rows[rows >= 0] = own
        weights = np.bincount(own, minlength=len(kept)).astype(np.int64)
        documents = Documents(take_texts(self.texts, kept), weights, of_rows, self.first_rows[kept])
        documents.__dict__["keys"] = self.keys[kept]  # fills the cached property
        return documents, kept

    def sample(
        self,
        size: int | None,
        random_state: int = 0,
        *,
        usable: Callable[[IntArray], IntArray] | None = None,
    ) -> IntArray:
        """Draw distinct texts at random, independently of the order of the caller's rows.

        Parameters
        ----------
        size : int or None
            Sample size; None for all texts.
        random_state : int, default 0
            Seed.
        usable : function, optional
            Takes positions in ascending order and returns those that may be drawn. Others replace the rest.

        Returns
        -------
        int64 ndarray
            Positions in `texts`, in ascending order.
        """
        n = len(self)
        if size is None or size >= n:
            rows = np.arange(n, dtype=np.int64)
            return rows if usable is None else usable(rows)
        order = np.random.default_rng(random_state).permutation(n)
        if usable is None:
            return np.sort(order[:size])
        chosen = np.empty(0, dtype=np.int64)
        for start in range(0, n, size):
            drawn = usable(np.sort(order[start : start + size]))
            chosen = np.concatenate([chosen, drawn[: size - len(chosen)]])
            if len(chosen) == size:
                break
        return np.sort(chosen)


def is_blank(text: str) -> bool:
    """Return True for a text without any visible character, HTML entities decoded.

    Spaces, control and format characters, variation selectors and fillers are invisible.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> [is_blank(text) for text in ["", " ", chr(0x200B), "&#x200B;&nbsp;", "-"]]
    [True, True, True, True, False]
    """
    if text[:1].isalnum() and text[0].isascii():
        return False
    return all(
        character.isspace()
        or unicodedata.category(character) in {"Cc", "Cf"}
        or _INVISIBLE.match(character) is not None
        for character in unescaped(text)
    )


def content_hash(text: str) -> bytes:
    """Hash a text (BLAKE2b, 16 bytes); the hash defines the canonical order and keys of caches."""
    return _hash(text.encode("utf-8"))


def _hash(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def collect(texts: Iterator[str]) -> Sequence[str]:
    """Return the texts of an iterator, in a temporary file if they are large."""
    return _collect(texts, may_be_empty=True)[0]


def _collect(texts: Any, *, may_be_empty: bool) -> tuple[Sequence[str], KeyArray]:
    """Return all texts, checked, and the key of each."""
    if isinstance(texts, StoredTexts):  # checked when stored
        blocks = (texts[start:stop] for start, stop in spans(texts, BLOCK))
        return texts, np.concatenate([text_keys(block) for block in blocks])
    if not isinstance(texts, Iterator):
        strings = check_texts(texts, may_be_empty=may_be_empty)
        return strings, text_keys(strings)
    keys, n = [], 0
    with TextStore() as store:
        for block in _blocks(texts):
            checked = check_texts(block, first_row=n)
            keys.append(text_keys(checked))
            store.add(checked, keys[-1])
            n += len(block)
        if not n:
            return check_texts([], may_be_empty=may_be_empty), text_keys([])
        return store.texts(), np.concatenate(keys)


def _blocks(texts: Iterator[Any]) -> Iterator[list[Any]]:
    """Yield blocks of limited numbers of texts and characters."""
    block: list[Any] = []
    size = 0
    for text in texts:
        block.append(text)
        size += len(text) if isinstance(text, str) else 0
        if len(block) == BLOCK or size > RUN:
            yield block
            block, size = [], 0
    if block:
        yield block


def take_texts(texts: Sequence[str], rows: IntArray) -> Sequence[str]:
    """Return some texts; from a file, those are stored again."""
    if isinstance(texts, StoredTexts):
        return texts.take(rows)
    return tuple(texts[row] for row in rows.tolist())


def text_keys(texts: Sequence[str]) -> KeyArray:
    """Return content hashes as two integers per text, in the same order; 0 for a blank text."""
    blank = bytes(16)
    joined = b"".join([blank if is_blank(text) else content_hash(text) for text in texts])
    return np.frombuffer(joined, dtype=">u8").reshape(-1, 2).astype(np.uint64)


def _hash_repeated(keys: KeyArray, embeddings: NDArray[Any]) -> KeyArray:
    """Return hashes of the embeddings of texts that occur in several rows; 0 for all others."""
    order = np.lexsort(keys.T[::-1])
    same = (keys[order[1:]] == keys[order[:-1]]).all(axis=1) & keys[order[1:]].any(axis=1)
    repeated = np.union1d(order[1:][same], order[:-1][same])
    hashes = np.zeros_like(keys)
    hashes[repeated] = _hashes(embeddings, repeated)
    return hashes


def _hashes(embeddings: NDArray[Any], of: IntArray) -> KeyArray:
    """Return hashes of some rows."""
    hashes = np.zeros((len(of), 2), dtype=np.uint64)
    for start in range(0, len(of), BLOCK):
        rows = of[start : start + BLOCK]
        # Unit length in single precision, without −0: the same numbers in another dtype are the same vector.
        units = unit_rows(embeddings, rows) + np.float32(0)
        joined = b"".join([_hash(unit.tobytes()) for unit in units])
        hashes[start : start + BLOCK] = np.frombuffer(joined, dtype=">u8").reshape(-1, 2)
    return hashes


def check_texts(texts: Any, *, first_row: int = 0, may_be_empty: bool = False) -> list[str]:
    """Convert a column of texts to a list of str.

    Parameters
    ----------
    texts : list, tuple, or column (NumPy, pandas, polars, Arrow) of str
    first_row : int, default 0
        Row of the first text in error messages.
    may_be_empty : bool, default False
        Accept an empty collection.

    Returns
    -------
    list of str

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
    if not strings and not may_be_empty:
        raise InputError("there are no documents: the collection is empty")
    for row, text in enumerate(strings):
        if type(text) is not str:
            strings[row] = text = _as_str(text, first_row + row)
        if not text.isascii():
            _check_encodable(text, first_row + row)
    return strings


def _only_column(table: Any) -> Any:
    """Return the column of a table that has only one; return anything else unchanged."""
    if len(getattr(table, "shape", ())) == 2 and table.shape[1] == 1:
        if hasattr(table, "iloc"):  # pandas
            return table.iloc[:, 0]
        for method in ("to_series", "column"):  # polars, Arrow
            if hasattr(table, method):
                return getattr(table, method)(0)
    return table


def fill_missing(texts: Any, missing: str, aligned: Sequence[Any]) -> tuple[Any, list[Any]]:
    """Replace or leave out missing texts (None, NaN, NaT, pandas.NA).

    Parameters
    ----------
    texts : as for `Documents.of`
    missing : {"error", "blank", "drop"}
        "error" changes nothing, so that `Documents.of` raises; "blank" makes them blank texts; "drop" leaves
        out their rows, with a warning.
    aligned : sequence of array, column, list or None
        Values per text, whose rows are left out too.

    Returns
    -------
    texts, list of aligned values

    Raises
    ------
    ParameterError
        If `missing` has another value.

    Examples
    --------
    >>> fill_missing(["a", None], "blank", [])
    (['a', ''], [])
    """
    if missing not in ("error", "blank", "drop"):
        raise ParameterError(f'missing must be "error", "blank" or "drop"; got {missing!r}')
    if missing == "error" or isinstance(texts, StoredTexts):
        return texts, list(aligned)
    if missing == "blank" and isinstance(texts, Iterator):
        return ("" if is_missing(text) else text for text in texts), list(aligned)
    values = _as_list(texts)
    if missing == "blank":
        return ["" if is_missing(text) else text for text in values], list(aligned)
    for column in aligned:
        if column is not None and len(column) != len(values):
            raise InputError(f"there are {len(values)} documents, but {len(column)} values for them")
    rows = [row for row, text in enumerate(values) if not is_missing(text)]
    if n := len(values) - len(rows):
        warnings.warn(
            f"{n:,} of {len(values):,} documents are missing and left out; results have {len(rows):,} rows",
            TopickitWarning,
            stacklevel=3,
        )
    return [values[row] for row in rows], [_rows_of(column, rows) for column in aligned]


def _rows_of(values: Any, rows: list[int]) -> Any:
    if values is None:
        return None
    if hasattr(values, "iloc"):
        return values.iloc[rows]
    if hasattr(values, "dtype"):  # NumPy, polars
        return values[rows]
    return values.take(rows) if hasattr(values, "take") else [values[row] for row in rows]


def _as_list(texts: Any) -> list[Any]:
    texts = _only_column(texts)
    if isinstance(texts, str | bytes | bytearray):
        raise InputTypeError(
            f"documents must be a collection of str; got a single {type(texts).__name__}; wrap it: [text]"
        )
    if isinstance(texts, dict | set | frozenset):
        raise InputTypeError(f"documents must be ordered; got a {type(texts).__name__}; pass a list")
    if len(getattr(texts, "shape", (0,))) != 1:  # a table, or an array of more than one dimension
        raise InputTypeError(
            f"documents must be one column of str; got a {type(texts).__name__} of shape {texts.shape}; "
            "select the column of the texts"
        )
    for method in ("to_pylist", "to_list", "tolist"):  # Arrow; pandas and polars; NumPy
        if hasattr(texts, method):
            return list(getattr(texts, method)())
    if not isinstance(texts, Iterable):
        hint = "; without texts, give their embeddings" if texts is None else ""
        raise InputTypeError(f"documents must be a collection of str; got {type(texts).__name__}{hint}")
    return list(texts)


def _as_str(text: Any, row: int) -> str:
    if isinstance(text, str):  # a subclass, such as numpy.str_
        return str(text)
    if is_missing(text):
        raise InputTypeError(f"document {row} is missing ({text}); {_HOW_TO_FILL}; or {_HOW_TO_READ}")
    if isinstance(text, bytes | bytearray):
        raise InputTypeError(f"document {row} is bytes; decode it with text.decode('utf-8')")
    raise InputTypeError(
        f"document {row} is {type(text).__name__}, not str: {str(text)[:40]!r}; {_HOW_TO_FILL}"
    )


def _check_encodable(text: str, row: int) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"document {row} has an unpaired surrogate (U+{ord(text[error.start]):04X}) at character "
            f"{error.start}, which cannot be encoded; repair it with text.encode('utf-8', 'replace').decode()"
        ) from None
