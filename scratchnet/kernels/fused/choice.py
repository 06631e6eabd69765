"""Which kernel a convolution runs on, and why: what the kernels ask, and `scratchnet summary --plan` prints."""

from typing import NamedTuple

import numpy as np

from scratchnet.kernels.plain import Pair
from scratchnet.typing import DType, Shape


class Choice(NamedTuple):
    kernel: str
    why: str


def forward(w_shape: Shape, counts: Pair, strides: Pair, dilation: Pair, dtype: DType, *, checked: bool) -> Choice:
    """For a kernel of w_shape = (KH, KW, C, F) and (OH, OW) windows.

    checked: whether what is decided by the sums, ReLU's gate and pooling's winner, is decided in the same pass
    """
    (KH, KW, C, _), least = w_shape, min(counts)
    for differs, choice in (
        (dilation != (1, 1), Choice("im2col", "its windows have gaps")),
        (least < 2, Choice("im2col", "it has a single row or column of windows")),
        (dtype != np.float32, Choice("direct", "Winograd's transforms would cost float64 digits")),
        ((KH, KW, *strides) != (3, 3, 1, 1), Choice("direct", "Winograd is for 3×3 windows side by side")),
        (least < 4, Choice("direct", "Winograd makes 4×4 outputs at a time")),
        (C < 8, Choice("direct", "with so few channels Winograd's transforms cost more than they save")),
        (not checked, Choice("direct", "equal patches must have equal sums, as a later pooling may want them")),
    ):
        if differs:
            return choice
    return Choice("winograd", "a quarter of the multiplies; close decisions are summed again directly")
