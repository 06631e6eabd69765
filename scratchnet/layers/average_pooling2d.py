"""The mean of each window."""

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from scratchnet.kernels import plain
from scratchnet.layers.base import Layer, Run
from scratchnet.layers.windows import Windows, check_options, windows
from scratchnet.typing import Array, Shape, Short


@final
@dataclass(eq=False)
class AveragePooling2D(Layer):
    """y[n,i,j,c] = Σ_uv x[n,i·SH+u,j·SW+v,c] / P[i,j], with P the number of the window's pixels that lie on the image

    x: (N, H, W, C), with zeros around it where padding is "same" → y: (N, OH, OW, C); `windows` tells OH and OW

    pool_size: (PH, PW);  strides: (SH, SW), pool_size if not given; one number stands for both
    padding: "valid", where rows and columns that fill no window are left out, or "same"
    Source: keras/src/layers/pooling/base_pooling.py.
    """

    pool_size: Short
    strides: Short = None
    padding: str = "valid"

    windows: Windows = field(default=Windows(), init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.strides = self.pool_size if self.strides is None else self.strides
        check_options(self)

    def build(self, input_shape: Shape, *, rng: np.random.Generator, dtype: np.dtype[Any]) -> Shape:  # noqa: ARG002
        self.windows = windows(self, input_shape, self.pool_size)
        return *self.windows.counts, input_shape[-1]

    def forward(self, x: Array, run: Run) -> tuple[Array, Any]:
        pixels = self._pixels(x)
        x = run.kernels.pad2d(x, self.windows.padding)
        return run.kernels.sum_pool2d(x, self.pool_size, self.strides) / pixels, (pixels, x.shape)

    def backward(
        self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True
    ) -> tuple[Array | None, dict[str, Array]]:
        if not need_dx:
            return None, {}
        pixels, x_shape = cache
        dx = run.kernels.sum_pool2d_dx(dy / pixels, self.pool_size, self.strides, x_shape)
        return run.kernels.crop2d(dx, self.windows.padding), {}

    def _pixels(self, x: Array) -> Array:
        """P: (1, OH, OW, 1), of x's dtype"""
        ones = plain.pad2d(np.ones((1, *x.shape[1:3], 1), x.dtype), self.windows.padding)
        return plain.sum_pool2d(ones, self.pool_size, self.strides)
