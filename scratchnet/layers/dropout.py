"""Noise that keeps units from relying on each other."""

from dataclasses import dataclass
from math import prod
from types import ModuleType
from typing import Any, ClassVar, final

from scratchnet.layers.base import Draw, Gradients, Layer, Run, check_rate, drawn
from scratchnet.typing import Array


@final
@dataclass(eq=False)
class Dropout(Layer):
    """In training, y = x / (1 − rate) where kept, which a number is with probability 1 − rate, else 0; otherwise y = x

    x: (N, …) → y, of x's shape. The mask is a function of the model's seed, the step, the sample and the layer's place.

    rate: the share that is dropped, from 0 to below 1
    Source: Srivastava et al., “Dropout”, 2014; keras/src/layers/regularization/dropout.py.
    """

    rate: float

    keras_options: ClassVar[dict[str, Any]] = {"noise_shape": None}

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rate(self.rate)

    def mask(self, draw: Draw, kernels: ModuleType) -> Array:
        return kernels.dropout_keep(draw.keys(self.place), prod(self.input_shape), self.rate)

    def decisions(self, cache: Array | None) -> dict[str, Array]:
        """keep: where a number was kept, of x's shape; nothing where none is dropped"""
        return {} if cache is None else {"keep": cache.reshape(-1, *self.input_shape)}

    def forward(self, x: Array, run: Run) -> tuple[Array, Array | None]:
        if not run.training or not self.rate:
            return x, None
        keep = self.mask(drawn(self, run), run.kernels)
        return run.kernels.dropout(x, keep, self.rate), keep

    def backward(self, dy: Array, cache: Array | None, run: Run, *, need_dx: bool = True) -> Gradients:
        return dy if cache is None else run.kernels.dropout(dy, cache, self.rate), {}
