"""The largest of each window."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from scratchnet.layers.base import Gradients, Run
from scratchnet.layers.pooling2d import Pooling2D
from scratchnet.typing import Array


@final
@dataclass(eq=False)
class MaxPooling2D(Pooling2D):
    """y[n,i,j,c] = max_uv x[n,i·SH+u,j·SW+v,c], with −∞ around x where padding is "same"

    Backward, a window's whole gradient goes to the first of its largest numbers, as TensorFlow's does on a CPU.
    Shapes and options are Pooling2D's.
    """

    def decisions(self, cache: Any) -> dict[str, Array]:
        """winner: u·PW + v of each window's first largest number, (N, OH, OW, C)"""
        return {"winner": cache[0]}

    def forward(self, x: Array, run: Run) -> tuple[Array, Any]:
        x = run.kernels.pad2d(x, self.windows.padding, -np.inf)
        y, winner = run.kernels.max_pool2d(x, self.pool_size, self.strides)
        return y, (winner, x.shape)

    def backward(self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True) -> Gradients:
        winner, x_shape = cache
        dx = run.kernels.max_pool2d_dx(dy, winner, self.pool_size, self.strides, x_shape)
        return run.kernels.crop2d(dx, self.windows.padding), {}
