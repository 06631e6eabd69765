"""Winograd in front of batch normalisation: what is decided by y = relu(γ · (z − μ) / σ + β), held to the direct kernel's z.

ReLU's gate and pooling's winner can't be decided before μ and σ are known, and those are when the last z is stored. So z is
stored with what it may be off (`convolution.conv_in_doubt`). Once μ and σ are known, those z are summed again, directly, on
which a decision hangs that is nearer than that. Whoever then normalises z, and pools, decides as on the direct kernel's z
with the same moments. (These are of z as it was before, which differs by rounding from the direct kernel's.)

For each filter γ · (z − μ) / σ + β is a line, which crosses 0 at t = μ − β · σ / γ. With a = sign(γ) · (z − t) the gate is open
where a > 0, and pooling takes the largest a: no division is needed. a may be off by

    e = 17/16 · margin[f] · ‖d‖ + 2⁻²¹ · (|b| + |μ| + |β| · σ / |γ|)

The margin is that of near_ties.py, ‖d‖ the tile's norm. What is added is for other roundings than those of the sums, each at
most 2⁻²⁴ of its result: of z + b, twice, of t and a, and of the four operations that make y. Together they are less than
8 · 2⁻²⁴ of |z| + |μ| + |β| · σ / |γ|, and |z − b| ≤ ‖w‖ · ‖d‖, which, with 8 channels or more, is less than
margin[f] · ‖d‖ / (126 · 2⁻²⁴). A z that is the direct kernel's own is off by nothing.

Plain twin: none; `settle` replaces sums by the same sums, otherwise rounded. Bytes: z is read once more, and in a network of
six convolutions 2 to 8 % of its registers are summed again.
"""

import numpy as np
from numba import float32

from scratchnet.kernels.fused.near_ties import LARGEST, near_zero
from scratchnet.kernels.jit import jit_inner, part
from scratchnet.kernels.lanes import count, load, store, tile, where, width
from scratchnet.kernels.tasks import GROUPS, run
from scratchnet.typing import Array

OUTPUTS = 8  # registers of sums made side by side: as many as hide that each waits for itself
ROOM = 512  # outputs, of a register of filters, that are summed again together: the weights then come from a near cache


def settle(
    z: Array,
    doubt: tuple[Array, Array],
    x: Array,
    w: Array,
    b: Array,
    mean: Array,
    deviation: Array,
    gamma: Array | None,
    beta: Array | None,
    *,
    pool: bool,
) -> None:
    """Sum those of z directly, in place, whose gate is near; where 2×2 max pooling follows, those that may be near winners

    z, doubt: of `conv_in_doubt`, from x, w and b;  mean, deviation, gamma, beta: as `batch_normalize` takes them
    """
    norms, margin = doubt
    lines = _lines(margin, b, mean, deviation, gamma, beta).astype(z.dtype)
    run(_settle, GROUPS, z, norms, x, w, b, lines, pool or None)


def _lines(margin: Array, b: Array, mean: Array, deviation: Array, gamma: Array | None, beta: Array | None) -> Array:
    """For each filter t, sign(γ), and the e of a tile of norm ‖d‖ as factor · ‖d‖ + rest → (4, F)"""
    with np.errstate(all="ignore"):
        slope = np.divide(np.ones_like(b) if gamma is None else gamma, deviation, dtype=np.float64)
        shift = 0 if beta is None else beta / slope
        t, sign, factor = mean - shift, np.sign(slope), 17 / 16 * margin
        rest = 2.0**-21 * (abs(b) + abs(mean) + abs(shift)) + np.finfo(np.float32).tiny / abs(slope)  # y may underflow
    settled = (margin == 0) | np.isinf(margin) | (slope == 0)  # summed exactly, or directly already; or y is β
    largest = np.finfo(np.float32).max
    known = (rest < largest) & (abs(t) < largest) & (abs(slope) <= LARGEST)  # else all of it is to be summed directly
    lines = np.stack([t, sign, factor, rest])
    lines[:, settled] = 0
    lines[:, ~settled & ~known] = np.array([0, 1, 0, largest])[:, None]
    return lines


