"""Convolution as the formula says it, with its sums in registers, and what follows them before anything is stored."""

import numpy as np

from scratchnet.kernels.fused.background import background
from scratchnet.kernels.fused.epilogue import window
from scratchnet.kernels.jit import jit_inner, part
from scratchnet.kernels.lanes import REGISTERS, load, store, tile, width
from scratchnet.kernels.tasks import run

TASKS = 16
# Sums in registers: WINDOWS windows of 2×2 outputs × VECTORS registers of filters. Besides them a step of the innermost loop
# needs VECTORS registers of weights and a pixel or two. 24 sums of 32 registers (AVX-512, NEON), 8 of 16 (AVX2, SSE).
WINDOWS, VECTORS = (3, 2) if REGISTERS == 32 else (1, 2)


def direct(x, w, b, y, winner, SH, SW, OH, OW, relu, pool, keep, scale):
    """y[n,i,j,f] = b[f] + Σ_uvc x[n,i·SH+u,j·SW+v,c] · w[u,v,c,f], then what `epilogue.window` says

    A task is a range of rows of windows, over all images: no sum depends on where it is cut, and an image alone is cut too.
    """
    rows = len(x) * _count.py_func(OH, pool)
    run(_rows, TASKS, rows, x, w, b, y, winner, SH, SW, OH, OW, relu, pool, keep, scale)


@jit_inner
def _count(size, pool):
    """How many windows of 2 lie along `size` outputs: behind pooling a single last one is not wanted, else it is."""
    return size // 2 if pool is not None else (size + 1) // 2


@jit_inner
def _rows(t, all_rows, x, w, b, y, winner, SH, SW, OH, OW, relu, pool, keep, scale):
    first, end = t * all_rows // TASKS, (t + 1) * all_rows // TASKS
    (_, H, W, _), (KH, KW, _, F) = x.shape, w.shape
    rows, columns = _count(OH, pool), _count(OW, pool)
    blank = np.empty((H - KH + 1, W - KW + 1), np.uint8)
    depth = np.empty(W, np.int64)
    constant = np.empty(F, x.dtype)
    todo = np.empty((rows * columns + WINDOWS, 2), np.int64)
    filters = VECTORS * width(x.dtype)
    while first < end:
        n = first // rows
        last = min(end, (n + 1) * rows)
        background(x, n, KH, KW, depth, blank)
        count, summed = 0, False
        for r in range(first % rows, last - n * rows):
            for q in range(columns):
                i, j = min(2 * r, OH - 2), min(2 * q, OW - 2)
                top = blank[i * SH, j * SW] & blank[i * SH, (j + 1) * SW]
                if top & blank[(i + 1) * SH, j * SW] & blank[(i + 1) * SH, (j + 1) * SW]:
                    if not summed:
                        sum_patch(x, w, n, i * SH, j * SW, constant)
                    summed = True
                    for f_next in range(0, F, width(x.dtype)):
                        f = min(f_next, F - width(x.dtype))
                        z = load(constant, f)
                        window(z, z, z, z, b, y, winner, relu, pool, keep, scale, n, i, j, f)
                else:
                    todo[count, 0], todo[count, 1] = i, j
                    count += 1
        first = last
        for k in range(count, count + WINDOWS):  # the last one fills up the tile
            todo[k, 0], todo[k, 1] = todo[count - 1, 0], todo[count - 1, 1]
        for f_next in range(0, F, filters):
            f = min(f_next, F - filters)  # the last tile starts early enough to end at the edge
            for k in range(0, count, WINDOWS):
                _windows(x, w, b, y, winner, SH, SW, relu, pool, keep, scale, n, todo, k, f)


@jit_inner
def sum_patch(x, w, n, i, j, z):
    """z[f] = Σ_uvc x[n,i+u,j+v,c] · w[u,v,c,f], in the very order of the sums below"""
    KH, KW, C, F = w.shape
    for f_next in range(0, F, width(w.dtype)):
        f = min(f_next, F - width(w.dtype))
        sums = tile(w.dtype, 1)
        for u in range(KH):
            for v in range(KW):
                for c in range(C):
                    sums[0] += x[n, i + u, j + v, c] * load(w, (u, v, c, f))
        store(z, f, sums[0])


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
