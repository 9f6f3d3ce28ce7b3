"""Which pairs can reach a threshold at all: an upper bound on the cosine from a few coordinates.

Rows are turned so that the first m coordinates hold most of them (PCA without centering); then, by
Cauchy–Schwarz on the rest, ``x·y <= x1·y1 + |x2||y2|``: one product of m + 1 coordinates. Those are
rounded to small integers, and everything that rounding can take away is given back, so that no pair at
the threshold is lost: with x1 = p + q, p what the integers say, ``x1·y1 <= p·p' + |q||y1| + |p||q'|``.
That is a limit for each row and a start for each column.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, map_blocks, single_threaded
from topickit.cluster.community.exact import UNIT_ROUNDOFF, Rows

FEWEST_ROWS = 4096
"""Under this, full products are over before a filter is set up."""
LOWEST_THRESHOLD = 0.1
MOST_COORDINATES = 256
STEP = 8


@dataclass(frozen=True)
class Kind:
    """What the integers of a filter are; see `topickit.cluster.community.kernel`.

    Attributes
    ----------
    scale : int
        Integers a unit, to begin with. Sums of products of unit rows must fit the sums of the kernel.
    most : int
        The largest coordinate; larger ones are cut, which costs precision only.
    rest : int
        Coordinates that the length of the rest is spread over, so that it fits too.
    shift : int
        Added to the coordinates of rows, where they must not be negative.
    row, column, total : type
        Of the coordinates of rows and of columns, and of sums.
    nanoseconds : float
        A coordinate of a pair, on one core.
    """

    scale: int
    most: int
    rest: int
    shift: int
    row: type
    column: type
    total: type
    nanoseconds: float


# Times were taken on AMD Zen 4 with AVX2. Only their ratios matter, and only for speed.
WIDE = Kind(2**14, 2**14 + 1, 1, 0, np.int16, np.int16, np.int32, 1 / 70)
NARROW = Kind(174, 90, 4, 90, np.uint8, np.int8, np.int16, 1 / 135)
LOOK_NS = 60.0
LOOK_COORDINATE_NS = 0.06
PRODUCT_NS = 1 / 36
PRODUCT_LOOK_NS = 1.0


@dataclass(frozen=True, eq=False)
class Filter:
    """Integers to multiply, and the sums over which a pair must be looked at.

    Attributes
    ----------
    rows, columns : integer ndarray of shape (n, width), width even
        The same coordinates in the types that the kernel wants.
    starts : integer ndarray of shape (n,)
        Where the sums of each column start.
    limits : integer ndarray of shape (n,)
        A pair whose sum is not over its row's limit is below the threshold.
    kind : Kind
    """

    rows: NDArray[Any]
    columns: NDArray[Any]
    starts: NDArray[Any]
    limits: NDArray[Any]
    kind: Kind


def make_filter(rows: Rows, threshold: float) -> Filter | None:
    """Choose and compute the coordinates, or None where full products are no dearer.

    Parameters
    ----------
    rows : Rows
    threshold : float
    """
    if len(rows) < FEWEST_ROWS or threshold < LOWEST_THRESHOLD or rows.values.shape[1] < STEP:
        return None
    from topickit.cluster.community import kernel as _kernel

    kind = NARROW if _kernel.has_narrow() else WIDE
    with single_threaded():
        basis = principal_axes(rows)
        m = _cheapest(rows, basis, threshold, kind)
    return build_filter(rows, threshold, basis[:, :m], kind) if m else None


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


def _cheapest(rows: Rows, basis: FloatArray, threshold: float, kind: Kind) -> int:
    """The number m of axes that costs least by a sample of pairs; 0 where full products do."""
    d = rows.values.shape[1]
    draw = np.random.default_rng(0).choice(len(rows), 256 + 2048, replace=False)
    turned = rows.unit(draw) @ basis
    left, right = turned[:256], turned[256:]
    best, cheapest = 0.9 * (d * PRODUCT_NS + PRODUCT_LOOK_NS), 0
    products = np.zeros((256, 2048), dtype=np.float32)
    held = np.zeros(len(turned), dtype=np.float32)
    done = 0
    for width in range(2 * STEP, basis.shape[1] + kind.rest + 1, STEP):
        m = width - kind.rest
        products += left[:, done:m] @ right[:, done:m].T
        held += np.einsum("ij,ij->i", turned[:, done:m], turned[:, done:m])
        done = m
        rest = np.sqrt(np.maximum(0.0, 1.0 - held))
        rounding = 2 * np.sqrt(m / 12 * held.mean()) / kind.scale
        over = products + np.outer(rest[:256], rest[256:]) >= threshold - 0.002 - rounding
        cost = width * kind.nanoseconds + float(over.mean()) * (LOOK_NS + d * LOOK_COORDINATE_NS)
        if cost < best:
            best, cheapest = cost, m
    return cheapest


def build_filter(rows: Rows, threshold: float, axes: FloatArray, kind: Kind) -> Filter | None:
    """Compute a filter on given axes, or None where its sums do not fit at any scale.

    Parameters
    ----------
    rows : Rows
    threshold : float
    axes : float32 ndarray of shape (d, m), orthonormal columns
    kind : Kind
    """
    if kind.rest > 1:
        # Coordinates of much the same size keep the most of few bits; any turn of the axes is as good.
        m = axes.shape[1]
        turn = np.linalg.qr(np.random.default_rng(0).standard_normal((m, m)))[0]
        axes = (axes.astype(np.float64) @ turn).astype(np.float32)
    axes = np.ascontiguousarray(axes)
    scale = float(kind.scale)
    for _ in range(6):
        result, needed = _with_scale(rows, threshold, axes, kind, scale)
        if needed <= np.iinfo(kind.total).max:
            return result
        # Large coordinates were cut, and giving that back takes more room than there is.
        scale *= 0.97 * np.sqrt(np.iinfo(kind.total).max / needed)
    return None


def _with_scale(
    rows: Rows, threshold: float, axes: FloatArray, kind: Kind, scale: float
) -> tuple[Filter | None, float]:
    """A filter of some integers a unit, and the largest sum that it can come to."""
    parts = map_blocks(lambda a, b: _rounded(rows.unit(slice(a, b)), axes, kind, scale), len(rows), 4096)
    integers, lost, turned, kept = (np.concatenate([part[k] for part in parts]) for k in range(4))
    for of_dead in (integers, lost):
        of_dead[~rows.live] = 0
    starts = np.ceil(scale**2 * lost * kept.max(initial=0.0))
    limit = threshold - rows.margin - _slack(*axes.shape)
    limits = np.floor(scale**2 * (limit - lost * turned.max(initial=0.0))) - 1
    lengths = np.sqrt(np.einsum("ij,ij->i", integers, integers, dtype=np.float64))
    needed = float((lengths * lengths.max(initial=0.0) + starts).max(initial=0.0))
    room = np.iinfo(kind.total).max
    if needed > room:
        return None, needed
    limits[~rows.live] = room
    starts -= kind.shift * integers.sum(axis=1, dtype=np.int64)
    columns: NDArray[Any] = integers.astype(kind.column)
    result = Filter(
        (integers + kind.shift).astype(kind.row),
        columns,
        starts.astype(np.int64).astype(kind.total),  # may wrap around, and so do the sums: they end in range
        limits.astype(kind.total),
        kind,
    )
    return result, needed


def _slack(d: int, m: int) -> float:
    """What a product of coordinates can lose by the turn in float32."""
    turn = _turn_error(d, m)
    return 2 * turn + 3 * turn**2


def _turn_error(d: int, m: int) -> float:
    return float(1.01 * (d + 8) * UNIT_ROUNDOFF * np.sqrt(m))


def _rounded(unit: FloatArray, axes: FloatArray, kind: Kind, scale: float) -> tuple[NDArray[Any], ...]:
    """Integers of some rows; and of each row |q|, |x1| and |p|, rounded up."""
    turned = unit @ axes
    d, m = axes.shape
    held = np.einsum("ij,ij->i", turned, turned).astype(np.float64)
    # The rest is rounded up, by as much as the turn may have put into the first part.
    rest = np.sqrt(np.maximum(0.0, 1.0 - held + 2 * _slack(d, m)))
    width = m + kind.rest
    integers = np.zeros((len(unit), width + width % 2), dtype=np.int16)
    coordinates = np.clip(np.rint(turned * np.float32(scale)), -kind.most, kind.most)
    integers[:, :m] = coordinates
    integers[:, m:width] = np.ceil(rest * scale / np.sqrt(kind.rest))[:, None]
    coordinates /= np.float32(scale)
    lost = turned - coordinates
    lengths = (np.sqrt(np.einsum("ij,ij->i", part, part)) for part in (lost, turned, coordinates))
    return (integers, *(1.0001 * length.astype(np.float64) + 1e-6 for length in lengths))
