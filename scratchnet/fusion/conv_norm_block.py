"""A convolution by Winograd with the batch normalisation and ReLU that follow it."""

from typing import Any

import numpy as np

from scratchnet.fusion.fused_step import FusedStep
from scratchnet.fusion.norm_block import NormBlock
from scratchnet.kernels import choice
from scratchnet.layers import BatchNormalization, Conv2D, Layer, Run
from scratchnet.layers.base import Gradients
from scratchnet.typing import Array

LANES = 16  # numbers of float32 in the widest register


class ConvNormBlock(FusedStep):
    """Conv2D, BatchNormalization, ReLU and, where it follows, 2×2 max pooling: each by itself, on sums made by Winograd

    Equal patches must have equal sums where something is decided by them later, which sums by Winograd haven't. Here it is
    known what is decided, and when: once the moments are there, the sums that are too near are made again, directly.
    """

    def __init__(
        self,
        conv2d: Conv2D,
        batch_normalization: BatchNormalization,
        relu: Layer,
        max_pool2d_2x2: Layer | None = None,
    ) -> None:
        super().__init__(conv2d, batch_normalization, relu, max_pool2d_2x2)
        self.conv, self.norm, self.pool = conv2d, NormBlock(batch_normalization, relu), max_pool2d_2x2

    @classmethod
    def fits(cls, **layers: Layer) -> bool:
        """Where the convolution is one for Winograd."""
        conv, kernel = layers["conv2d"], layers["conv2d"].params["kernel"]
        assert isinstance(conv, Conv2D)
        place = kernel.shape, conv.windows.counts, conv.strides, conv.dilation_rate, kernel.dtype, LANES
        return choice.forward(*place, checked=True).kernel == "winograd"

    def forward(self, x: Array, run: Run) -> tuple[Array, Any]:
        x, w = run.kernels.pad2d(x, self.conv.windows.padding), self.params["kernel"]
        b = self.params.get("bias", np.zeros(self.conv.filters, x.dtype))
        z, doubt = run.kernels.conv_in_doubt(x, w, b)
        of_norm = _, mean, deviation, _ = self.norm.measure(z, run)
        line = mean, deviation, self.params.get("gamma"), self.params.get("beta")
        run.kernels.settle(z, doubt, x, w, b, *line, pool=self.pool is not None)
        y, of_pool = self.norm.normalize(of_norm, run), None
        if self.pool is not None:
            y, of_pool = self.pool.forward(y, run)
        return y, (x, of_norm, of_pool)

    def backward(self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True) -> Gradients:
        dz, grads = self.backward_to_sums(dy, cache, run, need_dz=need_dx or self.conv.trainable)
        if dz is None:
            return None, grads
        place = cache[0], self.params["kernel"], self.conv.strides, self.conv.windows.padding
        dx, dw, db = run.kernels.conv_back(dz, None, *place, need_dx=need_dx)
        return dx, self.own({"kernel": dw, "bias": db} | grads)

    def backward_to_sums(self, dy: Array, cache: Any, run: Run, *, need_dz: bool = True) -> Gradients:
        """dz, the gradient by the convolution's sums, and those of γ and β"""
        _, of_norm, of_pool = cache
        if self.pool is not None:
            dy = self.pool.backward(dy, of_pool, run)[0]  # type: ignore[assignment]  # it was asked for
        return self.norm.backward(dy, of_norm, run, need_dx=need_dz)

    def new_state(self, cache: Any) -> dict[str, Array]:
        return self.norm.new_state(cache[1])
