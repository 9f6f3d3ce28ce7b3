"""The file of the embedding cache: SQLite, one row per vector, keyed by hashes; it contains no text."""

import contextlib
import os
import secrets
import sqlite3
import time
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from topickit.errors import InputError, StorageError

FILE = "vectors.sqlite"
FORMAT_VERSION = 1
APPLICATION_ID = 0x746F7069
"""Identifies the SQLite files of topickit."""
PATIENCE = 30.0
"""Seconds to wait for a lock of another process."""
KEYS_PER_QUERY = 500
PAGE_BYTES = 16_384
"""Fits ten vectors of 384 float32; a quarter of SQLite's default page of 4,096 would be unused."""
MEMORY_KIB = 65_536
COMPANIONS = ("-wal", "-shm")
"""Endings of the files that SQLite adds while a file is in use."""

_TABLES = (
    "CREATE TABLE models (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, dtype TEXT NOT NULL, "
    "dimension INTEGER NOT NULL, description TEXT NOT NULL, UNIQUE (fingerprint, dtype))",
    # Rows are in the order of writing, and so of age; only the small index is in the order of the keys.
    "CREATE TABLE vectors (id INTEGER PRIMARY KEY, model INTEGER NOT NULL, key BLOB NOT NULL, "
    "written INTEGER NOT NULL, checksum INTEGER NOT NULL, vector BLOB NOT NULL, UNIQUE (model, key))",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {FORMAT_VERSION}",
)
_ENTRIES = "SELECT id, fingerprint, dtype, description, dimension, {rows} FROM models"
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_FORMAT}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DTYPES = ("float32", "float16")
_PROBED = 100
"""Maximum number of rows read to find an undamaged vector and its length."""


