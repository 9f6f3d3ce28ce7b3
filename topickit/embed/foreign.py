"""Embedders around objects and functions of the user's, and in place of those that were not saved."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.state import State
from topickit._core.validation import check_vectors
from topickit.embed.base import Embedder, EmbedderInfo, embed, name_of_object, offers, resolve
from topickit.errors import InputError, ParameterError

_PROBES = ("The train to the airport was late again.", "How do I sort a list of numbers?")


class ForeignEmbedder:
    """Makes an Embedder of any object with ``encode``, or of a function of a list of str.

    The object is only called, never changed, and never saved: a saved model asks for it again.

    Parameters
    ----------
    target : object with ``encode(list of str)``, or callable
        May return an array, a tensor, or a list of either; one row a text.

    Examples
    --------
    >>> def lengths(texts):
    ...     return [[float(len(text)), 1.0] for text in texts]
    >>> ForeignEmbedder(lengths).encode(["a", "abc"]).tolist()
    [[1.0, 1.0], [3.0, 1.0]]
    """

    __slots__ = ("_call", "_dimension", "target")

    def __init__(self, target: Any) -> None:
        self.target = target
        self._call: Callable[[list[str]], Any] = target.encode if offers(target, "encode") else target
        self._dimension: int | None = None

    def encode(self, texts: Sequence[str]) -> NDArray[Any]:
        """Call the foreign object with a list of the texts, and nothing else.

        Raises
        ------
        InputTypeError, InputError
            When what comes back is not one row of real, finite numbers a text.
        """
        vectors = check_vectors(self._call(list(texts)), n_rows=len(texts), what=f"vectors from {self!r}")
        self._dimension = vectors.shape[1]
        return vectors

    @property
    def fingerprint(self) -> str:
        """The object's type, and a hash of its vectors for two fixed sentences.

        Raises
        ------
        InputError
            When the object cannot embed the two sentences.
        """
        try:
            probe = embed(self, _PROBES)
        except Exception as error:
            raise InputError(
                f"{self!r} has no fingerprint: it failed on two sentences that tell models apart ({error}); "
                "an embedder whose vectors are to be kept must embed any text"
            ) from error
        # So coarse that rounding, which differs between machines, hardly ever shows.
        coarse = np.round(probe[:, :64] * 50).astype(np.int8)
        digest = hashlib.blake2b(coarse.tobytes(), digest_size=8, key=str(probe.shape).encode()).hexdigest()
        return f"external:{name_of_object(self.target)}:{digest}"

    @property
    def info(self) -> EmbedderInfo:
        """Kind "external" and the name of the object's type; it is not called for a fingerprint."""
        return EmbedderInfo("external", name_of_object(self.target))

    def state(self) -> State:
        """Return a note of what is missing; the object itself is the user's to give again."""
        return external_state(name_of_object(self.target), self._dimension)

    def __repr__(self) -> str:
        return name_of_object(self.target)


class ForeignCorpusEmbedder(ForeignEmbedder):
    """A `ForeignEmbedder` whose object also has ``fitted(texts, weights)``."""

    __slots__ = ()

    def fitted(self, texts: Sequence[str], weights: NDArray[Any]) -> Embedder:
        """Call the object's own ``fitted``; what it returns is resolved as `resolve` has it."""
        return resolve(self.target.fitted(list(texts), np.array(weights)))


class AbsentEmbedder:
    """Stands for an embedder that could not be saved; says so when it is asked for vectors.

    Parameters
    ----------
    description : str
        What the embedder was.
    dimension : int, optional
        Columns of its vectors.

    Examples
    --------
    >>> AbsentEmbedder("function my_vectors", 3).fingerprint
    'external:function my_vectors:absent'
    """

    __slots__ = ("description", "dimension")

    def __init__(self, description: str, dimension: int | None = None) -> None:
        self.description = description
        self.dimension = dimension

    def encode(self, texts: Sequence[str]) -> NDArray[Any]:
        """Refuse.

        Raises
        ------
        ParameterError
            Always: there is nothing to embed with.
        """
        size = "" if self.dimension is None else f" ({self.dimension} columns)"
        raise ParameterError(
            f"this model was fitted with vectors from {self.description}{size}, which is not saved with it; "
            "load it with TopicModel.load(path, embedder=...), or pass the vectors as embeddings="
        )

    @property
    def fingerprint(self) -> str:
        """Its description; it equals no other embedder's."""
        return f"external:{self.description}:absent"

    @property
    def info(self) -> EmbedderInfo:
        """Kind "external" and its description."""
        return EmbedderInfo("external", self.description)

    def state(self) -> State:
        """Return the state that it was made from."""
        return external_state(self.description, self.dimension)

    @classmethod
    def from_state(cls, state: State) -> "AbsentEmbedder":
        """Make it from a saved state."""
        dimension = state.config["dimension"]
        return cls(str(state.config["description"]), None if dimension is None else int(dimension))

    def __repr__(self) -> str:
        return f"AbsentEmbedder({self.description!r}, {self.dimension})"


def external_state(description: str, dimension: int | None) -> State:
    """Return the state of an embedder that is not saved itself."""
    return State({"kind": "external", "description": description, "dimension": dimension})
