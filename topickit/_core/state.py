"""State: a part of a model as plain JSON, named arrays, texts and the states of its own parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class State:
    """What ``state()`` of a part returns and ``from_state()`` takes; `topickit.storage` writes it.

    Attributes
    ----------
    config : mapping
        Values that JSON can hold.
    arrays : mapping of str to ndarray
        Everything large.
    texts : sequence of str, optional
        Document texts. They are stored in a file of their own.
    parts : mapping of str to State
        States of the parts that this one consists of, by name.

    Examples
    --------
    >>> State({"rule": "nearest"}).config["rule"]
    'nearest'
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    texts: Sequence[str] | None = None
    parts: "Mapping[str, State]" = field(default_factory=dict)
