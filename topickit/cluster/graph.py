"""Graph communities: Louvain on the cosine nearest-neighbour graph, at a resolution found from the data.

A coarse and a fine partition of one corpus can both be right; which resolutions are depends on the
corpus by a factor of fifty. Two cheap signals see it: *modularity* of the partition at unit
resolution, and *stability*, how well partitions of other samples of the same corpus agree with it.
Both are measured on several small draws, so the cost does not grow with the corpus.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from topickit.cluster._neighbors import nearest_rows
from topickit.cluster.base import BaseClusterer
from topickit.errors import ParameterError
from topickit.grouping import Grouping
from topickit.merging import merge_order
from topickit.vectors import (
    FloatArray,
    IntArray,
    group_means,
    map_blocks,
    n_threads,
    nearest_prototype,
    unit_rows,
)

RESOLUTIONS = tuple(float(r) for r in np.geomspace(0.1, 40.0, 18))
N_NEIGHBORS = 10
N_DRAWS = 6
DRAW_SIZE = 2500
DRAW_SHARE = 0.5
"""Draws that share most of a small collection agree on its chance groups, too: stability has to be more."""
MODULARITY_POWER = 1.0
TOLERANCE = 0.02
FEWEST_TOPICS = 5
CLEAR_CUT = 0.95
"""Fewer groups than `FEWEST_TOPICS` are a choice only where this share of the edges lies inside them."""
FAR_BELOW = 0.75
"""Two levels in a row with less than this share of the best score end a ladder: scores do not rise again."""
FEWEST_FOR_DRAWS = 30
FEWEST_FOR_CENTERS = 200
"""Among fewer rows the groups are those of all of them: the centres of half of them are too uncertain."""
LEAST_WEIGHT = 1e-6
"""Edges of no or negative cosine keep this weight: a row without edges would be a group of its own."""


@dataclass(frozen=True, eq=False)
class Level:
    """The partitions of all draws at one resolution, with the figures that choose among levels.

    Attributes
    ----------
    resolution : float
    centers : tuple of float32 ndarray of shape (k_i, d)
        Unit means of the groups of each draw.
    modularity : float
        Mean over the draws, at unit resolution.
    inside : float
        Share of the edges' weight that lies inside groups, mean over the draws.
    agreement : float64 ndarray of shape (n_draws, n_draws)
        Adjusted Rand index between the draws, on rows that all of them label.
    """

    resolution: float
    centers: tuple[FloatArray, ...]
    modularity: float
    inside: float
    agreement: NDArray[np.float64]

    @property
    def stability(self) -> float:
        """Mean agreement between two draws, −1 to 1."""
        return float(_others(self.agreement).mean())

    def score(self, power: float = MODULARITY_POWER) -> float:
        """Modularity (to a power, for comparison) × stability."""
        return float(max(self.modularity, 0.0) ** power * self.stability)

    def error(self, power: float = MODULARITY_POWER) -> float:
        """Give the standard error of the score, from the spread of the draws' agreement."""
        spread = _others(self.agreement).std() / np.sqrt(len(self.agreement))
        return float(max(self.modularity, 0.0) ** power * spread)

    @property
    def is_choice(self) -> bool:
        """Whether users would call its groups topics: several, or clearly cut."""
        return len(self.center) >= FEWEST_TOPICS or self.inside >= CLEAR_CUT

    @property
    def medoid(self) -> int:
        """The draw that agrees most with the others."""
        return int(_others(self.agreement).argmax())

    @property
    def center(self) -> FloatArray:
        """The centres of the draw that agrees most with the others."""
        return self.centers[self.medoid]


