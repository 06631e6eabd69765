"""A 3×3 convolution by a quarter of the multiplies, held to the direct kernel's decisions.

Four by four outputs are a tile: its 6×6 pixels are transformed, each of the 36 numbers is multiplied with its like of the
transformed filters and summed over the channels, and the sums are transformed back (winograd_transforms.py). Per tile and
pair of channel and filter that is 36 multiplies instead of 144. The sums over channels are 36 products of matrices, tiles ×
channels × filters, and take three quarters of the time: 110 GFLOP/s a core where the direct kernel does 112.

Not exactly the direct kernel's numbers come out, so that the maximum of a window might be another one of its four, or the
gate of ReLU open where it was shut. Both are held to the direct kernel's:
  - Windows that see only background are equal, and so must their sums be: they are made once an image, in the direct
    kernel's order, and a tile of nothing else is skipped. On MNIST that is a third of the second convolution's.
  - Where a decision is nearer than rounding may have moved it (near_ties.py), the window is summed again, directly: one or
    two in a hundred of them, in a trained network.
  - So is a tile with numbers too large or small for the bound, or not finite: NaN and ∞ come out as they must.

Plain twin: `conv2d`, `relu`, `max_pool2d`, `dropout`. Bytes: x is read once, y written once; what lies between, a block of
tiles, stays in the second-level cache, 36 · (C + F) numbers a tile.
"""

from typing import Any

import numpy as np

from scratchnet.kernels.fused.background import background, fill, marks, sum_background
from scratchnet.kernels.fused.epilogue import window
from scratchnet.kernels.fused.near_ties import margins, tile_norm, undecided
from scratchnet.kernels.fused.winograd_transforms import input_columns, input_rows, output_axis, transform_kernel
from scratchnet.kernels.jit import jit_inner, part
from scratchnet.kernels.lanes import BITS, REGISTERS, count, load, store, tile, total, width
from scratchnet.kernels.tasks import GROUPS, run
from scratchnet.typing import Array

LANES = BITS // 32  # of float32, in a register
# Products in registers: ROWS tiles × VECTORS registers of filters; 16 sums of 32 registers (AVX-512, NEON), 12 of 16. With
# more registers of filters, 32 filters would have to be filled up with zeros.
ROWS, VECTORS = (8, 2) if REGISTERS == 32 else (6, 2)
CACHE = 256 * 1024  # bytes of a block of tiles, transformed and multiplied
LEAST = 24  # tiles in a block, so that the transformed filters, read for each block, are worth it
NEAR = 64  # windows, of a register of filters, that are summed again together: the filters then come from a near cache


