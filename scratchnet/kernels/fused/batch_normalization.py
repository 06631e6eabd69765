"""Batch normalisation and ReLU, each way in two passes over memory, which is what bounds them.

    y = relu(γ · x̂ + β),  x̂ = (x − μ) / σ, for each channel;  μ and σ² (without ε) are the batch's mean and variance
    dz = dy where y > 0;  dγ = Σ dz · x̂;  dβ = Σ dz;  dx = γ / σ · (dz − dβ / M − x̂ · dγ / M)

Plain twin: the layer, then `relu`: operation for operation, so that equal moments give equal bits. Only x is kept between
forward and backward: x̂ and the gate are made again while memory delivers the next numbers. Backward so reads x and dy twice
and writes dx, 5 numbers for each of x's, where NumPy moves three for each operation of each line.

A group of rows, which depends on x's shape alone, is a task. Sums are in float64, added in the groups' order.
"""

import numpy as np

from scratchnet.kernels.fused.elementwise import channel_sums, wide_rows
from scratchnet.kernels.jit import jit_inner
from scratchnet.kernels.tasks import GROUPS, run
from scratchnet.typing import Array


def batch_moments(x: Array) -> tuple[Array, Array]:
    """Mean and (biased) variance of each channel;  x: (N, …, C) → (C,), (C,)"""
    M = x.size // x.shape[-1]
    mean = (channel_sums(x) / M).astype(x.dtype)
    rows = wide_rows(x)
    squares = np.empty((GROUPS, rows.shape[1]))
    run(_squares, GROUPS, rows, _along(rows, mean), squares)
    return mean, (squares.reshape(-1, len(mean)).sum(axis=0) / M).astype(x.dtype)


@jit_inner
def _squares(g, x, mean, sums):
    """Σ_m (x[m,c] − mean[c])²"""
    M, C = x.shape
    sums[g] = 0
    for m in range(g * M // GROUPS, (g + 1) * M // GROUPS):
        for c in range(C):
            difference = x[m, c] - mean[c]
            sums[g, c] += difference * difference


def batch_normalize(
    x: Array, mean: Array, deviation: Array, gamma: Array | None, beta: Array | None, *, relu: bool
) -> Array:
    """x: (N, …, C), the others (C,) → y, of x's shape. deviation: σ;  gamma, beta: None, where there is none"""
    y = np.empty_like(x)
    rows = wide_rows(x)
    run(
        _normalize, GROUPS, rows, *(_along(rows, a) for a in (mean, deviation, gamma, beta)), relu or None, wide_rows(y)
    )
    return y


@jit_inner
def _normalize(g, x, mean, deviation, gamma, beta, relu, y):
    (M, C), zero = x.shape, x.dtype.type(0)
    for m in range(g * M // GROUPS, (g + 1) * M // GROUPS):
        for c in range(C):
            z = _scaled((x[m, c] - mean[c]) / deviation[c], gamma, beta, c)
            y[m, c] = zero if relu is not None and z < zero else z  # NaN stays NaN


def batch_normalize_back(
    dy: Array,
    x: Array,
    mean: Array,
    deviation: Array,
    gamma: Array | None,
    beta: Array | None,
    *,
    relu: bool,
    moved: bool,
    need_dx: bool,
) -> tuple[Array | None, Array, Array]:
    """dx, dγ, dβ from what `batch_normalize` was told; moved: whether mean and deviation are x's, and move with it"""
    wide, C, M = wide_rows(x), len(mean), x.dtype.type(x.size // x.shape[-1])
    told = wide_rows(dy), wide, *(_along(wide, a) for a in (mean, deviation, gamma, beta)), relu or None
    sums = np.empty((GROUPS, 2, wide.shape[1]))
    run(_sums, GROUPS, *told, sums)
    dgamma, dbeta = sums.reshape(GROUPS, 2, -1, C).sum(axis=(0, 2)).astype(x.dtype)
    if not need_dx:
        return None, dgamma, dbeta
    means = (dgamma / M, dbeta / M) if moved else (None, None)
    dx, factor = np.empty_like(x), (x.dtype.type(1) if gamma is None else gamma) / deviation
    run(_dx, GROUPS, *told, *(_along(wide, a) for a in (*means, factor)), wide_rows(dx))
    return dx, dgamma, dbeta


@jit_inner
def _sums(g, dy, x, mean, deviation, gamma, beta, relu, sums):
    M, C = x.shape
    sums[g] = 0
    of_gamma, of_beta = sums[g, 0], sums[g, 1]
    normal, dz = np.empty(C, x.dtype), np.empty(C, x.dtype)
    for m in range(g * M // GROUPS, (g + 1) * M // GROUPS):
        _row(dy[m], x[m], mean, deviation, gamma, beta, relu, normal, dz)
        for c in range(C):
            of_gamma[c] += dz[c] * normal[c]
        for c in range(C):
            of_beta[c] += dz[c]


@jit_inner
def _dx(g, dy, x, mean, deviation, gamma, beta, relu, mean_dgamma, mean_dbeta, factor, dx):
    M, C = x.shape
    normal, dz = np.empty(C, x.dtype), np.empty(C, x.dtype)
    for m in range(g * M // GROUPS, (g + 1) * M // GROUPS):
        _row(dy[m], x[m], mean, deviation, gamma, beta, relu, normal, dz)
        if mean_dgamma is not None:
            for c in range(C):
                dz[c] = dz[c] - mean_dbeta[c] - normal[c] * mean_dgamma[c]
        for c in range(C):
            dx[m, c] = dz[c] * factor[c]


@jit_inner
def _row(dy, x, mean, deviation, gamma, beta, relu, normal, dz):
    """x̂ and dz of a row, into the first-level cache: a loop over many arrays at once wouldn't be vectorised"""
    for c in range(len(x)):
        normal[c] = (x[c] - mean[c]) / deviation[c]
    zero = x.dtype.type(0)
    for c in range(len(x)):
        d = dy[c]
        if relu is not None:
            d = d if _scaled(normal[c], gamma, beta, c) > zero else zero
        dz[c] = d


@jit_inner
def _scaled(normal, gamma, beta, c):
    if gamma is not None:
        normal = normal * gamma[c]
    if beta is not None:
        normal = normal + beta[c]
    return normal


def _along(rows: Array, a: Array | None) -> Array | None:
    """What a channel has, for each number of a row of several pixels"""
    return None if a is None else np.tile(a, rows.shape[1] // len(a))
