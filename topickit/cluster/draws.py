"""Draws: samples of the rows, each with its graph, whose partitions are compared and averaged."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from topickit._core.neighbors import nearest_rows
from topickit._core.vectors import FloatArray, IntArray, Neighbors, group_means, unit_rows
from topickit.cluster.partition import knn_graph, linked, n_links

N_DRAWS = 24
"""Most draws that are partitioned at every level."""
FEWEST_DRAWS = 12
"""As many are enough if they have `DRAW_SIZE` rows: the larger draws are, the less they differ."""
MOST_DRAWS = 100
"""Draws that are partitioned at the chosen level."""
DRAW_SIZE = 2500
DRAW_SHARE = 0.5
"""Largest draw: draws that share most of a small collection agree on chance clusters, too."""
MOST_LISTED = 20_000
"""Most rows of which neighbors are searched for once, for the graphs of all draws."""
SPARE = 2.0
"""Standard deviations by which a list of neighbors is longer than needed for those of a draw on average."""
GRID = 2.0**26
"""Steps of a coordinate of a unit vector, as whole numbers."""
N_DIRECTIONS, N_CELLS = 6, 32
"""Directions whose coordinates are hashed, and cells in a unit of length: much wider than rounding."""
N_HASHES = 65521


@dataclass(frozen=True, eq=False)
class Draw:
    """Some of the rows, and their graph."""

    vectors: FloatArray
    weights: NDArray[Any]
    graph: csr_matrix

    def centers(self, labels: IntArray) -> FloatArray:
        """Give the unit means of clusters of the rows."""
        return unit_rows(group_means(self.vectors, labels, int(labels.max()) + 1, self.weights))


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of rows by a hash of their vectors: a row is in the same draws whatever other rows there are.

    Rows are ordered by the hash and cut into parts of equal size, again and again with other hashes, so that
    all rows are in about as many draws.

    Attributes
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    weights : ndarray of shape (n,)
    n_neighbors : int
        Of a row in the graph of a draw.
    random_state : int
        Seed of the hashes.
    device : str, optional
        A torch device, such as "cuda", for nearest neighbors; None for the CPU.

    Examples
    --------
    >>> rows = np.eye(40, dtype=np.float32)
    >>> draws = Draws(rows, np.ones(40), 5, 0)
    >>> len(draws.rows), len(draws.rows[0]), draws[0].graph.shape
    (100, 20, (20, 20))
    """

    vectors: FloatArray
    weights: NDArray[Any]
    n_neighbors: int
    random_state: int
    device: str | None = None

    @property
    def size(self) -> int:
        """The number of rows of a draw."""
        return min(DRAW_SIZE, int(DRAW_SHARE * len(self.vectors)))

    @property
    def n_compared(self) -> int:
        """The number of draws that are partitioned at every level: more of small draws, at the same cost."""
        return min(N_DRAWS, max(1, FEWEST_DRAWS * DRAW_SIZE // self.size))

    @cached_property
    def rows(self) -> tuple[IntArray, ...]:
        """The rows of each of `MOST_DRAWS` draws, ascending."""
        n, size = len(self.vectors), self.size
        n_parts = n // size
        starts = [min(round(part * n / n_parts), n - size) for part in range(n_parts)]
        orders = [np.argsort(column, kind="stable") for column in self._hashes[:, 1:].T]
        drawn = [np.sort(order[start : start + size]) for order in orders for start in starts]
        return tuple(drawn[:MOST_DRAWS])

    @cached_property
    def sample(self) -> FloatArray:
        """Rows whose labels are compared."""
        order = np.argsort(self._hashes[:, 0], kind="stable")
        return self.vectors[np.sort(order[:DRAW_SIZE])]

    def __getitem__(self, number: int) -> Draw:
        """Link the rows of a draw."""
        rows = self.rows[number]
        vectors, weights = self.vectors[rows], self.weights[rows]
        if self._near is None:
            return Draw(vectors, weights, knn_graph(vectors, weights, self.n_neighbors, self.device))
        place = np.full(len(self.vectors), -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        near = place[self._near.indices[rows]]
        inside = near >= 0
        inside &= inside.cumsum(axis=1) <= self._n_links
        starts = np.append(0, np.cumsum(inside.sum(axis=1)))
        return Draw(
            vectors, weights, linked(starts, near[inside], self._near.similarities[rows][inside], weights)
        )

    @property
    def _n_links(self) -> int:
        return n_links(self.size, self.n_neighbors)

    @cached_property
    def _near(self) -> Neighbors | None:
        """Neighbors of each row, so many that those in a draw are enough in nearly all cases."""
        n, wanted = len(self.vectors), self._n_links
        if n > MOST_LISTED:
            return None
        length = int(np.ceil((wanted + SPARE * np.sqrt(wanted)) * n / self.size))
        return nearest_rows(self.vectors, min(length, n - 1), device=self.device)

    @cached_property
    def _hashes(self) -> NDArray[np.float64]:
        """Hashes of the vectors: exact in any order of sums, and alike where vectors differ by rounding."""
        rng = np.random.default_rng(self.random_state)
        n_orders = 1 + -(-MOST_DRAWS // (len(self.vectors) // self.size))
        signs = rng.choice([-1.0, 1.0], size=(self.vectors.shape[1], N_DIRECTIONS))
        sums = np.rint(self.vectors * GRID).astype(np.float64) @ signs  # of whole numbers
        cells = np.floor(sums * (N_CELLS / GRID) + rng.random(N_DIRECTIONS))
        factors = rng.integers(1, N_HASHES, size=(N_DIRECTIONS, n_orders)).astype(np.float64)
        return np.asarray(cells @ factors % N_HASHES)
