"""Which of the fused kernels makes a convolution's products, and why: what they ask, and `summary --plan` prints.

A kernel of w_shape = (KH, KW, C, F), and counts = (OH, OW) windows. `lanes`: numbers in a register;  `pool`: whether ReLU
and 2×2 max pooling follow.
"""

from typing import NamedTuple

import numpy as np

from scratchnet.kernels.plain import Pair
from scratchnet.typing import DType, Shape


class Choice(NamedTuple):
    """A kernel; and why it is this one, or the file that has it."""

    kernel: str
    why: str


LISTS = Choice("lists", "behind ReLU and pooling few gradients live")
NARROW = "a row of a patch doesn't fill a register"


def forward(
    w_shape: Shape, counts: Pair, strides: Pair, dilation: Pair, dtype: DType, lanes: int, *, checked: bool
) -> Choice:
    """For y. checked: whether what is decided by the sums, ReLU's gate and pooling's winner, is decided in the same pass"""
    (KH, KW, C, F), least = w_shape, min(counts)
    for differs, choice in (
        (dilation != (1, 1), Choice("im2col", "its windows have gaps")),
        (least < 2, Choice("im2col", "it has a single row or column of windows")),
        (dtype != np.float32, Choice("direct", "Winograd's transforms would cost float64 digits")),
        ((KH, KW, *strides) != (3, 3, 1, 1), Choice("direct", "Winograd is for 3×3 windows side by side")),
        (least < 4, Choice("direct", "Winograd makes 4×4 outputs at a time")),
        (C < 8, Choice("direct", "with so few channels Winograd's transforms cost more than they save")),
        (lanes > F, Choice("direct", "Winograd's kernel wants a register of filters")),
        (not checked, Choice("direct", "equal patches must have equal sums, as a later pooling may want them")),
    ):
        if differs:
            return choice
    return Choice("winograd", "a quarter of the multiplies; close decisions are summed again directly")


def kernel_gradient(
    w_shape: Shape, counts: Pair, strides: Pair, dilation: Pair, dtype: DType, lanes: int, *, pool: bool, need_dx: bool
) -> Choice:
    """For dw."""
    if not pool:
        y = forward(w_shape, counts, strides, dilation, dtype, lanes, checked=True)
        if y.kernel == "winograd" and w_shape[2] >= lanes:
            return Choice("winograd", "a quarter of the multiplies; most gradients live")
        return Choice("tiles", "without pooling most gradients live")
    if w_shape[1] * w_shape[2] >= lanes:
        return LISTS
    return Choice("im2col" if need_dx else "tiles", NARROW)


def input_gradient(
    w_shape: Shape, counts: Pair, strides: Pair, dilation: Pair, dtype: DType, lanes: int, *, pool: bool
) -> Choice:
    """For dx."""
    (KH, KW, C, F), (OH, OW) = w_shape, counts
    if dilation != (1, 1):
        return Choice("im2col", "its windows have gaps")
    if lanes > KW * C:
        return Choice("im2col", NARROW)
    if pool:
        return LISTS
    turned = forward((KH, KW, F, C), (OH + KH - 1, OW + KW - 1), strides, (1, 1), dtype, lanes, checked=True)
    if turned.kernel == "winograd":
        return Choice("winograd", "a convolution with the kernel turned")
    return Choice("patches", "each gradient brings a patch of the image")
