"""Convolution over images."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np

from scratchnet import activations, objects
from scratchnet.activations import ACTIVATIONS
from scratchnet.layers.base import Gradients, Layer, Run
from scratchnet.layers.windows import Windows, check_options, windows
from scratchnet.typing import Array, DType, Rng, Shape, Short


@final
@dataclass(eq=False)
class Conv2D(Layer):
    """y[n,i,j,f] = a(b[f] + Σ_uvc x[n,i·SH+u·DH,j·SW+v·DW,c] · w[u,v,c,f]): what filter f sees in the window at (i, j)

    x: (N, H, W, C), with zeros around it where padding is "same" → y: (N, OH, OW, F); `windows` tells OH and OW

    filters: F;  kernel_size: (KH, KW);  strides: (SH, SW);  dilation_rate: (DH, DW); one number stands for both
    padding: "valid" or "same";  activation: a, by name
    kernel w: (KH, KW, C, F), Glorot uniform at first;  bias b: (F,), zeros at first
    Source: keras/src/layers/convolutional/base_conv.py.
    """

    filters: int
    kernel_size: Short
    strides: Short = (1, 1)
    padding: str = "valid"
    dilation_rate: Short = (1, 1)
    activation: str = "linear"
    use_bias: bool = True
    kernel_initializer: Short = "glorot_uniform"
    bias_initializer: Short = "zeros"
    kernel_regularizer: Short = None
    bias_regularizer: Short = None

    windows: Windows = field(default=Windows(), init=False, repr=False)

    keras_options: ClassVar[dict[str, Any]] = {"groups": 1}

    def __post_init__(self) -> None:
        super().__post_init__()
        self.filters = objects.whole("filters", self.filters, least=1)
        check_options(self)
        self.activation = activations.check(self.activation)

    def build(self, input_shape: Shape, *, rng: Rng, dtype: DType) -> Shape:
        self.windows = windows(self, input_shape, self.kernel_size)
        shape = (*self.kernel_size, input_shape[-1], self.filters)
        self.params = {"kernel": self.kernel_initializer(shape, rng, dtype)}
        if self.use_bias:
            self.params["bias"] = self.bias_initializer((self.filters,), rng, dtype)
        return *self.windows.counts, self.filters

    def forward(self, x: Array, run: Run) -> tuple[Array, Any]:
        x, w = run.kernels.pad2d(x, self.windows.padding), self.params["kernel"]
        b = self.params.get("bias", np.zeros(self.filters, x.dtype))
        z = run.kernels.conv2d(x, w, b, self.strides, self.dilation_rate)
        y, gate = ACTIVATIONS[self.activation].forward(run.kernels, z)
        return y, (x, gate)

    def backward(self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True) -> Gradients:
        (x, gate), w = cache, self.params["kernel"]
        dz = ACTIVATIONS[self.activation].backward(run.kernels, dy, gate)
        grads = {"kernel": run.kernels.conv2d_dw(x, dz, w.shape, self.strides, self.dilation_rate)}
        if self.use_bias:
            grads["bias"] = run.kernels.bias_db(dz)
        if not need_dx:
            return None, grads
        dx = run.kernels.conv2d_dx(dz, w, x.shape, self.strides, self.dilation_rate)
        return run.kernels.crop2d(dx, self.windows.padding), grads
