"""Two collections of documents as one: rows after rows, distinct texts once."""

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from topickit._core.spill import KeyArray, StoredTexts
from topickit._core.vectors import FloatArray, IntArray, allocate, map_blocks, release
from topickit.corpus.documents import Documents, collect, take_texts

BLOCK = 4096


@dataclass(frozen=True, eq=False)
class Joined:
    """Documents of two collections.

    Attributes
    ----------
    documents : Documents
        The rows of the first collection, then those of the second.
    source : int64 ndarray of shape (u,)
        Where each distinct text comes from: a position in the texts of the first collection, followed by
        those of the second. A text of both comes from the first.

    Examples
    --------
    >>> joined = Joined.of(Documents.of(["b", "a"]), Documents.of(["c", "a"]))
    >>> len(joined.documents), joined.documents.n_rows
    (3, 4)
    """

    documents: Documents
    source: IntArray = field(repr=False)

    @classmethod
    def of(cls, first: Documents, second: Documents, vectors: Sequence[FloatArray] | None = None) -> "Joined":
        """Join two collections.

        Parameters
        ----------
        first, second : Documents
        vectors : two float32 ndarrays of shapes (u1, d) and (u2, d), optional
            Equal texts with different vectors are different documents then.

        Returns
        -------
        Joined
        """
        keys = hashes = np.concatenate([first.keys, second.keys])
        if vectors is not None:
            keys = np.hstack([keys, _hash_repeated(keys, *vectors)])
        order = np.lexsort(keys.T[::-1])  # stable: of equal texts, that of the first collection comes first
        ordered = keys[order]
        is_new = np.ones(len(order), dtype=np.bool_)
        is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
        position = np.empty(len(order), dtype=np.int64)
        position[order] = np.cumsum(is_new) - 1
        source = order[is_new]
        of_first, of_second = position[: len(first)], position[len(first) :]
        weights = np.zeros(len(source), dtype=np.int64)
        np.add.at(weights, position, np.concatenate([first.weights, second.weights]))
        first_rows = np.full(len(source), first.n_rows + second.n_rows, dtype=np.int64)
        np.minimum.at(first_rows, of_first, first.first_rows)
        np.minimum.at(first_rows, of_second, second.first_rows + first.n_rows)
        rows = np.concatenate([_moved(first.rows, of_first), _moved(second.rows, of_second)])
        documents = Documents(_texts(first, second, source), weights, rows, first_rows)
        documents.__dict__["keys"] = hashes[source]  # fills the cached property
        return cls(documents, source)

    def rows_of(self, first: FloatArray, second: FloatArray) -> FloatArray:
        """Return a row per distinct text, of the rows of both collections.

        Parameters
        ----------
        first, second : float32 ndarrays of shapes (u1, d) and (u2, d)
        """
        result = allocate(len(self.source), first.shape[1])

        def take(start: int, stop: int) -> None:
            """Take a block, because copies of all rows would take twice the memory."""
            source, block = self.source[start:stop], result[start:stop]
            of_second = np.flatnonzero(source >= len(first))
            if len(first):
                np.take(first, source, axis=0, out=block, mode="clip")
            block[of_second] = second[source[of_second] - len(first)]
            release(first)

        map_blocks(take, len(self.source), BLOCK)
        return result


def _moved(rows: IntArray, position: IntArray) -> IntArray:
    """Return new positions of the texts of rows; −1 for a blank one."""
    return np.append(position, -1)[rows]


def _texts(first: Documents, second: Documents, source: IntArray) -> Sequence[str]:
    if isinstance(first.texts, StoredTexts) or isinstance(second.texts, StoredTexts):
        return take_texts(collect(iter(itertools.chain(first.texts, second.texts))), source)
    return take_texts([*first.texts, *second.texts], source)


def _hash_repeated(keys: KeyArray, first: FloatArray, second: FloatArray) -> KeyArray:
    """Return hashes of the vectors of texts that occur more than once; 0 for all others."""
    order = np.lexsort(keys.T[::-1])
    same = (keys[order[1:]] == keys[order[:-1]]).all(axis=1)
    repeated = np.union1d(order[1:][same], order[:-1][same])
    hashes = np.zeros_like(keys)
    for row in repeated.tolist():
        vector = (first[row] if row < len(first) else second[row - len(first)]) + np.float32(0)
        digest = hashlib.blake2b(vector.tobytes(), digest_size=16).digest()
        hashes[row] = np.frombuffer(digest, dtype=">u8")
    return hashes
