"""What embedders that learn from a corpus have in common."""

import copy
import os
from typing import Any, ClassVar, Self, TypeVar

from topickit.errors import NotFittedError

K = TypeVar("K")


class Copied:
    """Copies and pickles leave behind what each process makes, or is told, for itself."""

    __slots__ = ("_cache", "_known")
    _left_behind: ClassVar[tuple[str, ...]] = ("_cache",)
    _cache: str | os.PathLike[str] | None
    _known: Any

    def __getstate__(self) -> dict[str, Any]:
        names: set[str] = {*Copied.__slots__, *type(self).__slots__} - set(self._left_behind)
        return {name: getattr(self, name) for name in names}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name in self._left_behind:
            setattr(self, name, None)
        for name, value in state.items():
            setattr(self, name, value)

    def _again(self) -> Self:
        """Return one of the same settings and cache that has learnt nothing."""
        made = copy.copy(self)
        made._cache, made._known = self._cache, None
        return made


def learnt(known: K | None, embedder: object) -> K:
    """Give what an embedder knows.

    Raises
    ------
    NotFittedError
        When that is nothing.
    """
    if known is None:
        raise NotFittedError(
            f"this {type(embedder).__name__} has not seen a corpus yet; "
            "use the embedder that fitted(texts) returns, or give this one to a TopicModel"
        )
    return known
