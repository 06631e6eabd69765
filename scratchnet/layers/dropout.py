"""Noise that keeps units from relying on each other."""

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, final

import numpy as np

from scratchnet.errors import ScratchnetError
from scratchnet.layers.base import Layer, Run
from scratchnet.typing import Array, Shape


@final
@dataclass(eq=False)
class Dropout(Layer):
    """In training, y = x / (1 − rate) where kept, which a number is with probability 1 − rate, else 0; otherwise y = x

    x: (N, …) → y: (N, …). The mask is a function of the model's seed, the step, the sample and the layer's place.

    rate: the share that is dropped, from 0 to below 1
    Source: Srivastava et al., “Dropout”, 2014; keras/src/layers/regularization/dropout.py.
    """

    rate: float

    keras_options: ClassVar[dict[str, Any]] = {"noise_shape": None}

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (isinstance(self.rate, int | float) and 0 <= self.rate < 1):
            raise ScratchnetError(came=f"rate={self.rate!r}", expected="from 0 to below 1", do="Choose another rate.")

    def build(self, input_shape: Shape, *, rng: np.random.Generator, dtype: np.dtype[Any]) -> Shape:  # noqa: ARG002
        return input_shape

    def forward(self, x: Array, run: Run) -> tuple[Array, Array | None]:
        if not run.training or not self.rate:
            return x, None
        if run.draw is None:
            raise ScratchnetError(
                came=f"{self.name} is to drop without a draw", expected="Run(draw=…)", do="Say what a mask depends on."
            )
        keep = run.kernels.dropout_keep(run.draw.keys(self.place), prod(x.shape[1:]), self.rate)
        return run.kernels.dropout(x, keep, self.rate), keep

    def backward(
        self, dy: Array, cache: Array | None, run: Run, *, need_dx: bool = True
    ) -> tuple[Array | None, dict[str, Array]]:
        if not need_dx or cache is None:
            return dy if need_dx else None, {}
        return run.kernels.dropout(dy, cache, self.rate), {}