class GraphClusterer(BaseClusterer):
    """Louvain communities of the cosine kNN graph (exact up to 50,000 rows); every row is in one.

    Parameters
    ----------
    n_clusters : int, optional
        None finds the number from the data: modularity and stability over a ladder of resolutions. A number
        cuts the hierarchy of the groups that were found (Ward's criterion).
    n_neighbors : int
        Neighbours a row in the graph (fewer where there are few rows).
    resolution : float, optional
        Fixes the resolution of modularity instead of finding it.
    random_state : int
        Which draws are compared.

    Attributes
    ----------
    labels_ : int64 ndarray of shape (n,)
    grouping_ : Grouping
        Its notes give resolution, modularity and stability.

    References
    ----------
    Blondel, Guillaume, Lambiotte, Lefebvre, "Fast Unfolding of Communities in Large Networks",
    J. Stat. Mech. 2008.

    Examples
    --------
    >>> rows = [[1, i / 100] for i in range(9)] + [[i / 100, 1] for i in range(9)]
    >>> GraphClusterer(n_clusters=2).fit(rows).grouping_.n_groups
    2
    """

    sample_size: ClassVar[int | None] = N_DRAWS * DRAW_SIZE  # draws that do not overlap much

    def __init__(
        self,
        n_clusters: int | None = None,
        *,
        n_neighbors: int = N_NEIGHBORS,
        resolution: float | None = None,
        random_state: int = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_neighbors = n_neighbors
        self.resolution = resolution
        self.random_state = random_state

    def group(self, vectors: FloatArray, weights: NDArray[Any]) -> Grouping:
        """Group distinct unit rows; see `BaseClusterer.group`."""
        self._check()
        if self.n_clusters is not None and len(vectors) < FEWEST_FOR_DRAWS:
            graph = knn_graph(vectors, weights, self.n_neighbors)
            return Grouping(exactly(graph, min(self.n_clusters, len(vectors))))
        if self.resolution is not None or len(vectors) < FEWEST_FOR_DRAWS:
            resolution = self.resolution or 1.0
            labels = communities(knn_graph(vectors, weights, self.n_neighbors), resolution)
            return Grouping(labels, notes={"resolution": resolution})
        levels = ladder(
            vectors, weights, self.n_neighbors, self.random_state, whole=self.n_clusters is not None
        )
        level = best_level(levels[: _end(levels)])  # the same one, however far the ladder goes on
        if self.n_clusters is not None:
            return self._cut(vectors, weights, levels, level)
        labels = self._groups(vectors, weights, level)
        other = [center for draw, center in enumerate(level.centers) if draw != level.medoid]
        return Grouping(
            labels,
            notes={
                "resolution": round(level.resolution, 3),
                "modularity": round(level.modularity, 3),
                "stability": round(level.stability, 3),
            },
            others=tuple(nearest_prototype(vectors, center) for center in other),
            may_grow=True,
        )

    def _groups(self, vectors: FloatArray, weights: NDArray[Any], level: Level) -> IntArray:
        """Give the groups of all rows at a level."""
        if len(vectors) < FEWEST_FOR_CENTERS:
            graph = knn_graph(vectors, weights, self.n_neighbors)
            labels = communities(graph, level.resolution)
            if labels.max() + 1 >= FEWEST_TOPICS or modularity(graph, labels)[0] >= CLEAR_CUT:
                return labels
        near = nearest_prototype(vectors, level.center)
        return np.unique(near, return_inverse=True)[1].astype(np.int64)

    def _cut(self, vectors: FloatArray, weights: NDArray[Any], levels: list[Level], level: Level) -> Grouping:
        """Merge the groups found from the data down to a number, so that coarser ones are unions of finer.

        Where more are asked for than were found, twice, four times … as many are made first: cuts below
        one of these numbers nest.
        """
        wanted = min(self.n_clusters or 1, len(vectors))
        labels = self._groups(vectors, weights, level)
        found = int(labels.max()) + 1
        if found < wanted:
            graph = knn_graph(vectors, weights, self.n_neighbors)
            labels = exactly(graph, min(found * 2 ** int(np.ceil(np.log2(wanted / found))), len(vectors)))
        finer = next((other for other in levels if len(other.center) >= wanted), levels[-1])
        drawn = level if found >= wanted else finer
        centers = [center for draw, center in enumerate(drawn.centers) if draw != drawn.medoid]
        return Grouping(
            _merged(vectors, weights, labels, wanted),
            notes={
                "n_clusters": wanted,
                "n_clusters_found": found,
                "stability": round(drawn.stability, 3),
            },
            others=tuple(
                _merged(vectors, weights, nearest_prototype(vectors, center), wanted) for center in centers
            ),
        )

    def _check(self) -> None:
        if self.n_clusters is not None and self.n_clusters < 1:
            raise ParameterError(f"n_clusters must be at least 1, got {self.n_clusters}")
        if self.resolution is not None and not self.resolution > 0:
            raise ParameterError(f"resolution must be above 0, got {self.resolution}")
        if self.n_clusters is not None and self.resolution is not None:
            raise ParameterError("give n_clusters or resolution, not both")
        if self.n_neighbors < 1:
            raise ParameterError(f"n_neighbors must be at least 1, got {self.n_neighbors}")


def _merged(vectors: FloatArray, weights: NDArray[Any], labels: IntArray, n_clusters: int) -> IntArray:
    """Merge groups by Ward's criterion down to a number."""
    labels = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    made = int(labels.max()) + 1
    sizes = np.bincount(labels, weights, minlength=made).astype(np.float64)
    means = group_means(vectors, labels, made, weights).astype(np.float32)
    return merge_order(means, sizes, n_clusters)[labels]


def find_n_clusters(vectors: FloatArray, weights: NDArray[Any], *, random_state: int = 0) -> int:
    """Find how many groups a set of unit rows has, as `GraphClusterer` does.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    weights : ndarray of shape (n,)
    random_state : int
    """
    return GraphClusterer(random_state=random_state).group(vectors, weights).n_groups


def ladder(
    vectors: FloatArray, weights: NDArray[Any], n_neighbors: int, random_state: int, *, whole: bool = True
) -> list[Level]:
    """Partition several draws of the rows at each resolution, and compare them.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    weights : ndarray of shape (n,)
    n_neighbors : int
    random_state : int
    whole : bool
        Go on to the finest level; else end where finer levels are far below the best.

    Returns
    -------
    list of Level
        Coarse to fine.
    """
    n = len(vectors)
    rng = np.random.default_rng(random_state)
    size = min(DRAW_SIZE, int(DRAW_SHARE * n))
    draws = [np.sort(rng.permutation(n)[:size]) for _ in range(N_DRAWS)]
    judged = vectors[np.sort(rng.permutation(n)[:DRAW_SIZE])]
    parts = [Draw.of(vectors[rows], weights[rows], n_neighbors) for rows in draws]
    levels: list[Level] = []
    step = len(RESOLUTIONS) if whole else n_threads()
    while len(levels) < len(RESOLUTIONS):
        left = RESOLUTIONS[len(levels) :][:step]
        levels += map_blocks(lambda i, _, left=left: _level(judged, parts, left[i]), len(left), 1)  # type: ignore[misc]
        end = None if whole else _end(levels)
        if end is not None:
            return levels[:end]  # the same end whatever the number of processors
    return levels


def _end(levels: list[Level]) -> int | None:
    """Give the number of levels at which a ladder may end, if it may."""
    best, below = 0.0, 0
    for place, level in enumerate(levels):
        if len(level.center) < FEWEST_TOPICS:  # two clean halves may each hold more
            below = 0
            continue
        score = level.score()
        best = max(best, score)
        below = below + 1 if score < FAR_BELOW * best else 0
        if below == 2:
            return place + 1
    return None


@dataclass(frozen=True, eq=False)
class Draw:
    """Some of the rows, and their graph."""

    vectors: FloatArray
    weights: NDArray[Any]
    graph: csr_matrix

    @classmethod
    def of(cls, vectors: FloatArray, weights: NDArray[Any], n_neighbors: int) -> "Draw":
        """Link the rows."""
        return cls(vectors, weights, knn_graph(vectors, weights, n_neighbors))

    def centers(self, labels: IntArray) -> FloatArray:
        """Give the unit means of groups of the rows."""
        return unit_rows(group_means(self.vectors, labels, int(labels.max()) + 1, self.weights))


def _level(judged: FloatArray, draws: list[Draw], resolution: float) -> Level:
    """Partition all draws at one resolution, and compare what they say of the judged rows."""
    parts = [communities(draw.graph, resolution) for draw in draws]
    centers = tuple(draw.centers(part) for draw, part in zip(draws, parts, strict=True))
    found = [modularity(draw.graph, part) for draw, part in zip(draws, parts, strict=True)]
    labels = [(judged @ center.T).argmax(axis=1) for center in centers]
    agreement = np.eye(len(labels))
    for a, b in combinations(range(len(labels)), 2):
        agreement[a, b] = agreement[b, a] = adjusted_rand(labels[a], labels[b])
    inside, random = np.mean(found, axis=0)
    return Level(resolution, centers, float(inside - random), float(inside), agreement)


def adjusted_rand(a: IntArray, b: IntArray) -> float:
    """Adjusted Rand index of two partitions (Hubert and Arabie 1985), −0.5 to 1.

    scikit-learn's checks of its input take a hundred times as long as the index, and a ladder
    needs hundreds of them.

    Parameters
    ----------
    a, b : int64 ndarray of shape (n,)
        Labels from 0.

    Examples
    --------
    >>> adjusted_rand(np.array([0, 0, 1]), np.array([1, 1, 0]))
    1.0
    """
    width = int(b.max()) + 1
    together = _pairs(np.bincount(a * width + b))
    in_a, in_b, all_pairs = _pairs(np.bincount(a)), _pairs(np.bincount(b)), _pairs(np.array([len(a)]))
    expected = in_a * in_b / all_pairs if all_pairs else 0.0
    largest = (in_a + in_b) / 2
    return 1.0 if largest == expected else float((together - expected) / (largest - expected))


def _pairs(sizes: IntArray) -> float:
    return float((sizes * (sizes - 1) / 2).sum())


def best_level(
    levels: list[Level], *, power: float = MODULARITY_POWER, tolerance: float = TOLERANCE
) -> Level:
    """Take the finest level whose score, smoothed over its neighbours, is as good as the best one.

    A few groups with many edges between them are no choice, however stable: physics and mathematics are
    not what is in three hundred thousand papers.

    Parameters
    ----------
    levels : list of Level
        Coarse to fine.
    power : float
        Of modularity in the score. Both constants are on a plateau: see benchmarks/levels.py.
    tolerance : float
        Share of the best score that a finer level may lack, besides the standard error of that score.
    """
    scores = np.pad([level.score(power) for level in levels], 1, mode="edge")
    smooth = 0.25 * scores[:-2] + 0.5 * scores[1:-1] + 0.25 * scores[2:]  # one lucky level is no plateau
    choices = np.array([level.is_choice for level in levels])
    if choices.any():
        smooth = np.where(choices, smooth, -np.inf)
    best = int(smooth.argmax())
    enough = smooth[best] - tolerance * abs(smooth[best]) - levels[best].error(power)
    return levels[int(np.flatnonzero(smooth >= enough)[-1])]


def knn_graph(vectors: FloatArray, weights: NDArray[Any], n_neighbors: int) -> csr_matrix:
    """Link each row to its nearest rows by cosine; symmetric.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    weights : ndarray of shape (n,)
        An edge weighs its cosine times the root of the product of its rows' weights.
    n_neighbors : int
        At most the root of n and at least 2: in a small set everything is near to everything.
    """
    n = len(vectors)
    k = min(n_neighbors, max(2, round(n**0.5)))
    near = nearest_rows(vectors, k)
    root = np.sqrt(np.asarray(weights, dtype=np.float64))
    edges = np.maximum(near.similarities, LEAST_WEIGHT) * root[:, None] * root[near.indices]
    starts = np.arange(n + 1) * near.indices.shape[1]
    graph = csr_matrix((edges.ravel(), near.indices.ravel(), starts), shape=(n, n))
    graph = csr_matrix(graph + graph.T)
    graph.sort_indices()
    return graph


def communities(graph: csr_matrix, resolution: float) -> IntArray:
    """Find the Louvain communities of a weighted symmetric graph; deterministic.

    Rows are moved in the order in which a queue calls them, until no move gains; then communities are, as
    if they were rows; and all of it again from the rows, until nothing moves. Nothing is random: libraries'
    Leiden draws from a global generator, so that the same graph gets another answer at each call.

    Parameters
    ----------
    graph : csr_matrix of shape (n, n)
    resolution : float
        Larger finds smaller communities.

    Returns
    -------
    int64 ndarray of shape (n,)
        0 for the largest community, and so on; equal ones in the order of their first rows.
    """
    from topickit.cluster._louvain import louvain

    if not graph.data.any():
        return np.arange(graph.shape[0], dtype=np.int64)
    starts, targets = graph.indptr.astype(np.int64), graph.indices.astype(np.int64)
    labels = louvain(starts, targets, graph.data.astype(np.float64), float(resolution))
    order = np.argsort(-np.bincount(labels), kind="stable")
    return np.asarray(np.argsort(order)[labels], dtype=np.int64)


def modularity(graph: csr_matrix, labels: IntArray) -> tuple[float, float]:
    """Give both terms of Newman's modularity at unit resolution, which is their difference.

    Returns
    -------
    inside, random : float
        Share of the weight that lies inside groups, and the share that would by chance.
    """
    strength = np.asarray(graph.sum(axis=1)).ravel()
    total = strength.sum()
    if total == 0:
        return 0.0, 0.0
    ends = np.repeat(labels, np.diff(graph.indptr))
    inside = graph.data[ends == labels[graph.indices]].sum()
    return float(inside / total), float(((np.bincount(labels, strength) / total) ** 2).sum())


def aggregate(graph: csr_matrix, labels: IntArray) -> NDArray[np.float64]:
    """Sum the edge weights between groups, shape (n_groups, n_groups)."""
    n = len(labels)
    member = csr_matrix((np.ones(n), (np.arange(n), labels)))
    return np.asarray((member.T @ graph @ member).toarray())


def exactly(graph: csr_matrix, n_clusters: int) -> IntArray:
    """Partition a graph into a given number of groups.

    The first resolution that gives at least that many is taken, then the pair of groups whose
    union has the largest modularity is merged until the number is right (Clauset, Newman and Moore,
    Physical Review E 70, 2004).
    """
    resolution = 0.1
    labels = communities(graph, resolution)
    while labels.max() + 1 < n_clusters:
        if resolution > 1e6:
            labels = np.arange(len(labels), dtype=np.int64)
            break
        resolution *= 1.5
        labels = communities(graph, resolution)
    return merged_down(graph, labels, n_clusters)


def merged_down(graph: csr_matrix, labels: IntArray, n_clusters: int) -> IntArray:
    """Merge groups pair by pair, by largest gain of modularity, down to a number."""
    between = aggregate(graph, labels)
    between /= max(between.sum(), 1e-300)
    names = [[group] for group in range(len(between))]
    while len(names) > n_clusters:
        degree = between.sum(axis=1)
        gain = between - np.outer(degree, degree)
        np.fill_diagonal(gain, -np.inf)
        a, b = sorted(np.unravel_index(int(gain.argmax()), gain.shape))
        between[a] += between[b]
        between[:, a] += between[:, b]
        between = np.delete(np.delete(between, b, axis=0), b, axis=1)
        names[a] += names.pop(b)
    new = np.empty(int(labels.max()) + 1, dtype=np.int64)
    for group, members in enumerate(names):
        new[members] = group
    return np.asarray(new[labels])


def _others(agreement: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean agreement of each draw with the other draws."""
    return np.asarray((agreement.sum(axis=1) - np.diag(agreement)) / (len(agreement) - 1))
