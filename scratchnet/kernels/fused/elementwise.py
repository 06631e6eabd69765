"""What meets each number by itself, where `compiled` isn't at memory's speed already; plain twins of the same names."""

import math

import numpy as np

from scratchnet.kernels import plain
from scratchnet.kernels.jit import jit_inner
from scratchnet.kernels.memory import empty
from scratchnet.kernels.plain import Pair
from scratchnet.kernels.random import GAMMA, mix
from scratchnet.kernels.tasks import GROUPS, run
from scratchnet.typing import Array

SMALL = 1 << 15  # numbers: so few are done by one core before another has begun
WIDE = 256  # numbers of a row of several pixels: a dozen such rows fit into the first-level cache

_mix = jit_inner(mix)


# ---------- padding
def pad2d(x: Array, padding: tuple[Pair, Pair], value: float = 0.0) -> Array:
    if not np.any(padding):
        return x
    (N, H, W, C), ((top, bottom), (left, right)) = x.shape, padding
    y = empty((N, top + H + bottom, left + W + right, C), x.dtype)
    run(_pad, GROUPS, x.reshape(N, H, W * C), top, left * C, x.dtype.type(value), y.reshape(N, top + H + bottom, -1))
    return y


@jit_inner
def _pad(g, x, top, left, value, y):
    (N, H, W), high = x.shape, y.shape[1]
    for n in range(g * N // GROUPS, (g + 1) * N // GROUPS):
        for i in range(high):
            if i < top or i >= top + H:
                y[n, i] = value
                continue
            row, pixels = y[n, i], x[n, i - top]
            row[:left] = value
            middle = row[left : left + W]
            for j in range(W):
                middle[j] = pixels[j]
            row[left + W :] = value


# ---------- sums
def bias_db(dy: Array) -> Array:
    return plain.bias_db(dy) if dy.size <= SMALL else channel_sums(dy).astype(dy.dtype)


def channel_sums(x: Array) -> Array:
    """Σ x[…,c], in float64;  x: (N, …, C) → (C,)"""
    rows = wide_rows(x)
    sums = np.empty((GROUPS, rows.shape[1]))
    run(_column_sums, GROUPS, rows, sums)
    return sums.reshape(-1, x.shape[-1]).sum(axis=0)


def wide_rows(x: Array) -> Array:
    """x as rows of several pixels each, about WIDE numbers, so that an innermost loop is long however few the channels

    x: (N, …, C) → (M / R, R·C) of the M = N · … pixels: R divides M, and is a power of two
    """
    C = x.shape[-1]
    R = math.gcd(x.size // C, 1 << (max(1, WIDE // C).bit_length() - 1))
    return x.reshape(-1, R * C)


@jit_inner
def _column_sums(g, x, sums):
    M, C = x.shape
    sums[g] = 0
    for m in range(g * M // GROUPS, (g + 1) * M // GROUPS):
        for c in range(C):
            sums[g, c] += x[m, c]


# ---------- dropout
def dropout_keep(keys: Array, size: int, rate: float) -> Array:
    keep = np.empty((len(keys), size), np.bool_)
    tasks = GROUPS if keep.size > SMALL else 1
    run(_dropout_keep, tasks, tasks, keys, np.uint64(rate * 2**32), keep)
    return keep


@jit_inner
def _dropout_keep(t, tasks, keys, threshold, keep):
    for n in range(t * len(keys) // tasks, (t + 1) * len(keys) // tasks):
        here = keep[n]  # counted from 0, see below
        for k in range(len(here)):
            here[k] = _mix(keys[n] + np.uint64(k + 1) * GAMMA) >> np.uint64(32) >= threshold


# ---------- optimizer
def adadelta(w: Array, g: Array, a: Array, d: Array, learning_rate: float, rho: float, epsilon: float) -> None:
    real = w.dtype.type
    flat = (array.reshape(-1) for array in (w, g, a, d))
    tasks = GROUPS if w.size > SMALL else 1
    run(_adadelta, tasks, tasks, *flat, real(learning_rate), real(rho), real(1 - rho), real(epsilon))


@jit_inner
def _adadelta(t, tasks, w, g, a, d, learning_rate, rho, rest, epsilon):
    part = slice(t * len(w) // tasks, (t + 1) * len(w) // tasks)
    w, g, a, d = w[part], g[part], a[part], d[part]  # counted from 0: an index that might be negative isn't vectorised
    for k in range(len(w)):
        a[k] = rho * a[k] + rest * (g[k] * g[k])
        delta = np.sqrt(d[k] + epsilon) * g[k] / np.sqrt(a[k] + epsilon)
        d[k] = rho * d[k] + rest * (delta * delta)
        w[k] -= learning_rate * delta
