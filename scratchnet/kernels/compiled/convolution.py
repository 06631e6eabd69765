"""Convolution by im2col and matrix products, a group of images a task.

A window of the image becomes a row, the filters become columns, and one product by BLAS replaces six loops (im2col:
Chellapilla, Puri, Simard, “High performance convolutional neural networks for document processing”, 2006). It goes some
windows at a time, so that their copies stay in the cache; and backward only those that a gradient reaches: behind ReLU and
pooling many have none, and what is left out would add exact zeros.
"""

import numpy as np
from numba import prange

from scratchnet.kernels.compiled.windows import counts
from scratchnet.kernels.jit import jit, jit_inner
from scratchnet.kernels.plain import Pair
from scratchnet.kernels.tasks import GROUPS
from scratchnet.typing import Array, Shape

PRODUCT = 1_000_000  # multiplies in a product: up to so many, OpenBLAS takes a kernel that packs nothing, twice as fast


def conv2d(x: Array, w: Array, b: Array, strides: Pair, dilation: Pair) -> Array:
    N, (KH, KW, _, F) = len(x), w.shape
    OH, OW = counts(x.shape, (KH, KW), strides, dilation)
    y = np.empty((N, OH, OW, F), x.dtype)
    _conv2d(x, w.reshape(-1, F), b, KH, KW, *dilation, _corners(OH, OW, strides), y.reshape(N, OH * OW, F))
    return y


@jit
def _conv2d(x, w, b, KH, KW, DH, DW, corners, y):
    (N, _, F), K = y.shape, len(w)
    P = _windows(len(corners), K * F)
    for g in prange(GROUPS):
        columns = np.empty((P, K), x.dtype)
        for n in range(g * N // GROUPS, (g + 1) * N // GROUPS):
            for p in range(0, len(corners), P):
                block = y[n, p : p + P]
                _im2col(x[n], corners[p : p + P], KH, KW, DH, DW, columns)
                np.dot(columns[: len(block)], w, block)
                for r in range(len(block)):
                    for f in range(F):
                        block[r, f] += b[f]


def conv2d_dx(dy: Array, w: Array, x_shape: Shape, strides: Pair, dilation: Pair) -> Array:
    (N, OH, OW, F), (KH, KW, _, _) = dy.shape, w.shape
    dx = np.zeros(x_shape, dy.dtype)
    wt, finite = np.ascontiguousarray(w.reshape(-1, F).T), np.isfinite(w).all()
    _conv2d_dx(dy.reshape(N, OH * OW, F), wt, finite, KH, KW, *dilation, _corners(OH, OW, strides), dx)
    return dx


@jit
def _conv2d_dx(dy, wt, finite, KH, KW, DH, DW, corners, dx):
    (N, _, F), K = dy.shape, wt.shape[1]
    P = _windows(len(corners), K * F)
    for g in prange(GROUPS):
        columns = np.empty((P, K), dy.dtype)
        rows = np.empty((P, F), dy.dtype)
        alive = np.empty((P, 2), corners.dtype)
        for n in range(g * N // GROUPS, (g + 1) * N // GROUPS):
            for p in range(0, len(corners), P):
                count = _gather_alive(dy[n, p : p + P], corners[p : p + P], finite, rows, alive)
                np.dot(rows[:count], wt, columns[:count])
                _add_col2im(columns, alive[:count], KH, KW, DH, DW, dx[n])


def conv2d_dw(x: Array, dy: Array, w_shape: Shape, strides: Pair, dilation: Pair) -> Array:
    (N, OH, OW, F), (KH, KW, C, _) = dy.shape, w_shape
    dw = np.zeros((GROUPS, KH * KW * C, F), x.dtype)
    _conv2d_dw(x, dy.reshape(N, OH * OW, F), KH, KW, *dilation, _corners(OH, OW, strides), dw)
    return dw.sum(axis=0).reshape(w_shape)


@jit
def _conv2d_dw(x, dy, KH, KW, DH, DW, corners, dw):
    (N, _, F), K = dy.shape, dw.shape[1]
    P = _windows(len(corners), K * F)
    for g in prange(GROUPS):
        columns = np.empty((P, K), x.dtype)
        rows = np.empty((P, F), dy.dtype)
        alive = np.empty((P, 2), corners.dtype)
        product = np.empty((K, F), x.dtype)
        for n in range(g * N // GROUPS, (g + 1) * N // GROUPS):
            finite = _finite(x[n])
            for p in range(0, len(corners), P):
                count = _gather_alive(dy[n, p : p + P], corners[p : p + P], finite, rows, alive)
                if count == 0:
                    continue
                _im2col(x[n], alive[:count], KH, KW, DH, DW, columns)
                np.dot(columns[:count].T, rows[:count], product)
                for k in range(K):
                    for f in range(F):
                        dw[g, k, f] += product[k, f]


def _corners(OH: int, OW: int, strides: Pair) -> Array:
    """(OH·OW, 2): where each window begins in the image, (i·SH, j·SW), row by row"""
    return np.argwhere(np.ones((OH, OW))) * strides


@jit_inner
def _windows(most, multiplies):
    """How many windows, of `most`, go into one product where each brings so many multiplies: by sixteens, as BLAS tiles.

    Where even sixteen are too many for a product that packs nothing, they are as many as make packing worth its time.
    """
    return min(most, PRODUCT // multiplies // 16 * 16 or 128)


@jit_inner
def _finite(array):
    finite = True
    for number in array.flat:
        finite &= np.isfinite(number)
    return finite


@jit_inner
def _gather_alive(dy, corners, finite, rows, alive):
    """The rows of dy: (P, F) that add anything, and their windows' corners → how many.

    A row of zeros adds zeros, if what it is multiplied with is finite: 0 · ∞ isn't 0.
    """
    P, F = dy.shape
    count = 0
    for p in range(P):
        adds = not finite
        for f in range(F):
            rows[count, f] = dy[p, f]
            adds |= dy[p, f] != 0
        if adds:
            alive[count, 0], alive[count, 1] = corners[p]
            count += 1
    return count


@jit_inner
def _im2col(x, corners, KH, KW, DH, DW, columns):
    """columns[r, (u·KW + v)·C + c] = x[i+u·DH, j+v·DW, c]: a row for each window, whose corner is (i, j);  x: (H, W, C)"""
    C = x.shape[2]
    for r in range(len(corners)):
        i, j = corners[r]
        for u in range(KH):
            for v in range(KW):
                for c in range(C):
                    columns[r, (u * KW + v) * C + c] = x[i + u * DH, j + v * DW, c]


@jit_inner
def _add_col2im(columns, corners, KH, KW, DH, DW, x):
    """The way back: each number of a window is added to the pixel that `_im2col` takes it from."""
    C = x.shape[2]
    for r in range(len(corners)):
        i, j = corners[r]
        for u in range(KH):
            for v in range(KW):
                for c in range(C):
                    x[i + u * DH, j + v * DW, c] += columns[r, (u * KW + v) * C + c]
