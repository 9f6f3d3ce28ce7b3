"""Compiled pair scan: a filter on small integers, and the full product of what it lets through.

The filter multiplies `ROWS` rows by two vectors of columns at a time, with the sums held in registers
and compared there, so that no product is ever written to memory. Two neighboring coordinates are
multiplied and added in one instruction; compilers do not find it by themselves, so the loop is written
as LLVM vectors. There are two kinds, told apart by the type of the coordinates:

- *wide*, on any processor: 16-bit coordinates and 32-bit sums (``pmaddwd`` on x86, ``smull`` and
  ``addp`` on ARM), at almost twice the rate of a float32 matrix product;
- *narrow*, with AVX2: 8-bit coordinates and 16-bit sums (``pmaddubsw``), at twice that again.
"""

from typing import Any

import numba
import numpy as np
from llvmlite import binding, ir
from numba.core import cgutils
from numba.core import types as numba_types
from numba.extending import intrinsic
from numpy.typing import NDArray

from topickit._core.jit import jit

types: Any = numba_types  # its names are made at run time

ROWS = 6
"""Rows a tile: 12 sums, 2 columns and 1 row fill the 16 registers of AVX2."""
TILES_AT_ONCE = 32
"""Row tiles that are multiplied by one panel of columns before the next: they stay in the L2 cache."""
_VECTORS = 2
_BITS = 256


def has_narrow() -> bool:
    """Whether this processor has the narrow kind (and numba compiles for this processor)."""
    if numba.config.CPU_NAME or numba.config.CPU_FEATURES:
        return False
    return bool(binding.get_host_cpu_features().get("avx2", False))


def columns_a_panel(coordinates: NDArray[Any]) -> int:
    """Columns that are multiplied at a time: as many sums as two vectors hold."""
    return _VECTORS * _BITS // (16 * coordinates.dtype.itemsize)


@intrinsic
def _address(_context: Any, array: Any, offset: Any) -> Any:
    """Pointer to an element of a one-dimensional array."""
    signature = types.CPointer(array.dtype)(array, types.intp)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0]).data
        return builder.gep(data, [arguments[1]])

    return signature, generate


@intrinsic
def _lowest_bit(_context: Any, bits: Any) -> Any:
    """Position of the lowest bit of a number that is not 0."""
    signature = types.uint32(types.uint32)

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.IntType(1)(1))

    return signature, generate


def _splat(builder: Any, scalar: Any, lanes: int) -> Any:
    none = ir.Constant(ir.VectorType(scalar.type, lanes), ir.Undefined)
    first = builder.insert_element(none, scalar, ir.IntType(32)(0))
    return builder.shuffle_vector(first, none, ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes))


def _pair_sums(builder: Any, left: Any, right: Any, sums: Any) -> Any:
    """Products of neighboring lanes, added up two by two into lanes of twice the width."""
    if sums.element.width == 16:
        kind = ir.FunctionType(sums, [left.type, right.type])
        return builder.call(
            builder.module.declare_intrinsic("llvm.x86.avx2.pmadd.ub.sw", (), kind), [left, right]
        )
    lanes = sums.count  # the form that LLVM turns into pmaddwd where there is one
    wide = ir.VectorType(sums.element, 2 * lanes)
    product = builder.mul(builder.sext(left, wide), builder.sext(right, wide))
    picks = ir.VectorType(ir.IntType(32), lanes)
    even, odd = (ir.Constant(picks, list(range(first, 2 * lanes, 2))) for first in (0, 1))
    return builder.add(
        builder.shuffle_vector(product, product, even), builder.shuffle_vector(product, product, odd)
    )


def _load(builder: Any, pointer: Any, position: Any, align: int) -> Any:
    load = builder.load(builder.gep(pointer, [position]))
    load.align = align
    return load


