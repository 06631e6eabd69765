"""Depthwise convolution, an image a task: too few multiplies a number for im2col, so it is the formula's own loops.

M filters a channel are one filter a channel of an image whose every channel comes M times: the innermost loop is then
always a long one, over neighbours in memory.
"""

import numpy as np
from numba import prange

from scratchnet.kernels.compiled.windows import counts
from scratchnet.kernels.jit import jit
from scratchnet.kernels.plain import Pair
from scratchnet.typing import Array, Shape


def depthwise_conv2d(x: Array, w: Array, b: Array, strides: Pair, dilation: Pair) -> Array:
    KH, KW, _, M = w.shape
    y = np.empty((len(x), *counts(x.shape, (KH, KW), strides, dilation), len(b)), x.dtype)
    _depthwise_conv2d(_each(x, M), w.reshape(KH, KW, len(b)), b, *strides, *dilation, y)
    return y


@jit
def _depthwise_conv2d(x, w, b, SH, SW, DH, DW, y):
    (N, OH, OW, C), (KH, KW, _) = y.shape, w.shape
    for n in prange(N):
        for i in range(OH):
            for j in range(OW):
                y[n, i, j] = b
                for u in range(KH):
                    for v in range(KW):
                        for c in range(C):
                            y[n, i, j, c] += x[n, i * SH + u * DH, j * SW + v * DW, c] * w[u, v, c]


def depthwise_conv2d_dx(dy: Array, w: Array, x_shape: Shape, strides: Pair, dilation: Pair) -> Array:
    (KH, KW, C, M), (N, H, W, _) = w.shape, x_shape
    dx = np.empty((N, H, W, C * M), dy.dtype)
    _depthwise_conv2d_dx(dy, w.reshape(KH, KW, C * M), *strides, *dilation, dx)
    return dx if M == 1 else dx.reshape(N, H, W, C, M).sum(axis=-1)


@jit
def _depthwise_conv2d_dx(dy, w, SH, SW, DH, DW, dx):
    (N, OH, OW, C), (KH, KW, _) = dy.shape, w.shape
    for n in prange(N):
        dx[n] = 0
        for i in range(OH):
            for j in range(OW):
                for u in range(KH):
                    for v in range(KW):
                        for c in range(C):
                            dx[n, i * SH + u * DH, j * SW + v * DW, c] += dy[n, i, j, c] * w[u, v, c]


def depthwise_conv2d_dw(x: Array, dy: Array, w_shape: Shape, strides: Pair, dilation: Pair) -> Array:
    KH, KW, C, M = w_shape
    dw = np.empty((len(x), KH, KW, C * M), x.dtype)
    _depthwise_conv2d_dw(_each(x, M), dy, *strides, *dilation, dw)
    return dw.sum(axis=0).reshape(w_shape)


@jit
def _depthwise_conv2d_dw(x, dy, SH, SW, DH, DW, dw):
    (N, OH, OW, C), (_, KH, KW, _) = dy.shape, dw.shape
    for n in prange(N):
        dw[n] = 0
        for i in range(OH):
            for j in range(OW):
                for u in range(KH):
                    for v in range(KW):
                        for c in range(C):
                            dw[n, u, v, c] += x[n, i * SH + u * DH, j * SW + v * DW, c] * dy[n, i, j, c]


def _each(x: Array, M: int) -> Array:
    """Each channel M times"""
    return x if M == 1 else np.repeat(x, M, axis=-1)
