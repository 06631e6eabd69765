"""A 3×3 convolution's gradient by its kernel, by a quarter of the multiplies.

The convolution is y = Aᵀ [(G w Gᵀ) ∘ (Bᵀ d B)] A, tile by tile of 4×4 outputs (winograd_transforms.py), and linear in w. Read
backward, with dz the gradient by a tile's outputs and d the 6×6 pixels that they see:

    dw = Gᵀ [ Σ_tiles (Bᵀ d B) ∘ (A dz Aᵀ) ] G

Per tile and pair of channel and filter that is 36 multiplies instead of 144, in 36 products of matrices: channels × tiles ×
filters. What is left to do once for all tiles, Gᵀ · G, takes no time. Nothing is decided by these sums, so no bits need to be
held: they are half to four times as far from exact ones as direct sums are. Where x or dz isn't finite, neither is dw: then
the caller takes direct sums, which have NaN and ∞ in their places.

Blocks: a task transforms some tiles, so many that they stay in its second-level cache, and multiplies them, point after point.
In registers are the sums of ROWS channels × VECTORS registers of filters, over the block's tiles, which both factors have in
one long row a register. Then they are added to the task's own, which stay in that cache as well, if there are few enough:
so there are slices of channels, each with tasks of its own. They transform dz each for itself, the cheaper of the two.

Plain twins: `relu_dz`, `conv2d_dw`, `bias_db`. Bytes: x and dz are read once, dz once more for each further slice.
"""

from functools import cache
from typing import Any

import numpy as np

from scratchnet.kernels.fused.winograd_transforms import GG, gradient_axis, input_columns, input_rows
from scratchnet.kernels.jit import jit_inner, part
from scratchnet.kernels.lanes import BITS, REGISTERS, load, store, tile, where, width
from scratchnet.kernels.tasks import GROUPS, run
from scratchnet.typing import Array

LANES = BITS // 32  # of float32, in a register
# Products in registers: ROWS channels × VECTORS registers of filters; 16 sums of 32 registers (AVX-512, NEON), 8 of 16
ROWS = min(LANES, 8 if REGISTERS == 32 else 4)
VECTORS = (16 if REGISTERS == 32 else 8) // ROWS
SUMS = 640 * 1024  # bytes of a task's sums, at most, if there are channels to be cut
BLOCK = 384 * 1024  # bytes of a block of tiles, transformed
LEAST = 16  # tiles in a block, so that its sums are worth being fetched


