"""Every input weighted into every unit."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from scratchnet import activations
from scratchnet.activations import ACTIVATIONS
from scratchnet.initializers import glorot_uniform
from scratchnet.layers.base import Layer, Run, check_input, check_positive
from scratchnet.typing import Array, Shape


@final
@dataclass(eq=False)
class Dense(Layer):
    """y[n,f] = a(b[f] + Σ_k x[n,k] · w[k,f])

    x: (N, K) → y: (N, F)

    units: F;  activation: a, by name
    kernel w: (K, F), Glorot uniform at first;  bias b: (F,), zeros at first
    Source: keras/src/layers/core/dense.py.
    """

    units: int
    activation: str = "linear"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive("units", self.units)
        self.activation = activations.check(self.activation)

    def build(self, input_shape: Shape, *, rng: np.random.Generator, dtype: np.dtype[Any]) -> Shape:
        check_input(self, input_shape, "(K,): put a Flatten before it", fits=len(input_shape) == 1)
        self.params = {
            "kernel": glorot_uniform((*input_shape, self.units), rng, dtype),
            "bias": np.zeros(self.units, dtype),
        }
        return (self.units,)

    def forward(self, x: Array, run: Run) -> tuple[Array, tuple[Array, Array]]:
        z = run.kernels.dense(x, self.params["kernel"], self.params["bias"])
        y = ACTIVATIONS[self.activation].forward(run.kernels, z)
        return y, (x, y)

    def backward(
        self, dy: Array, cache: tuple[Array, Array], run: Run, *, need_dx: bool = True
    ) -> tuple[Array | None, dict[str, Array]]:
        x, y = cache
        dz = ACTIVATIONS[self.activation].backward(run.kernels, dy, y)
        dx = run.kernels.dense_dx(dz, self.params["kernel"]) if need_dx else None
        return dx, {"kernel": run.kernels.dense_dw(x, dz), "bias": run.kernels.bias_db(dz)}
