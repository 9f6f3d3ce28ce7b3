"""State: how a part of a model is kept on disk, as plain JSON and named arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


def plain(value: Any) -> Any:
    """Make a setting that was given as a NumPy scalar a number that JSON can hold; others stay as they are.

    Examples
    --------
    >>> plain(np.int64(3)), plain("graph")
    (3, 'graph')
    """
    return value.item() if isinstance(value, np.generic) else value


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
