"""Convolution as the formula says it, with its sums in registers, and what follows them before anything is stored."""

import numpy as np

from scratchnet.kernels.fused.background import background, fill, marks, sum_background
from scratchnet.kernels.fused.epilogue import window
from scratchnet.kernels.jit import jit_inner, part
from scratchnet.kernels.lanes import REGISTERS, load, tile, width
from scratchnet.kernels.tasks import GROUPS, run

# Sums in registers: WINDOWS windows of 2×2 outputs × VECTORS registers of filters. Besides them a step of the innermost loop
# needs VECTORS registers of weights and a pixel or two. 24 sums of 32 registers (AVX-512, NEON), 8 of 16 (AVX2, SSE).
WINDOWS, VECTORS = (3, 2) if REGISTERS == 32 else (1, 2)


def direct(x, w, b, y, winner, SH, SW, OH, OW, relu, pool, keep, scale):
    """y[n,i,j,f] = b[f] + Σ_uvc x[n,i·SH+u,j·SW+v,c] · w[u,v,c,f], then what `epilogue.window` says

    A task is a range of rows of windows, over all images: no sum depends on where it is cut, and an image alone is cut too.
    """
    run(_rows, GROUPS, x, w, b, y, winner, SH, SW, OH, OW, relu, pool, keep, scale)


@jit_inner
def _count(size, pool):
    """How many windows of 2 lie along `size` outputs: behind pooling a single last one is not wanted, else it is."""
    return size // 2 if pool is not None else (size + 1) // 2


@jit_inner
def _rows(t, x, w, b, y, winner, SH, SW, OH, OW, relu, pool, keep, scale):
    (N, _, W, _), (KH, KW, _, F) = x.shape, w.shape
    rows, columns = _count(OH, pool), _count(OW, pool)
    first, end = t * N * rows // GROUPS, (t + 1) * N * rows // GROUPS
    blank, constant = marks(x), np.empty(F, x.dtype)
    listed = np.empty((rows * columns + WINDOWS, 2), np.int64)
    filters = VECTORS * width(x.dtype)
    while first < end:
        n = first // rows
        last = min(end, (n + 1) * rows)
        background(x, n, KH, KW, blank)
        sum_background(x, w, n, constant)
        count = 0
        for r in range(first % rows, last - n * rows):
            for q in range(columns):
                i, j = min(2 * r, OH - 2), min(2 * q, OW - 2)
                top, bottom = i * SH * W + j * SW, (i + 1) * SH * W + j * SW
                if blank[top] & blank[top + SW] & blank[bottom] & blank[bottom + SW]:
                    fill(constant, b, y, winner, relu, pool, keep, scale, n, i, j)
                else:
                    listed[count, 0], listed[count, 1] = i, j
                    count += 1
        first = last
        for k in range(count, count + WINDOWS):  # the last one fills up the tile
            listed[k, 0], listed[k, 1] = listed[count - 1, 0], listed[count - 1, 1]
        for f_next in range(0, F, filters):
            f = min(f_next, F - filters)  # the last tile starts early enough to end at the edge
            for k in range(0, count, WINDOWS):
                _windows(x, w, b, y, winner, SH, SW, relu, pool, keep, scale, n, listed, k, f)


@jit_inner
def _windows(x, w, b, y, winner, SH, SW, relu, pool, keep, scale, n, at, first, f):
    """Windows first … first + WINDOWS − 1 of those listed, at[k] = (i, j), for VECTORS registers of filters"""
    sums = tile(x.dtype, WINDOWS, 2, 2, VECTORS)
    _add_products(sums, x, w, SH, SW, n, at, first, f)
    for g in range(WINDOWS):
        i, j = at[first + g, 0], at[first + g, 1]
        for k in range(VECTORS):
            f_k = f + k * width(x.dtype)
            z00, z01, z10, z11 = sums[g, 0, 0, k], sums[g, 0, 1, k], sums[g, 1, 0, k], sums[g, 1, 1, k]
            window(z00, z01, z10, z11, b, y, winner, relu, pool, keep, scale, n, i, j, f_k)


@part
def _add_products(sums, x, w, SH, SW, n, at, first, f):
    """sums[g, r, q, k] += Σ_uvc x[n, (i_g+r)·SH+u, (j_g+q)·SW+v, c] · w[u, v, c, f + k·lanes]"""
    KH, KW, C, _ = w.shape
    for u in range(KH):
        for v in range(KW):
            for c in range(C):
                for g in range(WINDOWS):
                    for r in range(2):
                        for q in range(2):
                            i, j = at[first + g, 0] + r, at[first + g, 1] + q
                            pixel = x[n, i * SH + u, j * SW + v, c]
                            for k in range(VECTORS):
                                sums[g, r, q, k] += pixel * load(w, (u, v, c, f + k * width(w.dtype)))
