"""An activation as a layer of its own."""

from dataclasses import dataclass
from typing import Any, final

from scratchnet import activations
from scratchnet.activations import ACTIVATIONS
from scratchnet.layers.base import Gradients, Layer, Run
from scratchnet.typing import Array


@final
@dataclass(eq=False)
class Activation(Layer):
    """y = a(x)

    x: (N, …) → y, of x's shape

    activation: a, by name
    Source: keras/src/layers/activations/activation.py.
    """

    activation: str

    def __post_init__(self) -> None:
        super().__post_init__()
        self.activation = activations.check(self.activation)

    def forward(self, x: Array, run: Run) -> tuple[Array, Any]:
        return ACTIVATIONS[self.activation].forward(run.kernels, x)

    def backward(self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True) -> Gradients:
        return ACTIVATIONS[self.activation].backward(run.kernels, dy, cache), {}
