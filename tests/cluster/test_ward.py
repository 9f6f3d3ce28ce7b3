"""The cheapest pair is merged first, as a search of the whole matrix finds it."""

import numpy as np
import pytest

from topickit.cluster.ward import cheapest_merges, cluster_of_each, merge_order, merge_steps


def searched(means, sizes, n_clusters):
    """Merge by a search of all pairs at each step."""
    means, sizes, steps = list(means.astype(float)), list(sizes), []
    while len(means) > n_clusters:
        pairs = [(a, b) for a in range(len(means)) for b in range(a + 1, len(means))]
        costs = [
            ((means[a] - means[b]) ** 2).sum() * sizes[a] * sizes[b] / (sizes[a] + sizes[b]) for a, b in pairs
        ]
        a, b = pairs[int(np.argmin(np.round(costs, 9)))]
        row, size = means.pop(b), sizes.pop(b)
        means[a] = (sizes[a] * means[a] + size * row) / (sizes[a] + size)
        sizes[a] += size
        steps.append((a, b))
    return steps


@pytest.mark.parametrize("seed", range(8))
def test_equals_a_search_of_all_pairs(seed):
    rng = np.random.default_rng(seed)
    means, sizes = rng.normal(size=(25, 4)).astype(np.float32), rng.integers(1, 5, 25).astype(float)
    assert merge_steps(means, sizes, 3) == searched(means, sizes, 3)


def test_of_equal_costs_the_first_pair_is_merged():
    cost = np.ones((4, 4))
    assert cheapest_merges(cost, 1, lambda a, b: np.ones(4)) == [(0, 1), (0, 1), (0, 1)]


def test_few_rows_are_read_again():
    """The work of a merge does not grow with the square of the number of groups."""
    rng = np.random.default_rng(0)

    class Counting(np.ndarray):
        reads = 0

        def argmin(self, *args, **kwargs):
            Counting.reads += self.size
            return np.asarray(self).argmin(*args, **kwargs)

    k = 400
    points = rng.normal(size=(k, 8))
    cost = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    original = cost.copy()

    def join(a, b):
        original[a] = original[:, a] = np.maximum(original[a], original[b])  # complete linkage
        return original[a]

    cheapest_merges(cost.view(Counting), 1, join)
    assert Counting.reads < 12 * k**2


def test_groups_within_others_are_merged_first():
    means = np.array([[0.0], [10.0], [0.1], [10.1]], dtype=np.float32)
    groups = merge_order(means, np.ones(4), 2, within=np.array([0, 0, 1, 1]))
    assert groups.tolist() == [0, 0, 1, 1]
    assert cluster_of_each(4, []).tolist() == [0, 1, 2, 3]
