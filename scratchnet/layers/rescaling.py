"""Pixels brought into the range that a network is trained on."""

from dataclasses import dataclass
from typing import final

from scratchnet import objects
from scratchnet.casts import through_float32
from scratchnet.layers.base import Gradients, Layer, Run
from scratchnet.typing import Array


@final
@dataclass(eq=False)
class Rescaling(Layer):
    """y = x · scale + offset

    x: (N, …) → y, of x's shape. Rescaling(1 / 255) takes bytes to [0, 1].
    Source: keras/src/layers/preprocessing/rescaling.py.
    """

    scale: float
    offset: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.scale, self.offset = objects.number("scale", self.scale), objects.number("offset", self.offset)

    def forward(self, x: Array, run: Run) -> tuple[Array, None]:
        return x * through_float32(self.scale) + through_float32(self.offset), None

    def backward(self, dy: Array, cache: None, run: Run, *, need_dx: bool = True) -> Gradients:
        return dy * through_float32(self.scale), {}