class Damage(sqlite3.DatabaseError):
    """The file is readable, but its content is inconsistent, which SQLite does not check."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


@dataclass(frozen=True)
class CachedModel:
    """The entry of one model and dtype.

    Attributes
    ----------
    id : int
    fingerprint, dtype, description : str
    dimension, rows : int
    """

    id: int
    fingerprint: str
    dtype: str
    description: str
    dimension: int
    rows: int

    @property
    def size(self) -> int:
        """Bytes of all vectors."""
        return self.rows * self.bytes_per_vector

    @property
    def bytes_per_vector(self) -> int:
        """Bytes of one vector."""
        return self.dimension * np.dtype(self.dtype).itemsize


@dataclass(frozen=True, eq=False)
class Rows:
    """Some of the requested vectors.

    Attributes
    ----------
    keys : list of bytes
    vectors : ndarray of shape (len(keys), d)
        In the dtype of the store; read-only.
    damaged : list of bytes
        Keys whose stored values are damaged.
    """

    keys: list[bytes]
    vectors: NDArray[Any]
    damaged: list[bytes]


class VectorStore:
    """An open file of vectors; errors of SQLite are not caught.

    Parameters
    ----------
    folder : Path
        Created if it does not exist.

    Raises
    ------
    StorageError
        When the file belongs to another program or a newer version of topickit.
    Damage
        Here or from a method: when the file has one byte, or the entry of a model is inconsistent.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, VectorStore(Path(folder)) as store:
    ...     model = store.add_model("abc", "float32", 2, "an example")
    ...     store.write(model, [b"k"], np.array([[1.0, 2.0]], dtype=np.float32))
    ...     next(store.read(model, [b"k", b"other"])).vectors.tolist()
    [[1.0, 2.0]]
    """

    def __init__(self, folder: Path) -> None:
        # Private, since the file shows which models were used and when.
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.file = folder / FILE
        if _is_one_byte(self.file):
            raise Damage("it is one byte long")
        self.connection = sqlite3.connect(self.file, timeout=PATIENCE, isolation_level=None)
        # Damaged values may be invalid UTF-8; they are detected below.
        self.connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        try:
            self._prepare()
        except BaseException:
            self.connection.close()
            raise

    def model(self, fingerprint: str, dtype: str) -> CachedModel | None:
        """Return the entry of a model (without counting its rows), or None.

        An entry has no checksum; the length of an undamaged vector confirms its dimension.
        """
        entries = [_entry(row) for row in self.connection.execute(_ENTRIES.format(rows="0"))]
        wanted = (fingerprint, dtype)
        model = next((entry for entry in entries if (entry.fingerprint, entry.dtype) == wanted), None)
        if model is not None and self._stored_length(model) not in (None, model.bytes_per_vector):
            raise Damage(
                f"its entry of a model has {model.dimension} columns, and stored vectors have others"
            )
        return model

    def add_model(self, fingerprint: str, dtype: str, dimension: int, description: str) -> CachedModel:
        """Return the entry of a model, created if needed.

        Raises
        ------
        InputError
            When vectors with another number of columns are stored under the fingerprint.
        """
        model = self.model(fingerprint, dtype)
        if model is None:
            with self._transaction():
                self.connection.execute(
                    "INSERT OR IGNORE INTO models (fingerprint, dtype, dimension, description) "
                    "VALUES (?, ?, ?, ?)",
                    (fingerprint, dtype, dimension, description),
                )
                model = self.model(fingerprint, dtype)  # before another process may prune it
        assert model is not None
        if model.dimension == dimension:
            return model
        if self._stored_length(model) is None:  # without vectors, the entry is taken for damaged
            raise Damage(f"its entry of a model has {model.dimension} columns, and the model has {dimension}")
        raise InputError(
            f"{description} returned vectors of {dimension} columns, and {self.file} contains vectors with "
            f"the same fingerprint {fingerprint[:40]!r} and {model.dimension} columns; a fingerprint must "
            "change with everything that changes embeddings"
        )

    def read(self, model: CachedModel, keys: Sequence[bytes]) -> Iterator[Rows]:
        """Look up distinct keys; yields parts in the order of the file."""
        with self._snapshot():
            places, kept_keys = self._places(model, keys)
            order = np.argsort(places)
            for start in range(0, len(order), KEYS_PER_QUERY):
                part = order[start : start + KEYS_PER_QUERY].tolist()
                yield self._part(model, {places[i]: kept_keys[i] for i in part})

    def write(self, model: CachedModel, keys: Sequence[bytes], vectors: NDArray[Any]) -> None:
        """Add rows in one transaction; existing keys keep their values."""
        raw = np.ascontiguousarray(vectors, dtype=model.dtype).tobytes()
        size = len(raw) // max(1, len(keys))
        now = int(time.time())
        values = [raw[i * size : (i + 1) * size] for i in range(len(keys))]
        with self._transaction():
            self.connection.executemany(
                "INSERT OR IGNORE INTO vectors (model, key, written, checksum, vector) "
                "VALUES (?, ?, ?, ?, ?)",
                [
                    (model.id, key, now, checksum(key, value), value)
                    for key, value in zip(keys, values, strict=True)
                ],
            )

    def drop(self, model: CachedModel, keys: Sequence[bytes]) -> None:
        """Remove rows by their keys."""
        with self._transaction():
            self.connection.executemany(
                "DELETE FROM vectors WHERE model = ? AND key = ?", [(model.id, key) for key in keys]
            )

    def models(self) -> list[CachedModel]:
        """Return all models, those with most rows first."""
        query = _ENTRIES.format(rows="(SELECT count(*) FROM vectors WHERE model = models.id)")
        models = [_entry(row) for row in self.connection.execute(query)]
        return sorted(models, key=lambda model: (-model.rows, model.id))

    def prune(
        self,
        *,
        models: Sequence[CachedModel] | None = None,
        written_before: float | None = None,
        max_bytes: int | None = None,
    ) -> int:
        """Remove rows and free their disk space.

        Parameters
        ----------
        models : sequence of CachedModel, optional
            Models whose rows are removed; None (the default) for all.
        written_before : float, optional
            Unix time; older rows are removed.
        max_bytes : int, optional
            The oldest rows are removed until the file is no larger. With neither this nor `written_before`,
            all rows are removed.

        Returns
        -------
        int
            Number of removed rows.
        """
        of_models = f"model IN ({','.join(str(model.id) for model in models)})" if models is not None else "1"
        removed = 0
        if written_before is not None:
            removed += self._delete(f"{of_models} AND written < ?", written_before)
        elif max_bytes is None:
            removed += self._delete(of_models)
        self._reclaim_space()
        while max_bytes is not None and (size := self.size()) > max_bytes:
            (rows,) = self.connection.execute(f"SELECT count(*) FROM vectors WHERE {of_models}").fetchone()
            if not rows:
                break
            surplus = max(1, -int(-rows * (size - max_bytes) // size))
            removed += self._delete(
                f"id IN (SELECT id FROM vectors WHERE {of_models} ORDER BY id LIMIT ?)", surplus
            )
            self._reclaim_space()
        return removed

    def size(self) -> int:
        """Return the size on disk in bytes, including the files that SQLite adds."""
        return size_of(self.file.parent)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _places(self, model: CachedModel, keys: Sequence[bytes]) -> tuple["array[int]", list[bytes]]:
        """Return the row ids of existing keys, and these keys; reads only the index, which is contiguous."""
        places, found = array("q"), []
        for start in range(0, len(keys), KEYS_PER_QUERY):
            asked = keys[start : start + KEYS_PER_QUERY]
            rows = self.connection.execute(
                f"SELECT id, key FROM vectors WHERE model = ? AND key IN ({_marks(asked)})",
                (model.id, *asked),
            ).fetchall()
            places.extend([row[0] for row in rows])
            found += [row[1] for row in rows]
        return places, found

    def _part(self, model: CachedModel, key_at: dict[int, bytes]) -> Rows:
        """Read the vectors of keys by their ascending row ids."""
        size, crc = model.bytes_per_vector, zlib.crc32
        rows = self._rows(list(key_at))
        if len(rows) < len(key_at):
            raise Damage("its index refers to rows that do not exist")
        # One expression for speed, since it runs for every hit. A damaged row may hold any type.
        sound = [
            r
            for r in rows
            if type(r[2]) is bytes and len(r[2]) == size and crc(r[2], crc(key_at[r[0]])) == r[1]
        ]
        joined = np.frombuffer(b"".join([row[2] for row in sound]), dtype=model.dtype)
        kept = [key_at[row[0]] for row in sound]
        damaged = [] if len(sound) == len(rows) else sorted({key_at[row[0]] for row in rows} - set(kept))
        return Rows(kept, joined.reshape(len(sound), model.dimension), damaged)

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Read one consistent version of the file while other processes write."""
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    def _rows(self, places: list[int]) -> list[tuple[int, Any, Any]]:
        """Return id, checksum and vector of rows by ascending ids."""
        select, first, last = "SELECT id, checksum, vector FROM vectors WHERE", places[0], places[-1]
        if last - first + 1 == len(places):
            return self.connection.execute(f"{select} id BETWEEN ? AND ?", (first, last)).fetchall()
        return self.connection.execute(f"{select} id IN ({_marks(places)})", places).fetchall()

    def _stored_length(self, model: CachedModel) -> int | None:
        """Return the bytes of an undamaged vector of a model; None if none is found."""
        rows = self.connection.execute(
            "SELECT key, checksum, vector FROM vectors WHERE model = ? LIMIT ?", (model.id, _PROBED)
        )
        for key, written, vector in rows:
            if type(key) is type(vector) is bytes and checksum(key, vector) == written:
                rows.close()  # an open statement would keep other processes from truncating the log
                return len(vector)
        return None

    def _prepare(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self._make_tables()
                break
            except sqlite3.OperationalError as error:
                # Two processes creating the same file: SQLite does not wait for the change to WAL.
                if primary_code(error) not in _BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.02)
        self.connection.execute("PRAGMA synchronous = NORMAL")  # safe with WAL when a process is killed
        self.connection.execute(f"PRAGMA cache_size = -{MEMORY_KIB}")

    def _make_tables(self) -> None:
        # One snapshot: a file that another process is creating would look like another program's.
        with self._snapshot():
            is_ours = self._is_ours()
        if is_ours:
            return
        self.connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        self.connection.execute("PRAGMA journal_mode = WAL")
        with self._transaction():
            if not self._is_ours():  # another process may have created them
                for statement in _TABLES:
                    self.connection.execute(statement)

    def _is_ours(self) -> bool:
        (owner,) = self.connection.execute("PRAGMA application_id").fetchone()
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        (n_tables,) = self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if (owner, version) == (0, 0) and n_tables == 0:
            return False
        if owner != APPLICATION_ID:
            raise StorageError(f"{self.file} is a database of another program; choose another folder")
        if version != FORMAT_VERSION:
            raise StorageError(
                f"{self.file} has format {version}, and this topickit reads format {FORMAT_VERSION}; "
                "upgrade topickit, or choose another folder"
            )
        return True

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:  # SQLite ends it itself when the disk is full
                self.connection.execute("ROLLBACK")
            raise

    def _delete(self, condition: str, *values: Any) -> int:
        with self._transaction():
            removed = self.connection.execute(f"DELETE FROM vectors WHERE {condition}", values).rowcount
            self.connection.execute("DELETE FROM models WHERE id NOT IN (SELECT model FROM vectors)")
        return int(removed)

    def _reclaim_space(self) -> None:
        self.connection.execute("VACUUM")
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _entry(row: Sequence[Any]) -> CachedModel:
    """Return the entry in a row of the table `models`, after checking the types of its values."""
    model = CachedModel(*row)
    if type(model.dimension) is not int or model.dimension < 1:
        raise Damage(f"its entry of a model has {model.dimension!r} columns")
    if model.dtype not in _DTYPES or {type(model.fingerprint), type(model.description)} != {str}:
        raise Damage("its entry of a model has values of other types than were written")
    return model


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def _is_one_byte(file: Path) -> bool:
    """Return whether a file has one byte, which SQLite takes for a new file on Unix."""
    try:
        return file.stat().st_size == 1
    except FileNotFoundError:
        return False


