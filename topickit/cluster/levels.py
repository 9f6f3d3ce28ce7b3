"""The ladder of resolutions of a corpus, and the choice of its levels.

Coarse and fine partitions of one corpus can both be right, and suitable resolutions differ between corpora
by a factor of fifty. Two cheap criteria find them: *modularity* of the partition at unit resolution, and
*stability*, the agreement of partitions of different samples. Both are measured on several small draws, so
the cost does not grow with the corpus.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, IntArray, map_blocks, n_threads
from topickit.cluster.consensus import consensus
from topickit.cluster.draws import MOST_DRAWS, Draw, Draws
from topickit.cluster.partition import communities, modularity

RESOLUTIONS = tuple(float(r) for r in np.geomspace(0.1, 40.0, 18))
N_COMPARED = 6
"""Draws of a level with which its clusters are compared afterwards, for the stability of each."""
MOST_CENTERS = 2500
"""Most centers of which a consensus is made, unless fewer draws than were compared would be left."""
MODULARITY_POWER = 1.0
TOLERANCE = 0.04
"""Share of the best score by which a level falls short if its weight is 1/e of the best level's."""
FINENESS = 0.7
"""Weighted standard deviations by which the chosen number of clusters is above the weighted mean."""
WINDOW = np.array([1, 2, 3, 2, 1]) / 9
"""Weights of the mean over neighboring levels: draws may agree on one level by chance, not on several."""
FEWEST_TOPICS = 5
CLEAR_CUT = 0.95
"""Least share of edge weight inside clusters for fewer than `FEWEST_TOPICS` clusters to be eligible."""
GOOD = 0.8
"""Least share of the best score for a peak to be another good level."""
ALIKE = 1.3
"""Numbers of clusters that differ by a smaller factor count as one level."""
FAR_BELOW = 0.75
"""Two consecutive levels below this share of the best score end the ladder: scores do not recover."""


@dataclass(frozen=True, eq=False)
class Level:
    """The partitions of all draws at one resolution, with the measures that choose among levels.

    Attributes
    ----------
    resolution : float
    centers : tuple of float32 ndarray of shape (k_i, d)
        Unit means of the clusters of each draw.
    modularity : float
        Mean over the draws, at unit resolution.
    inside : float
        Share of the edge weight inside clusters, mean over the draws.
    agreement : float64 ndarray of shape (n_draws, n_draws)
        Adjusted Rand index between the draws of the ladder, on rows that all of them label.
    wanted : int, optional
        Number of clusters of the consensus of the draws; None for the median of their numbers.
    """

    resolution: float
    centers: tuple[FloatArray, ...]
    modularity: float
    inside: float
    agreement: NDArray[np.float64]
    wanted: int | None = None

    @property
    def n_clusters(self) -> int:
        """The median number of clusters of the draws."""
        return int(np.median([len(center) for center in self.centers]))

    @property
    def stability(self) -> float:
        """Mean agreement between two draws, −1 to 1."""
        return float(_mean_agreement(self.agreement).mean())

    def score(self, power: float = MODULARITY_POWER) -> float:
        """Modularity (to a power, for comparison) × stability."""
        return float(max(self.modularity, 0.0) ** power * self.stability)

    @property
    def is_choice(self) -> bool:
        """Whether the level is eligible: it has several clusters, or clearly separated ones."""
        return self.n_clusters >= FEWEST_TOPICS or self.inside >= CLEAR_CUT

    @cached_property
    def center(self) -> FloatArray:
        """The centers on which the draws agree."""
        return consensus(self.centers, self.wanted or self.n_clusters)

    @property
    def compared_centers(self) -> tuple[FloatArray, ...]:
        """The centers of some draws, for the stability of clusters."""
        return self.centers[:N_COMPARED]


def ladder(draws: Draws, *, whole: bool = True) -> list[Level]:
    """Partition several draws of the rows at each resolution, and compare them.

    Parameters
    ----------
    draws : Draws
        The first `Draws.n_compared` are taken.
    whole : bool
        Go on to the finest level; else end where finer levels score far below the best.

    Returns
    -------
    list of Level
        Coarse to fine.
    """
    parts = [draws[number] for number in range(draws.n_compared)]
    levels: list[Level] = []
    step = len(RESOLUTIONS) if whole else n_threads()
    while len(levels) < len(RESOLUTIONS):
        left = RESOLUTIONS[len(levels) :][:step]
        levels += map_blocks(lambda i, _, left=left: _level(draws.sample, parts, left[i]), len(left), 1)  # type: ignore[misc]
        end = None if whole else end_of(levels)
        if end is not None:
            return levels[:end]  # the same end whatever the number of processors
    return levels


