"""Backward through a convolution, ReLU, 2×2 max pooling and dropout as one, from the gradients that live."""

import numpy as np

from scratchnet.kernels import choice, compiled
from scratchnet.kernels.compiled.windows import counts
from scratchnet.kernels.fused.conv2d_dw import conv2d_dw_db, one_row
from scratchnet.kernels.fused.gradient_lists import list_winners, sort
from scratchnet.kernels.fused.patches import cut_patch, patch_corners
from scratchnet.kernels.jit import jit_inner, part
from scratchnet.kernels.lanes import BITS, REGISTERS, load, store, tile, width
from scratchnet.kernels.memory import empty
from scratchnet.kernels.plain import Pair
from scratchnet.kernels.tasks import GROUPS, run
from scratchnet.typing import Array

SUMS = 18 if REGISTERS == 32 else 12  # registers of a patch's sums; with 16 floats in each they hold all of 3×3×32


def conv_pool_back(
    dy: Array, y: Array, winner: Array, scale: float, x: Array, w: Array, strides: Pair, *, need_dx: bool
) -> tuple[Array | None, Array, Array]:
    """dx, dw, db from the gradient dy by y = dropout(max_pool2d(relu(conv2d(x, w, b))))

        dz[n,i,j,f] = dy · scale at the winner of a window where y > 0, else 0;      db[f] = Σ dz[n,i,j,f]
        dw[u,v,c,f] = Σ dz[n,i,j,f] · x[n,i·SH+u,j·SW+v,c];      dx[n,i·SH+u,j·SW+v,c] = Σ dz[n,i,j,f] · w[u,v,c,f]

    Only products with a living dz are made, of a trained network's 3 to 5 %: KH·KW·C for each of the two sums. An image's
    gradients are listed (`gradient_lists`); sorted by filter, each adds its value times a patch of x to the filter's sums;
    sorted by position, each adds its value times the filter's weights to the sums of the position's patch. The sums are
    as long as a patch, and stay in registers, 18 at a time, over the list of a filter or position. A step is then
    one multiply-add with a register from the second-level cache, where the image and the weights are: that bounds it.

    What is skipped is zero only where its other factor is finite: if anything isn't, `compiled` does it all.
    Plain twins: `relu_dz`, `max_pool2d_dx`, `conv2d_dx` (None where no one needs it), `conv2d_dw`, `bias_db`.

    x: (N, H, W, C), w: (KH, KW, C, F), dy, y, winner: (N, OH // 2, OW // 2, F);  scale: dropout's 1 / (1 − rate)
    → (N, H, W, C), (KH, KW, C, F), (F,)
    """
    (N, _, W, C), (KH, KW, _, F), (SH, SW), lanes = x.shape, w.shape, strides, BITS // (8 * x.itemsize)
    place = w.shape, counts(x.shape, (KH, KW), strides), strides, (1, 1), x.dtype, lanes
    kernel = choice.kernel_gradient(*place, pool=True, need_dx=need_dx).kernel
    if kernel == "tiles" and np.isfinite(x).all():  # so few products that zeros may be among them
        return None, *conv2d_dw_db(x, dy, y, winner, scale, w.shape, strides)
    if kernel != "lists":
        return _by_layers(dy, y, winner, scale, x, w, strides, need_dx=need_dx)
    numbers, new = cut_patch(KH, KW * C, lanes, SUMS)
    u, vc = np.divmod(numbers[:, 0], KW * C)
    pieces = u * W * C + vc
    weights = empty((F, *numbers.shape), w.dtype)
    weights[...] = np.where(new, w.reshape(-1, F).T[:, numbers], 0)
    corners = patch_corners(2 * dy.shape[1], 2 * dy.shape[2], SH * W * C, SW * C)
    sums, biases = np.zeros((GROUPS, F, len(pieces) * lanes), x.dtype), np.zeros((GROUPS, 1, F), x.dtype)
    finite = np.ones(GROUPS, np.bool_)
    dx = empty(x.shape, x.dtype) if need_dx else None
    flat = [one_row(a, lanes) for a in (dy, y, winner)]
    run(_conv_pool_back, GROUPS, *flat, x.dtype.type(scale), *dy.shape[1:3], x.reshape(N, -1), weights.reshape(-1), corners, pieces, sums, biases,
                    None if dx is None else dx.reshape(N, -1), finite)  # fmt: skip
    if not (finite.all() and np.isfinite(w).all()):
        return _by_layers(dy, y, winner, scale, x, w, strides, need_dx=need_dx)
    dw = np.empty((KH * KW * C, F), x.dtype)
    dw[numbers.ravel()] = sums.sum(axis=0).T  # a number that two pieces hold has the same sum in both
    return dx, dw.reshape(w.shape), biases[:, 0].sum(axis=0)


