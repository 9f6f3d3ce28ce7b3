"""Two-sample tests of shares, corrected for their number."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topickit._core.vectors import IntArray

SIGNIFICANCE = 0.01
"""Of `exceeds`."""


@dataclass(frozen=True, eq=False)
class ShareTests:
    """Comparison of k shares in two samples.

    Attributes
    ----------
    before, after : float64 ndarrays of shape (k,)
        The shares.
    low, high : float64 ndarrays of shape (k,)
        95 % confidence interval of the difference, after less before (Newcombe, Statistics in Medicine 17,
        1998, method 10).
    p_values : float64 ndarray of shape (k,)
        Of Fisher's exact test, corrected for the number of shares by Benjamini and Hochberg.
    """

    before: NDArray[np.float64]
    after: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    p_values: NDArray[np.float64]


def compare_shares(before: ArrayLike, n_before: int, after: ArrayLike, n_after: int) -> ShareTests:
    """Compare the shares of k groups in two samples.

    Parameters
    ----------
    before, after : int array of shape (k,)
        Size of each group in the first and the second sample.
    n_before, n_after : int
        Sizes of the samples.

    Returns
    -------
    ShareTests

    Examples
    --------
    >>> tests = compare_shares([50, 950], 1000, [100, 900], 1000)
    >>> tests.p_values.round(4).tolist(), tests.low.round(3).tolist()
    ([0.0, 0.0], [0.027, -0.073])
    """
    from scipy.stats import binomtest, false_discovery_control

    first, second = np.asarray(before, dtype=np.int64), np.asarray(after, dtype=np.int64)
    if not n_before or not n_after or not len(first):
        zero = np.zeros(len(first))
        return ShareTests(zero, zero, zero, zero, np.ones(len(first)))
    one, two = first / n_before, second / n_after
    bounds = [
        np.array([binomtest(k, n).proportion_ci(method="wilson") for k in sizes.tolist()])
        for sizes, n in ((first, n_before), (second, n_after))
    ]
    difference, (wilson_1, wilson_2) = two - one, bounds
    low = difference - np.hypot(two - wilson_2[:, 0], wilson_1[:, 1] - one)
    high = difference + np.hypot(wilson_2[:, 1] - two, one - wilson_1[:, 0])
    p_values = false_discovery_control(exact_test(first, n_before, second, n_after), method="bh")
    return ShareTests(one, two, low, high, np.asarray(p_values))


def exceeds(n: int, of: int, share: float) -> bool:
    """Return whether a sample has significantly more than a share (exact binomial test, 1 %).

    Parameters
    ----------
    n, of : int
        So many of the sample.
    share : float

    Examples
    --------
    >>> exceeds(3, 20, 0.1), exceeds(150, 1000, 0.1)
    (False, True)
    """
    from scipy.stats import binom

    return bool(of and n > share * of and binom.sf(n - 1, of, share) <= SIGNIFICANCE)


def exact_test(
    before: IntArray, n_before: int | IntArray, after: IntArray, n_after: int | IntArray
) -> NDArray[np.float64]:
    """Test whether shares are equal: twice the smaller tail of the hypergeometric distribution.

    Parameters
    ----------
    before, after : int64 ndarrays of shape (k,)
        Size of each group in the first and the second sample.
    n_before, n_after : int or int64 ndarrays of shape (k,)
        Sizes of the samples.

    Returns
    -------
    float64 ndarray of shape (k,)
        Uncorrected p-values.

    Examples
    --------
    >>> exact_test(np.array([5]), 10, np.array([5]), 10).tolist()
    [1.0]
    """
    from scipy.stats import hypergeom

    total = before + after
    of_both = np.asarray(n_before) + np.asarray(n_after)
    upper = hypergeom.sf(after - 1, of_both, total, n_after)
    lower = hypergeom.cdf(after, of_both, total, n_after)
    return np.asarray(np.minimum(1.0, 2 * np.minimum(upper, lower)), dtype=np.float64)