@jit_inner
def _settle(g, z, norms, x, w, b, lines, pool):
    """Rows of windows of 2×2 outputs, over all images, cut into tasks; filters a register at a time

    Without pooling the last window ends at the edge. What it shares with another is near for both, or for none, and is summed
    again to the same bits.
    """
    (N, OH, OW, F), lanes = z.shape, width(z.dtype)
    rows, columns = (OH // 2, OW // 2) if pool is not None else ((OH + 1) // 2, (OW + 1) // 2)
    at = np.empty((ROOM + 4 * columns + OUTPUTS, 3), np.int64)
    for f_next in range(0, F, lanes):
        f, listed = min(f_next, F - lanes), np.int64(0)
        line = load(lines, (0, f)), load(lines, (1, f)), load(lines, (2, f)), load(lines, (3, f))
        for row in range(g * N * rows // GROUPS, (g + 1) * N * rows // GROUPS):
            n, i = row // rows, min(row % rows * 2, OH - 2)
            for k in range(columns):
                j = min(2 * k, OW - 2)
                a00, e00 = _along(z, norms, line, n, i, j, f)
                a01, e01 = _along(z, norms, line, n, i, j + 1, f)
                a10, e10 = _along(z, norms, line, n, i + 1, j, f)
                a11, e11 = _along(z, norms, line, n, i + 1, j + 1, f)
                if pool is None:
                    near00, near01 = _near_zero(a00, e00), _near_zero(a01, e01)
                    near10, near11 = _near_zero(a10, e10), _near_zero(a11, e11)
                else:
                    near00, near01, near10, near11 = _near_largest(a00, a01, a10, a11, e00, e01, e10, e11)
                if count(near00 | near01 | near10 | near11) > 0:
                    listed = _append(at, listed, n, i, j, near00)
                    listed = _append(at, listed, n, i, j + 1, near01)
                    listed = _append(at, listed, n, i + 1, j, near10)
                    listed = _append(at, listed, n, i + 1, j + 1, near11)
            if listed >= ROOM:
                _sum_directly(z, x, w, b, at, listed, f)
                listed = np.int64(0)
        _sum_directly(z, x, w, b, at, listed, f)


@part
def _append(at, listed, n, i, j, near):
    if count(near) > 0:
        at[listed, 0], at[listed, 1], at[listed, 2] = n, i, j
        listed += 1
    return listed


@part
def _along(z, norms, line, n, i, j, f):
    """a and e of the outputs (i, j) for a register of filters"""
    t, sign, factor, rest = line
    norm = norms[n, i, j]
    return (load(z, (n, i, j, f)) - t) * sign, norm * factor + float32(norm > 0) * rest


@part
def _near_zero(a, e):
    """Where they may be on either side of 0: a sum that is off by nothing is on its own"""
    return near_zero(a, e) & (e > 0)


@part
def _near_largest(a00, a01, a10, a11, e00, e01, e10, e11):
    """Where each of a window's four is one of several that may be its largest; or may be it, and on either side of 0

    Where all four are shut, nobody asks for the largest.
    """
    least = _larger(_larger(a00 - e00, a01 - e01), _larger(a10 - e10, a11 - e11))  # that the largest is
    h00, h01, h10, h11 = a00 + e00, a01 + e01, a10 + e10, a11 + e11
    top, bottom = _larger(h00, h01), _larger(h10, h11)
    second = _larger(_smaller(top, bottom), _larger(_smaller(h00, h01), _smaller(h10, h11)))
    near = (second >= least) | (least <= 0)
    least = where(least > 0, least, 0)
    return (
        near & (h00 >= least) & (e00 > 0),
        near & (h01 >= least) & (e01 > 0),
        near & (h10 >= least) & (e10 > 0),
        near & (h11 >= least) & (e11 > 0),
    )


@part
def _larger(x, y):
    return where(x > y, x, y)


@part
def _smaller(x, y):
    return where(x < y, x, y)


@jit_inner
def _sum_directly(z, x, w, b, at, listed, f):
    """The listed outputs by the direct kernel's sums in its order, hence its bits"""
    if listed == 0:
        return
    for k in range(listed, listed + OUTPUTS):  # the last one fills up the tile
        at[k, 0], at[k, 1], at[k, 2] = at[listed - 1, 0], at[listed - 1, 1], at[listed - 1, 2]
    for first in range(0, listed, OUTPUTS):
        sums = tile(z.dtype, OUTPUTS)
        _add_products(sums, x, w, at, first, f)
        for k in range(OUTPUTS):
            n, i, j = at[first + k, 0], at[first + k, 1], at[first + k, 2]
            store(z, (n, i, j, f), sums[k] + load(b, f))


@part
def _add_products(sums, x, w, at, first, f):
    """sums[k] += Σ_uvc x[n_k, i_k+u, j_k+v, c] · w[u, v, c, f]"""
    for u in range(3):
        for v in range(3):
            for c in range(w.shape[2]):
                weights = load(w, (u, v, c, f))
                for k in range(OUTPUTS):
                    sums[k] += x[at[first + k, 0], at[first + k, 1] + u, at[first + k, 2] + v, c] * weights