def _by_layers(
    dy: Array, y: Array, winner: Array, scale: float, x: Array, w: Array, strides: Pair, *, need_dx: bool
) -> tuple[Array | None, Array, Array]:
    OH, OW = counts(x.shape, w.shape[:2], strides)
    dy = compiled.relu_dz(dy, y) * x.dtype.type(scale)
    dz = compiled.max_pool2d_dx(dy, winner, (2, 2), (2, 2), (len(x), OH, OW, w.shape[3]))
    dx = compiled.conv2d_dx(dz, w, x.shape, strides, (1, 1)) if need_dx else None
    return dx, compiled.conv2d_dw(x, dz, w.shape, strides, (1, 1)), compiled.bias_db(dz)


@jit_inner
def _conv_pool_back(g, dy, y, winner, scale, PH, PW, x, w, corners, pieces, sums, biases, dx, finite):
    N, F = len(x), sums.shape[1]
    most = PH * PW * F + width(x.dtype)
    positions, filters, values = np.empty(most, np.uint32), np.empty(most, np.uint32), np.empty(most, x.dtype)
    starts, sorted_values = np.empty(most, np.int64), np.empty(most, x.dtype)
    ends_of_filters, ends_of_positions = np.empty(F, np.int64), np.empty(len(corners), np.int64)
    weights = np.arange(F) * (len(w) // F)  # where a filter's begin
    for n in range(g * N // GROUPS, (g + 1) * N // GROUPS):
        count = list_winners(dy, y, winner, scale, n * PH * PW, PH, PW, F, positions, filters, values)
        finite[g] &= _finite(x[n], x.shape[1]) and _finite(values, count)
        for p in range(count):
            biases[g, 0, filters[p]] += values[p]
        sort(filters, positions, values, count, corners, ends_of_filters, starts, sorted_values)
        _add_patches(x[n], ends_of_filters, starts, sorted_values, pieces, sums[g])
        if dx is not None:
            for k in range(dx.shape[1]):
                dx[n, k] = 0
            sort(positions, filters, values, count, weights, ends_of_positions, starts, sorted_values)
            _add_weights(w, ends_of_positions, starts, sorted_values, pieces, corners, dx[n])


@jit_inner
def _finite(numbers, count):
    others = False
    for k in range(count):
        others |= numbers[k] - numbers[k] != 0  # ∞ − ∞ is NaN; so written, LLVM looks at a register at a time
    return not others


@jit_inner
def _add_patches(x, ends, starts, values, pieces, sums):
    """sums[f, k] += Σ_p values[p] · x[starts[p] + pieces[k]] over filter f's list;  x: one image, flat"""
    lanes, begin = width(x.dtype), 0
    for f in range(len(ends)):
        for k in range(0, len(pieces), SUMS):
            patch = tile(x.dtype, SUMS)
            _add_products(patch, x, begin, ends[f], starts, values, pieces[k : k + SUMS], 0)
            for s in range(SUMS):
                at = f, (k + s) * lanes
                store(sums, at, load(sums, at) + patch[s])
        begin = ends[f]


@jit_inner
def _add_weights(w, ends, starts, values, pieces, corners, dx):
    """dx[corners[q] + pieces[k]] += Σ_p values[p] · w[starts[p] + k] over position q's list;  w: flat, a filter a row"""
    lanes = width(w.dtype)
    for k in range(0, len(pieces), SUMS):
        begin = 0
        for q in range(len(ends)):
            if begin < ends[q]:
                patch = tile(w.dtype, SUMS)
                _add_products(patch, w, begin, ends[q], starts, values, None, k * lanes)
                for s in range(SUMS):
                    at = corners[q] + pieces[k + s]
                    store(dx, at, load(dx, at) + patch[s])
            begin = ends[q]


@part
def _add_products(patch, a, begin, end, starts, values, pieces, first):
    for p in range(begin, end):
        for s in range(SUMS):
            at = first + s * width(a.dtype) if pieces is None else pieces[s]
            patch[s] += values[p] * load(a, starts[p] + at)
