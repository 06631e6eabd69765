"""A convolution with what follows it, in one pass."""

from typing import Any

import numpy as np

from scratchnet.fusion.fused_step import FusedStep
from scratchnet.layers import Conv2D, Dropout, Layer, Run
from scratchnet.layers.base import Gradients
from scratchnet.typing import Array


class ConvBlock(FusedStep):
    """Conv2D with ReLU and, where they follow, 2×2 max pooling and dropout: only the answer is stored

    Unfused, the second convolution of the notebook's network writes 18.9 MB a batch of 128, ReLU reads them and writes as
    many, and pooling reads those, to keep a quarter. Here the sums are still in registers when they are pooled. Backward,
    pooling and ReLU leave three quarters and more of the gradient zero, and what is zero is never multiplied.
    """

    def __init__(
        self, conv2d: Conv2D, relu: Layer, max_pool2d_2x2: Layer | None = None, dropout: Dropout | None = None
    ) -> None:
        super().__init__(conv2d, relu, max_pool2d_2x2, dropout)
        self.conv, self.pool, self.dropout = conv2d, max_pool2d_2x2 is not None, dropout

    def forward(self, x: Array, run: Run) -> tuple[Array, Any]:
        x = run.kernels.pad2d(x, self.conv.windows.padding)
        b = self.params.get("bias", np.zeros(self.conv.filters, x.dtype))
        keep, scale = self.kept(self.dropout, run, x.dtype)
        kernel, options = self.params["kernel"], {"pool": self.pool, "keep": keep, "scale": scale}
        y, winner = run.kernels.conv_relu(x, kernel, b, self.conv.strides, **options, winners=run.backward)
        return y, (x, y, winner, scale)

    def backward(self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True) -> Gradients:
        x, y, winner, scale = cache
        place = x, self.params["kernel"], self.conv.strides
        if self.pool:
            dx, dw, db = run.kernels.conv_pool_back(dy, y, winner, scale, *place, need_dx=need_dx)
            dx = None if dx is None else run.kernels.crop2d(dx, self.conv.windows.padding)
        else:
            dx, dw, db = run.kernels.conv_back(dy, y, *place, self.conv.windows.padding, need_dx=need_dx)
        return dx, self.own({"kernel": dw, "bias": db})
