"""Ready-made embeddings as an embedder."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topickit._core.state import State
from topickit._core.validation import TextError, check_vectors, quote
from topickit.corpus.documents import check_texts, content_hash, is_blank
from topickit.embed.base import EmbedderInfo
from topickit.embed.foreign import external_state
from topickit.errors import InputError


class PrecomputedEmbedder:
    """Looks up ready-made embeddings by text.

    Use it where an embedder is required, such as in a `HybridEmbedder`; `TopicModel.fit` also takes
    ready-made embeddings directly, as ``embeddings=``. It is not saved with a model: pass the embeddings
    again.

    Parameters
    ----------
    texts : list, tuple, or column of str
        n texts; some may be blank.
    vectors : array-like of shape (n, d)
        The embedding of each text. It is not copied; do not modify it afterwards.

    Raises
    ------
    InputTypeError, InputError
        When texts or vectors cannot be used, or equal texts have different vectors.

    Examples
    --------
    >>> embedder = PrecomputedEmbedder(["a", "b"], [[1.0, 0.0], [0.0, 1.0]])
    >>> embedder.encode(["b", "b"]).tolist()
    [[0.0, 1.0], [0.0, 1.0]]
    """

    __slots__ = ("_rows", "_vectors")

    def __init__(self, texts: Any, vectors: ArrayLike) -> None:
        strings = check_texts(texts)
        self._vectors = check_vectors(vectors, n_rows=len(strings))
        self._rows: dict[bytes, int] = {}
        for row, text in enumerate(strings):
            first = self._rows.setdefault(content_hash(text), row)
            if (
                first != row
                and not is_blank(text)
                and not np.array_equal(self._vectors[first], self._vectors[row])
            ):
                raise InputError(
                    f"rows {first} and {row} contain the same text, {text[:40]!r}, with different vectors; "
                    "remove one of them, or pass the vectors as embeddings="
                )

    def encode(self, texts: Sequence[str]) -> NDArray[Any]:
        """Return the given vector of each text.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        ndarray of shape (len(texts), d)

        Raises
        ------
        InputError
            When a text has no given vector.
        """
        rows = np.empty(len(texts), dtype=np.int64)
        for position, text in enumerate(texts):
            row = self._rows.get(content_hash(text))
            if row is None:
                raise TextError(
                    f"the text {quote(text)} is not among the {len(self._rows)} texts with given "
                    "vectors; embed it with the same model, and pass the vectors as embeddings=",
                    text,
                )
            rows[position] = row
        return self._vectors[rows]

    @property
    def fingerprint(self) -> str:
        """Hash of all texts and vectors, independent of their order."""
        digest = hashlib.blake2b(f"{self._vectors.dtype} {self._vectors.shape[1]}".encode(), digest_size=16)
        for key, row in sorted(self._rows.items()):
            digest.update(key)
            digest.update(self._vectors[row].tobytes())
        return f"precomputed:{digest.hexdigest()}"

    @property
    def info(self) -> EmbedderInfo:
        """Kind "precomputed", without the fingerprint, which reads all vectors."""
        return EmbedderInfo("precomputed", repr(self))

    def state(self) -> State:
        """Return a description: the vectors are not saved and have to be passed again."""
        return external_state("vectors given with their texts", int(self._vectors.shape[1]))

    def __repr__(self) -> str:
        return f"PrecomputedEmbedder({len(self._rows)} texts)"
