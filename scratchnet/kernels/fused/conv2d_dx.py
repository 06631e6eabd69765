"""The gradient by a convolution's input: convolutions again."""

import numpy as np

from scratchnet.kernels import compiled
from scratchnet.kernels.compiled.convolution import GROUPS
from scratchnet.kernels.fused.convolution import convolve_freely
from scratchnet.kernels.fused.direct import VECTORS
from scratchnet.kernels.jit import jit_inner
from scratchnet.kernels.lanes import BITS
from scratchnet.kernels.plain import Pair
from scratchnet.kernels.tasks import run
from scratchnet.typing import Array, Shape


def conv2d_dx(dy: Array, w: Array, x_shape: Shape, strides: Pair, dilation: Pair) -> Array:
    if dilation != (1, 1):
        return compiled.conv2d_dx(dy, w, x_shape, strides, dilation)
    return conv_relu_dx(dy, None, w, x_shape, strides)


def conv_relu_dx(dy: Array, y: Array | None, w: Array, x_shape: Shape, strides: Pair) -> Array:
    """dx[n,i·SH+u,j·SW+v,c] = Σ dz[n,i,j,f] · w[u,v,c,f], where dz is dy; given the y that followed, only where y > 0 (ReLU)

    Pixels a phase of the strides apart, (SH·i + p, SW·j + q) for one (p, q), meet the weights w[p::SH, q::SW] and no others:

        dx[n,SH·i+p,SW·j+q,c] = Σ_uvf dz[n,i−u,j−v,f] · w[SH·u+p,SW·v+q,c,f]

    which is a convolution of dz, with zeros around it, with those weights upside down. So each multiply is done once,
    none with the zeros that strides would put between, and in `conv2d`'s registers; but for the zeros around, which are
    (KH − 1) · OW of OH · OW and so on. Those need finite weights, and `conv2d` needs channels for a tile: what has others is
    left to `compiled`.
    Plain twins: `conv2d_dx`, `relu_dz`.

    dy: (N, OH, OW, F), y as dy, w: (KH, KW, C, F), x_shape: (N, H, W, C) → (N, H, W, C)
    """
    if x_shape[3] < VECTORS * BITS // (8 * w.itemsize) or not np.isfinite(w).all():
        dz = dy if y is None else compiled.relu_dz(dy, y)
        return compiled.conv2d_dx(dz, w, x_shape, strides, (1, 1))
    N, OH, OW, F = dy.shape
    dx = np.zeros(x_shape, dy.dtype)
    for p, q in np.ndindex(strides):
        weights = w[p :: strides[0], q :: strides[1]]
        KH, KW = weights.shape[:2]
        if KH * KW == 0:
            continue  # the windows leave these pixels out
        dz = np.empty((N, OH + 2 * (KH - 1), OW + 2 * (KW - 1), F), dy.dtype)
        run(_surround, GROUPS, dy, y, KH - 1, KW - 1, dz)
        turned = np.ascontiguousarray(weights[::-1, ::-1].swapaxes(2, 3))
        phase = convolve_freely(dz, turned, np.zeros(x_shape[3], dy.dtype))
        if strides == (1, 1) and phase.shape == x_shape:
            return phase
        dx[:, p :: strides[0], q :: strides[1]][:, : phase.shape[1], : phase.shape[2]] = phase
    return dx


@jit_inner
def _surround(g, dy, y, rows, columns, dz):
    """dz[n, i+rows, j+columns, f] = dy[n,i,j,f], where y[n,i,j,f] > 0, and zeros around"""
    N, OH, OW, F = dy.shape
    for n in range(g * N // GROUPS, (g + 1) * N // GROUPS):
        dz[n, :rows] = 0
        dz[n, rows + OH :] = 0
        for i in range(OH):
            dz[n, rows + i, :columns] = 0
            dz[n, rows + i, columns + OW :] = 0
            for j in range(OW):
                for f in range(F):
                    if y is None:
                        dz[n, rows + i, columns + j, f] = dy[n, i, j, f]
                    else:
                        dz[n, rows + i, columns + j, f] = dy[n, i, j, f] if y[n, i, j, f] > 0 else 0
