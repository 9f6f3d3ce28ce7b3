"""What a student needs of its teacher: the tokeniser, how much of a text is read, the token embeddings."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from topickit._core.validation import from_tensor
from topickit._core.vectors import FloatArray, IntArray
from topickit.embed.base import LongDocuments
from topickit.embed.models import windows
from topickit.errors import ParameterError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BLOCK = 4_096
"""Texts tokenised at a time: enough for all threads, little enough for memory."""


@dataclass(frozen=True, eq=False)
class Tokens:
    """The tokens of n texts, one after another.

    Attributes
    ----------
    ids : int64 ndarray
        Of all texts.
    ends : int64 ndarray of shape (n + 1,)
        Text i has ``ids[ends[i]:ends[i + 1]]``.
    """

    ids: IntArray
    ends: IntArray

    def __len__(self) -> int:
        return len(self.ends) - 1

    def rows(self, rows: IntArray) -> "Tokens":
        """Return those of some texts."""
        parts = [self.ids[self.ends[i] : self.ends[i + 1]] for i in rows]
        return Tokens.of([part.tolist() for part in parts])

    @classmethod
    def of(cls, ids: Sequence[Sequence[int]]) -> "Tokens":
        """Join the tokens of texts.

        Examples
        --------
        >>> Tokens.of([[5, 6], [], [7]]).ends.tolist()
        [0, 2, 2, 3]
        """
        ends = np.cumsum([0, *map(len, ids)], dtype=np.int64)
        flat = itertools.chain.from_iterable(ids)
        return cls(np.fromiter(flat, dtype=np.int64, count=int(ends[-1])), ends)


@dataclass(frozen=True, eq=False)
class TokenTable:
    """The teacher's tokeniser, how much of a text the teacher reads, and its input token embeddings.

    Attributes
    ----------
    tokenizer : tokenizers.Tokenizer
        A copy: neither padded nor cut as the teacher's own may be.
    room : int or None
        Tokens of a text that are read; None for all.
    lower : bool
        The teacher's texts are put into lower case first.
    embeddings : float32 ndarray of shape (v, e)
    """

    tokenizer: Any
    room: int | None
    lower: bool
    embeddings: FloatArray

    @classmethod
    def of(cls, model: "SentenceTransformer", long_documents: LongDocuments, name: str) -> "TokenTable":
        """Take from a model what a student needs.

        Raises
        ------
        ParameterError
            When it has no fast tokeniser, or no table of input token embeddings.
        """
        embeddings = _input_embeddings(model, name)
        tokenizer = getattr(model, "tokenizer", None)
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if tokenizer is None or backend is None:
            raise ParameterError(
                f"{name} has no fast tokeniser (one of the package tokenizers), so no student can be made "
                "of it; use it as the embedder itself, or choose another teacher"
            )
        reader = windows.reader_of(model, "truncate") if long_documents == "truncate" else None
        copy = type(backend).from_str(backend.to_str())
        copy.no_padding()
        copy.no_truncation()
        if reader is not None:
            copy.enable_truncation(reader.room + windows.SLACK)
        if copy.get_vocab_size(with_added_tokens=True) > len(embeddings):
            raise ParameterError(
                f"the tokeniser of {name} knows more tokens than its {len(embeddings)} token embeddings; "
                "the model's files do not belong together"
            )
        lower = bool(getattr(model[0], "do_lower_case", False))
        return cls(copy, None if reader is None else reader.room, lower, embeddings)

    def blocks(self, texts: Sequence[str]) -> Iterator[Tokens]:
        """Give the tokens that the teacher would read, `BLOCK` texts at a time.

        Parameters
        ----------
        texts : sequence of str
        """
        for start in range(0, len(texts), BLOCK):
            block = [text.strip() for text in texts[start : start + BLOCK]]
            yield Tokens.of(self._ids([text.lower() for text in block] if self.lower else block))

    def _ids(self, texts: list[str]) -> list[list[int]]:
        if self.room is None:
            return [found.ids for found in self._encoded(texts)]
        # Only the beginning of a long text is tokenised, and all of it where that was not enough.
        limit = windows.HEAD_CHARACTERS * (self.room + windows.SLACK)
        ids = [found.ids for found in self._encoded([text[:limit] for text in texts])]
        short = [
            i for i, text in enumerate(texts) if len(text) > limit and len(ids[i]) < self.room + windows.SLACK
        ]
        for i, found in zip(short, self._encoded([texts[i] for i in short]), strict=True):
            ids[i] = found.ids
        return [found[: self.room] for found in ids]

    def _encoded(self, texts: list[str]) -> list[Any]:
        encoded: list[Any] = self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return encoded


def _input_embeddings(model: "SentenceTransformer", name: str) -> FloatArray:
    transformer = getattr(model[0], "auto_model", None)
    try:
        weight = transformer.get_input_embeddings().weight  # type: ignore[union-attr]
        table = np.asarray(from_tensor(weight), dtype=np.float32)
    except (AttributeError, NotImplementedError, TypeError) as error:
        raise ParameterError(
            f"{name} has no input token embeddings ({type(model[0]).__name__} is its first part), so no "
            "student can be made of it; use it as the embedder itself, or choose a transformer as the teacher"
        ) from error
    if table.ndim != 2:
        raise ParameterError(
            f"the input token embeddings of {name} have shape {table.shape}, not (tokens, d)"
        )
    return table
