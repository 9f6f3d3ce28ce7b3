"""Temporary files for texts and growing arrays that are too large for memory.

The files are in the system's temporary folder, which the variable TMPDIR sets. They are deleted with the
objects that use them.
"""

import contextlib
import errno
import mmap
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from topickit.errors import InputError

IntArray = NDArray[np.int64]
KeyArray = NDArray[np.uint64]
IN_MEMORY = 256 * 1024**2
"""Texts of more bytes are stored in a file."""
RUN = 64 * 1024**2
"""Bytes of texts that are sorted and written at once."""
BLOCK = 8192
NUMBERS_IN_MEMORY = 256 * 1024**2
"""An array of more bytes is stored in a file."""
NUMBERS_A_PART = 4_000_000


def unnamed_file() -> IO[bytes]:
    """Open a temporary file that is deleted when its last handle is closed."""
    return tempfile.TemporaryFile(prefix="topickit-")


@contextlib.contextmanager
def check_room() -> Iterator[None]:
    """Replace the error of a full disk by one that says what to do.

    Raises
    ------
    InputError
        If the folder for temporary files is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise InputError(
            f"the folder for temporary files, {tempfile.gettempdir()}, is full: free space in it, or set the "
            "variable TMPDIR to a folder with more space"
        ) from error


def reserve(file: IO[bytes], size: int) -> None:
    """Allocate the space of a file before it is mapped, because a write to a full disk would end the process.

    Raises
    ------
    InputError
        If the folder for temporary files is full.
    """
    with check_room():
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
            return
        for start in range(0, size, RUN):
            file.write(bytes(min(RUN, size - start)))
        file.flush()
        file.seek(0)


def release_pages(mapped: mmap.mmap) -> None:
    """Release the memory of a mapped file; its pages are read again when needed."""
    if hasattr(mapped, "madvise") and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


class StoredTexts(Sequence[str]):
    """Texts in a temporary file, as a sequence of str.

    Parameters
    ----------
    content : mmap
        The texts in UTF-8.
    starts, sizes : int64 ndarray of shape (n,)
        Position of the first byte of each text, and its number of bytes.
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
        texts = [
            content[start:end].decode() for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        ]
        release_pages(content)
        return texts

    def __iter__(self) -> Iterator[str]:
        for start, stop in self.spans(BLOCK):
            yield from self[start:stop]

    def spans(self, most: int) -> Iterator[tuple[int, int]]:
        """Yield the start and stop of blocks of at most `most` texts and about `RUN` bytes."""
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
        return list, (list(self),)  # another process cannot open the file

    def __repr__(self) -> str:
        return f"<StoredTexts: {len(self):,} texts, {int(self._sizes.sum()):,} bytes>"

    def take(self, rows: IntArray) -> "StoredTexts":
        """Return the texts of some rows, from the same file."""
        return StoredTexts(self._content, self._starts[rows], self._sizes[rows])


def spans(texts: Sequence[str], most: int) -> list[tuple[int, int]]:
    """List the start and stop of blocks of texts.

    Parameters
    ----------
    texts : sequence of str
        Blocks of `StoredTexts` also have at most about `RUN` bytes.
    most : int
        Maximum number of texts in a block.

    Examples
    --------
    >>> spans(["a", "b", "c"], 2)
    [(0, 2), (2, 3)]
    """
    if isinstance(texts, StoredTexts):
        return list(texts.spans(most))
    return [(start, min(start + most, len(texts))) for start in range(0, len(texts), most)]


class TextStore:
    """Collects texts, and writes them to a file when they become too large for memory.

    The file consists of runs that are sorted by key. Reading the texts in the order of their keys reads each
    run sequentially.

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
        """Add texts.

        Parameters
        ----------
        texts : sequence of str
        keys : uint64 ndarray of shape (len(texts), 2)
            The texts will be read in the order of their keys.
        """
        self._kept += texts
        self._keys.append(keys)
        self._bytes += sum(map(sys.getsizeof, texts))
        if self._bytes >= (IN_MEMORY if self._file is None else RUN):
            with check_room():
                self._write()

    def texts(self) -> Sequence[str]:
        """Return all texts in the order in which they were added: a list, or `StoredTexts`."""
        if self._file is None:
            return self._kept
        with check_room():
            self._write()
            self._file.flush()
        content = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        return StoredTexts(content, np.concatenate(self._starts), np.concatenate(self._sizes))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):  # the texts have their own handle, and their bytes are written
                self._file.close()

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
    """A growing array that moves to a temporary file when it becomes too large for memory.

    Parameters
    ----------
    dtype : type
        Type of the numbers.

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
        """Close the file; returned arrays stay valid."""
        if self._file is not None:
            with contextlib.suppress(OSError):  # numbers that a full disk did not take
                self._file.close()

    def extend(self, values: NDArray[Any]) -> None:
        """Append a copy of numbers."""
        self._parts.append(np.array(values, dtype=self._dtype))
        self._size += len(values)
        if self._file is not None or self._size * self._dtype.itemsize > NUMBERS_IN_MEMORY:
            self._write()

    def parts(self) -> Iterator[NDArray[Any]]:
        """Yield all numbers in parts, which may be changed in place."""
        if self._file is None:
            yield from self._parts
            return
        whole = self.array()
        for start in range(0, self._size, NUMBERS_A_PART):
            yield whole[start : start + NUMBERS_A_PART]

    def array(self) -> NDArray[Any]:
        """Return all numbers."""
        if self._file is not None:
            with check_room():
                self._file.flush()
            return np.memmap(self._file, dtype=self._dtype, mode="r+", shape=(self._size,))
        if len(self._parts) != 1:
            self._parts = [np.concatenate([np.empty(0, dtype=self._dtype), *self._parts])]
        return self._parts[0]

    def _write(self) -> None:
        if self._file is None:
            self._file = unnamed_file()
        with check_room():
            for part in self._parts:
                self._file.write(part.tobytes())
        self._parts = []
