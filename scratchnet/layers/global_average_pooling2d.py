"""The mean of each channel."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from scratchnet.layers.base import Gradients, Layer, Run, check_input
from scratchnet.typing import Array, DType, Rng, Shape


@final
@dataclass(eq=False)
class GlobalAveragePooling2D(Layer):
    """y[n,c] = Σ_ij x[n,i,j,c] / (H · W)

    x: (N, H, W, C) → y: (N, C)

    keepdims: True leaves y with the shape (N, 1, 1, C)
    Source: keras/src/layers/pooling/global_average_pooling2d.py.
    """

    keepdims: bool = False

    def build(self, input_shape: Shape, *, rng: Rng, dtype: DType) -> Shape:
        check_input(self, input_shape, "(H, W, C)", fits=len(input_shape) == 3)
        return (1, 1, input_shape[-1]) if self.keepdims else (input_shape[-1],)

    def forward(self, x: Array, run: Run) -> tuple[Array, Any]:
        return x.mean(axis=(1, 2), keepdims=self.keepdims), x.shape

    def backward(self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True) -> Gradients:
        N, H, W, C = cache
        return np.broadcast_to(dy.reshape(N, 1, 1, C) / dy.dtype.type(H * W), cache).copy(), {}
