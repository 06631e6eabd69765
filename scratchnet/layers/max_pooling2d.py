"""The largest of each window."""

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from scratchnet.layers.base import Layer, Run
from scratchnet.layers.windows import Windows, check_options, windows
from scratchnet.typing import Array, Shape, Short


@final
@dataclass(eq=False)
class MaxPooling2D(Layer):
    """y[n,i,j,c] = max_uv x[n,i·SH+u,j·SW+v,c]

    x: (N, H, W, C), with −∞ around it where padding is "same" → y: (N, OH, OW, C); `windows` tells OH and OW. Backward, a
    window's whole gradient goes to the first of its largest numbers, as TensorFlow's does on a CPU.

    pool_size: (PH, PW);  strides: (SH, SW), pool_size if not given; one number stands for both
    padding: "valid", where rows and columns that fill no window are left out, or "same"
    Source: keras/src/layers/pooling/base_pooling.py.
    """

    pool_size: Short = (2, 2)
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
        x = run.kernels.pad2d(x, self.windows.padding, -np.inf)
        y, winner = run.kernels.max_pool2d(x, self.pool_size, self.strides)
        return y, (winner, x.shape)

    def backward(
        self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True
    ) -> tuple[Array | None, dict[str, Array]]:
        if not need_dx:
            return None, {}
        winner, x_shape = cache
        dx = run.kernels.max_pool2d_dx(dy, winner, self.pool_size, self.strides, x_shape)
        return run.kernels.crop2d(dx, self.windows.padding), {}
