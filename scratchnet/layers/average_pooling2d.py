"""The mean of each window."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from scratchnet.kernels import plain
from scratchnet.layers.base import Gradients, Run
from scratchnet.layers.pooling2d import Pooling2D
from scratchnet.typing import Array


@final
@dataclass(eq=False)
class AveragePooling2D(Pooling2D):
    """y[n,i,j,c] = Σ_uv x[n,i·SH+u,j·SW+v,c] / P[i,j], with P the number of the window's pixels that lie on the image

    Shapes and options are Pooling2D's.
    """

    def forward(self, x: Array, run: Run) -> tuple[Array, Any]:
        pixels = self._pixels(x)
        x = run.kernels.pad2d(x, self.windows.padding)
        return run.kernels.sum_pool2d(x, self.pool_size, self.strides) / pixels, (pixels, x.shape)

    def backward(self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True) -> Gradients:
        pixels, x_shape = cache
        dx = run.kernels.sum_pool2d_dx(dy / pixels, self.pool_size, self.strides, x_shape)
        return run.kernels.crop2d(dx, self.windows.padding), {}

    def _pixels(self, x: Array) -> Array:
        """P: (1, OH, OW, C), of x's dtype"""
        ones = plain.pad2d(np.ones_like(x[:1]), self.windows.padding)
        return plain.sum_pool2d(ones, self.pool_size, self.strides)