def winograd(
    x: Array,
    w: Array,
    b: Array,
    y: Array,
    winner: Array | None,
    OH: int,
    OW: int,
    relu: Any,
    pool: Any,
    keep: Any,
    scale: Any,
    norms: Array | None = None,
) -> Array:
    """y[n,i,j,f] = b[f] + Σ_uvc x[n,i+u,j+v,c] · w[u,v,c,f], and what `epilogue.window` does with it → margin: (F,)

    x: (N, OH+2, OW+2, C), w: (3, 3, C, F), b: (F,), all float32; OH, OW ≥ 4, F ≥ LANES.
    relu, pool: True or None. With neither nothing is decided, and nothing is near. Whoever decides later wants to know how near
    is near: y[n,i,j,f] may be off by norms[n,i,j] · margin[f]; it is the direct kernel's where a norm is 0 or a margin is ∞.
    """
    if w.shape[3] < LANES or min(OH, OW) < 4:
        raise ValueError(f"{w.shape[3]} filters, {OH} × {OW} outputs: too few for a register or a tile")
    if w.shape[2] < LANES:  # channels that fill up a register are zeros
        x, w = (np.pad(a, [*[(0, 0)] * (c), (0, LANES - w.shape[2]), *[(0, 0)] * (3 - c)]) for a, c in ((x, 3), (w, 2)))
    C, F = w.shape[2:]
    filters = VECTORS * LANES
    u = np.zeros((36, C, -(-F // filters) * filters), w.dtype)  # filters that fill up a tile of registers are zeros
    with np.errstate(all="ignore"):  # a filter that isn't finite, or nearly so, has no margin: it isn't used
        exact = transform_kernel(w)
        margin = margins(w, exact)
        u[:, :, :F] = exact
    if pool is not None:
        OH, OW = OH // 2 * 2, OW // 2 * 2  # what fills no window isn't needed
    run(_do_rows, GROUPS, x, w, u, margin, b, y, winner, OH, OW, relu, pool, keep, scale, norms)
    return margin


@jit_inner
def _do_rows(t, x, w, u, margin, b, y, winner, OH, OW, relu, pool, keep, scale, y_norms):
    """Rows of tiles, over all images, cut into tasks. Tiles that overlap, in the last two rows, are one task's: no race."""
    C, F, R = x.shape[3], u.shape[2], OH // 4
    first, end = t * len(x) * R // GROUPS, (t + 1) * len(x) * R // GROUPS
    T = max(LEAST, CACHE // (36 * x.itemsize * (C + F))) // ROWS * ROWS
    v, m = np.empty((T, 36, C), x.dtype), np.empty((T, 36, F), x.dtype)
    at, norms = np.empty((T, 4), np.int64), np.empty(T, x.dtype)
    blank, W = marks(x), x.shape[2]
    n0 = first // R
    constants = np.zeros((end // R - n0 + 1, len(b)), x.dtype)
    near = np.empty((NEAR + 4 * T * -(-F // LANES), 4), np.int64)
    waiting = listed = np.int64(0)  # as constants, all that they are handed to would be compiled once more
    for row in range(first, end):
        n, i0 = row // R, row % R * 4
        if row == first or i0 == 0:
            background(x, n, 3, 3, blank)
            sum_background(x, w, n, load(b, 0), constants[n - n0])
        for i_next in range(i0, OH if row % R == R - 1 else i0 + 4, 4):
            i = min(i_next, OH - 4)  # the last tile starts early enough to end at the edge
            pair = np.int64(0)
            while pair < (OW + 1) // 2:  # of columns: a tile begins where one sees more than background
                j = min(2 * pair, OW - 2)
                if _known(blank, i * W + j, W) == 0xFF:
                    for r in range(i, i + 4, 2):
                        fill(constants[n - n0], load(b, 0), b, y, winner, relu, pool, keep, scale, n, r, j)
                    if y_norms is not None:
                        y_norms[n, i : i + 4, j : j + 2] = 0
                    pair += 1
                    continue
                j = min(j, OW - 4)
                known = _known(blank, i * W + j, W) | _known(blank, i * W + j + 2, W) << 8
                pair += 2
                at[waiting, 0], at[waiting, 1], at[waiting, 2], at[waiting, 3] = n, i, j, known
                norms[waiting] = tile_norm(_transform_input(x, v, n, i, j, waiting))
                if y_norms is not None:
                    for k in range(16):
                        r, q = _place(k)
                        direct = (known >> k) & 1 or norms[waiting] == np.inf
                        y_norms[n, i + r, j + q] = 0 if direct else norms[waiting]
                waiting += 1
                if waiting == T:
                    listed = _block(v, u, m, x, w, constants, n0, margin, norms, b, y, winner, relu, pool, keep, scale, at, waiting,
                                    near, listed)  # fmt: skip
                    waiting = 0
    listed = _block(
        v, u, m, x, w, constants, n0, margin, norms, b, y, winner, relu, pool, keep, scale, at, waiting, near, listed
    )
    _sum_directly(x, w, b, y, winner, relu, pool, keep, scale, near, listed)


@jit_inner
def _block(
    v, u, m, x, w, constants, n0, margin, norms, b, y, winner, relu, pool, keep, scale, at, waiting, near, listed
):
    """The `waiting` tiles in v, to their answers;  → how many near decisions are listed, and still to be made"""
    _multiply(v, u, m, waiting)
    listed = _finish(m, constants, n0, margin, norms, b, y, winner, relu, pool, keep, scale, at, waiting, near, listed)
    if listed < NEAR:
        return listed
    _sum_directly(x, w, b, y, winner, relu, pool, keep, scale, near, listed)
    return 0


@jit_inner
def _known(blank, first, W):
    """A bit for each output of two columns of a tile that sees only background;  first: the upper left one's place, W: a row"""
    bits = 0
    for k in range(8):
        r, q = _place(k)
        bits |= np.int64(blank[first + r * W + q]) << k
    return bits


@part
def _place(k):
    """Row and column in the tile of output k: two columns, row by row, then the other two"""
    return k % 8 // 2, k // 8 * 2 + k % 2


@jit_inner
def _transform_input(x, v, n, i, j, t):
    """v[t, 6r+s, c] = (Bᵀ d B)[r, s], d = x[n, i:i+6, j:j+6, c];  → ‖d‖², over the channels too"""
    C, lanes = x.shape[3], width(x.dtype)
    squares = tile(x.dtype, 6)  # a row each: one register alone would wait for itself
    for c_next in range(0, C, lanes):
        c = min(c_next, C - lanes)
        d = tile(x.dtype, 6, 6)
        input_columns(d, squares, x, n, i, j, c)
        input_rows(d, v.reshape(-1), t * 36 * C + c, C)
    return total(squares[0] + squares[1] + squares[2] + squares[3] + squares[4] + squares[5])


@jit_inner
def _multiply(v, u, m, waiting):
    """m[:, p] = v[:, p] @ u[p], 36 products of matrices;  of v and m the first `waiting` rows, rounded up to ROWS"""
    for p in range(36):
        for f in range(0, u.shape[2], VECTORS * width(u.dtype)):
            for t in range(0, waiting, ROWS):
                sums = tile(u.dtype, ROWS, VECTORS)
                _add_products(sums, v, u, p, t, f)
                for r in range(ROWS):
                    for k in range(VECTORS):
                        store(m, (t + r, p, f + k * width(u.dtype)), sums[r, k])


@part
def _add_products(sums, v, u, p, t, f):
    """sums[r, k] += Σ_c v[t+r, p, c] · u[p, c, f + k·lanes]"""
    for c in range(u.shape[1]):
        for r in range(ROWS):
            for k in range(VECTORS):
                sums[r, k] += v[t + r, p, c] * load(u, (p, c, f + k * width(u.dtype)))


@jit_inner
def _finish(m, constants, n0, margin, norms, b, y, winner, relu, pool, keep, scale, at, waiting, near, listed):
    """Y = Aᵀ m A for each tile, and what follows, window by window; where the decision is near, the window is listed."""
    F, lanes = len(b), width(b.dtype)
    for t in range(waiting):
        n, i, j, known = at[t, 0], at[t, 1], at[t, 2], at[t, 3]
        for f_next in range(0, F, lanes):
            f = min(f_next, F - lanes)
            z, constant, bias = tile(m.dtype, 4, 6), load(constants, (n - n0, f)), load(b, f)
            _transform_output(m, z, t, f)
            unsafe, error = load(margin, f) == np.inf, norms[t] * load(margin, f)
            for r in range(0, 4, 2):
                for q in range(0, 4, 2):
                    bits = (known >> (2 * r + 4 * q)) & 0xF
                    z00, z01, z10, z11 = z[r, q], z[r, q + 1], z[r + 1, q], z[r + 1, q + 1]
                    if bits & 1:
                        z00 = constant
                    if bits & 2:
                        z01 = constant
                    if bits & 4:
                        z10 = constant
                    if bits & 8:
                        z11 = constant
                    doubtful = unsafe
                    if relu is not None or pool is not None:
                        doubtful |= undecided(z00, z01, z10, z11, bits, constant, bias, error, relu, pool)
                    if count(doubtful) > 0 or norms[t] == np.inf:
                        near[listed, 0], near[listed, 1], near[listed, 2], near[listed, 3] = n, i + r, j + q, f
                        listed += 1
                    else:
                        window(z00, z01, z10, z11, b, y, winner, relu, pool, keep, scale, n, i + r, j + q, f)
    return listed


@part
def _transform_output(m, z, t, f):
    """z[r, q] = (Aᵀ m A)[r, q], in the first four columns"""
    for s in range(6):
        m0, m1, m2 = load(m, (t, s, f)), load(m, (t, 6 + s, f)), load(m, (t, 12 + s, f))
        m3, m4, m5 = load(m, (t, 18 + s, f)), load(m, (t, 24 + s, f)), load(m, (t, 30 + s, f))
        z[0, s], z[1, s], z[2, s], z[3, s] = output_axis(m0, m1, m2, m3, m4, m5)
    for r in range(4):
        z0, z1, z2, z3 = output_axis(z[r, 0], z[r, 1], z[r, 2], z[r, 3], z[r, 4], z[r, 5])
        z[r, 0], z[r, 1], z[r, 2], z[r, 3] = z0, z1, z2, z3


@jit_inner
def _sum_directly(x, w, b, y, winner, relu, pool, keep, scale, near, listed):
    """The listed windows by the direct kernel's sums in its order, hence its bits"""
    for k in range(listed):
        n, i, j, f = near[k, 0], near[k, 1], near[k, 2], near[k, 3]
        sums = tile(x.dtype, 2, 2)
        for u in range(3):
            for v in range(3):
                for c in range(x.shape[3]):
                    weights = load(w, (u, v, c, f))
                    for r in range(2):
                        for q in range(2):
                            sums[r, q] += x[n, i + r + u, j + q + v, c] * weights
        window(sums[0, 0], sums[0, 1], sums[1, 0], sums[1, 1], b, y, winner, relu, pool, keep, scale, n, i, j, f)
