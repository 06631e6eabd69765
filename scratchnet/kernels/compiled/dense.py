"""The dense layer's products, some inputs a task."""

import numpy as np
from numba import prange

from scratchnet.kernels.jit import jit
from scratchnet.kernels.tasks import GROUPS
from scratchnet.typing import Array


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
