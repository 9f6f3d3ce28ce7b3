"""Content of a text file: decompressed, decoded, and split into lines."""

import codecs
import gzip
import io
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

from topickit.errors import InputError, ParameterError, TopickitWarning

Source = Path | io.BytesIO
HEAD = 65536
BLOCK = 4 * 1024**2
MOST_DAMAGE = 0.01
FEW_DAMAGES = 10
"""Invalid byte sequences per line, and their number, up to which UTF-8 is read with replacements."""
GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
PACKED = (GZIP, ZSTD)
"""First bytes of compressed files, which polars decompresses."""
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Encodings by byte order mark; UTF-32 is before UTF-16, whose mark is its beginning."""
FOREIGN = {
    b"PK\x03\x04": "an Excel workbook or another ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook or another Office document",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"SQLite format 3\0": "an SQLite database",
}
"""Files of other formats, by their first bytes."""


class NotUtf8Error(InputError):
    """Content that is not UTF-8."""


@dataclass(frozen=True, eq=False)
class Content:
    """Text content of a file.

    Attributes
    ----------
    source : path or BytesIO
    path : str
        Name of the file in errors.
    encoding : str
        Name of the encoding; "utf-8-sig" for UTF-8 with or without byte order mark.
    errors : {"strict", "replace"}
        "replace" decodes invalid bytes as U+FFFD.
    """

    source: Source
    path: str
    encoding: str = "utf-8-sig"
    errors: str = "strict"

    @classmethod
    def of(cls, source: Source, path: str, encoding: str | None = None) -> "Content":
        """Determine the encoding from the byte order mark, unless it is given.

        Raises
        ------
        InputError
            If the file has another format.
        ParameterError
            If the encoding is unknown.
        """
        if encoding is not None:
            try:
                "a".encode(encoding)  # refuses codecs of bytes, such as base64
                name = codecs.lookup(encoding).name
            except LookupError:
                raise ParameterError(f"unknown encoding {encoding!r}; choose one such as cp1252") from None
            return cls(source, path, "utf-8-sig" if name == "utf-8" else name)
        head = cls(source, path)._head(64)
        for start, what in FOREIGN.items():
            if head.startswith(start):
                raise InputError(
                    f"cannot read {path}: it is {what}, not a text file; rename it to match its content, or "
                    "save it as CSV or Parquet"
                )
        name = next((name for mark, name in MARKS.items() if head.startswith(mark)), "utf-8-sig")
        return cls(source, path, name)

    @property
    def is_utf8(self) -> bool:
        """Whether polars reads the file without conversion."""
        return self.encoding == "utf-8-sig" and self.errors == "strict"

    def repair(self) -> "Content | None":
        """Return the content with U+FFFD for invalid bytes, with a warning; None if it is not damaged UTF-8.

        Valid sequences of several bytes must outnumber the invalid ones, which are few or in few lines: a
        text in another encoding has hardly any valid ones.
        """
        n_valid = n_bad = n_lines = first = 0
        for block in self._line_blocks(b"\n"):
            if not block.isascii():
                text = block.decode(errors="replace")
                bad = text.count("\ufffd") - block.count("\ufffd".encode())
                if bad and not n_bad:
                    first = n_lines + 1 + text[: _first_bad(block)].count("\n")
                n_bad += bad
                n_valid += len(text) - len(text.encode("ascii", "ignore")) - bad
            n_lines += block.count(b"\n")
        if not 0 < n_bad < n_valid or n_bad > max(FEW_DAMAGES, MOST_DAMAGE * n_lines):
            return None
        warnings.warn(
            f"{self.path} has {n_bad:,} invalid byte sequences in its UTF-8, the first in line {first}; "
            "each is read as U+FFFD",
            TopickitWarning,
            stacklevel=5,
        )
        return replace(self, errors="replace")

    def head(self) -> str:
        """Return the beginning, decoded, without the byte order mark."""
        start = b""
        for piece in self._pieces():
            start += piece
            if len(start) >= HEAD:
                break
        return start[:HEAD].decode(errors="replace")

    def blocks(self, line_end: str = "\n") -> Iterator[bytes]:
        """Yield the content in UTF-8, in blocks of whole lines, without byte order mark.

        Raises
        ------
        InputError
            If the content cannot be decoded or decompressed.
        """
        end = line_end.encode()
        n_bytes = n_lines = 0
        for block in self._line_blocks(end):
            self._check(block, n_bytes, n_lines, end)
            yield block
            n_bytes += len(block)
            n_lines += block.count(end)

    def _line_blocks(self, end: bytes) -> Iterator[bytes]:
        """Yield blocks of whole lines; UTF-8 is not checked."""
        rest = b""
        for piece in self._pieces():
            whole, separator, tail = (rest + piece).rpartition(end)
            block, rest = whole + separator, tail
            if block:
                yield block
        if rest:
            yield rest

    def lines(self, line_end: str = "\n") -> Iterator[str]:
        """Yield the lines without line ends; a carriage return before a line feed stays."""
        for block in self.blocks(line_end):
            lines = block.decode().split(line_end)
            yield from lines[:-1] if not lines[-1] else lines

    def _check(self, block: bytes, n_bytes: int, n_lines: int, end: bytes) -> None:
        """Check that a block is UTF-8."""
        if self.is_utf8 and not block.isascii():
            try:
                block.decode()
            except UnicodeDecodeError as error:
                line = n_lines + block.count(end, 0, error.start) + 1
                raise self._undecodable(n_bytes + error.start + self._n_mark, line) from error

    @property
    def _n_mark(self) -> int:
        return 3 if self._head(3) == codecs.BOM_UTF8 else 0

    def _undecodable(self, at: int, line: int) -> InputError:
        return not_utf8(self.path, at, line)

    def _pieces(self) -> Iterator[bytes]:
        """Yield pieces of the content; UTF-8 as it is, other encodings converted to UTF-8."""
        decoder = None if self.is_utf8 else codecs.getincrementaldecoder(self.encoding)(self.errors)
        n_bytes = 0
        with self._opened() as file:
            while True:
                piece = file.read(BLOCK)
                if decoder is not None:
                    try:
                        yield decoder.decode(piece, final=not piece).encode()
                    except UnicodeError as error:
                        at = n_bytes + getattr(error, "start", 0)
                        raise InputError(
                            f"{self.path} is not {self.encoding}: near byte {at}; name its encoding, or save "
                            "it as UTF-8"
                        ) from error
                elif not n_bytes and piece.startswith(codecs.BOM_UTF8):
                    yield piece[3:]
                else:
                    yield piece
                if not piece:
                    return
                n_bytes += len(piece)

    def _head(self, size: int) -> bytes:
        with self._opened() as file:
            return file.read(size)

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        with open_bytes(self.source) as file:
            try:
                yield file
            except (EOFError, zlib.error) as error:
                raise InputError(
                    f"cannot read {self.path}: its compressed content is damaged: {error}"
                ) from error


def not_utf8(path: str, at: int, line: int, likely: str = "cp1252") -> NotUtf8Error:
    """Return the error for content that is not UTF-8."""
    # No text has the characters of Latin 1 there; Windows-1252 has the euro and quotation marks.
    return NotUtf8Error(
        f"{path} is not UTF-8: byte {at}, line {line}; save it as UTF-8, or set its encoding with "
        f'TextFile(path, encoding="{likely}"), if that is it'
    )


def _first_bad(block: bytes) -> int:
    """Return the number of characters before the first invalid byte."""
    try:
        return len(block.decode())
    except UnicodeDecodeError as error:
        return len(block[: error.start].decode())


@contextmanager
def open_bytes(source: Source) -> Iterator[BinaryIO]:
    """Open a file, decompressed if it is gzip or Zstandard."""
    with io.BytesIO(source.getvalue()) if isinstance(source, io.BytesIO) else source.open("rb") as file:
        head = file.read(4)
        file.seek(0)
        if head.startswith(GZIP):
            with gzip.open(file) as unpacked:
                yield cast(BinaryIO, unpacked)
        elif head == ZSTD:
            yield io.BytesIO(_unpack_zstandard(source))
        else:
            yield file


def _unpack_zstandard(source: Source) -> bytes:
    """Decompress a file with polars; Python has no decompressor before 3.14."""
    import polars as pl

    lines = pl.scan_csv(
        source, has_header=False, new_columns=["line"], separator="\0", quote_char=None, infer_schema=False
    ).collect()["line"]
    return "\n".join(lines.fill_null("")).encode() + b"\n"
