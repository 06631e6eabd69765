"""The gradient by a convolution's input: a convolution again."""

import numpy as np

from scratchnet.kernels import choice, compiled
from scratchnet.kernels.fused.convolution import convolve_freely
from scratchnet.kernels.fused.direct import VECTORS
from scratchnet.kernels.jit import jit_inner
from scratchnet.kernels.lanes import BITS
from scratchnet.kernels.memory import empty
from scratchnet.kernels.plain import Pair
from scratchnet.kernels.tasks import GROUPS, run
from scratchnet.typing import Array, Shape


def conv2d_dx(dy: Array, w: Array, x_shape: Shape, strides: Pair, dilation: Pair) -> Array:
    return conv_relu_dx(dy, None, w, x_shape, strides, dilation)


def conv_relu_dx(dy: Array, y: Array | None, w: Array, x_shape: Shape, strides: Pair, dilation: Pair = (1, 1)) -> Array:
    """dx[n,i,j,c] = Σ_uvf dz[n,i−u,j−v,f] · w[u,v,c,f], where dz is dy; given the y that followed, only where y > 0 (ReLU)

    A convolution of dz, with zeros around it, with the kernel turned upside down: it has `conv2d`'s kernels, and takes a few
    more multiplies, with the zeros around. Those need finite weights; where they aren't, and where `choice.input_gradient` says
    so, it is left to `compiled`.
    Plain twins: `conv2d_dx`, `relu_dz`.

    dy: (N, OH, OW, F), y as dy, w: (KH, KW, C, F), x_shape: (N, H, W, C) → (N, H, W, C)
    """
    (N, OH, OW, F), (KH, KW), lanes = dy.shape, w.shape[:2], BITS // (8 * w.itemsize)
    place = w.shape, (OH, OW), strides, dilation, w.dtype, lanes, VECTORS * lanes
    if choice.input_gradient(*place, pool=False).kernel == "im2col" or not np.isfinite(w).all():
        dz = dy if y is None else compiled.relu_dz(dy, y)
        return compiled.conv2d_dx(dz, w, x_shape, strides, dilation)
    dz = empty((N, OH + 2 * (KH - 1), OW + 2 * (KW - 1), F), dy.dtype)
    run(_surround, GROUPS, dy, y, KH - 1, KW - 1, dz)
    turned = np.ascontiguousarray(w[::-1, ::-1].swapaxes(2, 3))
    return convolve_freely(dz, turned, np.zeros(x_shape[3], dy.dtype))


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
