"""Parts: the level below the topics of a model, as a value."""

from dataclasses import dataclass, field

import numpy as np

from topickit._core.state import State
from topickit._core.vectors import IntArray
from topickit.fitted.topics import Topic, Topics


@dataclass(frozen=True, eq=False)
class Parts:
    """The level below the topics of a model.

    Attributes
    ----------
    topics : Topics
        The parts by rising id; a topic without parts is here as it is. The largest part of a topic has its
        id, and others have ids that no topic has.
    parents : tuple of int
        Id of the topic that each is a part of, or is.
    labels : int64 ndarray of shape (n,)
        The part of each row of the corpus; −1 for none.
    """

    topics: Topics
    parents: tuple[int, ...]
    labels: IntArray = field(repr=False)

    def of(self, topic: int) -> tuple[Topic, ...]:
        """List the parts of a topic given by id, the largest first; none if it is not divided."""
        parts = [part for part, parent in zip(self.topics, self.parents, strict=True) if parent == topic]
        return tuple(sorted(parts, key=lambda part: -part.size)) if len(parts) > 1 else ()

    def state(self, *, keep_texts: bool = False) -> State:
        """Give what `from_state` makes it of."""
        topics = self.topics if keep_texts else self.topics.without_texts()
        arrays = {"labels": self.labels, "parents": np.array(self.parents, dtype=np.int64)}
        return State(dict(topics.state().config), arrays)

    @classmethod
    def from_state(cls, state: State) -> "Parts":
        """Make the Parts that gave this state."""
        parents = tuple(state.arrays["parents"].tolist())
        return cls(Topics.from_state(State(state.config)), parents, state.arrays["labels"])
