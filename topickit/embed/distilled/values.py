"""What a distilled embedder has learned: its student, and the teacher's embeddings of the sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.state import State
from topickit._core.vectors import FloatArray, IntArray, unit_rows
from topickit.corpus.documents import content_hash
from topickit.embed.distilled.student import HeldOut, Student
from topickit.errors import InputError

HASH_BYTES = 16

_ARRAYS = ("tokens", "token_weights", "pairs", "pair_weights", "own", "shared", "bias", "anchors", "errors")


@dataclass(frozen=True, eq=False)
class DistilledValues:
    """A student, if any, and the teacher's embeddings by text hash.

    Attributes
    ----------
    student : Student or None
        None if the teacher embeds all texts.
    penalty : float
        Ridge penalty of the student.
    held_out : HeldOut or None
        The student's scores on held-out texts.
    n_sample : int
        Number of texts that the student was fitted to.
    rows : mapping of bytes to int
        The row in `vectors` of each text, by its hash.
    vectors : float16 ndarray of shape (m, d)
        The teacher's embeddings, in memory as on disk, so that a loaded model answers as the saved one.
    """

    student: Student | None
    penalty: float
    held_out: HeldOut | None
    n_sample: int
    rows: Mapping[bytes, int]
    vectors: NDArray[np.float16]

    @classmethod
    def without_sample(cls) -> "DistilledValues":
        """Return values without a student: the teacher embeds all texts."""
        return cls(None, 0.0, None, 0, {}, np.empty((0, 0), dtype=np.float16))

    def places(self, texts: Sequence[str]) -> IntArray:
        """Return the row in `vectors` of each text, −1 for a text without one."""
        if not self.rows:
            return np.full(len(texts), -1, dtype=np.int64)
        places = (self.rows.get(content_hash(text), -1) for text in texts)
        return np.fromiter(places, dtype=np.int64, count=len(texts))

    def exact(self, places: IntArray) -> FloatArray:
        """Return the teacher's embeddings in some rows of `vectors`, scaled to length 1."""
        return unit_rows(self.vectors[places])

    def with_exact(self, keys: Sequence[bytes], vectors: NDArray[Any]) -> "DistilledValues":
        """Return values with more of the teacher's embeddings, of texts that have none yet."""
        rows = {**self.rows, **{key: len(self.rows) + i for i, key in enumerate(keys)}}
        return replace(self, rows=rows, vectors=np.concatenate([self.vectors, vectors.astype(np.float16)]))

    def without_student(self) -> "DistilledValues":
        """Return values without the student: the teacher embeds texts that are not in `rows`."""
        return replace(self, student=None, held_out=None)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name; hashes and vectors are in the order of the hashes."""
        keys = sorted(self.rows)
        hashes = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(len(keys), HASH_BYTES)
        order = np.array([self.rows[key] for key in keys], dtype=np.int64)
        arrays: dict[str, NDArray[Any]] = {"keys": hashes, "vectors": self.vectors[order]}
        if self.student is not None:
            arrays |= {name: getattr(self.student, name) for name in _ARRAYS}
        return arrays

    def state(self) -> State:
        """Return the state that `from_state` reads."""
        config: dict[str, Any] = {"n_sample": self.n_sample}
        if self.student is not None and self.held_out is not None:
            config |= {
                "penalty": self.penalty,
                "cosine": self.held_out.cosine,
                "agreement": self.held_out.agreement,
                "unseen_token": self.student.unseen_token,
                "unseen_pair": self.student.unseen_pair,
            }
        return State(config, self.arrays())

    @classmethod
    def from_state(cls, state: State) -> "DistilledValues":
        """Restore the values from their state.

        Raises
        ------
        InputError
            When the arrays do not fit each other.
        """
        config, arrays = state.config, state.arrays
        keys, vectors = np.ascontiguousarray(arrays["keys"]), arrays["vectors"]
        if keys.ndim != 2 or keys.shape[1] != HASH_BYTES or vectors.ndim != 2 or len(keys) != len(vectors):
            raise InputError(f"vectors of shape {vectors.shape} do not fit hashes of shape {keys.shape}")
        rows = {key.tobytes(): i for i, key in enumerate(keys)}
        n_sample = int(config["n_sample"])
        if "penalty" not in config:
            return cls(None, 0.0, None, n_sample, rows, vectors)
        student = Student(
            unseen_token=float(config["unseen_token"]),
            unseen_pair=float(config["unseen_pair"]),
            **{name: arrays[name] for name in _ARRAYS},
        )
        _check_fit(student, vectors)
        held_out = HeldOut(float(config["cosine"]), float(config["agreement"]))
        return cls(student, float(config["penalty"]), held_out, n_sample, rows, vectors)


def _check_fit(student: Student, vectors: NDArray[Any]) -> None:
    d = vectors.shape[1]
    n_features = len(student.tokens) + len(student.pairs)
    fits = (
        student.own.shape == (n_features, d)
        and student.token_weights.shape == student.tokens.shape
        and student.pair_weights.shape == student.pairs.shape
        and student.shared.shape[1:] == (d,)
        and student.bias.shape == (d,)
        and student.anchors.shape == student.errors.shape == (len(student.anchors), d)
    )
    if not fits:
        raise InputError(f"the student's arrays do not fit each other, nor vectors of {d} columns")
