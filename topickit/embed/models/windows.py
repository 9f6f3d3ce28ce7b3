"""Texts longer than a model's maximum length: count, truncate or split them into windows."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from topickit._core.vectors import FloatArray, IntArray, unit_rows
from topickit.embed.base import LongDocuments
from topickit.errors import ParameterError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

UNLIMITED = 1_000_000
"""Tokenizers without a maximum length report a huge one."""
HEAD_CHARACTERS = 8
"""Characters per token of a truncated text; the average is lower in every language."""
SLACK = 32
"""Tokens kept after the last one that is used, so that truncation does not change how it is formed."""
BATCH = 64


@dataclass(frozen=True)
class Heads:
    """Texts truncated shortly after the model's maximum length, and the number of truncated texts."""

    texts: list[str]
    n_truncated: int


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of texts, in the order of the texts.

    Attributes
    ----------
    texts : list of str
        The m windows.
    tokens : int64 ndarray of shape (m,)
        Number of tokens of each, the weight of its embedding; 1 for a text of one window.
    first : int64 ndarray of shape (n,)
        The first window of each text.
    """

    texts: list[str]
    tokens: IntArray
    first: IntArray


@dataclass(frozen=True)
class Reader:
    """A model's tokenizer and maximum length.

    Attributes
    ----------
    tokenizer : transformers tokenizer with offsets ("fast")
    room : int
        Maximum number of tokens of a text, without special tokens and the model's prompt.
    """

    tokenizer: Any
    room: int

    def heads(self, texts: list[str]) -> Heads:
        """Truncate texts shortly after the last token that the model uses, and count the truncated ones.

        Only texts that may be too long are tokenized, and only their beginning. That is cheap compared with
        the model, and saves it the tokenization of the rest.
        """
        result = list(texts)
        n_truncated = 0
        limit = HEAD_CHARACTERS * (self.room + SLACK)
        for rows in self._suspects(texts):
            offsets = self._offsets([texts[i][:limit] for i in rows])
            for i, spans in zip(rows, offsets, strict=True):
                if len(texts[i]) > limit and len(spans) < self.room + SLACK:
                    spans = self._offsets([texts[i]])[0]  # long blanks, or long words
                n_truncated += len(spans) > self.room
                if len(spans) >= self.room + SLACK:
                    result[i] = texts[i][: spans[self.room + SLACK - 1][1]]
        return Heads(result, n_truncated)

    def windows(self, texts: list[str]) -> Windows:
        """Split each text that is too long into windows of about equal size, at word boundaries."""
        pieces: list[list[tuple[str, int]]] = [[(text, 1)] for text in texts]
        for rows in self._suspects(texts):
            batch = self._tokenize([texts[i] for i in rows])
            for position, i in enumerate(rows):
                spans = batch["offset_mapping"][position]
                if len(spans) > self.room:
                    bounds = cuts(batch.word_ids(position), self.room)
                    pieces[i] = [
                        (texts[i][spans[a][0] : spans[b - 1][1]], b - a)
                        for a, b in itertools.pairwise(bounds)
                    ]
        flat = [piece for of_text in pieces for piece in of_text]
        sizes = np.array([len(of_text) for of_text in pieces], dtype=np.int64)
        tokens = np.array([n for _, n in flat], dtype=np.int64)
        return Windows([text for text, _ in flat], tokens, np.cumsum(sizes) - sizes)

    def _suspects(self, texts: list[str]) -> Iterator[list[int]]:
        # Tokenizers make at most one token per byte, except for rare ligatures that they expand.
        rows = [i for i, text in enumerate(texts) if len(text) * (1 if text.isascii() else 4) >= self.room]
        for start in range(0, len(rows), BATCH):
            yield rows[start : start + BATCH]

    def _tokenize(self, texts: list[str]) -> Any:
        return self.tokenizer(
            texts,
            add_special_tokens=False,
            truncation=False,
            padding=False,
            return_attention_mask=False,
            return_token_type_ids=False,
            return_offsets_mapping=True,
            verbose=False,  # no warning of long sequences, which are expected here
        )

    def _offsets(self, texts: list[str]) -> list[list[tuple[int, int]]]:
        offsets: list[list[tuple[int, int]]] = self._tokenize(texts)["offset_mapping"]
        return offsets


def reader_of(model: "SentenceTransformer", long_documents: LongDocuments) -> Reader | None:
    """Return the reader of a model; None if it has no maximum length, or no fast tokenizer to check it with.

    Raises
    ------
    ParameterError
        When `long_documents` is "chunk" and the tokenizer does not report token positions.
    """
    tokenizer, longest = getattr(model, "tokenizer", None), getattr(model, "max_seq_length", None)
    if tokenizer is None or longest is None or longest > UNLIMITED:
        return None
    if not getattr(tokenizer, "is_fast", False):
        if long_documents == "chunk":
            raise ParameterError(
                "long_documents='chunk' needs a fast tokenizer, which this model does not have; "
                "use 'truncate', or split the documents yourself"
            )
        return None
    prompt = model.prompts.get(model.default_prompt_name or "", "") or ""
    taken = tokenizer.num_special_tokens_to_add(pair=False)
    taken += len(tokenizer(prompt, add_special_tokens=False)["input_ids"]) if prompt else 0
    return Reader(tokenizer, max(1, int(longest) - taken))


def cuts(words: list[int | None], room: int) -> list[int]:
    """Return the boundaries of windows of equal size, moved back to a word boundary if one is near.

    Parameters
    ----------
    words : list of int
        The word of each token.
    room : int
        Maximum number of tokens per window.

    Returns
    -------
    list of int
        The first token of each window, and the number of tokens.

    Examples
    --------
    >>> cuts([0, 1, 2, 2, 3, 4], 4)
    [0, 2, 6]
    """
    bounds = [0]
    while len(words) - bounds[-1] > room:
        left = len(words) - bounds[-1]
        size = -(-left // -(-left // room))
        end = bounds[-1] + size
        near = range(end, max(bounds[-1], end - 1 - max(1, size // 8)), -1)
        bounds.append(next((i for i in near if words[i] != words[i - 1]), end))
    return [*bounds, len(words)]


def average(vectors: FloatArray, windows: Windows) -> FloatArray:
    """Average the embeddings of each text's windows by their number of tokens, and scale to length 1.

    Parameters
    ----------
    vectors : float32 ndarray of shape (m, d), unit rows
    windows : Windows

    Returns
    -------
    float32 ndarray of shape (n, d)

    Examples
    --------
    >>> parts = Windows(["a", "b", "c"], np.array([3, 4, 1]), np.array([0, 2]))
    >>> average(np.array([[1, 0], [0, 1], [1, 0]], dtype=np.float32), parts).round(1).tolist()
    [[0.6000000238418579, 0.800000011920929], [1.0, 0.0]]
    """
    weighted = vectors.astype(np.float64) * windows.tokens[:, None]
    return unit_rows(np.add.reduceat(weighted, windows.first, axis=0))
