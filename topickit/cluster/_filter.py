"""Which pairs can reach a threshold at all: an upper bound on the cosine from a few coordinates.

Rows are turned so that the first m coordinates hold most of them (PCA without centring); then, by
Cauchy–Schwarz on the rest, ``x·y <= x1·y1 + |x2||y2|``: one product of m + 1 coordinates. Those are
rounded to 16-bit integers, and everything that rounding can take away is given back in the limit,
so that no pair at the threshold is lost.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topickit.cluster._exact import UNIT_ROUNDOFF, Rows
from topickit.vectors import FloatArray, map_blocks, single_threaded

FEWEST_ROWS = 4096
"""Under this, full products are over before a filter is set up."""
LOWEST_THRESHOLD = 0.1
SCALE = 2**14
"""Integers a unit: 16-bit coordinates, and sums of their products, have room to spare."""
MOST_COORDINATES = 256
STEP = 8

# Nanoseconds on one core (AMD Zen 4, AVX2), to weigh the filter against the full product. Only
# their ratios matter, and only for speed.
FILTER_NS = 1 / 70
LOOK_NS = 40.0
LOOK_COORDINATE_NS = 0.06
PRODUCT_NS = 1 / 36
PRODUCT_LOOK_NS = 1.0


@dataclass(frozen=True, eq=False)
class Filter:
    """Coordinates to multiply, and the product above which a pair must be looked at.

    Attributes
    ----------
    coordinates : int16 ndarray of shape (n, m + 1), of an even number of columns
    above : int
        A pair whose product is not larger is below the threshold.
    share : float
        The share of pairs that will be looked at, by a sample.
    """

    coordinates: NDArray[np.int16]
    above: int
    share: float


def make_filter(rows: Rows, threshold: float) -> Filter | None:
    """Choose and compute the coordinates, or None where full products are no dearer.

    Parameters
    ----------
    rows : Rows
    threshold : float
    """
    if len(rows) < FEWEST_ROWS or threshold < LOWEST_THRESHOLD or rows.values.shape[1] < STEP:
        return None
    with single_threaded():
        basis = principal_axes(rows)
        width, share = _cheapest(rows, basis, threshold)
    if not width:
        return None
    return build_filter(rows, threshold, np.ascontiguousarray(basis[:, : width - 1]), share)


def build_filter(rows: Rows, threshold: float, axes: FloatArray, share: float) -> Filter | None:
    """Compute the filter's coordinates on given axes, or None where rounding would eat the threshold.

    Parameters
    ----------
    rows : Rows
    threshold : float
    axes : float32 ndarray of shape (d, m), orthonormal columns, m odd
    share : float
    """
    limit = threshold - rows.margin - sum(_slacks(*axes.shape))
    if limit < LOWEST_THRESHOLD / 2:
        return None
    coordinates = np.concatenate(
        map_blocks(lambda start, stop: _quantised(rows.unit(slice(start, stop)), axes), len(rows), 4096)
    )
    coordinates[~rows.live] = 0
    return Filter(coordinates, int(np.floor(limit * SCALE**2)) - 1, share)


def principal_axes(rows: Rows) -> FloatArray:
    """Orthonormal directions by falling share of the rows' squares, from a sample of the rows.

    Returns
    -------
    float32 ndarray of shape (d, k)
    """
    step = max(1, len(rows) // 4096)
    sample = rows.unit(slice(0, len(rows), step)).astype(np.float64)
    d = sample.shape[1]
    if d <= 1024:
        return np.linalg.eigh(sample.T @ sample)[1][:, : -MOST_COORDINATES - 1 : -1].astype(np.float32)
    # Subspace iteration: any orthonormal axes are exact, better ones only let fewer pairs through.
    axes = np.linalg.qr(np.random.default_rng(0).standard_normal((d, MOST_COORDINATES)))[0]
    for _ in range(3):
        axes = np.linalg.qr(sample.T @ (sample @ axes))[0]
    turned = sample @ axes
    return np.asarray(axes @ np.linalg.eigh(turned.T @ turned)[1][:, ::-1], dtype=np.float32)


def _cheapest(rows: Rows, basis: FloatArray, threshold: float) -> tuple[int, float]:
    """The number of coordinates (m + 1) that costs least, and its share of pairs; 0 for none."""
    d = rows.values.shape[1]
    draw = np.random.default_rng(0).choice(len(rows), 256 + 2048, replace=False)
    turned = rows.unit(draw) @ basis
    left, right = turned[:256], turned[256:]
    best = (0.9 * (d * PRODUCT_NS + PRODUCT_LOOK_NS), 0, 1.0)
    products = np.zeros((256, 2048), dtype=np.float32)
    held = np.zeros(len(turned), dtype=np.float32)
    done = 0
    for width in range(2 * STEP, min(basis.shape[1], MOST_COORDINATES) + 2, STEP):
        band = slice(done, width - 1)
        products += left[:, band] @ right[:, band].T
        held += np.einsum("ij,ij->i", turned[:, band], turned[:, band])
        rest = np.sqrt(np.maximum(0.0, 1.0 - held))
        bound = products + np.outer(rest[:256], rest[256:])
        share = float((bound >= threshold - 0.002).mean())
        cost = width * FILTER_NS + share * (LOOK_NS + d * LOOK_COORDINATE_NS)
        best = min(best, (cost, width, share))
        done = width - 1
    return best[1], best[2]


def _slacks(d: int, m: int) -> tuple[float, float]:
    """What a product of coordinates can lose: by the turn in float32, and by the integers."""
    turn = 1.01 * (d + 8) * UNIT_ROUNDOFF * np.sqrt(m)
    rounding = 0.505 * np.sqrt(m) / SCALE
    return 2 * turn + 3 * turn**2, 2 * rounding * (1 + rounding)


def _quantised(unit: FloatArray, axes: FloatArray) -> NDArray[np.int16]:
    turned = unit @ axes
    d, m = axes.shape
    held = np.einsum("ij,ij->i", turned, turned).astype(np.float64)
    # The rest is rounded up, by as much as the turn may have put into the first part.
    rest = np.sqrt(np.maximum(0.0, 1.0 - held + 2 * _slacks(d, m)[0]))
    result = np.zeros((len(unit), m + 1), dtype=np.int16)
    result[:, :m] = np.rint(turned * np.float32(SCALE))
    result[:, m] = np.ceil(rest * SCALE)
    return result
