"""What a student takes from its teacher: tokenizer, maximum length and input token embeddings."""

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
"""Number of texts tokenized at a time: enough for all threads, little memory."""


@dataclass(frozen=True, eq=False)
class Tokens:
    """The concatenated tokens of n texts.

    Attributes
    ----------
    ids : int64 ndarray
        Tokens of all texts.
    ends : int64 ndarray of shape (n + 1,)
        Text i has ``ids[ends[i]:ends[i + 1]]``.
    """

    ids: IntArray
    ends: IntArray

    def __len__(self) -> int:
        return len(self.ends) - 1

    def rows(self, rows: IntArray) -> "Tokens":
        """Return the tokens of some texts."""
        parts = [self.ids[self.ends[i] : self.ends[i + 1]] for i in rows]
        return Tokens.of([part.tolist() for part in parts])

    @classmethod
    def of(cls, ids: Sequence[Sequence[int]]) -> "Tokens":
        """Concatenate the tokens of texts.

        Examples
        --------
        >>> Tokens.of([[5, 6], [], [7]]).ends.tolist()
        [0, 2, 2, 3]
        """
        ends = np.cumsum([0, *map(len, ids)], dtype=np.int64)
        flat = itertools.chain.from_iterable(ids)
        return cls(np.fromiter(flat, dtype=np.int64, count=int(ends[-1])), ends)

    @classmethod
    def concatenate(cls, blocks: Sequence["Tokens"]) -> "Tokens":
        """Concatenate blocks of texts.

        Examples
        --------
        >>> Tokens.concatenate([Tokens.of([[5, 6]]), Tokens.of([[], [7]])]).ends.tolist()
        [0, 2, 2, 3]
        """
        starts = np.cumsum([0, *(len(block.ids) for block in blocks)])
        ends = [block.ends[1:] + start for block, start in zip(blocks, starts[:-1], strict=True)]
        ids = np.concatenate([block.ids for block in blocks])
        return cls(ids, np.concatenate([np.zeros(1, np.int64), *ends]))


@dataclass(frozen=True, eq=False)
class TokenTable:
    """The teacher's tokenizer, maximum length and input token embeddings.

    Attributes
    ----------
    tokenizer : tokenizers.Tokenizer
        A copy without the teacher's padding and truncation.
    room : int or None
        Maximum number of tokens of a text; None for no maximum.
    lower : bool
        Whether the teacher lowercases texts first.
    embeddings : float32 ndarray of shape (v, e)
    """

    tokenizer: Any
    room: int | None
    lower: bool
    embeddings: FloatArray

    @classmethod
    def of(cls, model: "SentenceTransformer", long_documents: LongDocuments, name: str) -> "TokenTable":
        """Read the table from a model.

        Raises
        ------
        ParameterError
            When the model has no fast tokenizer or no input token embeddings.
        """
        embeddings = _input_embeddings(model, name)
        tokenizer = getattr(model, "tokenizer", None)
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if tokenizer is None or backend is None:
            raise ParameterError(
                f"{name} has no fast tokenizer (of the tokenizers package), which a student needs; use the "
                "model as the embedder itself, or choose another teacher"
            )
        reader = windows.reader_of(model, "truncate") if long_documents == "truncate" else None
        copy = type(backend).from_str(backend.to_str())
        copy.no_padding()
        copy.no_truncation()
        if reader is not None:
            copy.enable_truncation(reader.room + windows.SLACK)
        if copy.get_vocab_size(with_added_tokens=True) > len(embeddings):
            raise ParameterError(
                f"the tokenizer of {name} has more tokens than the model's {len(embeddings)} token "
                "embeddings, so its files do not match; download it again"
            )
        lower = bool(getattr(model[0], "do_lower_case", False))
        return cls(copy, None if reader is None else reader.room, lower, embeddings)

    def blocks(self, texts: Sequence[str]) -> Iterator[Tokens]:
        """Yield the tokens of texts, truncated at the teacher's maximum length, `BLOCK` texts at a time.

        Parameters
        ----------
        texts : sequence of str
        """
        for start in range(0, len(texts), BLOCK):
            block = [text.strip() for text in texts[start : start + BLOCK]]
            yield Tokens.of(self._ids([text.lower() for text in block] if self.lower else block))

    def _ids(self, texts: list[str]) -> list[list[int]]:
        if self.room is None:
            return [encoding.ids for encoding in self._encode(texts)]
        # Long texts are tokenized up to a limit, and again in full if that gives too few tokens.
        limit = windows.HEAD_CHARACTERS * (self.room + windows.SLACK)
        ids = [encoding.ids for encoding in self._encode([text[:limit] for text in texts])]
        short = [
            i for i, text in enumerate(texts) if len(text) > limit and len(ids[i]) < self.room + windows.SLACK
        ]
        for i, encoding in zip(short, self._encode([texts[i] for i in short]), strict=True):
            ids[i] = encoding.ids
        return [tokens[: self.room] for tokens in ids]

    def _encode(self, texts: list[str]) -> list[Any]:
        encoded: list[Any] = self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return encoded


def _input_embeddings(model: "SentenceTransformer", name: str) -> FloatArray:
    transformer = getattr(model[0], "auto_model", None)
    try:
        weight = transformer.get_input_embeddings().weight  # type: ignore[union-attr]
        table = np.asarray(from_tensor(weight), dtype=np.float32)
    except (AttributeError, NotImplementedError, TypeError) as error:
        raise ParameterError(
            f"{name} has no input token embeddings (its first module is {type(model[0]).__name__}), which a "
            "student needs; use it as the embedder itself, or choose a transformer as the teacher"
        ) from error
    if table.ndim != 2:
        raise ParameterError(
            f"the input token embeddings of {name} have shape {table.shape}, not (tokens, d)"
        )
    return table
