"""Backward through a convolution, and the ReLU that may follow it."""

from scratchnet.kernels import compiled
from scratchnet.kernels.fused.conv2d_dw import conv2d_dw_db
from scratchnet.kernels.fused.conv2d_dx import dx_inside
from scratchnet.kernels.plain import Pair
from scratchnet.typing import Array


def conv_back(
    dy: Array, y: Array | None, x: Array, w: Array, strides: Pair, padding: tuple[Pair, Pair], *, need_dx: bool
) -> tuple[Array | None, Array, Array]:
    """dx, dw, db from dz: dy, or given ReLU's output y, dy where y > 0, which is stored only where dx wants it too

    Plain twins: `relu_dz`, then `conv2d_dx` and `crop2d` (None where no one needs it), `conv2d_dw`, `bias_db`.
    x: (N, H, W, C), padded, w: (KH, KW, C, F), dy, y: (N, OH, OW, F)
    → (N, H − top − bottom, W − left − right, C), (KH, KW, C, F), (F,)
    """
    if not need_dx:
        return None, *conv2d_dw_db(x, dy, y, None, 1, w.shape, strides)
    dz = dy if y is None else compiled.relu_dz(dy, y)
    return dx_inside(dz, w, x.shape, strides, padding), *conv2d_dw_db(x, dz, None, None, 1, w.shape, strides)
