"""Wrappers of objects and functions of the user, and the placeholder of those in a saved model."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.objects import name_of_object, offers
from topickit._core.state import State
from topickit._core.validation import check_encoded
from topickit.embed.base import Embedder, EmbedderInfo, embed, resolve
from topickit.errors import InputError, ParameterError

_PROBES = ("The train to the airport was late again.", "How do I sort a list of numbers?")


class ForeignEmbedder:
    """Wraps an object with ``encode``, or a function of a list of str, as an `Embedder`.

    The object is called, never changed and never saved; pass it again when loading a model.

    Parameters
    ----------
    target : object with ``encode(list of str)``, or callable
        Returns an array, a tensor, or a list of either, with one row per text.

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
        """Call the object with a list of the texts and no other argument.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        ndarray of shape (len(texts), d)

        Raises
        ------
        InputTypeError, InputError
            When the result is not one row of real, finite numbers per text.
        """
        vectors = check_encoded(self._call(list(texts)), texts, repr(self))
        self._dimension = vectors.shape[1]
        return vectors

    @property
    def fingerprint(self) -> str:
        """Name of the object's type, and a hash of its embeddings of two fixed sentences.

        Raises
        ------
        InputError
            When the object cannot embed the two sentences.
        """
        try:
            probe = embed(self, _PROBES)
        except Exception as error:
            raise InputError(
                f"{self!r} has no fingerprint: it failed on the two sentences that it is computed from "
                f"({error}); give the object a property fingerprint, or let it embed any text"
            ) from error
        # Coarse, since rounding differs between machines.
        coarse = np.round(probe[:, :64] * 50).astype(np.int8)
        digest = hashlib.blake2b(coarse.tobytes(), digest_size=8, key=str(probe.shape).encode()).hexdigest()
        return f"external:{name_of_object(self.target)}:{digest}"

    @property
    def info(self) -> EmbedderInfo:
        """Kind "external" and the name of the object's type, without a fingerprint."""
        return EmbedderInfo("external", name_of_object(self.target))

    def state(self) -> State:
        """Return a description: the object is not saved and has to be passed again."""
        return external_state(name_of_object(self.target), self._dimension)

    def __repr__(self) -> str:
        return name_of_object(self.target)


class ForeignCorpusEmbedder(ForeignEmbedder):
    """A `ForeignEmbedder` whose object also has ``fitted(texts, weights)``."""

    __slots__ = ()

    def fitted(self, texts: Sequence[str], weights: NDArray[Any]) -> Embedder:
        """Call the object's ``fitted``, and resolve the result."""
        return resolve(self.target.fitted(list(texts), np.array(weights)))


class AbsentEmbedder:
    """Placeholder of an embedder that could not be saved; `encode` raises an error that says so.

    Parameters
    ----------
    description : str
        Describes the embedder.
    dimension : int, optional
        Number of columns of its embeddings.

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
        """Raise an error.

        Raises
        ------
        ParameterError
            Always.
        """
        size = "" if self.dimension is None else f" ({self.dimension} columns)"
        raise ParameterError(
            f"this model was fitted with embeddings of {self.description}{size}, which is not saved with it; "
            "load it with TopicModel.load(path, embedder=...), or pass the embeddings as embeddings="
        )

    @property
    def fingerprint(self) -> str:
        """The description, marked so that it equals no other embedder's fingerprint."""
        return f"external:{self.description}:absent"

    @property
    def info(self) -> EmbedderInfo:
        """Kind "external" and its description."""
        return EmbedderInfo("external", self.description)

    def state(self) -> State:
        """Return the saved state."""
        return external_state(self.description, self.dimension)

    @classmethod
    def from_state(cls, state: State) -> "AbsentEmbedder":
        """Restore the placeholder from its state."""
        dimension = state.config["dimension"]
        return cls(str(state.config["description"]), None if dimension is None else int(dimension))

    def __repr__(self) -> str:
        return f"AbsentEmbedder({self.description!r}, {self.dimension})"


def external_state(description: str, dimension: int | None) -> State:
    """Return the state of an embedder that is not saved itself."""
    return State({"kind": "external", "description": description, "dimension": dimension})
