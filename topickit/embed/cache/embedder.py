"""The embedding cache: a wrapper that stores an embedder's embeddings on disk between runs."""

import hashlib
import itertools
import os
import sqlite3
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol, Self, TypeAlias, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from topickit._core.paths import refuse_address
from topickit._core.validation import TextError, check_encoded, first_not_finite, quote
from topickit._core.vectors import FloatArray
from topickit.embed.base import (
    Embedder,
    FittedOnCorpus,
    refuse_str,
    resolve,
)
from topickit.embed.cache.database import FILE, CachedModel, VectorStore, is_damage, set_aside
from topickit.embed.foreign import AbsentEmbedder, ForeignEmbedder
from topickit.embed.precomputed import PrecomputedEmbedder
from topickit.embed.wrapper import WrappedEmbedder
from topickit.errors import (
    InputError,
    ParameterError,
    StorageError,
    TopickitWarning,
    check_whole,
)

BATCH_SIZE = 512
"""Number of texts per transaction, the most that a killed run loses: 2 to 3 s with MiniLM on two cores."""

CacheDtype: TypeAlias = Literal["float32", "float16"]
T = TypeVar("T")


@runtime_checkable
class EncodesInBlocks(Protocol):
    """An embedder that yields embeddings in blocks, under one progress bar."""

    def encode_blocks(self, texts: Sequence[str], size: int) -> Iterator[NDArray[Any]]:
        """Yield the embeddings of `size` texts at a time."""

    def confirm(self) -> str:
        """Return the fingerprint, and warn if it is not that of the saved embedder."""


def confirmed(embedder: Embedder) -> str:
    """Return the fingerprint of an embedder, and warn if it is not that of the saved one.

    Parameters
    ----------
    embedder : Embedder

    Examples
    --------
    >>> class Lengths:
    ...     fingerprint = "lengths of texts, version 1"
    >>> confirmed(Lengths())
    'lengths of texts, version 1'
    """
    return embedder.confirm() if isinstance(embedder, EncodesInBlocks) else str(embedder.fingerprint)


