"""The file of cached vectors: SQLite, a row a vector, keyed by hashes; no text is ever in it."""

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
"""Tells our files from other people's SQLite files."""
PATIENCE = 30.0
"""Seconds to wait for another process that writes."""
KEYS_A_QUERY = 500
PAGE_BYTES = 16_384
"""Holds ten vectors of 384 float32; in SQLite's own 4,096 a quarter would stay empty."""
MEMORY_KIB = 65_536
COMPANIONS = ("-wal", "-shm")
"""What SQLite keeps beside a file that is in use."""

_TABLES = (
    "CREATE TABLE models (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, dtype TEXT NOT NULL, "
    "dimension INTEGER NOT NULL, description TEXT NOT NULL, UNIQUE (fingerprint, dtype))",
    # Rows lie in the order of writing, which is that of age and nearly that of reading; only the small
    # index is in the order of the keys.
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
"""Vectors that are tried for a sound one, which tells how long those of a model are."""


class Damage(sqlite3.DatabaseError):
    """The file can be read, and what it says cannot be true; SQLite itself does not look at that."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


@dataclass(frozen=True)
class CachedModel:
    """What a cache holds of one model in one dtype.

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
        """Bytes of the vectors alone."""
        return self.rows * self.bytes_a_vector

    @property
    def bytes_a_vector(self) -> int:
        """Bytes of one."""
        return self.dimension * np.dtype(self.dtype).itemsize


@dataclass(frozen=True, eq=False)
class Found:
    """Some of the vectors that were asked for.

    Attributes
    ----------
    keys : list of bytes
    vectors : ndarray of shape (len(keys), d)
        In the dtype of the store; read-only.
    damaged : list of bytes
        Keys whose values were there, and were not what had been written.
    """

    keys: list[bytes]
    vectors: NDArray[Any]
    damaged: list[bytes]


class VectorStore:
    """An open file of vectors; SQLite's own errors pass through.

    Parameters
    ----------
    folder : Path
        Made if it is not there.

    Raises
    ------
    StorageError
        When the file is another program's, or a newer topickit's.
    Damage
        Here or from a method: when it is cut to one byte, or the entry of a model is not what was written.

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
        # Hashes only; but which model was used, and when, is nobody else's business.
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.file = folder / FILE
        if _is_one_byte(self.file):
            raise Damage("it is one byte long")
        self.connection = sqlite3.connect(self.file, timeout=PATIENCE, isolation_level=None)
        # A damaged value may be text that is no UTF-8: to be seen below, and no error of its own.
        self.connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        try:
            self._prepare()
        except BaseException:
            self.connection.close()
            raise

    def model(self, fingerprint: str, dtype: str) -> CachedModel | None:
        """Return the entry of a model (without counting its rows), or None.

        An entry has no checksum, but vectors have: the length of a sound one bears its dimension out.
        """
        entries = [_entry(row) for row in self.connection.execute(_ENTRIES.format(rows="0"))]
        asked = (fingerprint, dtype)
        found = next((model for model in entries if (model.fingerprint, model.dtype) == asked), None)
        if found is not None and self._length_kept(found) not in (None, found.bytes_a_vector):
            raise Damage(f"its entry of a model says {found.dimension} columns, and kept vectors have others")
        return found

    def add_model(self, fingerprint: str, dtype: str, dimension: int, description: str) -> CachedModel:
        """Return the entry of a model, made if it is not there.

        Raises
        ------
        InputError
            When it is there with another number of columns, and vectors of so many.
        """
        found = self.model(fingerprint, dtype)
        if found is None:
            with self._transaction():
                self.connection.execute(
                    "INSERT OR IGNORE INTO models (fingerprint, dtype, dimension, description) "
                    "VALUES (?, ?, ?, ?)",
                    (fingerprint, dtype, dimension, description),
                )
                found = self.model(fingerprint, dtype)  # before another process may prune it
        assert found is not None
        if found.dimension == dimension:
            return found
        if self._length_kept(found) is None:  # no vector to say who is right: the fit is to go on
            raise Damage(
                f"its entry of a model says {found.dimension} columns, and the model has {dimension}"
            )
        raise InputError(
            f"{description} gave vectors of {dimension} columns, and {self.file} holds vectors of the "
            f"same fingerprint {fingerprint[:40]!r} with {found.dimension}; a fingerprint must "
            "change with everything that changes vectors"
        )

    def read(self, model: CachedModel, keys: Sequence[bytes]) -> Iterator[Found]:
        """Look distinct keys up; what is found comes in parts, in the order of the file."""
        with self._snapshot():
            places, kept_keys = self._places(model, keys)
            order = np.argsort(places)
            for start in range(0, len(order), KEYS_A_QUERY):
                part = order[start : start + KEYS_A_QUERY].tolist()
                yield self._part(model, {places[i]: kept_keys[i] for i in part})

    def write(self, model: CachedModel, keys: Sequence[bytes], vectors: NDArray[Any]) -> None:
        """Add rows in one transaction; a key that is there keeps its value."""
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
        """All models, those with most rows first."""
        counted = _ENTRIES.format(rows="(SELECT count(*) FROM vectors WHERE model = models.id)")
        found = [_entry(row) for row in self.connection.execute(counted)]
        return sorted(found, key=lambda model: (-model.rows, model.id))

    def prune(
        self,
        *,
        models: Sequence[CachedModel] | None = None,
        written_before: float | None = None,
        max_bytes: int | None = None,
    ) -> int:
        """Remove rows, and give their space back.

        Parameters
        ----------
        models : sequence of CachedModel, optional
            Only rows of these are removed; None for all.
        written_before : float, optional
            Rows older than this Unix time go.
        max_bytes : int, optional
            The oldest rows go until the file is no larger. With neither this nor `written_before`,
            all rows go.

        Returns
        -------
        int
            How many rows were removed.
        """
        of_models = f"model IN ({','.join(str(model.id) for model in models)})" if models is not None else "1"
        removed = 0
        if written_before is not None:
            removed += self._delete(f"{of_models} AND written < ?", written_before)
        elif max_bytes is None:
            removed += self._delete(of_models)
        self._give_back()
        while max_bytes is not None and (size := self.size()) > max_bytes:
            (rows,) = self.connection.execute(f"SELECT count(*) FROM vectors WHERE {of_models}").fetchone()
            if not rows:
                break
            surplus = max(1, -int(-rows * (size - max_bytes) // size))
            removed += self._delete(
                f"id IN (SELECT id FROM vectors WHERE {of_models} ORDER BY id LIMIT ?)", surplus
            )
            self._give_back()
        return removed

    def size(self) -> int:
        """Bytes on the disk, with what SQLite keeps beside the file."""
        return size_of(self.file.parent)

    def close(self) -> None:
        """Close the file; what was written stays."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _places(self, model: CachedModel, keys: Sequence[bytes]) -> tuple["array[int]", list[bytes]]:
        """Where keys lie, of those that are there; only the index is read, whose pages lie together."""
        places, found = array("q"), []
        for start in range(0, len(keys), KEYS_A_QUERY):
            asked = keys[start : start + KEYS_A_QUERY]
            rows = self.connection.execute(
                f"SELECT id, key FROM vectors WHERE model = ? AND key IN ({_marks(asked)})",
                (model.id, *asked),
            ).fetchall()
            places.extend([row[0] for row in rows])
            found += [row[1] for row in rows]
        return places, found

    def _part(self, model: CachedModel, key_at: dict[int, bytes]) -> Found:
        """Read the vectors at these places, ascending, which are the keys'."""
        size, crc = model.bytes_a_vector, zlib.crc32
        rows = self._rows(list(key_at))
        if len(rows) < len(key_at):
            raise Damage("its index names rows that are not there")
        # In one line, since it runs for every hit. A damaged row may hold a value of any type.
        sound = [
            r
            for r in rows
            if type(r[2]) is bytes and len(r[2]) == size and crc(r[2], crc(key_at[r[0]])) == r[1]
        ]
        joined = np.frombuffer(b"".join([row[2] for row in sound]), dtype=model.dtype)
        kept = [key_at[row[0]] for row in sound]
        damaged = [] if len(sound) == len(rows) else sorted({key_at[row[0]] for row in rows} - set(kept))
        return Found(kept, joined.reshape(len(sound), model.dimension), damaged)

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Read the file as it is now, whatever other processes do meanwhile."""
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    def _rows(self, places: list[int]) -> list[tuple[int, Any, Any]]:
        """Rows at ascending places: their place, checksum and vector."""
        select, first, last = "SELECT id, checksum, vector FROM vectors WHERE", places[0], places[-1]
        if last - first + 1 == len(places):
            return self.connection.execute(f"{select} id BETWEEN ? AND ?", (first, last)).fetchall()
        return self.connection.execute(f"{select} id IN ({_marks(places)})", places).fetchall()

    def _length_kept(self, model: CachedModel) -> int | None:
        """Bytes of a vector of a model that is as it was written; None where none is found."""
        rows = self.connection.execute(
            "SELECT key, checksum, vector FROM vectors WHERE model = ? LIMIT ?", (model.id, _PROBED)
        )
        for key, written, vector in rows:
            if type(key) is type(vector) is bytes and checksum(key, vector) == written:
                rows.close()  # else the statement stays open, and another process cannot tidy its log
                return len(vector)
        return None

    def _prepare(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self._make_tables()
                break
            except sqlite3.OperationalError as error:
                # Two processes that make the same file: SQLite does not wait for the change to WAL.
                if primary_code(error) not in _BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.02)
        self.connection.execute("PRAGMA synchronous = NORMAL")  # with WAL: a killed process loses nothing
        self.connection.execute(f"PRAGMA cache_size = -{MEMORY_KIB}")

    def _make_tables(self) -> None:
        # In one view: else a file that another process makes meanwhile looks like another program's.
        with self._snapshot():
            is_ours = self._is_ours()
        if is_ours:
            return
        self.connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        self.connection.execute("PRAGMA journal_mode = WAL")
        with self._transaction():
            if not self._is_ours():  # another process may just have made them
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
                f"{self.file} has format {version}, and this topickit knows format {FORMAT_VERSION}; "
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
            if self.connection.in_transaction:  # SQLite ends it itself where the disk is full
                self.connection.execute("ROLLBACK")
            raise

    def _delete(self, condition: str, *values: Any) -> int:
        with self._transaction():
            removed = self.connection.execute(f"DELETE FROM vectors WHERE {condition}", values).rowcount
            self.connection.execute("DELETE FROM models WHERE id NOT IN (SELECT model FROM vectors)")
        return int(removed)

    def _give_back(self) -> None:
        self.connection.execute("VACUUM")
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _entry(row: Sequence[Any]) -> CachedModel:
    """Make the entry of a row of `models` whose values are of the kinds that are written there."""
    found = CachedModel(*row)
    if type(found.dimension) is not int or found.dimension < 1:
        raise Damage(f"its entry of a model says {found.dimension!r} columns")
    if found.dtype not in _DTYPES or {type(found.fingerprint), type(found.description)} != {str}:
        raise Damage("its entry of a model is not what was written")
    return found


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def _is_one_byte(file: Path) -> bool:
    """Whether SQLite would take what is left of a file for a new one, as it does on Unix."""
    try:
        return file.stat().st_size == 1
    except FileNotFoundError:
        return False


def checksum(key: bytes, value: bytes) -> int:
    """CRC-32 of a value and its key: a value in another's place is noticed too."""
    return zlib.crc32(value, zlib.crc32(key))


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's primary result code of an error."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def is_damage(error: Exception) -> bool:
    """Tell a damaged file from one that cannot be reached or written."""
    return isinstance(error, sqlite3.DatabaseError) and primary_code(error) in _DAMAGED


def set_aside(folder: Path) -> Path:
    """Rename a damaged file, and what SQLite keeps beside it, so that a new one can be begun."""
    file = folder / FILE
    aside = folder / f"{FILE}.damaged-{time.strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(2)}"
    # The log first: a new file must never find the log of the old one beside it.
    for ending in (*COMPANIONS, ""):
        with contextlib.suppress(FileNotFoundError):  # another process was sooner
            os.replace(f"{file}{ending}", f"{aside}{ending}")
    return aside


def files_set_aside(folder: Path) -> list[Path]:
    """Damaged files that were renamed, with what lay beside them."""
    return sorted(folder.glob(f"{FILE}.damaged-*"))


def size_of(folder: Path) -> int:
    """Bytes of the file in a folder, with what SQLite keeps beside it; 0 where there is none."""
    total = 0
    for ending in ("", *COMPANIONS):
        with contextlib.suppress(FileNotFoundError):
            total += os.stat(f"{folder / FILE}{ending}").st_size
    return total
