"""What meets each number by itself: activation, dropout and the optimizer."""

import numpy as np
from numba import prange

from scratchnet.kernels.jit import jit, jit_inner
from scratchnet.kernels.random import GAMMA, mix
from scratchnet.typing import Array

_mix = jit_inner(mix)


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
