"""The largest number of each channel."""

from dataclasses import dataclass
from typing import Any, final

from scratchnet.layers.base import Gradients, Layer, Run, check_input
from scratchnet.typing import Array, DType, Rng, Shape


@final
@dataclass(eq=False)
class GlobalMaxPooling2D(Layer):
    """y[n,c] = max_ij x[n,i,j,c]

    x: (N, H, W, C) → y: (N, C). Backward, the pixels that share the largest number share the gradient equally, as
    TensorFlow's `reduce_max` has it, where MaxPooling2D gives all to the first.

    keepdims: True leaves y with the shape (N, 1, 1, C)
    Source: keras/src/layers/pooling/global_max_pooling2d.py; tensorflow/python/ops/math_grad.py, `_MinOrMaxGrad`.
    """

    keepdims: bool = False

    def build(self, input_shape: Shape, *, rng: Rng, dtype: DType) -> Shape:
        check_input(self, input_shape, "(H, W, C)", fits=len(input_shape) == 3)
        return (1, 1, input_shape[-1]) if self.keepdims else (input_shape[-1],)

    def forward(self, x: Array, run: Run) -> tuple[Array, Any]:
        y = x.max(axis=(1, 2), keepdims=True)
        return y if self.keepdims else y[:, 0, 0], (x, y)

    def backward(self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True) -> Gradients:
        x, y = cache
        winners = (x == y).astype(x.dtype)
        return winners * (dy.reshape(y.shape) / winners.sum(axis=(1, 2), keepdims=True)), {}
