"""Tests and intervals of shares keep their levels in simulated samples."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from topickit._core.shares import compare_shares, exact_test


@pytest.mark.parametrize("k", [8, 20])
def test_equal_shares_are_seldom_called_different(k):
    rng = np.random.default_rng(0)
    weights = rng.gamma(1.0, size=k)
    weights /= weights.sum()
    n_called, n_repeats = 0, 1000
    for _ in range(n_repeats):
        before, after = rng.multinomial(2000, weights), rng.multinomial(500, weights)
        p = false_discovery_control(exact_test(before, 2000, after, 500), method="bh")
        n_called += bool((p <= 0.02).any())
    assert 0 < n_called / n_repeats <= 0.02


@pytest.mark.parametrize(("before", "after"), [(0.01, 0.01), (0.002, 0.002), (0.05, 0.07)])
def test_intervals_hold_the_difference(before, after):
    rng = np.random.default_rng(0)
    sizes = rng.binomial(2000, before, 1500), rng.binomial(500, after, 1500)
    tests = compare_shares(sizes[0], 2000, sizes[1], 500)
    held = (tests.low <= after - before) & (after - before <= tests.high)
    assert 0.94 <= held.mean() <= 0.985
