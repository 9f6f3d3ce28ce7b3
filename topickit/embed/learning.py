"""What embedders that learn from a corpus share: copies, pickles, and the error before they are fitted."""

import copy
import os
from dataclasses import fields
from typing import Any, ClassVar, Generic, Self, TypeVar

from topickit.errors import NotFittedError

L = TypeVar("L")


class LearnedValues:
    """Base of frozen dataclasses whose copies and pickles hold the fields only, no cached properties."""

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]


class LearningEmbedder(Generic[L]):
    """Base of embedders that learn from a corpus; copies and pickles leave caches and derived values behind.

    Attributes
    ----------
    _learned : L or None
        What was learned from the corpus; None before the fit.
    _cache : path or None
        Folder of the embedding cache of the model.
    """

    __slots__ = ("_cache", "_learned")
    _not_copied: ClassVar[tuple[str, ...]] = ("_cache",)
    _cache: str | os.PathLike[str] | None
    _learned: L | None

    def __getstate__(self) -> dict[str, Any]:
        slots = {name for parent in type(self).__mro__ for name in getattr(parent, "__slots__", ())}
        copied = {name: getattr(self, name) for name in slots - set(self._not_copied) if hasattr(self, name)}
        return {**getattr(self, "__dict__", {}), **copied}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name in self._not_copied:
            setattr(self, name, None)
        for name, value in state.items():
            setattr(self, name, value)

    def _unfitted(self) -> Self:
        """Return an embedder with the same settings and cache that has learned nothing."""
        embedder = copy.copy(self)
        embedder._cache, embedder._learned = self._cache, None
        return embedder

    def _fitted_values(self) -> L:
        """Return what was learned.

        Raises
        ------
        NotFittedError
            Before the fit.
        """
        if self._learned is None:
            raise NotFittedError(
                f"this {type(self).__name__} is not fitted to a corpus; "
                "use the embedder that fitted(texts) returns, or pass this one to a TopicModel"
            )
        return self._learned
