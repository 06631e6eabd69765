"""The names and signatures of `plain`, compiled by Numba: im2col and matrix products, a group of images a task.

Convolution as a matrix product (im2col: Chellapilla, Puri, Simard, “High performance convolutional neural networks for
document processing”, 2006): a window of the image becomes a row, the filters become columns, and one product by BLAS
replaces six loops. It goes some windows at a time, so that their copies stay in the cache; and backward only those that a
gradient reaches: behind ReLU and pooling many have none, and what is left out would add exact zeros.

The work is cut into groups that depend on the arrays' shapes alone, and what groups have summed is added in their order:
the bits are the same for any number of threads. (`kernels.threads` holds BLAS to one thread a product.)

A function without an underscore makes the arrays that it returns; its twin with one, compiled, fills them.
"""

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401  # where Numba finds BLAS: loaded now, so that `threads` holds it too
from numba import prange

from scratchnet.kernels.jit import jit, jit_inner
from scratchnet.kernels.plain import bias_db
from scratchnet.kernels.random import GAMMA, mix
from scratchnet.typing import Array, Shape

__all__ = [
    "adadelta", "bias_db", "conv2d", "conv2d_dw", "conv2d_dx", "dense", "dense_dw", "dense_dx", "dropout", "dropout_keep",
    "max_pool2d", "max_pool2d_dx", "relu", "relu_dz",
]  # fmt: skip

GROUPS = 16  # tasks: enough for as many cores, and few enough that their partial sums are added in no time
PRODUCT = 1_000_000  # multiplies in a product: up to so many, OpenBLAS takes a kernel that packs nothing, twice as fast

_mix = jit_inner(mix)


# ---------- convolution
def conv2d(x: Array, w: Array, b: Array) -> Array:
    (N, H, W, _), (KH, KW, _, F) = x.shape, w.shape
    y = np.empty((N, H - KH + 1, W - KW + 1, F), x.dtype)
    _conv2d(x, w.reshape(-1, F), b, KH, KW, _places(*y.shape[1:3]), y.reshape(N, -1, F))
    return y


