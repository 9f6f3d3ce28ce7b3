"""Vectors kept on disk between runs: a wrapper around any embedder that is the same in every run."""

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

from topickit._core.state import State
from topickit._core.validation import check_vectors
from topickit._core.vectors import FloatArray
from topickit.embed.base import (
    Embedder,
    EmbedderInfo,
    FittedOnCorpus,
    describe,
    refuse_str,
    resolve,
)
from topickit.embed.cache.database import FILE, CachedModel, VectorStore, is_damage, set_aside
from topickit.embed.foreign import AbsentEmbedder, ForeignEmbedder
from topickit.embed.precomputed import PrecomputedEmbedder
from topickit.errors import (
    InputError,
    ParameterError,
    StorageError,
    TopickitWarning,
    check_whole,
)

BATCH_SIZE = 512
"""Texts a transaction: what a killed run loses at most; with MiniLM on two cores, two or three seconds."""

CacheDtype: TypeAlias = Literal["float32", "float16"]
T = TypeVar("T")


@runtime_checkable
class EncodesInBlocks(Protocol):
    """An embedder that gives vectors as they are made, under one progress bar."""

    def encode_blocks(self, texts: Sequence[str], size: int) -> Iterator[NDArray[Any]]:
        """Yield the vectors of each `size` texts."""

    def confirm(self) -> str:
        """Return the fingerprint, and warn where a model was saved with another."""


class CachedEmbedder:
    """An embedder whose vectors are kept in a folder: each text is embedded once, in whatever run.

    Vectors are kept by a hash of the embedder's fingerprint, the dtype and the text, in one SQLite
    file that several processes may share (on a local disk: SQLite's log does not work over a
    network). No text is written, only hashes; who has the file and guesses a text can find out
    whether it was embedded. Each batch of new vectors is one transaction, so a run that is killed
    loses at most one batch, and the next goes on from there.

    Whatever happens to the file costs time, and never gives wrong vectors: a file that is damaged, or
    whose entry of a model does not fit the vectors kept under it, is renamed and begun anew; a vector
    that is not what its checksum says is made again; and where the folder cannot be written (full disk,
    no permission) all goes on without it; each with a warning. (A file of no bytes is not told from one
    that is being made, and is begun without a word.)

    Parameters
    ----------
    embedder : str, path, or embedder
        As `topickit.embed.resolve` has it, and the same in every run: a model's name or path, or an
        object with ``encode``, ``fingerprint`` and ``state`` whose fingerprint changes with
        everything that changes vectors.
    path : path
        Folder; made when it is first needed.
    dtype : {"float32", "float16"}
        How vectors are kept. float16 takes half the space, and rounds: `encode` returns the rounded
        ones from the first time on. The two are kept apart.
    batch_size : int
        Texts a transaction.

    Raises
    ------
    ParameterError
        When a setting cannot be used, or the embedder has no fingerprint that holds in other runs:
        a function, an object of another library, one that is fitted to a corpus ("lexical").

    Notes
    -----
    What `encode` returns is what is kept, bit for bit; so it is the same in every later run. Texts
    that are not there yet are embedded in batches of `batch_size`, in their order; a
    sentence-transformers model rounds each according to its batch (about 1e-7), so the vectors of
    two *caches*, or of a cache and the bare embedder, may differ by that, and a label where
    two topics tie to that. A run that was killed and run again gives the bits of one that was not.

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
        reason = why_not(self.embedder)
        if reason:
            raise ParameterError(f"the vectors of {self.embedder!r} cannot be kept: {reason}")
        self.path = folder_of(path)
        self.dtype: CacheDtype = dtype
        self.batch_size = batch_size

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return the vectors of texts: those that are kept, and new ones of the others, which are kept then.

        Parameters
        ----------
        texts : sequence of str
            Equal ones are embedded once.

        Returns
        -------
        float32 ndarray of shape (n, d)

        Raises
        ------
        InputError, InputTypeError
            When what the embedder returns cannot be used, or its columns are not those of the
            vectors that are kept under its fingerprint.

        Warns
        -----
        TopickitWarning
            When the file or a value in it was damaged, or the file cannot be used.
        """
        refuse_str(texts)
        if len(texts) == 0:
            return np.asarray(self.embedder.encode(texts), dtype=np.float32)
        inner = self.embedder
        fingerprint = inner.confirm() if isinstance(inner, EncodesInBlocks) else str(inner.fingerprint)
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

    @property
    def fingerprint(self) -> str:
        """The embedder's own."""
        return self.embedder.fingerprint

    @property
    def info(self) -> EmbedderInfo:
        """The embedder's own."""
        return describe(self.embedder)

    @property
    def dimension(self) -> int | None:
        """The embedder's own, where it says; None otherwise."""
        known: int | None = getattr(self.embedder, "dimension", None)
        return known

    def state(self) -> State:
        """Return the embedder's own: a saved model knows nothing of a cache."""
        return self.embedder.state()

    def __repr__(self) -> str:
        more = "" if self.dtype == "float32" else f", dtype={self.dtype!r}"
        return f"CachedEmbedder({self.embedder!r}{more})"

    def _vectors(self, session: "_Session", texts: list[str], rows: dict[bytes, int]) -> FloatArray:
        """Vectors of distinct texts; `rows` gives the row of each key, in the order of the texts."""
        result: FloatArray | None = None
        missing = np.ones(len(texts), dtype=bool)
        for keys, found in session.read(list(rows)):
            result = np.empty((len(texts), found.shape[1]), dtype=np.float32) if result is None else result
            at = [rows[key] for key in keys]
            result[at] = found
            missing[at] = False
        todo = np.flatnonzero(missing).tolist()
        if not todo:
            assert result is not None
            return result
        all_keys = list(rows)
        blocks = self._blocks([texts[i] for i in todo])
        for at, block in zip(_batched(todo, self.batch_size), blocks, strict=True):
            made = self._as_kept(block, len(at))
            if result is None:
                result = np.empty((len(texts), made.shape[1]), dtype=np.float32)
            if made.shape[1] != result.shape[1]:
                raise InputError(
                    f"{self.embedder!r} gave vectors of {made.shape[1]} columns, and those that are kept "
                    f"under its fingerprint have {result.shape[1]}; a fingerprint must change with the model"
                )
            result[at] = made
            session.write([all_keys[i] for i in at], made)
        assert result is not None
        return result

    def _blocks(self, texts: list[str]) -> Iterator[NDArray[Any]]:
        if isinstance(self.embedder, EncodesInBlocks):
            yield from self.embedder.encode_blocks(texts, self.batch_size)
            return
        for batch in _batched(texts, self.batch_size):
            yield self.embedder.encode(batch)

    def _as_kept(self, vectors: Any, n_rows: int) -> NDArray[Any]:
        """Vectors as the store will give them back."""
        what = f"vectors from {self.embedder!r}"
        checked = check_vectors(vectors, n_rows=n_rows, what=what)
        with np.errstate(over="ignore"):
            kept = checked.astype(self.dtype)
        if not np.isfinite(kept).all():
            raise InputError(
                f"{what} are too large for {self.dtype} ({np.abs(checked).max():.3g}); "
                + ("scale them" if self.dtype == "float32" else "keep them as float32")
            )
        return kept


