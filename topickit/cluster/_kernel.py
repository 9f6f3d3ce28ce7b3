"""Compiled pair scan: a filter on 16-bit integers, and the full product of what it lets through.

The filter multiplies `ROWS` rows by `COLUMNS` columns at a time, with the sums held in registers
and compared there, so that no product is ever written to memory. Two neighbouring coordinates are
multiplied and added in one instruction (``pmaddwd`` on x86, ``smull`` and ``addp`` on ARM), for
which the loop is written as LLVM vectors: compilers do not find it by themselves. 16-bit integers
run at almost twice the rate of a float32 matrix product.
"""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils
from numba.core import types as numba_types
from numba.extending import intrinsic
from numpy.typing import NDArray

types: Any = numba_types  # its names are made at run time

ROWS = 6
"""Rows a tile: 12 sums, 2 columns and 1 row fill the 16 registers of AVX2."""
COLUMNS = 16
"""Columns a tile, in two vectors of `_LANES` sums."""
TILES_AT_ONCE = 32
"""Row tiles that are multiplied by one panel of columns before the next: they stay in the L2 cache."""
_LANES = 8
_VECTORS = COLUMNS // _LANES


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile with numba, keeping the machine code on disk where there is a place for it."""

    def wrap(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(nogil=True, cache=True, **options)(function)
        except RuntimeError:  # neither the package's folder nor the user's cache folder can be written
            return numba.njit(nogil=True, **options)(function)

    return wrap


@intrinsic
def _address(_context: Any, array: Any, offset: Any) -> Any:
    """Pointer to an element of a one-dimensional array."""
    signature = types.CPointer(array.dtype)(array, types.intp)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0]).data
        return builder.gep(data, [arguments[1]])

    return signature, generate


def _splat(builder: Any, scalar: Any, lanes: int) -> Any:
    vector = ir.VectorType(scalar.type, lanes)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, ir.IntType(32)(0))
    return builder.shuffle_vector(
        first,
        ir.Constant(vector, ir.Undefined),
        ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes),
    )


def _pair_sums(builder: Any, left: Any, right: Any) -> Any:
    """Products of 16-bit lanes, neighbours added: the form that LLVM turns into ``pmaddwd``."""
    wide = ir.VectorType(ir.IntType(32), 2 * _LANES)
    product = builder.mul(builder.sext(left, wide), builder.sext(right, wide))
    picks = ir.VectorType(ir.IntType(32), _LANES)
    even = ir.Constant(picks, list(range(0, 2 * _LANES, 2)))
    odd = ir.Constant(picks, list(range(1, 2 * _LANES, 2)))
    return builder.add(
        builder.shuffle_vector(product, product, even), builder.shuffle_vector(product, product, odd)
    )


@intrinsic
def _tile(_context: Any, rows: Any, columns: Any, n_pairs: Any, above: Any, out: Any) -> Any:
    """Write, for each row of a tile, the bits of the columns whose product is larger than `above`."""
    signature = types.void(
        types.CPointer(types.int16),
        types.CPointer(types.int16),
        types.intp,
        types.int32,
        types.CPointer(types.int32),
    )

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        rows, columns, n_pairs, above, out = arguments
        i16, i32, i64 = ir.IntType(16), ir.IntType(32), ir.IntType(64)
        sums = ir.VectorType(i32, _LANES)
        pairs = ir.VectorType(i16, 2 * _LANES)
        rows = builder.bitcast(rows, i32.as_pointer())  # two coordinates at a time
        columns = builder.bitcast(columns, pairs.as_pointer())
        before = builder.block
        loop, after = builder.append_basic_block("pairs"), builder.append_basic_block("done")
        builder.branch(loop)
        builder.position_at_end(loop)
        k = builder.phi(i64)
        k.add_incoming(i64(0), before)
        held = [[builder.phi(sums) for _ in range(_VECTORS)] for _ in range(ROWS)]
        loaded = []
        for v in range(_VECTORS):
            load = builder.load(builder.gep(columns, [builder.add(builder.mul(k, i64(_VECTORS)), i64(v))]))
            load.align = 2
            loaded.append(load)
        new = []
        for r in range(ROWS):
            load = builder.load(builder.gep(rows, [builder.add(builder.mul(k, i64(ROWS)), i64(r))]))
            load.align = 2
            row = builder.bitcast(_splat(builder, load, _LANES), pairs)
            new.append(
                [builder.add(held[r][v], _pair_sums(builder, row, loaded[v])) for v in range(_VECTORS)]
            )
        following = builder.add(k, i64(1))
        k.add_incoming(following, loop)
        for r in range(ROWS):
            for v in range(_VECTORS):
                held[r][v].add_incoming(ir.Constant(sums, [0] * _LANES), before)
                held[r][v].add_incoming(new[r][v], loop)
        builder.cbranch(builder.icmp_signed("<", following, n_pairs), loop, after)
        builder.position_at_end(after)
        limit = _splat(builder, above, _LANES)
        for r in range(ROWS):
            bits = i32(0)
            for v in range(_VECTORS):
                larger = builder.bitcast(builder.icmp_signed(">", new[r][v], limit), ir.IntType(_LANES))
                bits = builder.or_(bits, builder.shl(builder.zext(larger, i32), i32(v * _LANES)))
            builder.store(bits, builder.gep(out, [i64(r)])).align = 4
        return context.get_dummy_value()

    return signature, generate


@compiled(fastmath={"reassoc", "contract"})
def _dot(vectors: Any, i: Any, j: Any) -> Any:
    total = np.float32(0)
    for k in range(vectors.shape[1]):
        total += vectors[i, k] * vectors[j, k]
    return total


@compiled()
def _look(
    vectors: Any,
    scale: Any,
    tile: Any,
    panel: Any,
    masks: Any,
    limits: Any,
    found: Any,
    n_in: Any,
    n_open: Any,
) -> Any:
    """Multiply out the pairs that a tile let through."""
    for r in range(ROWS):
        bits = masks[r]
        i = tile * ROWS + r
        j = panel * COLUMNS
        while bits:
            if bits & 1 and i < j < len(vectors):
                cosine = _dot(vectors, i, j) * scale[i] * scale[j]
                if cosine >= limits[1]:
                    found[n_in, 0] = i
                    found[n_in, 1] = j
                    n_in += 1
                elif cosine >= limits[0]:
                    n_open += 1
                    found[found.shape[0] - n_open, 0] = i
                    found[found.shape[0] - n_open, 1] = j
            bits >>= 1
            j += 1
    return n_in, n_open


@compiled()
def scan_block(
    vectors: Any,
    scale: Any,
    rows: Any,
    columns: Any,
    n_pairs: Any,
    above: Any,
    span: Any,
    limits: Any,
    found: Any,
) -> Any:
    """Find the pairs of one block whose cosine reaches a threshold.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d)
    scale : float32 ndarray of shape (n,)
        What makes each row a unit row.
    rows, columns : int16 ndarrays, one-dimensional
        The filter's coordinates, as `pack` lays them out.
    n_pairs : int
        Pairs of coordinates of a row.
    above : int32
        A pair is looked at when its product is larger.
    span : tuple of int
        First and last-plus-one tile of rows, then of columns.
    limits : tuple of float32
        Cosines at and above the second are in, below the first out; in between somebody else decides.
    found : int32 ndarray of shape (capacity, 2)
        Gets the pairs (i < j): those in from the front, the undecided from the back.

    Returns
    -------
    tuple of int
        How many are in, how many undecided.
    """
    masks = np.empty(ROWS, np.int32)
    n_in = 0
    n_open = 0
    for first in range(span[0], span[1], TILES_AT_ONCE):
        for panel in range(span[2], span[3]):
            column = _address(columns, panel * n_pairs * 2 * COLUMNS)
            # Only pairs i < j: row tiles whose first row is past the last column have none.
            last = min(span[1], first + TILES_AT_ONCE, (panel * COLUMNS + COLUMNS - 2) // ROWS + 1)
            for tile in range(first, last):
                _tile(_address(rows, tile * n_pairs * 2 * ROWS), column, n_pairs, above, _address(masks, 0))
                hit = masks[0]
                for r in range(1, ROWS):
                    hit |= masks[r]
                if hit:
                    counts = _look(vectors, scale, tile, panel, masks, limits, found, n_in, n_open)
                    n_in, n_open = counts
    return n_in, n_open


def pack(coordinates: NDArray[np.int16], together: int) -> NDArray[np.int16]:
    """Lay rows out for the scan: tiles of `together` rows, in each the coordinates pair by pair.

    Parameters
    ----------
    coordinates : int16 ndarray of shape (n, m), m even
    together : int
        `ROWS` or `COLUMNS`; rows of zeros fill the last tile.

    Returns
    -------
    int16 ndarray, one-dimensional
    """
    n, m = coordinates.shape
    tiles = -(-n // together)
    packed = np.zeros((tiles, m // 2, together, 2), dtype=np.int16)
    whole = n // together
    packed[:whole] = coordinates[: whole * together].reshape(whole, together, m // 2, 2).transpose(0, 2, 1, 3)
    if whole < tiles:
        rest = coordinates[whole * together :]
        packed[whole, :, : len(rest)] = rest.reshape(len(rest), m // 2, 2).transpose(1, 0, 2)
    return packed.ravel()