def checksum(key: bytes, value: bytes) -> int:
    """Return the CRC-32 of a key and its value, which also detects swapped values."""
    return zlib.crc32(value, zlib.crc32(key))


def primary_code(error: sqlite3.Error) -> int:
    """Return the primary result code of an SQLite error."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def is_damage(error: Exception) -> bool:
    """Return whether an error means a damaged file, not one that cannot be opened or written."""
    return isinstance(error, sqlite3.DatabaseError) and primary_code(error) in _DAMAGED


def set_aside(folder: Path) -> Path:
    """Rename a damaged file, and the files that SQLite adds, and return the new path."""
    file = folder / FILE
    aside = folder / f"{FILE}.damaged-{time.strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(2)}"
    # The log first: a new file must never be opened with the log of the old one.
    for ending in (*COMPANIONS, ""):
        with contextlib.suppress(FileNotFoundError):  # another process has renamed it
            os.replace(f"{file}{ending}", f"{aside}{ending}")
    return aside


def files_set_aside(folder: Path) -> list[Path]:
    """Return the damaged files that were renamed, with their added files."""
    return sorted(folder.glob(f"{FILE}.damaged-*"))


def size_of(folder: Path) -> int:
    """Return the size in bytes of the cache in a folder, with the files that SQLite adds; 0 if none."""
    total = 0
    for ending in ("", *COMPANIONS):
        with contextlib.suppress(FileNotFoundError):
            total += os.stat(f"{folder / FILE}{ending}").st_size
    return total