@jit
def _conv2d(x, w, b, KH, KW, places, y):
    (N, _, F), K = y.shape, len(w)
    P = _windows(len(places), K * F)
    for g in prange(GROUPS):
        columns = np.empty((P, K), x.dtype)
        for n in range(g * N // GROUPS, (g + 1) * N // GROUPS):
            for p in range(0, len(places), P):
                block = y[n, p : p + P]
                _im2col(x[n], places[p : p + P], KH, KW, columns)
                np.dot(columns[: len(block)], w, block)
                for r in range(len(block)):
                    for f in range(F):
                        block[r, f] += b[f]


def conv2d_dx(dy: Array, w: Array) -> Array:
    (N, OH, OW, F), (KH, KW, C, _) = dy.shape, w.shape
    dx = np.zeros((N, OH + KH - 1, OW + KW - 1, C), dy.dtype)
    _conv2d_dx(dy.reshape(N, -1, F), np.ascontiguousarray(w.reshape(-1, F).T), KH, KW, _places(OH, OW), dx)
    return dx


@jit
def _conv2d_dx(dy, wt, KH, KW, places, dx):
    (N, _, F), K = dy.shape, wt.shape[1]
    P = _windows(len(places), K * F)
    for g in prange(GROUPS):
        columns = np.empty((P, K), dy.dtype)
        rows = np.empty((P, F), dy.dtype)
        alive = np.empty((P, 2), places.dtype)
        for n in range(g * N // GROUPS, (g + 1) * N // GROUPS):
            for p in range(0, len(places), P):
                count = _gather_alive(dy[n, p : p + P], places[p : p + P], rows, alive)
                np.dot(rows[:count], wt, columns[:count])
                _add_col2im(columns, alive[:count], KH, KW, dx[n])


def conv2d_dw(x: Array, dy: Array) -> Array:
    (N, H, W, C), (_, OH, OW, F) = x.shape, dy.shape
    KH, KW = H - OH + 1, W - OW + 1
    dw = np.zeros((GROUPS, KH * KW * C, F), x.dtype)
    _conv2d_dw(x, dy.reshape(N, -1, F), KH, KW, _places(OH, OW), dw)
    return dw.sum(axis=0).reshape(KH, KW, C, F)


@jit
def _conv2d_dw(x, dy, KH, KW, places, dw):
    (N, _, F), K = dy.shape, dw.shape[1]
    P = _windows(len(places), K * F)
    for g in prange(GROUPS):
        columns = np.empty((P, K), x.dtype)
        rows = np.empty((P, F), dy.dtype)
        alive = np.empty((P, 2), places.dtype)
        product = np.empty((K, F), x.dtype)
        for n in range(g * N // GROUPS, (g + 1) * N // GROUPS):
            for p in range(0, len(places), P):
                count = _gather_alive(dy[n, p : p + P], places[p : p + P], rows, alive)
                if count == 0:
                    continue
                _im2col(x[n], alive[:count], KH, KW, columns)
                np.dot(columns[:count].T, rows[:count], product)
                for k in range(K):
                    for f in range(F):
                        dw[g, k, f] += product[k, f]


def _places(OH: int, OW: int) -> Array:
    """(OH·OW, 2): every position (i, j) of an output, row by row"""
    return np.argwhere(np.ones((OH, OW)))


@jit_inner
def _windows(most, multiplies):
    """How many windows, of `most`, go into one product where each brings so many multiplies: by sixteens, as BLAS tiles."""
    return min(most, max(16, PRODUCT // multiplies // 16 * 16))


@jit_inner
def _gather_alive(dy, places, rows, alive):
    """The rows of dy: (P, F) in which a gradient comes, and their places → how many; a row of zeros adds nothing."""
    P, F = dy.shape
    count = 0
    for p in range(P):
        nonzero = False
        for f in range(F):
            rows[count, f] = dy[p, f]
            nonzero |= dy[p, f] != 0
        if nonzero:
            alive[count, 0], alive[count, 1] = places[p]
            count += 1
    return count


@jit_inner
def _im2col(x, places, KH, KW, columns):
    """columns[r, (u·KW + v)·C + c] = x[i+u, j+v, c]: a row for each window, whose corner is (i, j);  x: (H, W, C)"""
    C = x.shape[2]
    for r in range(len(places)):
        i, j = places[r]
        for u in range(KH):
            for v in range(KW):
                for c in range(C):
                    columns[r, (u * KW + v) * C + c] = x[i + u, j + v, c]


@jit_inner
def _add_col2im(columns, places, KH, KW, x):
    """The way back: each number of a window is added to the pixel that `_im2col` takes it from."""
    C = x.shape[2]
    for r in range(len(places)):
        i, j = places[r]
        for u in range(KH):
            for v in range(KW):
                for c in range(C):
                    x[i + u, j + v, c] += columns[r, (u * KW + v) * C + c]


# ---------- pooling
def max_pool2d(x: Array, pool_size: tuple[int, int]) -> tuple[Array, Array]:
    (N, H, W, C), (PH, PW) = x.shape, pool_size
    y = np.empty((N, H // PH, W // PW, C), x.dtype)
    winner = np.empty(y.shape, np.min_scalar_type(PH * PW - 1))
    _max_pool2d(x, PH, PW, y, winner)
    return y, winner


@jit
def _max_pool2d(x, PH, PW, y, winner):
    N, OH, OW, C = y.shape
    for n in prange(N):
        for i in range(OH):
            for j in range(OW):
                for c in range(C):
                    y[n, i, j, c] = x[n, i * PH, j * PW, c]
                    winner[n, i, j, c] = 0
                for u in range(PH):
                    for v in range(PW):
                        for c in range(C):
                            best, value = y[n, i, j, c], x[n, i * PH + u, j * PW + v, c]
                            larger = value > best or (np.isnan(value) and not np.isnan(best))  # NaN wins, as in NumPy
                            y[n, i, j, c] = value if larger else best
                            winner[n, i, j, c] = u * PW + v if larger else winner[n, i, j, c]


def max_pool2d_dx(dy: Array, winner: Array, pool_size: tuple[int, int], x_shape: Shape) -> Array:
    dx = np.empty(x_shape, dy.dtype)
    _max_pool2d_dx(dy, winner, *pool_size, dx)
    return dx


@jit
def _max_pool2d_dx(dy, winner, PH, PW, dx):
    N, OH, OW, C = dy.shape
    for n in prange(N):
        dx[n] = 0
        for i in range(OH):
            for j in range(OW):
                for u in range(PH):
                    for v in range(PW):
                        for c in range(C):
                            won = winner[n, i, j, c] == u * PW + v
                            dx[n, i * PH + u, j * PW + v, c] = dy[n, i, j, c] if won else 0


# ---------- dense
def dense(x: Array, w: Array, b: Array) -> Array:
    y = np.empty((_chunks(len(w)), len(x), w.shape[1]), x.dtype)
    _dense(x, w, y)
    return y.sum(axis=0) + b


@jit
def _dense(x, w, y):
    K, chunks = len(w), len(y)
    for g in prange(chunks):
        k, end = g * K // chunks, (g + 1) * K // chunks
        np.dot(np.ascontiguousarray(x[:, k:end]), w[k:end], y[g])


def dense_dx(dy: Array, w: Array) -> Array:
    dx = np.empty((len(dy), len(w)), dy.dtype)
    _dense_dx(dy, w, _chunks(len(w)), dx)
    return dx


@jit
def _dense_dx(dy, w, chunks, dx):
    K = len(w)
    for g in prange(chunks):
        k, end = g * K // chunks, (g + 1) * K // chunks
        dx[:, k:end] = np.dot(dy, w[k:end].T)


def dense_dw(x: Array, dy: Array) -> Array:
    dw = np.empty((x.shape[1], dy.shape[1]), x.dtype)
    _dense_dw(x, dy, _chunks(len(dw)), dw)
    return dw


@jit
def _dense_dw(x, dy, chunks, dw):
    K = len(dw)
    for g in prange(chunks):
        k, end = g * K // chunks, (g + 1) * K // chunks
        np.dot(np.ascontiguousarray(x[:, k:end]).T, dy, dw[k:end])


def _chunks(K: int) -> int:
    """Into how many tasks K inputs are cut: a task of fewer than 256 isn't worth its start."""
    return max(1, min(GROUPS, K // 256))


# ---------- activation
def relu(z: Array) -> Array:
    y = np.empty_like(z)
    _relu(z.reshape(-1), y.reshape(-1))
    return y


@jit
def _relu(z, y):
    for k in prange(len(z)):
        y[k] = max(z[k], 0)  # NaN stays NaN


def relu_dz(dy: Array, y: Array) -> Array:
    dz = np.empty_like(y)
    _relu_dz(dy.reshape(-1), y.reshape(-1), dz.reshape(-1))
    return dz


@jit
def _relu_dz(dy, y, dz):
    for k in prange(len(y)):
        dz[k] = dy[k] if y[k] > 0 else 0


# ---------- dropout
def dropout_keep(keys: Array, size: int, rate: float) -> Array:
    keep = np.empty((len(keys), size), np.bool_)
    _dropout_keep(keys, np.uint64(rate * 2**32), keep)
    return keep


@jit
def _dropout_keep(keys, threshold, keep):
    for n in prange(len(keys)):
        for k in range(keep.shape[1]):
            keep[n, k] = _mix(keys[n] + np.uint64(k + 1) * GAMMA) >> np.uint64(32) >= threshold


def dropout(x: Array, keep: Array, rate: float) -> Array:
    y = np.empty_like(x)
    _dropout(x.reshape(-1), keep.reshape(-1), x.dtype.type(1 / (1 - rate)), y.reshape(-1))
    return y


@jit
def _dropout(x, keep, scale, y):
    for k in prange(len(x)):
        y[k] = x[k] * scale if keep[k] else 0


# ---------- optimizer
def adadelta(w: Array, g: Array, a: Array, d: Array, learning_rate: float, rho: float, epsilon: float) -> None:
    real = w.dtype.type
    flat = (array.reshape(-1) for array in (w, g, a, d))
    _adadelta(*flat, real(learning_rate), real(rho), real(1 - rho), real(epsilon))


@jit
def _adadelta(w, g, a, d, learning_rate, rho, rest, epsilon):
    for k in prange(len(w)):
        a[k] = rho * a[k] + rest * (g[k] * g[k])
        delta = np.sqrt(d[k] + epsilon) * g[k] / np.sqrt(a[k] + epsilon)
        d[k] = rho * d[k] + rest * (delta * delta)
        w[k] -= learning_rate * delta
