"""Where a window sees nothing but background, and what it then gives."""

import numpy as np
from numba import uint8

from scratchnet.kernels.fused.epilogue import window
from scratchnet.kernels.jit import jit_inner
from scratchnet.kernels.lanes import count, load, store, tile, width


@jit_inner
def background(x, n, KH, KW, blank):
    """blank[i·W+j] = 1 where all pixels x[n, i+u, j+v], u < KH, v < KW, equal the image's first one, x[n, 0, 0], else 0

    The sums over such windows are equal too, so that one of them need be made. On MNIST this is the paper around the digit:
    two fifths of the second convolution's windows. Where no pixel is like the first, the search has cost a look at each.

    x: (N, H, W, C), blank: as `marks` makes it. NaN equals nothing.
    """
    _, H, W, C = x.shape
    pixels, lanes = x[n].reshape(H * W, C), width(x.dtype)
    blank[:] = 1
    if lanes > C:
        for c in range(C):
            first = pixels[0, c]
            for k in range(H * W):
                blank[k] &= pixels[k, c] == first
    else:
        for k in range(H * W):
            for c_next in range(0, C, lanes):
                c = min(c_next, C - lanes)
                blank[k] &= count(load(pixels, (k, c)) != load(pixels, (0, c))) == 0
    for times, neighbour in ((KW - 1, 1), (KH - 1, W)):  # each time, a mark stands for one pixel more
        for _ in range(times):
            for k in range(0, H * W, width(blank.dtype)):
                store(blank, k, load(blank, k) & load(blank, k + neighbour))


@jit_inner
def marks(x):
    """One for each pixel of an image, row by row; behind them room for a row and a register"""
    return np.empty((x.shape[1] + 1) * x.shape[2] + width(uint8), np.uint8)


@jit_inner
def sum_background(x, w, n, like, constant):
    """constant[f] = Σ_uvc x[n,0,0,c] · w[u,v,c,f], the sum of every such window, in the direct kernel's order;  (F,)

    like: a register, of as many lanes as sums are made side by side: no more than there are filters
    """
    KH, KW, C, F = w.shape
    for f_next in range(0, F, width(like)):
        f = min(f_next, F - width(like))
        sums = tile(like, 1)
        for u in range(KH):
            for v in range(KW):
                for c in range(C):
                    sums[0] += x[n, 0, 0, c] * load(w, (u, v, c, f), like)
        store(constant, f, sums[0])


@jit_inner
def fill(constant, like, b, y, winner, relu, pool, keep, scale, n, i, j):
    """Four outputs, a window of them from (i, j) on, that see only background: nothing is multiplied."""
    for f_next in range(0, len(constant), width(like)):
        f = min(f_next, len(constant) - width(like))
        z = load(constant, f, like)
        window(z, z, z, z, b, y, winner, relu, pool, keep, scale, n, i, j, f)