class CachedEmbedder(WrappedEmbedder):
    """An embedder whose embeddings are stored in a folder, so that each text is embedded once.

    Embeddings are stored by a hash of the embedder's fingerprint, the dtype and the text, in one SQLite file.
    Several processes may share it on a local disk, but not over a network. The file contains hashes, not
    texts; someone with the file can test whether a guessed text was embedded. Each batch of new embeddings is
    one transaction, so a killed run loses at most one batch, and the next run continues from there.

    A fault of the file costs time, but never gives wrong embeddings. Each gives a warning: a damaged file is
    renamed and replaced; an embedding that does not match its checksum is computed again; the cache is
    disabled if the folder cannot be written. An empty file is replaced without a warning, since another
    process may be creating it.

    Parameters
    ----------
    embedder : str, path, or embedder
        Name or path of a model, or an object with ``encode``, ``fingerprint`` and ``state``. The fingerprint
        must be the same in every run and change with everything that changes embeddings.
    path : path
        Folder, created on first use.
    dtype : {"float32", "float16"}
        Stored dtype, "float32" by default. float16 takes half the space; `encode` then returns rounded
        embeddings from the first call on. The two are stored separately.
    batch_size : int
        Number of texts per transaction, 512 by default.

    Raises
    ------
    ParameterError
        When a setting cannot be used, or the embedder has no fingerprint that is the same in other runs: a
        function, an object of another library, or an embedder that learns from a corpus.

    Notes
    -----
    `encode` returns what is stored, bit for bit, in this and every later run. New texts are embedded in
    batches of `batch_size`, in their order. A sentence-transformers model rounds differently in other batches
    (about 1e-7), so embeddings of two caches, or of a cache and the bare embedder, may differ by that.

    Examples
    --------
    >>> import tempfile
    >>> class Lengths:
    ...     fingerprint = "lengths of texts, version 1"
    ...     def encode(self, texts):
    ...         print(f"embedding {len(texts)}")
    ...         return [[float(len(text))] for text in texts]
    ...     def state(self):
    ...         return State({"kind": "external", "description": "lengths", "dimension": 1})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     embedder = CachedEmbedder(Lengths(), folder)
    ...     embedder.encode(["a", "bb"]).tolist(), embedder.encode(["bb", "ccc"]).tolist()
    embedding 2
    embedding 1
    ([[1.0], [2.0]], [[2.0], [3.0]])
    """

    __slots__ = ("batch_size", "dtype", "embedder", "path")

    def __init__(
        self,
        embedder: Any,
        path: str | os.PathLike[str],
        dtype: CacheDtype = "float32",
        *,
        batch_size: int = BATCH_SIZE,
    ) -> None:
        if dtype not in ("float32", "float16"):
            raise ParameterError(f"dtype must be 'float32' or 'float16', got {dtype!r}")
        check_whole("batch_size", batch_size)
        self.embedder: Embedder = resolve(embedder)
        reason = reason_not_cacheable(self.embedder)
        if reason:
            raise ParameterError(f"embeddings of {self.embedder!r} cannot be cached: {reason}")
        self.path = folder_of(path)
        self.dtype: CacheDtype = dtype
        self.batch_size = batch_size

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return stored embeddings, and compute and store those of new texts.

        Parameters
        ----------
        texts : sequence of str
            Repeated texts are embedded once.

        Returns
        -------
        float32 ndarray of shape (n, d)

        Raises
        ------
        InputError, InputTypeError
            When the embedder returns unusable embeddings, or embeddings with another number of columns than
            those stored under its fingerprint.

        Warns
        -----
        TopickitWarning
            When the file or an embedding in it is damaged, or the file cannot be used.
        """
        refuse_str(texts)
        if len(texts) == 0:
            return np.asarray(self.embedder.encode(texts), dtype=np.float32)
        fingerprint = confirmed(self.embedder)
        keys = keys_of(texts, fingerprint, self.dtype)
        rows: dict[bytes, int] = {}
        places = [rows.setdefault(key, len(rows)) for key in keys]
        distinct = list(texts)
        if len(rows) < len(keys):
            firsts = dict(zip(reversed(keys), reversed(distinct), strict=True))
            distinct = [firsts[key] for key in rows]
        with _Session(self.path, fingerprint, self.dtype, repr(self.embedder)) as session:
            vectors = self._vectors(session, distinct, rows)
        return vectors if len(rows) == len(keys) else vectors[places]

    def __repr__(self) -> str:
        more = "" if self.dtype == "float32" else f", dtype={self.dtype!r}"
        return f"CachedEmbedder({self.embedder!r}{more})"

    def _vectors(self, session: "_Session", texts: list[str], rows: dict[bytes, int]) -> FloatArray:
        """Return embeddings of distinct texts; `rows` is the row of each key, in the order of the texts."""
        result: FloatArray | None = None
        missing = np.ones(len(texts), dtype=bool)
        for keys, stored in session.read(list(rows)):
            result = np.empty((len(texts), stored.shape[1]), dtype=np.float32) if result is None else result
            at = [rows[key] for key in keys]
            result[at] = stored
            missing[at] = False
        todo = np.flatnonzero(missing).tolist()
        if not todo:
            assert result is not None
            return result
        all_keys = list(rows)
        blocks = self._blocks([texts[i] for i in todo])
        for at, block in zip(_batched(todo, self.batch_size), blocks, strict=True):
            new = self._checked(block, [texts[i] for i in at])
            if result is None:
                result = np.empty((len(texts), new.shape[1]), dtype=np.float32)
            if new.shape[1] != result.shape[1]:
                raise InputError(
                    f"{self.embedder!r} returned vectors of {new.shape[1]} columns, and those stored under "
                    f"its fingerprint have {result.shape[1]}; a fingerprint must change with the model"
                )
            result[at] = new
            session.write([all_keys[i] for i in at], new)
        assert result is not None
        return result

    def _blocks(self, texts: list[str]) -> Iterator[NDArray[Any]]:
        if isinstance(self.embedder, EncodesInBlocks):
            yield from self.embedder.encode_blocks(texts, self.batch_size)
            return
        for batch in _batched(texts, self.batch_size):
            yield self.embedder.encode(batch)

    def _checked(self, vectors: Any, texts: list[str]) -> NDArray[Any]:
        """Return vectors as they are read back from the file."""
        checked = check_encoded(vectors, texts, repr(self.embedder))
        with np.errstate(over="ignore"):
            kept = checked.astype(self.dtype)
        row = first_not_finite(kept)
        if row is not None:
            raise TextError(
                f"vectors from {self.embedder!r} are too large for {self.dtype} "
                f"({np.abs(checked).max():.3g}) for the text {quote(texts[row])}; "
                + ("scale them" if self.dtype == "float32" else "use dtype='float32'"),
                texts[row],
            )
        return kept


class _Session:
    """The file during one call; errors of the file become warnings."""

    def __init__(self, folder: Path, fingerprint: str, dtype: str, description: str) -> None:
        self.folder = folder
        self.fingerprint, self.dtype, self.description = fingerprint, dtype, description
        self.store: VectorStore | None = None
        self.file_id: int | None = None
        self._open()

    def read(self, keys: list[bytes]) -> Iterator[tuple[list[bytes], NDArray[Any]]]:
        """Yield stored keys and their vectors."""
        damaged: list[bytes] = []
        model = self._attempt(lambda store: store.model(self.fingerprint, self.dtype), None)
        parts = (found for store in [self.store] if store and model for found in store.read(model, keys))
        while (found := self._attempt(lambda _: next(parts, None), None)) is not None:
            damaged += found.damaged
            if found.keys:
                yield found.keys, found.vectors
        if damaged and model is not None:
            _warn(f"{len(damaged)} embeddings in the cache {self._file} are damaged and are computed again")
            self._attempt(lambda store: store.drop(model, damaged), None)

    def write(self, keys: list[bytes], vectors: NDArray[Any]) -> None:
        """Store a batch."""

        def add(store: VectorStore) -> None:
            model: CachedModel = store.add_model(
                self.fingerprint, self.dtype, vectors.shape[1], self.description
            )
            store.write(model, keys, vectors)

        self._attempt(add, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._attempt(lambda store: store.close(), None)

    @property
    def _file(self) -> Path:
        return self.folder / FILE

    def _attempt(self, action: Callable[[VectorStore], T], otherwise: T) -> T:
        if self.store is None:
            return otherwise
        try:
            return action(self.store)
        except (sqlite3.Error, OSError) as error:
            self._close()
            if is_damage(error):
                self._set_aside(error)
                self._open()
            else:
                self._warn_disabled(error)
            return otherwise

    def _open(self) -> None:
        for attempt in range(2):
            self.file_id = _file_id(self._file)
            try:
                self.store = VectorStore(self.folder)
                self.file_id = _file_id(self._file)
                return
            except (sqlite3.Error, OSError, StorageError) as error:
                if attempt or not is_damage(error):
                    self._warn_disabled(error)
                    return
                self._set_aside(error)

    def _close(self) -> None:
        store, self.store = self.store, None
        if store is not None:
            try:
                store.close()
            except sqlite3.Error:
                return  # nothing of a damaged file can be saved

    def _set_aside(self, error: Exception) -> None:
        if self.file_id is None or _file_id(self._file) != self.file_id:
            return  # another process has replaced the file
        try:
            aside = set_aside(self.folder)
        except OSError as refusal:
            self._warn_disabled(refusal)
            return
        _warn(
            f"the embedding cache {self._file} is damaged ({error}); it is renamed to {aside.name} and "
            "embeddings are computed again. The renamed file can be deleted"
        )

    def _warn_disabled(self, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or error
        _warn(f"embedding cache {self.folder} disabled; new embeddings are not saved: {reason}")


def cached(
    embedder: Embedder, folder: str | os.PathLike[str] | None, *, dtype: CacheDtype = "float32"
) -> Embedder:
    """Return a cached embedder; one that cannot be cached is returned as it is.

    Parameters
    ----------
    embedder : Embedder
    folder : path, optional
        None (the default of `TopicModel`) disables the cache.
    dtype : {"float32", "float16"}
        Stored dtype, "float32" by default.

    Returns
    -------
    Embedder

    Warns
    -----
    TopickitWarning
        When the embedder is a function or an object of another library, which has no fingerprint. Embedders
        that learn from a corpus or look embeddings up need no cache and give no warning.

    Examples
    --------
    >>> cached(resolve("all-MiniLM-L6-v2"), "a-folder")
    CachedEmbedder(SentenceEmbedder('all-MiniLM-L6-v2'))
    >>> cached(resolve("lexical"), "a-folder")
    LexicalEmbedder(100, random_state=0)
    """
    if folder is None or isinstance(embedder, CachedEmbedder | FittedOnCorpus | PrecomputedEmbedder):
        return embedder
    reason = reason_not_cacheable(embedder)
    if reason is None:
        return CachedEmbedder(embedder, folder, dtype)
    if not isinstance(embedder, AbsentEmbedder):
        _warn(f"embeddings of {embedder!r} are not cached: {reason}")
    return embedder


def with_cached_teacher(embedder: Embedder, folder: str | os.PathLike[str] | None) -> Embedder:
    """Return an embedder whose model or teacher is cached; one without such a model is returned as it is.

    Examples
    --------
    >>> with_cached_teacher(resolve("lexical"), "a-folder")
    LexicalEmbedder(100, random_state=0)
    """
    with_cache = getattr(embedder, "with_cache", None)
    return embedder if folder is None or with_cache is None else with_cache(folder)


def reason_not_cacheable(embedder: Embedder) -> str | None:
    """Return why an embedder's embeddings cannot be cached; None if they can.

    Examples
    --------
    >>> reason_not_cacheable(resolve("all-MiniLM-L6-v2")) is None, reason_not_cacheable(resolve(len)) is None
    (True, False)
    """
    if isinstance(embedder, CachedEmbedder):
        return "it has a cache already"
    if isinstance(embedder, FittedOnCorpus):
        return "it is fitted to each corpus, so its embeddings change with the corpus"
    if isinstance(embedder, PrecomputedEmbedder):
        return "it already looks them up"
    if isinstance(embedder, ForeignEmbedder | AbsentEmbedder):
        return (
            "it has no fingerprint that is the same in the next run; pass the name or path of a model, or an "
            "object with a property fingerprint (a str that changes with everything that changes embeddings) "
            "and a method state()"
        )
    return None


def keys_of(texts: Sequence[str], fingerprint: str, dtype: str) -> list[bytes]:
    """Hash what determines an embedding: fingerprint, dtype and text (BLAKE2b, 16 bytes).

    Examples
    --------
    >>> a, b = keys_of(["text", "text"], "model", "float32")
    >>> a == b, len(a), a in keys_of(["text"], "model", "float16")
    (True, 16, False)
    """
    # The key of the hash has a fixed length, so that no two pairs of fingerprint and text collide.
    secret = hashlib.blake2b(f"{dtype} {fingerprint}".encode(), digest_size=32).digest()
    begun = hashlib.blake2b(key=secret, digest_size=16)
    keys = []
    for text in texts:
        digest = begun.copy()
        digest.update(text.encode("utf-8", "surrogatepass"))
        keys.append(digest.digest())
    return keys


def default_folder() -> Path:
    """Return the cache folder of the user, from XDG_CACHE_HOME or the convention of the system.

    Examples
    --------
    >>> default_folder().name
    'topickit'
    """
    named = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(named):  # the XDG specification: ignore relative paths
        return Path(named) / "topickit"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "topickit"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "topickit"
    return Path.home() / ".cache" / "topickit"


def folder_of(path: Any) -> Path:
    """Return a cache folder as a checked path.

    Raises
    ------
    ParameterError
        When it is not a path, or is the path of a file.

    Examples
    --------
    >>> folder_of("a-folder").name
    'a-folder'
    """
    if not isinstance(path, str | os.PathLike) or not os.fspath(path) or not isinstance(os.fspath(path), str):
        raise ParameterError(f"the cache must be the path of a folder, got {path!r}")
    refuse_address(path)
    folder = Path(path).expanduser()
    if os.path.isfile(folder):
        raise ParameterError(f"the cache must be a folder, and {folder} is a file; pass a folder")
    return folder


def _batched(items: Sequence[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(itertools.islice(rest, size)):
        yield batch


def _file_id(file: Path) -> int | None:
    try:
        return file.stat().st_ino
    except OSError:
        return None


def _warn(message: str) -> None:
    warnings.warn(message, TopickitWarning, stacklevel=4)
