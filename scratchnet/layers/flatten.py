"""An image as one row of numbers."""

from dataclasses import dataclass
from math import prod
from typing import final

from scratchnet.layers.base import Gradients, Layer, Run
from scratchnet.typing import Array, DType, Rng, Shape


@final
@dataclass(eq=False)
class Flatten(Layer):
    """y[n,(i·W+j)·C+c] = x[n,i,j,c]

    x: (N, H, W, C), or any other shape → y: (N, H·W·C)
    Source: keras/src/layers/reshaping/flatten.py.
    """

    def build(self, input_shape: Shape, *, rng: Rng, dtype: DType) -> Shape:
        return (prod(input_shape),)

    def forward(self, x: Array, run: Run) -> tuple[Array, Shape]:
        return x.reshape(len(x), -1), x.shape

    def backward(self, dy: Array, cache: Shape, run: Run, *, need_dx: bool = True) -> Gradients:
        return dy.reshape(cache), {}
