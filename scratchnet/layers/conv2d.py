"""Convolution over images."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from scratchnet import activations
from scratchnet.activations import ACTIVATIONS
from scratchnet.initializers import glorot_uniform
from scratchnet.layers.base import Layer, Run, check_input, check_positive, pair
from scratchnet.typing import Array, Shape


@final
@dataclass(eq=False)
class Conv2D(Layer):
    """y[n,i,j,f] = a(b[f] + Σ_uvc x[n,i+u,j+v,c] · w[u,v,c,f]): what filter f sees in the window at (i, j)

    x: (N, H, W, C) → y: (N, H−KH+1, W−KW+1, F)

    filters: F;  kernel_size: (KH, KW), or one number for both;  activation: a, by name
    kernel w: (KH, KW, C, F), Glorot uniform at first;  bias b: (F,), zeros at first
    Source: keras/src/layers/convolutional/base_conv.py.
    """

    filters: int
    kernel_size: int | tuple[int, int]
    activation: str = "linear"

    keras_options: ClassVar[dict[str, Any]] = {
        "strides": [1, 1],
        "padding": "valid",
        "dilation_rate": [1, 1],
        "groups": 1,
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive("filters", self.filters)
        self.kernel_size = pair("kernel_size", self.kernel_size)
        self.activation = activations.check(self.activation)

    def build(self, input_shape: Shape, *, rng: np.random.Generator, dtype: np.dtype[Any]) -> Shape:
        KH, KW = pair("kernel_size", self.kernel_size)
        fits = len(input_shape) == 3 and input_shape[0] >= KH and input_shape[1] >= KW
        check_input(self, input_shape, f"(H, W, C) with H ≥ {KH} and W ≥ {KW}", fits=fits)
        H, W, C = input_shape
        self.params = {
            "kernel": glorot_uniform((KH, KW, C, self.filters), rng, dtype),
            "bias": np.zeros(self.filters, dtype),
        }
        return H - KH + 1, W - KW + 1, self.filters

    def forward(self, x: Array, run: Run) -> tuple[Array, tuple[Array, Array]]:
        z = run.kernels.conv2d(x, self.params["kernel"], self.params["bias"])
        y = ACTIVATIONS[self.activation].forward(run.kernels, z)
        return y, (x, y)

    def backward(
        self, dy: Array, cache: tuple[Array, Array], run: Run, *, need_dx: bool = True
    ) -> tuple[Array | None, dict[str, Array]]:
        x, y = cache
        dz = ACTIVATIONS[self.activation].backward(run.kernels, dy, y)
        dx = run.kernels.conv2d_dx(dz, self.params["kernel"]) if need_dx else None
        return dx, {"kernel": run.kernels.conv2d_dw(x, dz), "bias": run.kernels.bias_db(dz)}
