"""Convolution of each channel for itself."""

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from scratchnet import activations, objects
from scratchnet.activations import ACTIVATIONS
from scratchnet.layers.base import Gradients, Layer, Run
from scratchnet.layers.windows import Windows, check_options, windows
from scratchnet.regularizers import Regularizer
from scratchnet.typing import Array, DType, Rng, Shape, Short


@final
@dataclass(eq=False)
class DepthwiseConv2D(Layer):
    """y[n,i,j,c·M+m] = a(b[c·M+m] + Σ_uv x[n,i·SH+u·DH,j·SW+v·DW,c] · w[u,v,c,m]): M filters for each channel alone

    x: (N, H, W, C), with zeros around it where padding is "same" → y: (N, OH, OW, C·M); `windows` tells OH and OW

    depth_multiplier: M;  the other options are those of Conv2D
    kernel w: (KH, KW, C, M), Glorot uniform at first;  bias b: (C·M,), zeros at first
    Source: keras/src/layers/convolutional/base_depthwise_conv.py.
    """

    kernel_size: Short
    strides: Short = (1, 1)
    padding: str = "valid"
    depth_multiplier: int = 1
    dilation_rate: Short = (1, 1)
    activation: str = "linear"
    use_bias: bool = True
    depthwise_initializer: Short = "glorot_uniform"
    bias_initializer: Short = "zeros"
    depthwise_regularizer: Short = None
    bias_regularizer: Short = None

    windows: Windows = field(default=Windows(), init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.depth_multiplier = objects.whole("depth_multiplier", self.depth_multiplier, least=1)
        check_options(self)
        self.activation = activations.check(self.activation)

    @property
    def kernel_regularizer(self) -> Regularizer | None:
        """Keras names the option after the layer, the variable as in Conv2D."""
        return self.depthwise_regularizer

    def build(self, input_shape: Shape, *, rng: Rng, dtype: DType) -> Shape:
        self.windows = windows(self, input_shape, self.kernel_size)
        C, M = input_shape[-1], self.depth_multiplier
        self.params = {"kernel": self.depthwise_initializer((*self.kernel_size, C, M), rng, dtype)}
        if self.use_bias:
            self.params["bias"] = self.bias_initializer((C * M,), rng, dtype)
        return *self.windows.counts, C * M

    def forward(self, x: Array, run: Run) -> tuple[Array, Any]:
        x, w = run.kernels.pad2d(x, self.windows.padding), self.params["kernel"]
        b = self.params.get("bias", np.zeros(w.shape[2] * w.shape[3], x.dtype))
        z = run.kernels.depthwise_conv2d(x, w, b, self.strides, self.dilation_rate)
        y, gate = ACTIVATIONS[self.activation].forward(run.kernels, z)
        return y, (x, gate)

    def backward(self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True) -> Gradients:
        (x, gate), w = cache, self.params["kernel"]
        dz = ACTIVATIONS[self.activation].backward(run.kernels, dy, gate)
        grads = {"kernel": run.kernels.depthwise_conv2d_dw(x, dz, w.shape, self.strides, self.dilation_rate)}
        if self.use_bias:
            grads["bias"] = run.kernels.bias_db(dz)
        if not need_dx:
            return None, grads
        dx = run.kernels.depthwise_conv2d_dx(dz, w, x.shape, self.strides, self.dilation_rate)
        return run.kernels.crop2d(dx, self.windows.padding), grads
