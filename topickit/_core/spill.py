"""What does not fit in memory lies in a temporary file: texts, and long arrays that grow.

The files have no name, vanish with what is made of them, and lie in the folder for temporary files (set by
the variable TMPDIR).
"""

import mmap
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Any, Self, overload

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
KeyArray = NDArray[np.uint64]
IN_MEMORY = 256 * 1024**2
"""Bytes of texts from which on they lie in a file."""
RUN = 64 * 1024**2
"""Bytes of texts that are put in order and written at once."""
BLOCK = 8192
NUMBERS_IN_MEMORY = 256 * 1024**2
"""Bytes of an array from which on it lies in a file."""
NUMBERS_A_PART = 4_000_000


def unnamed_file() -> IO[bytes]:
    """Open a temporary file that vanishes with the last handle to it."""
    return tempfile.TemporaryFile(prefix="topickit-")


def give_back(mapped: mmap.mmap) -> None:
    """Give back the memory that a file's contents take; what is asked for again is read again."""
    if hasattr(mapped, "madvise") and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


class StoredTexts(Sequence[str]):
    """Texts in one file without a name, which vanishes with them; used as a list of str is.

    Parameters
    ----------
    content : mmap
        UTF-8.
    starts, sizes : int64 ndarray of shape (n,)
        Where each text begins, and its bytes.
    """

    __slots__ = ("_content", "_sizes", "_starts")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, content: mmap.mmap, starts: IntArray, sizes: IntArray) -> None:
        self._content = content
        self._starts = starts
        self._sizes = sizes

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if not isinstance(at, slice):
            start = int(self._starts[at])
            return self._content[start : start + int(self._sizes[at])].decode()
        starts, content = self._starts[at], self._content
        ends = starts + self._sizes[at]
        found = [
            content[start:end].decode() for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        ]
        give_back(content)
        return found

    def __iter__(self) -> Iterator[str]:
        for start, stop in self.spans(BLOCK):
            yield from self[start:stop]

    def spans(self, most: int) -> Iterator[tuple[int, int]]:
        """Give first and last-plus-one of blocks of at most so many texts, and about `RUN` bytes."""
        ends = np.cumsum(self._sizes)
        start = 0
        while start < len(self):
            before = int(ends[start] - self._sizes[start])
            stop = max(start + 1, int(np.searchsorted(ends, before + RUN, side="right")))
            stop = min(stop, start + most)
            yield start, stop
            start = stop

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str) or len(self) != len(other):
            return False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    def __reduce__(self) -> tuple[type[list[str]], tuple[list[str]]]:
        return list, (list(self),)  # another process has no such file

    def __repr__(self) -> str:
        return f"<StoredTexts: {len(self):,} texts, {int(self._sizes.sum()):,} bytes>"

    def taken(self, rows: IntArray) -> "StoredTexts":
        """Give some of the texts, in another order; the file is the same."""
        return StoredTexts(self._content, self._starts[rows], self._sizes[rows])


def spans(texts: Sequence[str], most: int) -> list[tuple[int, int]]:
    """List blocks of at most so many texts; where they lie in a file, of about `RUN` bytes at most.

    Examples
    --------
    >>> spans(["a", "b", "c"], 2)
    [(0, 2), (2, 3)]
    """
    if isinstance(texts, StoredTexts):
        return list(texts.spans(most))
    return [(start, min(start + most, len(texts))) for start in range(0, len(texts), most)]


class TextStore:
    """Takes texts one block after another, and writes them to a file when they become too many.

    In the file they lie in runs, each in the order of its keys: who reads them in that order reads every
    run from its beginning to its end, and a disk likes that.

    Examples
    --------
    >>> with TextStore() as store:
    ...     store.add(["b", "a"], np.array([[1, 0], [0, 7]], dtype=np.uint64))
    ...     list(store.texts())
    ['b', 'a']
    """

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._keys: list[KeyArray] = []
        self._bytes = 0
        self._file: IO[bytes] | None = None
        self._starts: list[IntArray] = []
        self._sizes: list[IntArray] = []

    def add(self, texts: Sequence[str], keys: KeyArray) -> None:
        """Take more texts.

        Parameters
        ----------
        texts : sequence of str
        keys : uint64 ndarray of shape (len(texts), 2)
            Their order is that in which the texts will be read.
        """
        self._kept += texts
        self._keys.append(keys)
        self._bytes += sum(map(sys.getsizeof, texts))
        if self._bytes >= (IN_MEMORY if self._file is None else RUN):
            self._write()

    def texts(self) -> Sequence[str]:
        """Give all texts in the order in which they came; `StoredTexts` where they were too many."""
        if self._file is None:
            return self._kept
        self._write()
        self._file.flush()
        content = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        return StoredTexts(content, np.concatenate(self._starts), np.concatenate(self._sizes))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()  # the texts have a handle of their own

    def _write(self) -> None:
        if not self._kept:
            return
        if self._file is None:
            self._file = unnamed_file()
        keys = np.concatenate(self._keys)
        order = np.lexsort((keys[:, 1], keys[:, 0]))
        end = self._file.tell()
        sizes = np.empty(len(order), dtype=np.int64)
        for row in order.tolist():
            sizes[row] = self._file.write(self._kept[row].encode())
        starts = np.empty(len(order), dtype=np.int64)
        starts[order] = end + np.cumsum(sizes[order]) - sizes[order]
        self._starts.append(starts)
        self._sizes.append(sizes)
        self._kept, self._keys, self._bytes = [], [], 0


class StoredNumbers:
    """A long array that grows at its end; in a temporary file when it becomes too long.

    Parameters
    ----------
    dtype : type

    Examples
    --------
    >>> with StoredNumbers(np.int32) as numbers:
    ...     numbers.extend(np.array([3, 4]))
    ...     numbers.array().tolist()
    [3, 4]
    """

    def __init__(self, dtype: type) -> None:
        self._dtype = np.dtype(dtype)
        self._parts: list[NDArray[Any]] = []
        self._size = 0
        self._file: IO[bytes] | None = None

    def __len__(self) -> int:
        return self._size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; arrays that were given stay."""
        if self._file is not None:
            self._file.close()

    def extend(self, values: NDArray[Any]) -> None:
        """Copy numbers to the end."""
        self._parts.append(np.array(values, dtype=self._dtype))
        self._size += len(values)
        if self._file is not None or self._size * self._dtype.itemsize > NUMBERS_IN_MEMORY:
            self._write()

    def parts(self) -> Iterator[NDArray[Any]]:
        """Give all numbers in parts, which may be changed in place."""
        if self._file is None:
            yield from self._parts
            return
        whole = self.array()
        for start in range(0, self._size, NUMBERS_A_PART):
            yield whole[start : start + NUMBERS_A_PART]

    def array(self) -> NDArray[Any]:
        """Give all numbers."""
        if self._file is not None:
            self._file.flush()
            return np.memmap(self._file, dtype=self._dtype, mode="r+", shape=(self._size,))
        if len(self._parts) != 1:
            self._parts = [np.concatenate([np.empty(0, dtype=self._dtype), *self._parts])]
        return self._parts[0]

    def _write(self) -> None:
        if self._file is None:
            self._file = unnamed_file()
        for part in self._parts:
            self._file.write(part.tobytes())
        self._parts = []
