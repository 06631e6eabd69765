"""Convolution as the formula says it, with its sums in registers, and what follows them before anything is stored."""

import numpy as np
from numba import uintp

from scratchnet.kernels.fused.background import background, fill, marks, sum_background
from scratchnet.kernels.fused.epilogue import window
from scratchnet.kernels.fused.patches import patch_places, registers
from scratchnet.kernels.jit import jit_inner, part
from scratchnet.kernels.lanes import REGISTERS, load, tile, width
from scratchnet.kernels.tasks import GROUPS, run

# Sums in registers: WINDOWS windows of 2×2 outputs × VECTORS registers of filters. Besides them a step of the innermost loop
# needs VECTORS registers of weights and a pixel or two. 24 sums of 32 registers (AVX-512, NEON), 8 of 16 (AVX2, SSE). Fewer
# filters are in one register, which has no more lanes than there are filters.
WINDOWS, VECTORS = (3, 2) if REGISTERS == 32 else (1, 2)
LISTED = 16 * WINDOWS  # windows at least, so that few in a tile that isn't full are made in vain


def direct(x, w, b, y, winner, SH, SW, OH, OW, relu, pool, keep, scale):
    """y[n,i,j,f] = b[f] + Σ_uvc x[n,i·SH+u,j·SW+v,c] · w[u,v,c,f], then what `epilogue.window` says

    A task is a range of rows of windows, over all images: no sum depends on where it is cut, and an image alone is cut too.
    """
    (_, _, W, C), (KH, KW, _, F) = x.shape, w.shape
    filters, places = registers(F, x.dtype, VECTORS), patch_places(KH, KW, C, W * C, C)
    flat = x.reshape(-1), w.reshape(-1, F)
    run(_rows, GROUPS, x, w, *flat, b, y, winner, SH, SW, OH, OW, relu, pool, keep, scale, filters, places)


@jit_inner
def _count(size, pool):
    """How many windows of 2 lie along `size` outputs: behind pooling a single last one is not wanted, else it is."""
    return size // 2 if pool is not None else (size + 1) // 2


@jit_inner
def _rows(t, x, w, pixels, weights, b, y, winner, SH, SW, OH, OW, relu, pool, keep, scale, filters, places):
    (N, H, W, C), (KH, KW, _, F) = x.shape, w.shape
    rows, columns = _count(OH, pool), _count(OW, pool)
    first, end = t * N * rows // GROUPS, (t + 1) * N * rows // GROUPS
    blank, constant, like = marks(x), np.empty(F, x.dtype), load(b, 0, filters[0])
    listed, count = np.empty((rows * columns + LISTED + WINDOWS, 4), np.int64), 0
    row, column, step = SH * W * C, SW * C, len(filters) * width(like)
    while first < end:
        n = first // rows
        last = min(end, (n + 1) * rows)
        background(x, n, KH, KW, blank)
        sum_background(x, w, n, like, constant)
        for r in range(first % rows, last - n * rows):
            for q in range(columns):
                i, j = min(2 * r, OH - 2), min(2 * q, OW - 2)
                top, bottom = i * SH * W + j * SW, (i + 1) * SH * W + j * SW
                if blank[top] & blank[top + SW] & blank[bottom] & blank[bottom + SW]:
                    fill(constant, like, b, y, winner, relu, pool, keep, scale, n, i, j)
                else:
                    listed[count, 0], listed[count, 1], listed[count, 2] = n, i, j
                    listed[count, 3] = (n * H * W + top) * C
                    count += 1
        first = last
        if count < LISTED and first < end:
            continue
        for k in range(count, count + WINDOWS):  # the last one fills up the tile
            for a in range(4):
                listed[k, a] = listed[count - 1, a]
        for f_next in range(0, F, step):
            f = min(f_next, F - step)  # the last tile starts early enough to end at the edge
            for k in range(0, count, WINDOWS):
                _windows(
                    pixels, weights, b, y, winner, row, column, relu, pool, keep, scale, filters, places, listed, k, f
                )
        count = 0


@jit_inner
def _windows(x, w, b, y, winner, row, column, relu, pool, keep, scale, filters, places, at, first, f):
    """Windows first … first + WINDOWS − 1 of those listed, for the filters from f on

    x, w: flat, and a filter a column;  at[k]: a window's (n, i, j), and where x[n, i·SH, j·SW] is in x;  filters: `registers`
    """
    like = load(b, 0, filters[0])
    sums = tile(like, WINDOWS, 2, 2, len(filters))
    _add_products(sums, like, x, w, row, column, filters, places, at, first, f)
    for g in range(WINDOWS):
        n, i, j = at[first + g, 0], at[first + g, 1], at[first + g, 2]
        for v in range(len(filters)):
            z00, z01, z10, z11 = sums[g, 0, 0, v], sums[g, 0, 1, v], sums[g, 1, 0, v], sums[g, 1, 1, v]
            window(z00, z01, z10, z11, b, y, winner, relu, pool, keep, scale, n, i, j, f + v * width(like))


@part
def _add_products(sums, like, x, w, row, column, filters, places, at, first, f):
    """sums[g, r, q, v] += Σ_k x[at_g + r·row + q·column + places[k]] · w[k, f + v·lanes];  k: a place u, v, c of the patch"""
    for k in range(len(places)):
        for g in range(WINDOWS):
            place = uintp(at[first + g, 3]) + places[k]
            for r in range(2):
                for q in range(2):
                    pixel = x[place + uintp(r * row + q * column)]
                    for v in range(len(filters)):
                        sums[g, r, q, v] += pixel * load(w, (k, f + v * width(like)), like)
