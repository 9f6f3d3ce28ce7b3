"""Grouping: what a clusterer proposes for its training vectors, and all that is read of it."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from topickit.errors import TopickitWarning
from topickit.vectors import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Grouping:
    """Groups of the training rows, with their prototypes where the method has exact ones.

    Attributes
    ----------
    labels : int64 ndarray of shape (n,)
        Group of each training row, 0 … n_groups − 1 in any order; −1 for a row in no group.
    prototypes : float32 ndarray of shape (p, d), optional
        Given when the groups *are* what these rows say (the centroids of k-means, the centres of
        communities in rank order). Otherwise the Assigner makes its own.
    prototype_groups : int64 ndarray of shape (p,), optional
        The group that each prototype stands for.
    rule : {"nearest", "first"}
        How prototypes are read: the nearest in Euclidean distance, or the first whose cosine
        reaches `threshold`.
    threshold : float, optional
        The cosine that `rule="first"` asks for.
    notes : mapping
        What the method found out on the way (a resolution, a stability), for reports.
    """

    labels: IntArray
    prototypes: FloatArray | None = None
    prototype_groups: IntArray | None = None
    rule: Literal["nearest", "first"] = "nearest"
    threshold: float | None = None
    notes: Mapping[str, object] = field(default_factory=dict)

    @property
    def n_groups(self) -> int:
        """The number of groups."""
        return int(self.labels.max(initial=-1)) + 1

    def or_one_group(self) -> "Grouping":
        """Give the grouping itself, or, where no row is in a group, one group of all rows."""
        if not len(self.labels) or (self.labels >= 0).any():
            return self
        warnings.warn(
            f"the clusterer found no group among {len(self.labels):,} distinct documents, so one topic holds "
            "them all; lower its threshold or its smallest size, or choose another clusterer",
            TopickitWarning,
            stacklevel=4,
        )
        return Grouping(np.zeros(len(self.labels), dtype=np.int64), notes=self.notes)