@intrinsic
def _tile(_context: Any, rows: Any, columns: Any, n_pairs: Any, starts: Any, limits: Any, out: Any) -> Any:
    """Write, for each row of a tile, the bits of the columns whose sum is over the row's limit."""
    signature = types.void(rows, columns, types.intp, starts, limits, out)
    width = 2 * columns.dtype.bitwidth  # of a sum
    lanes = _BITS // width

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        rows, columns, n_pairs, starts, limits, out = arguments
        i32, i64 = ir.IntType(32), ir.IntType(64)
        sums = ir.VectorType(ir.IntType(width), lanes)
        pairs = ir.VectorType(ir.IntType(width // 2), 2 * lanes)
        rows = builder.bitcast(rows, ir.IntType(width).as_pointer())  # two coordinates at a time
        columns = builder.bitcast(columns, pairs.as_pointer())
        starts = builder.bitcast(starts, sums.as_pointer())
        first = [_load(builder, starts, i64(v), 2) for v in range(_VECTORS)]
        before = builder.block
        loop, after = builder.append_basic_block("pairs"), builder.append_basic_block("done")
        builder.branch(loop)
        builder.position_at_end(loop)
        k = builder.phi(i64)
        k.add_incoming(i64(0), before)
        held = [[builder.phi(sums) for _ in range(_VECTORS)] for _ in range(ROWS)]
        at = builder.mul(k, i64(_VECTORS))
        loaded = [_load(builder, columns, builder.add(at, i64(v)), 1) for v in range(_VECTORS)]
        at = builder.mul(k, i64(ROWS))
        new = []
        for r in range(ROWS):
            row = builder.bitcast(
                _splat(builder, _load(builder, rows, builder.add(at, i64(r)), 1), lanes), pairs
            )
            new.append(
                [builder.add(held[r][v], _pair_sums(builder, row, loaded[v], sums)) for v in range(_VECTORS)]
            )
        following = builder.add(k, i64(1))
        k.add_incoming(following, loop)
        for r in range(ROWS):
            for v in range(_VECTORS):
                held[r][v].add_incoming(first[v], before)
                held[r][v].add_incoming(new[r][v], loop)
        builder.cbranch(builder.icmp_signed("<", following, n_pairs), loop, after)
        builder.position_at_end(after)
        for r in range(ROWS):
            limit = _splat(builder, _load(builder, limits, i64(r), 2), lanes)
            bits = i32(0)
            for v in range(_VECTORS):
                over = builder.bitcast(builder.icmp_signed(">", new[r][v], limit), ir.IntType(lanes))
                bits = builder.or_(bits, builder.shl(builder.zext(over, i32), i32(v * lanes)))
            builder.store(bits, builder.gep(out, [i64(r)])).align = 4
        return context.get_dummy_value()

    return signature, generate


@jit(fastmath={"reassoc", "contract"})
def _dot(vectors: Any, i: Any, j: Any) -> Any:
    total = np.float32(0)
    for k in range(vectors.shape[1]):
        total += vectors[i, k] * vectors[j, k]
    return total


@jit()
def _look(
    vectors: Any,
    scale: Any,
    row: Any,
    column: Any,
    masks: Any,
    limits: Any,
    pairs: Any,
    n_in: Any,
    n_open: Any,
) -> Any:
    """Multiply out the pairs that a tile let through."""
    for r in range(ROWS):
        i = row + r
        bits = masks[r]
        while bits:
            j = column + _lowest_bit(bits)
            bits &= bits - np.uint32(1)
            if i < j < len(vectors):
                cosine = _dot(vectors, i, j) * scale[i] * scale[j]
                if cosine >= limits[1]:
                    pairs[n_in, 0] = i
                    pairs[n_in, 1] = j
                    n_in += 1
                elif cosine >= limits[0]:
                    n_open += 1
                    pairs[pairs.shape[0] - n_open, 0] = i
                    pairs[pairs.shape[0] - n_open, 1] = j
    return n_in, n_open


@jit()
def scan_block(
    vectors: Any, scale: Any, packed: Any, together: Any, span: Any, at: Any, limits: Any, pairs: Any
) -> Any:
    """Find the pairs of one block whose cosine reaches a threshold.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d)
    scale : float32 ndarray of shape (n,)
        What makes each row a unit row.
    packed : tuple (rows, columns, starts, limits, n_pairs)
        The filter's coordinates as `pack` lays them out, where the sum of each column starts, the
        limit that a row's sums must be over, and the pairs of coordinates of a row.
    together : int
        Columns a panel.
    span : tuple of int
        First and last-plus-one tile of rows, then panel of columns.
    at : tuple of int
        Tile and panel to begin with, both firsts to begin with.
    limits : tuple of float32
        Cosines at and above the second are in, below the first out; in between somebody else decides.
    pairs : int32 ndarray of shape (capacity, 2)
        Gets the pairs (i < j): those in from the front, the undecided from the back.

    Returns
    -------
    tuple of int
        How many are in, how many undecided, and the tile and panel to go on at: `pairs` was full
        unless the tile is the last-plus-one.
    """
    rows, columns, starts, row_limits, n_pairs = packed
    masks = np.empty(ROWS, np.uint32)
    n_in = 0
    n_open = 0
    for first in range(at[0], span[1], TILES_AT_ONCE):
        for panel in range(at[1] if first == at[0] else span[2], span[3]):
            if n_in + n_open + TILES_AT_ONCE * ROWS * together > len(pairs):
                return n_in, n_open, first, panel
            column = _address(columns, panel * n_pairs * 2 * together)
            start = _address(starts, panel * together)
            # Only pairs i < j: row tiles whose first row is past the last column have none.
            last = min(span[1], first + TILES_AT_ONCE, (panel * together + together - 2) // ROWS + 1)
            for tile in range(first, last):
                _tile(
                    _address(rows, tile * n_pairs * 2 * ROWS),
                    column,
                    n_pairs,
                    start,
                    _address(row_limits, tile * ROWS),
                    _address(masks, 0),
                )
                hit = masks[0] | masks[1] | masks[2] | masks[3] | masks[4] | masks[5]
                if hit:
                    n_in, n_open = _look(
                        vectors, scale, tile * ROWS, panel * together, masks, limits, pairs, n_in, n_open
                    )
    return n_in, n_open, span[1], span[2]


def pack(coordinates: NDArray[Any], together: int, fill: int = 0) -> NDArray[Any]:
    """Lay rows out for the scan: tiles of `together` rows, in each the coordinates pair by pair.

    Parameters
    ----------
    coordinates : integer ndarray of shape (n, m), m even
    together : int
        `ROWS`, or `columns_a_panel`.
    fill : int
        What the rows that fill the last tile hold.

    Returns
    -------
    ndarray of the same dtype, one-dimensional
    """
    n, m = coordinates.shape
    tiles = -(-n // together)
    packed = np.full((tiles, m // 2, together, 2), fill, dtype=coordinates.dtype)
    whole = n // together
    packed[:whole] = coordinates[: whole * together].reshape(whole, together, m // 2, 2).transpose(0, 2, 1, 3)
    if whole < tiles:
        rest = coordinates[whole * together :]
        packed[whole, :, : len(rest)] = rest.reshape(len(rest), m // 2, 2).transpose(1, 0, 2)
    return packed.ravel()


def pad(values: NDArray[Any], together: int, fill: int) -> NDArray[Any]:
    """Lengthen an array to whole tiles."""
    return np.pad(values, (0, -len(values) % together), constant_values=fill)
