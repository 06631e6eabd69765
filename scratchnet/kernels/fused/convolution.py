"""Convolution forward: which kernel, and arrays as it wants them."""

from typing import Any

import numpy as np

from scratchnet.kernels import choice, compiled
from scratchnet.kernels.compiled.windows import counts
from scratchnet.kernels.fused.direct import direct
from scratchnet.kernels.fused.winograd import winograd
from scratchnet.kernels.lanes import BITS
from scratchnet.kernels.memory import empty
from scratchnet.kernels.plain import Pair
from scratchnet.typing import Array


def conv2d(x: Array, w: Array, b: Array, strides: Pair, dilation: Pair) -> Array:
    """`plain.conv2d`: sums of equal patches are equal to the last bit, as pooling behind it may want them."""
    return _convolve(x, w, b, strides, dilation, checked=False)[0]


def convolve_freely(x: Array, w: Array, b: Array) -> Array:
    """`plain.conv2d` where nothing is decided by the sums' last bits, as in a gradient; strides and dilation are 1."""
    return _convolve(x, w, b, (1, 1), (1, 1), checked=True)[0]


def conv_relu(
    x: Array, w: Array, b: Array, strides: Pair, *, pool: bool, keep: Array | None, scale: Any, winners: bool
) -> tuple[Array, Array | None]:
    """`plain.conv2d`, `relu` and, if asked for, `max_pool2d` with 2×2 windows and `dropout`, in one pass

    keep: what dropout keeps (None: all), which is multiplied by `scale`;  winners: False if nobody goes backward
    x: (N, H, W, C), w: (KH, KW, C, F), b: (F,) → y: (N, OH, OW, F), halved where pooled, and pooling's winner
    """
    after = {"relu": True, "pool": True if pool else None, "keep": keep, "scale": scale}
    return _convolve(x, w, b, strides, (1, 1), checked=True, **after, winners=pool and winners)


def conv_in_doubt(x: Array, w: Array, b: Array) -> tuple[Array, tuple[Array, Array]]:
    """`plain.conv2d` by Winograd, for `conv_norm.settle`: z[n,i,j,f] may be off by norms[n,i,j] · margin[f]

    x: (N, OH+2, OW+2, C), w: (3, 3, C, F), as `winograd` wants them → z: (N, OH, OW, F), (norms: (N, OH, OW), margin: (F,))
    """
    OH, OW = counts(x.shape, (3, 3), (1, 1), (1, 1))
    z, norms = empty((len(x), OH, OW, w.shape[3]), x.dtype), empty((len(x), OH, OW), x.dtype)
    margin = winograd(x, w, b, z, None, OH, OW, None, None, None, x.dtype.type(1), norms)
    return z, (norms, margin)


def _convolve(
    x: Array,
    w: Array,
    b: Array,
    strides: Pair,
    dilation: Pair,
    *,
    checked: bool,
    relu: Any = None,
    pool: Any = None,
    keep: Array | None = None,
    scale: Any = 1,
    winners: bool = False,
) -> tuple[Array, Array | None]:
    OH, OW = counts(x.shape, w.shape[:2], strides, dilation)
    kernel = choice.forward(
        w.shape, (OH, OW), strides, dilation, x.dtype, BITS // (8 * x.itemsize), checked=checked
    ).kernel
    if kernel == "im2col":  # behind which nothing is fused
        return compiled.conv2d(x, w, b, strides, dilation), None
    y = empty((len(x), OH // 2, OW // 2, w.shape[3]) if pool else (len(x), OH, OW, w.shape[3]), x.dtype)
    winner = empty(y.shape, np.uint8) if winners else None
    if keep is not None:
        keep = keep.reshape(y.shape).view(np.uint8)
    if kernel == "winograd":
        winograd(x, w, b, y, winner, OH, OW, relu, pool, keep, x.dtype.type(scale))
    else:
        direct(x, w, b, y, winner, *strides, OH, OW, relu, pool, keep, x.dtype.type(scale))
    return y, winner
