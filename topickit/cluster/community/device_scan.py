"""The search for pairs on a torch device: full products in large blocks, decided as everywhere else.

A device's float32 product rounds otherwise than the CPU's, within the same bound; pairs within the
bound of the threshold go to the Judge, so the result is that of the CPU, pair by pair.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core import devices
from topickit.cluster.community.exact import Judge, Rows

BLOCK = 4096
"""Rows and columns a block: 64 MiB of cosines on the device."""


class DeviceScan:
    """Searches blocks by full float32 products on a torch device.

    Parameters
    ----------
    rows : Rows
    judge : Judge
    device : str
        For example "cuda". All unit rows are copied to it.
    block : int
        Rows and columns a block.
    """

    def __init__(self, rows: Rows, judge: Judge, device: str, block: int = BLOCK) -> None:
        self.rows = rows
        self.judge = judge
        self.device = device
        self.block = block

    def run(self, collector: Any, progress: Callable[[int, int], None] | None) -> None:
        """Hand the pairs of each block to a collector.

        Parameters
        ----------
        collector : _Collector
        progress : callable, optional

        Raises
        ------
        ParameterError
            When torch has no such device.
        """
        unit = self._unit_rows()
        spans = list(self._spans())
        for done, (i, j) in enumerate(spans, start=1):
            near, close = self._search(unit, i, j)
            if collector.keeping:
                collector.add(_pairs(near, i, j), _pairs(close, i, j))
            else:
                collector.add(np.empty((0, 2), dtype=np.int32), _pairs(close, i, j))
                rows, columns = slice(i, i + near.shape[0]), slice(j, j + near.shape[1])
                collector.add_sums(rows, columns, near.cpu().numpy())
            if progress is not None:
                progress(done, len(spans))

    def _spans(self) -> Iterator[tuple[int, int]]:
        n = len(self.rows)
        return ((i, j) for i in range(0, n, self.block) for j in range(i, n, self.block))

    def _unit_rows(self) -> Any:
        import torch

        devices.check(self.device)
        parts = [
            devices.tensor(self.rows.unit(slice(start, start + self.block)), self.device)
            for start in range(0, len(self.rows), self.block)
        ]
        return torch.cat(parts)

    def _search(self, unit: Any, i: int, j: int) -> tuple[Any, Any]:
        """Which pairs of a block are near, and which must be decided, as masks on the device."""
        import torch

        cosines = unit[i : i + self.block] @ unit[j : j + self.block].T
        live = torch.from_numpy(self.rows.live).to(self.device)
        cosines[:, ~live[j : j + self.block]] = -2
        cosines[~live[i : i + self.block]] = -2
        if i == j:  # on the diagonal: only pairs i < j
            cosines[torch.tril(torch.ones_like(cosines, dtype=torch.bool))] = -2
        near = cosines >= self.judge.threshold + self.rows.margin
        return near, (cosines >= self.judge.threshold - self.rows.margin) & ~near


def _pairs(mask: Any, i: int, j: int) -> NDArray[np.int32]:
    positions = mask.nonzero().cpu().numpy() + np.array([i, j])
    return np.asarray(positions, dtype=np.int32).reshape(-1, 2)