def winograd_dw_db(x: Array, dy: Array, y: Array | None, scale: Any) -> tuple[Array, Array]:
    """dw[u,v,c,f] = Σ_nij x[n,i+u,j+v,c] · dz[n,i,j,f] and db[f] = Σ_nij dz[n,i,j,f], where dz = dy · scale, or given the y
    that followed, only where y > 0

    x: (N, OH+2, OW+2, C), dy, y: (N, OH, OW, F), all float32; OH, OW ≥ 4, C, F ≥ LANES → (3, 3, C, F), (F,)
    """
    x, dy, y = np.ascontiguousarray(x), np.ascontiguousarray(dy), None if y is None else np.ascontiguousarray(y)
    (_, OH, OW, F), C = dy.shape, x.shape[3]
    if min(C, F) < LANES or min(OH, OW) < 4:
        raise ValueError(f"{C} channels, {F} filters, {OH} × {OW} outputs: too few for a register or a tile")
    slices = 1
    while slices < min(GROUPS, C // LANES) and 36 * C * F * x.itemsize > SUMS * slices:
        slices *= 2
    channels, filters = _registers(C, slices), _registers(F, VECTORS)
    sums = np.zeros((GROUPS // slices, slices, 36, len(channels) // slices * LANES, len(filters) * LANES), x.dtype)
    biases = np.zeros((GROUPS // slices, slices, len(filters) * LANES), x.dtype)
    channels = channels.reshape(slices, -1)
    run(_add_tiles, GROUPS // slices * slices, x, dy, y, x.dtype.type(scale), channels, filters, sums, biases)
    with np.errstate(all="ignore"):  # what isn't finite is the caller's to see
        dw, db = GG.T.astype(x.dtype) @ sums.sum(axis=0).reshape(slices, 36, -1), biases.sum(axis=0)
    dw = dw.reshape(slices, 9, *sums.shape[3:]).swapaxes(0, 1).reshape(3, 3, -1, sums.shape[4])
    return np.ascontiguousarray(dw[:, :, _places(C)][..., _places(F)]), db[0, _places(F)]


@cache
def _registers(size: int, multiple: int) -> Array:
    """Where registers begin that hold `size` numbers: the last ends with them, and comes again until there is a multiple."""
    count = -(-size // LANES)
    return np.minimum(np.arange(count + -count % multiple) * LANES, size - LANES)


@cache
def _places(size: int) -> Any:
    """Where each of `size` numbers is in such registers"""
    if size % LANES == 0:
        return slice(size)
    places = np.arange(size)
    places[size // LANES * LANES :] += -size % LANES
    return places


@jit_inner
def _add_tiles(t, x, dy, y, scale, channels, filters, sums, biases):
    """A slice of the channels, over some blocks of tiles"""
    g, s = t // len(channels), t % len(channels)
    _, OH, OW, _ = dy.shape
    tiles, registers = len(x) * ((OH + 3) // 4) * ((OW + 3) // 4), channels.shape[1] + len(filters)
    T = max(LEAST, BLOCK // (36 * registers * LANES * x.itemsize))
    v, m = np.empty((36, channels.shape[1], T, LANES), x.dtype), np.empty((36, len(filters), T, LANES), x.dtype)
    first, end = g * tiles // len(sums), (g + 1) * tiles // len(sums)
    for begin in range(first, end, T):
        count = min(T, end - begin)
        _transform_input(x, begin, count, OH, OW, channels[s], v)
        _transform_gradient(dy, y, scale, begin, count, filters, m, biases[g, s])
        _multiply(v, m, count, sums[g, s])


@part
def _tile(t, rows, columns):
    """Of which image is tile t of all, and where it begins, if the last of a row or column doesn't start early"""
    return t // (rows * columns), t // columns % rows * 4, t % columns * 4


@jit_inner
def _transform_input(x, begin, count, OH, OW, channels, v):
    """v[6r+s, k, t] = (Bᵀ d B)[r, s], where d = x[n, i:i+6, j:j+6, c:c+lanes] of tile begin + t, and c = channels[k]"""
    rows, columns, lanes = (OH + 3) // 4, (OW + 3) // 4, width(x.dtype)
    flat, step = v.reshape(-1), v.shape[1] * v.shape[2] * lanes
    for t in range(count):
        n, i, j = _tile(begin + t, rows, columns)
        for k in range(len(channels)):
            d = tile(x.dtype, 6, 6)
            input_columns(d, None, x, n, min(i, OH - 4), min(j, OW - 4), channels[k])
            input_rows(d, flat, (k * v.shape[2] + t) * lanes, step)


@jit_inner
def _transform_gradient(dy, y, scale, begin, count, filters, m, biases):
    """m[6r+s, k, t] = (A dz Aᵀ)[r, s] of tile begin + t and register k of the filters;  biases += Σ dz"""
    _, OH, OW, _ = dy.shape
    rows, columns, lanes = (OH + 3) // 4, (OW + 3) // 4, width(dy.dtype)
    for t in range(count):
        n, i_next, j_next = _tile(begin + t, rows, columns)
        i, j = min(i_next, OH - 4), min(j_next, OW - 4)  # the last tile starts early enough to end at the edge
        for k in range(len(filters)):
            dz, bias = tile(dy.dtype, 6, 4), load(biases, k * lanes)
            for q in range(4):
                for r in range(4):
                    if i + r >= i_next and j + q >= j_next:  # else the tile before has it, and this one zero
                        at = n, i + r, j + q, filters[k]
                        dz[r, q] = load(dy, at) * scale
                        if y is not None:
                            dz[r, q] = where(load(y, at) > 0, dz[r, q], 0)
                        bias += dz[r, q]
                z0, z1, z2, z3, z4, z5 = gradient_axis(dz[0, q], dz[1, q], dz[2, q], dz[3, q])
                dz[0, q], dz[1, q], dz[2, q], dz[3, q], dz[4, q], dz[5, q] = z0, z1, z2, z3, z4, z5
            store(biases, k * lanes, bias)
            for r in range(6):
                m0, m1, m2, m3, m4, m5 = gradient_axis(dz[r, 0], dz[r, 1], dz[r, 2], dz[r, 3])
                store(m, (6 * r, k, t, 0), m0)
                store(m, (6 * r + 1, k, t, 0), m1)
                store(m, (6 * r + 2, k, t, 0), m2)
                store(m, (6 * r + 3, k, t, 0), m3)
                store(m, (6 * r + 4, k, t, 0), m4)
                store(m, (6 * r + 5, k, t, 0), m5)


@jit_inner
def _multiply(v, m, count, sums):
    """sums[p] += Σ_t v[p, :, t] · m[p, :, t]ᵀ, over the first `count` tiles;  sums: (36, channels, filters)"""
    lanes = width(sums.dtype)
    for p in range(36):
        for f in range(0, m.shape[1], VECTORS):
            for c in range(0, sums.shape[1], ROWS):
                products = tile(sums.dtype, ROWS, VECTORS)
                _add_products(products, v, m, p, c, f, count)
                for r in range(ROWS):
                    for k in range(VECTORS):
                        at = p, c + r, (f + k) * lanes
                        store(sums, at, load(sums, at) + products[r, k])


@part
def _add_products(products, v, m, p, c, f, count):
    """products[r, k] += Σ_t v[p, channel c + r, t] · m[p, register f + k, t]"""
    z, lanes = tile(v.dtype, VECTORS), width(v.dtype)
    for t in range(count):
        for k in range(VECTORS):
            z[k] = load(m, (p, f + k, t, 0))
        for r in range(ROWS):
            for k in range(VECTORS):
                products[r, k] += v[p, c // lanes, t, c % lanes + r] * z[k]
