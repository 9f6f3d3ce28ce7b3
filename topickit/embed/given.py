"""What is given in place of a model: its vectors, or an object; for embedders that build on one."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray

from topickit._core.state import State
from topickit._core.vectors import FloatArray
from topickit.embed import base


@runtime_checkable
class BuildsOnVectors(Protocol):
    """An embedder that makes its vectors of those of a model, and of the texts."""

    @property
    def model(self) -> base.Embedder:
        """The embedder that it builds on."""

    def fitted_on(self, vectors: FloatArray, texts: Sequence[str], weights: NDArray[Any]) -> base.Embedder:
        """Return a new embedder that has learnt from texts and the model's vectors of them."""

    def completed(self, vectors: FloatArray, texts: Sequence[str]) -> FloatArray:
        """Make its own vectors of the model's."""


def fitted_on(
    embedder: base.Embedder, vectors: FloatArray, texts: Sequence[str], weights: NDArray[Any]
) -> tuple[base.Embedder, FloatArray]:
    """Let an embedder that builds on a model's vectors learn from given ones, and make its own of them.

    Parameters
    ----------
    embedder : base.Embedder
        Not changed; any that does not build on others is returned as it is, with the vectors.
    vectors : float32 ndarray of shape (n, d), unit rows
    texts : sequence of str, of length n
        Distinct texts.
    weights : ndarray of shape (n,)
        How many documents each text stands for.

    Examples
    --------
    >>> import numpy as np
    >>> vectors = np.eye(3, dtype=np.float32)
    >>> fitted_on(base.resolve("hybrid"), vectors, ["a red car", "a car", "a tree"], np.ones(3))[1].shape
    (3, 6)
    """
    if not isinstance(embedder, BuildsOnVectors):
        return embedder, vectors
    made = embedder.fitted_on(vectors, texts, weights)
    return made, completed(made, vectors, texts)


def completed(embedder: base.Embedder, vectors: FloatArray, texts: Sequence[str]) -> FloatArray:
    """Make an embedder's own vectors of those of the model that it builds on; others have no such model.

    Parameters
    ----------
    embedder : base.Embedder
    vectors : float32 ndarray of shape (n, d), unit rows
    texts : sequence of str, of length n
    """
    return embedder.completed(vectors, texts) if isinstance(embedder, BuildsOnVectors) else vectors


def in_place_of(state: State, given: base.Embedder) -> base.Embedder:
    """Let an embedder stand for a saved one; of one that is built on another it becomes the ground.

    Parameters
    ----------
    state : State
        Of the saved embedder.
    given : base.Embedder
    """
    if "embedder" not in state.config or given.state().config.get("kind") == state.config["kind"]:
        return given
    built_on: Any = base.from_state(state)
    made: base.Embedder = built_on.with_embedder(given)
    return made
