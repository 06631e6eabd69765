"""Backward through a convolution, and the ReLU that may follow it."""

from scratchnet.kernels.fused.conv2d_dw import conv2d_dw_db
from scratchnet.kernels.fused.conv2d_dx import conv_relu_dx
from scratchnet.kernels.plain import Pair
from scratchnet.typing import Array


def conv_back(
    dy: Array, y: Array | None, x: Array, w: Array, strides: Pair, *, need_dx: bool
) -> tuple[Array | None, Array, Array]:
    """dx, dw, db from dz: dy, or given ReLU's output y, dy where y > 0; dz itself is never stored

    Plain twins: `relu_dz`, then `conv2d_dx` (None where no one needs it), `conv2d_dw`, `bias_db`.
    x: (N, H, W, C), w: (KH, KW, C, F), dy, y: (N, OH, OW, F) → (N, H, W, C), (KH, KW, C, F), (F,)
    """
    dx = conv_relu_dx(dy, y, w, x.shape, strides) if need_dx else None
    return dx, *conv2d_dw_db(x, dy, y, None, 1, w.shape, strides)
