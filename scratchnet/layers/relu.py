"""What is negative shut off, or let through a little; what is large cut off."""

from dataclasses import dataclass
from typing import final

import numpy as np

from scratchnet import objects
from scratchnet.casts import through_float32
from scratchnet.layers.base import Gradients, Layer, Run
from scratchnet.typing import Array


@final
@dataclass(eq=False)
class ReLU(Layer):
    """y = max_value where x ≥ max_value, x where threshold < x, else negative_slope · (x − threshold)

    x: (N, …) → y, of x's shape. At threshold the slope is taken as 0, but for a mere leaky one, where it is
    negative_slope; at max_value as 1, but for a max_value of 6, where it is 0.

    max_value: None for no limit
    Source: keras/src/layers/activations/relu.py; keras/src/activations/activations.py, `ReLU`.
    """

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for option in ("max_value", "negative_slope", "threshold"):
            if option != "max_value" or self.max_value is not None:
                setattr(self, option, objects.number(option, getattr(self, option), least=0))

    @property
    def _leaky(self) -> bool:
        """Whether all it does is let a little through, for which TensorFlow has a function of its own."""
        return self.max_value is None and self.threshold == 0

    @property
    def _numbers(self) -> tuple[float, float, float]:
        """Limit, slope and threshold as TensorFlow has them: the limit, and the slope of a mere leaky one, in 32 bits."""
        limit = np.inf if self.max_value is None else through_float32(self.max_value)
        return limit, through_float32(self.negative_slope) if self._leaky else self.negative_slope, self.threshold

    def forward(self, x: Array, run: Run) -> tuple[Array, Array]:
        limit, slope, threshold = self._numbers
        return np.minimum(np.where(x > threshold, x, slope * (x - threshold)), x.dtype.type(limit)), x

    def backward(self, dy: Array, cache: Array, run: Run, *, need_dx: bool = True) -> Gradients:
        x, (limit, slope, threshold) = cache, self._numbers
        below = x <= 0 if self._leaky else x < threshold
        above = x >= limit if limit == 6 and threshold == 0 else x > limit  # 6 alone has a function of its own
        return np.where((x > threshold) & ~above, dy, np.where(below, slope * dy, 0)), {}
