"""Every input weighted into every unit."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from scratchnet import activations, objects
from scratchnet.activations import ACTIVATIONS
from scratchnet.layers.base import Gradients, Layer, Run, check_input
from scratchnet.typing import Array, DType, Rng, Shape, Short


@final
@dataclass(eq=False)
class Dense(Layer):
    """y[…,f] = a(b[f] + Σ_k x[…,k] · w[k,f])

    x: (N, K), or (N, …, K) → y: (N, F), or (N, …, F)

    units: F;  activation: a, by name
    kernel w: (K, F), Glorot uniform at first;  bias b: (F,), zeros at first
    Source: keras/src/layers/core/dense.py.
    """

    units: int
    activation: str = "linear"
    use_bias: bool = True
    kernel_initializer: Short = "glorot_uniform"
    bias_initializer: Short = "zeros"
    kernel_regularizer: Short = None
    bias_regularizer: Short = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.units = objects.whole("units", self.units, least=1)
        self.activation = activations.check(self.activation)

    def build(self, input_shape: Shape, *, rng: Rng, dtype: DType) -> Shape:
        check_input(self, input_shape, "(…, K)", fits=len(input_shape) > 0)
        self.params = {"kernel": self.kernel_initializer((input_shape[-1], self.units), rng, dtype)}
        if self.use_bias:
            self.params["bias"] = self.bias_initializer((self.units,), rng, dtype)
        return *input_shape[:-1], self.units

    def forward(self, x: Array, run: Run) -> tuple[Array, Any]:
        w = self.params["kernel"]
        b = self.params.get("bias", np.zeros(self.units, x.dtype))
        z = run.kernels.dense(x.reshape(-1, len(w)), w, b).reshape(*x.shape[:-1], self.units)
        y, gate = ACTIVATIONS[self.activation].forward(run.kernels, z)
        return y, (x, gate)

    def backward(self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True) -> Gradients:
        (x, gate), w = cache, self.params["kernel"]
        dz = ACTIVATIONS[self.activation].backward(run.kernels, dy, gate).reshape(-1, self.units)
        grads = {"kernel": run.kernels.dense_dw(x.reshape(-1, len(w)), dz)}
        if self.use_bias:
            grads["bias"] = run.kernels.bias_db(dz)
        return run.kernels.dense_dx(dz, w).reshape(x.shape) if need_dx else None, grads
