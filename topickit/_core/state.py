"""State: how a part of a model is kept on disk, as plain JSON and named arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class State:
    """What a part gives to be saved, and takes to be made again.

    Attributes
    ----------
    config : mapping
        What JSON can hold.
    arrays : mapping of str to ndarray
        Everything large.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
