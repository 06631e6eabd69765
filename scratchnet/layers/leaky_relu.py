"""What is negative let through a little."""

from dataclasses import dataclass
from typing import final

import numpy as np

from scratchnet import objects
from scratchnet.casts import through_float32
from scratchnet.layers.base import Gradients, Layer, Run
from scratchnet.typing import Array


@final
@dataclass(eq=False)
class LeakyReLU(Layer):
    """y = x where x > 0, else negative_slope · x

    x: (N, …) → y, of x's shape. The slope has 32 bits, whatever the dtype, as TensorFlow keeps it.
    Source: keras/src/layers/activations/leaky_relu.py.
    """

    negative_slope: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        self.negative_slope = objects.number("negative_slope", self.negative_slope, least=0)

    @property
    def _slope(self) -> float:
        return through_float32(self.negative_slope)

    def forward(self, x: Array, run: Run) -> tuple[Array, Array]:
        return np.where(x > 0, x, self._slope * x), x

    def backward(self, dy: Array, cache: Array, run: Run, *, need_dx: bool = True) -> Gradients:
        return np.where(cache > 0, dy, self._slope * dy), {}
