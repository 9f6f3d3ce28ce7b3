"""What embedders that wrap another one have in common."""

from topickit._core.state import State
from topickit.embed.base import Embedder, EmbedderInfo, describe


class WrappedEmbedder:
    """An embedder that changes how another one is run, and not what it returns.

    Attributes
    ----------
    embedder : Embedder
    """

    embedder: Embedder

    @property
    def fingerprint(self) -> str:
        """The embedder's own."""
        return self.embedder.fingerprint

    @property
    def info(self) -> EmbedderInfo:
        """The embedder's own."""
        return describe(self.embedder)

    @property
    def dimension(self) -> int | None:
        """Number of columns, if the embedder states it; None otherwise."""
        dimension: int | None = getattr(self.embedder, "dimension", None)
        return dimension

    def state(self) -> State:
        """Return the state of the embedder, without the wrapper."""
        return self.embedder.state()
