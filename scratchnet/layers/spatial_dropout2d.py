"""Dropout of whole channels."""

from dataclasses import dataclass
from types import ModuleType
from typing import final

from scratchnet.layers.base import Draw, Gradients, Layer, Run, check_input, check_rate, drawn
from scratchnet.typing import Array, DType, Rng, Shape


@final
@dataclass(eq=False)
class SpatialDropout2D(Layer):
    """In training, y[n,:,:,c] = x[n,:,:,c] / (1 − rate) where kept, as a whole, else 0; otherwise y = x

    x: (N, H, W, C) → y, of x's shape. The mask, (N, C), depends on what Dropout's does.

    rate: the share of channels that is dropped, from 0 to below 1
    Source: Tompson et al., “Efficient object localization using convolutional networks”, 2015;
    keras/src/layers/regularization/spatial_dropout.py.
    """

    rate: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rate(self.rate)

    def build(self, input_shape: Shape, *, rng: Rng, dtype: DType) -> Shape:
        check_input(self, input_shape, "(H, W, C)", fits=len(input_shape) == 3)
        return input_shape

    def mask(self, draw: Draw, kernels: ModuleType) -> Array:
        return kernels.dropout_keep(draw.keys(self.place), self.input_shape[-1], self.rate)

    def decisions(self, cache: Array | None) -> dict[str, Array]:
        """keep: which channels were kept, (N, C); nothing where none is dropped"""
        return {} if cache is None else {"keep": cache[:, 0, 0] > 0}

    def forward(self, x: Array, run: Run) -> tuple[Array, Array | None]:
        if not run.training or not self.rate:
            return x, None
        factor = self.mask(drawn(self, run), run.kernels)[:, None, None] * x.dtype.type(1 / (1 - self.rate))
        return x * factor, factor

    def backward(self, dy: Array, cache: Array | None, run: Run, *, need_dx: bool = True) -> Gradients:
        return dy if cache is None else dy * cache, {}
