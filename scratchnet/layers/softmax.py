"""Numbers made probabilities."""

from dataclasses import dataclass
from typing import Any, final

from scratchnet.activations import ACTIVATIONS
from scratchnet.layers.base import Gradients, Layer, Run, check_input
from scratchnet.typing import Array, DType, Rng, Shape


@final
@dataclass(eq=False)
class Softmax(Layer):
    """y[…,k] = exp x[…,k] / Σ_j exp x[…,j]

    x: (N, …, K) → y, of x's shape

    axis: the last one
    Source: keras/src/layers/activations/softmax.py.
    """

    axis: int = -1

    activation = "softmax"

    def build(self, input_shape: Shape, *, rng: Rng, dtype: DType) -> Shape:
        last = self.axis in (-1, len(input_shape))
        check_input(self, input_shape, f"the probabilities along axis={self.axis}, the last one", fits=last)
        return input_shape

    def forward(self, x: Array, run: Run) -> tuple[Array, Any]:
        return ACTIVATIONS[self.activation].forward(run.kernels, x)

    def backward(self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True) -> Gradients:
        return ACTIVATIONS[self.activation].backward(run.kernels, dy, cache), {}