class _Session:
    """The store during one call: what goes wrong with its file is said, and costs time only."""

    def __init__(self, folder: Path, fingerprint: str, dtype: str, description: str) -> None:
        self.folder = folder
        self.fingerprint, self.dtype, self.description = fingerprint, dtype, description
        self.store: VectorStore | None = None
        self.file_id: int | None = None
        self._open()

    def read(self, keys: list[bytes]) -> Iterator[tuple[list[bytes], NDArray[Any]]]:
        """Yield keys that are there, and their vectors."""
        damaged: list[bytes] = []
        model = self._attempt(lambda store: store.model(self.fingerprint, self.dtype), None)
        parts = (found for store in [self.store] if store and model for found in store.read(model, keys))
        while (found := self._attempt(lambda _: next(parts, None), None)) is not None:
            damaged += found.damaged
            if found.keys:
                yield found.keys, found.vectors
        if damaged and model is not None:
            _warn(f"{len(damaged)} of the vectors kept in {self._file} are damaged; they are made again")
            self._attempt(lambda store: store.drop(model, damaged), None)

    def write(self, keys: list[bytes], vectors: NDArray[Any]) -> None:
        """Keep a batch."""

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
                self._say_off(error)
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
                    self._say_off(error)
                    return
                self._set_aside(error)

    def _close(self) -> None:
        store, self.store = self.store, None
        if store is not None:
            try:
                store.close()
            except sqlite3.Error:
                return  # of a damaged file nothing is left to be saved

    def _set_aside(self, error: Exception) -> None:
        if self.file_id is None or _file_id(self._file) != self.file_id:
            return  # another process was sooner, and this is its new file
        try:
            aside = set_aside(self.folder)
        except OSError as refusal:
            self._say_off(refusal)
            return
        _warn(
            f"the cache {self._file} is damaged ({error}); it is set aside as {aside.name} and begun anew: "
            "vectors are made again. Delete the old one when you like, or with: topickit cache clear"
        )

    def _say_off(self, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or error
        _warn(f"the cache in {self.folder} is off, vectors made now are not kept: {reason}")


def cached(
    embedder: Embedder, folder: str | os.PathLike[str] | None, *, dtype: CacheDtype = "float32"
) -> Embedder:
    """Wrap an embedder where its vectors can be kept; any other is returned as it is.

    Parameters
    ----------
    embedder : Embedder
    folder : path, optional
        None for no cache.
    dtype : {"float32", "float16"}

    Warns
    -----
    TopickitWarning
        When a cache is asked for, and the embedder is a function or an object of another library:
        nothing tells whether it is the same in the next run. Embedders that are fitted to the
        corpus, or look vectors up, have no use for a cache and are passed over silently.

    Examples
    --------
    >>> cached(resolve("all-MiniLM-L6-v2"), "a-folder")
    CachedEmbedder(SentenceEmbedder('all-MiniLM-L6-v2'))
    >>> cached(resolve("lexical"), "a-folder")
    LexicalEmbedder(100, random_state=0)
    """
    if folder is None or isinstance(embedder, CachedEmbedder | FittedOnCorpus | PrecomputedEmbedder):
        return embedder
    reason = why_not(embedder)
    if reason is None:
        return CachedEmbedder(embedder, folder, dtype)
    if not isinstance(embedder, AbsentEmbedder):
        _warn(f"the vectors of {embedder!r} are not kept in the cache: {reason}")
    return embedder


def with_cached_teacher(embedder: Embedder, folder: str | os.PathLike[str] | None) -> Embedder:
    """Let an embedder that learns from a teacher keep the teacher's vectors; any other stays as it is.

    Examples
    --------
    >>> with_cached_teacher(resolve("lexical"), "a-folder")
    LexicalEmbedder(100, random_state=0)
    """
    with_cache = getattr(embedder, "with_cache", None)
    return embedder if folder is None or with_cache is None else with_cache(folder)


def why_not(embedder: Embedder) -> str | None:
    """Say why an embedder's vectors cannot be kept between runs; None where they can.

    Examples
    --------
    >>> why_not(resolve("all-MiniLM-L6-v2")) is None, why_not(resolve(len)) is None
    (True, False)
    """
    if isinstance(embedder, CachedEmbedder):
        return "it has a cache already"
    if isinstance(embedder, FittedOnCorpus):
        return "it is fitted to each corpus, and another one with each"
    if isinstance(embedder, PrecomputedEmbedder):
        return "it only looks them up"
    if isinstance(embedder, ForeignEmbedder | AbsentEmbedder):
        return (
            "nothing tells whether it is the same in the next run; give the name or path of a model, or an "
            "object that also has a property fingerprint (a str that changes with everything that changes "
            "vectors) and a method state()"
        )
    return None


def keys_of(texts: Sequence[str], fingerprint: str, dtype: str) -> list[bytes]:
    """Hash what decides a vector: the embedder's fingerprint, the dtype and the text (BLAKE2b, 16 bytes).

    Examples
    --------
    >>> a, b = keys_of(["text", "text"], "model", "float32")
    >>> a == b, len(a), a in keys_of(["text"], "model", "float16")
    (True, 16, False)
    """
    # The key of the hash has a fixed length, so no fingerprint and text can stand for another pair.
    secret = hashlib.blake2b(f"{dtype} {fingerprint}".encode(), digest_size=32).digest()
    begun = hashlib.blake2b(key=secret, digest_size=16)
    keys = []
    for text in texts:
        digest = begun.copy()
        digest.update(text.encode("utf-8", "surrogatepass"))
        keys.append(digest.digest())
    return keys


def default_folder() -> Path:
    """Return the folder for the user's cached data: what the system names for it, or XDG_CACHE_HOME.

    Examples
    --------
    >>> default_folder().name
    'topickit'
    """
    named = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(named):  # the XDG specification: a relative one is to be ignored
        return Path(named) / "topickit"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "topickit"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "topickit"
    return Path.home() / ".cache" / "topickit"


def folder_of(path: Any) -> Path:
    """Check what a user gives as the folder of a cache.

    Raises
    ------
    ParameterError
        When it is not a path, or the path of a file.

    Examples
    --------
    >>> folder_of("a-folder").name
    'a-folder'
    """
    if not isinstance(path, str | os.PathLike) or not os.fspath(path) or not isinstance(os.fspath(path), str):
        raise ParameterError(f"the cache must be the path of a folder, got {path!r}")
    folder = Path(path).expanduser()
    if os.path.isfile(folder):
        raise ParameterError(f"the cache must be a folder, and {folder} is a file; name a folder")
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
