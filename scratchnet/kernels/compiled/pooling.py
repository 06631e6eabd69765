"""Pooling, an image a task: the innermost loop runs over neighbours in memory, a pixel's channels."""

import numpy as np
from numba import prange

from scratchnet.kernels.compiled.windows import counts
from scratchnet.kernels.jit import jit
from scratchnet.kernels.plain import Pair
from scratchnet.typing import Array, Shape


def max_pool2d(x: Array, pool_size: Pair, strides: Pair) -> tuple[Array, Array]:
    y = np.empty((len(x), *counts(x.shape, pool_size, strides), x.shape[3]), x.dtype)
    winner = np.empty(y.shape, np.min_scalar_type(pool_size[0] * pool_size[1] - 1))
    _max_pool2d(x, *pool_size, *strides, y, winner)
    return y, winner


@jit
def _max_pool2d(x, PH, PW, SH, SW, y, winner):
    N, OH, OW, C = y.shape
    for n in prange(N):
        for i in range(OH):
            for j in range(OW):
                for c in range(C):
                    y[n, i, j, c] = x[n, i * SH, j * SW, c]
                    winner[n, i, j, c] = 0
                for u in range(PH):
                    for v in range(PW):
                        for c in range(C):
                            best, value = y[n, i, j, c], x[n, i * SH + u, j * SW + v, c]
                            larger = value > best or (np.isnan(value) and not np.isnan(best))  # NaN wins, as in NumPy
                            y[n, i, j, c] = value if larger else best
                            winner[n, i, j, c] = u * PW + v if larger else winner[n, i, j, c]


def max_pool2d_dx(dy: Array, winner: Array, pool_size: Pair, strides: Pair, x_shape: Shape) -> Array:
    dx = np.empty(x_shape, dy.dtype)
    _max_pool2d_dx(dy, winner, *pool_size, *strides, dx)
    return dx


@jit
def _max_pool2d_dx(dy, winner, PH, PW, SH, SW, dx):
    N, OH, OW, C = dy.shape
    for n in prange(N):
        dx[n] = 0
        for i in range(OH):
            for j in range(OW):
                for u in range(PH):
                    for v in range(PW):
                        for c in range(C):
                            won = winner[n, i, j, c] == u * PW + v
                            dx[n, i * SH + u, j * SW + v, c] += dy[n, i, j, c] if won else 0


def sum_pool2d(x: Array, pool_size: Pair, strides: Pair) -> Array:
    y = np.empty((len(x), *counts(x.shape, pool_size, strides), x.shape[3]), x.dtype)
    _sum_pool2d(x, *pool_size, *strides, y)
    return y


@jit
def _sum_pool2d(x, PH, PW, SH, SW, y):
    N, OH, OW, C = y.shape
    for n in prange(N):
        y[n] = 0
        for i in range(OH):
            for j in range(OW):
                for u in range(PH):
                    for v in range(PW):
                        for c in range(C):
                            y[n, i, j, c] += x[n, i * SH + u, j * SW + v, c]


def sum_pool2d_dx(dy: Array, pool_size: Pair, strides: Pair, x_shape: Shape) -> Array:
    dx = np.empty(x_shape, dy.dtype)
    _sum_pool2d_dx(dy, *pool_size, *strides, dx)
    return dx


@jit
def _sum_pool2d_dx(dy, PH, PW, SH, SW, dx):
    N, OH, OW, C = dy.shape
    for n in prange(N):
        dx[n] = 0
        for i in range(OH):
            for j in range(OW):
                for u in range(PH):
                    for v in range(PW):
                        for c in range(C):
                            dx[n, i * SH + u, j * SW + v, c] += dy[n, i, j, c]