def with_more_draws(level: Level, draws: Draws) -> Level:
    """Partition more draws at a level: the more partitions, the less their consensus changes with the seed.

    Parameters
    ----------
    level : Level
    draws : Draws
        Those with which the level was made.

    Returns
    -------
    Level
        With the centers of all draws, or of fewer where they are many.
    """
    n_centers = sum(map(len, level.centers)) / len(level.centers)
    n_draws = min(MOST_DRAWS, int(MOST_CENTERS / n_centers))

    def center(first: int, _: int) -> FloatArray:
        draw = draws[len(level.centers) + first]
        return draw.centers(communities(draw.graph, level.resolution))

    more = map_blocks(center, max(n_draws - len(level.centers), 0), 1)
    return replace(level, centers=(*level.centers, *more))


def end_of(levels: list[Level]) -> int | None:
    """Give the number of levels at which the ladder can end; None if it cannot yet."""
    best, below = 0.0, 0
    for place, level in enumerate(levels):
        if level.n_clusters < FEWEST_TOPICS:  # a few clear clusters may each contain more
            below = 0
            continue
        score = level.score()
        best = max(best, score)
        below = below + 1 if score < FAR_BELOW * best else 0
        if below == 2:
            return place + 1
    return None


def _level(sample: FloatArray, draws: list[Draw], resolution: float) -> Level:
    """Partition all draws at one resolution, and compare their labels of the sample."""
    parts = [communities(draw.graph, resolution) for draw in draws]
    centers = tuple(draw.centers(part) for draw, part in zip(draws, parts, strict=True))
    terms = [modularity(draw.graph, part) for draw, part in zip(draws, parts, strict=True)]
    labels = [(sample @ center.T).argmax(axis=1) for center in centers]
    agreement = np.eye(len(labels))
    for a, b in combinations(range(len(labels)), 2):
        agreement[a, b] = agreement[b, a] = adjusted_rand(labels[a], labels[b])
    inside, random = np.mean(terms, axis=0)
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
    """Choose the number of clusters from the scores of all levels, and the level that is nearest to it.

    The number is a mean over the levels, each with a weight that falls with its distance from the best
    score, and somewhat above that mean. The first or last level above a limit would change with the
    draws; a mean hardly does. Scores are smoothed over neighboring levels. A few clusters with many edges
    between them are not eligible, however stable: "physics and mathematics" does not describe three hundred
    thousand papers.

    Parameters
    ----------
    levels : list of Level
        Coarse to fine.
    power : float
        Of modularity in the score. The constants are on a plateau: see benchmarks/levels.py.
    tolerance : float
        Share of the best score by which a level falls short if its weight is 1/e of the best level's.

    Returns
    -------
    Level
        `wanted` is the number.
    """
    levels = levels[: end_of(levels)]  # the choice does not depend on how far the ladder goes
    smooth = _smooth(levels, power)
    best = smooth.max()
    weights = np.exp((smooth - best) / (tolerance * max(abs(best), 1e-9)))
    numbers = np.array([np.mean(np.log([len(center) for center in level.centers])) for level in levels])
    mean = np.average(numbers, weights=weights)
    spread = np.sqrt(np.average((numbers - mean) ** 2, weights=weights))
    number = min(float(mean + FINENESS * spread), float(numbers.max()))
    nearest = levels[int(np.abs(numbers - number).argmin())]
    return replace(nearest, wanted=round(np.exp(number)))


def first_with(levels: list[Level], n_clusters: int) -> Level:
    """Give the coarsest level with at least a number of clusters, or the finest level."""
    return next((level for level in levels if level.n_clusters >= n_clusters), levels[-1])


def good_levels(levels: list[Level], chosen: Level) -> list[int]:
    """List the numbers of clusters of the other good levels: local maxima of the score near the best one.

    Parameters
    ----------
    levels : list of Level
        Coarse to fine.
    chosen : Level
        Its number, and numbers within `ALIKE` of it or of each other, are left out.
    """
    levels = levels[: end_of(levels)]
    smooth = _smooth(levels, MODULARITY_POWER)
    beside = np.pad(smooth, 1, constant_values=-np.inf)
    peaks = (smooth >= beside[:-2]) & (smooth >= beside[2:]) & (smooth >= GOOD * smooth.max())
    listed = [chosen.wanted or chosen.n_clusters]
    for place in sorted(np.flatnonzero(peaks).tolist(), key=lambda place: -smooth[place]):
        n = levels[place].n_clusters
        if all(max(n, other) > ALIKE * min(n, other) for other in listed):
            listed.append(n)
    return sorted(listed[1:])


def _smooth(levels: list[Level], power: float) -> NDArray[np.float64]:
    """Average scores over neighboring levels; −∞ for ineligible levels if any level is eligible."""
    scores = np.pad([level.score(power) for level in levels], len(WINDOW) // 2, mode="edge")
    smooth = np.convolve(scores, WINDOW, mode="valid")
    choices = np.array([level.is_choice for level in levels])
    return np.where(choices, smooth, -np.inf) if choices.any() else smooth


def _mean_agreement(agreement: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean agreement of each draw with the other draws."""
    return np.asarray((agreement.sum(axis=1) - np.diag(agreement)) / (len(agreement) - 1))
