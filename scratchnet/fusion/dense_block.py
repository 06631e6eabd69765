"""A dense layer with what follows it, over the inputs that aren't zero."""

from typing import Any

import numpy as np

from scratchnet.fusion.fused_step import FusedStep
from scratchnet.layers import Dense, Dropout, Layer, Run
from scratchnet.layers.base import Gradients
from scratchnet.typing import Array


class DenseBlock(FusedStep):
    """Dense with ReLU and, where it follows, dropout

    Behind ReLU, pooling and dropout most inputs are zero, and so are the products with them, forward and backward.

    below_gated: whether the step below uses this one's dx only where x isn't 0, so that no more of it need be made
    """

    def __init__(self, dense: Dense, relu: Layer, dropout: Dropout | None = None) -> None:
        super().__init__(dense, relu, dropout)
        self.dense, self.dropout, self.below_gated = dense, dropout, False

    def forward(self, x: Array, run: Run) -> tuple[Array, Any]:
        w = self.params["kernel"]
        b = self.params.get("bias", np.zeros(self.dense.units, x.dtype))
        keep, scale = self.kept(self.dropout, run, x.dtype)
        keep = None if keep is None else keep.reshape(-1, self.dense.units)
        y = run.kernels.dense_relu(x.reshape(-1, len(w)), w, b, keep, scale)
        return y.reshape(*x.shape[:-1], self.dense.units), (x, y, scale)

    def backward(self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True) -> Gradients:
        (x, y, scale), w = cache, self.params["kernel"]
        dx, dw, db = run.kernels.dense_back(
            dy.reshape(y.shape), y, scale, x.reshape(-1, len(w)), w, need_dx=need_dx, only_where_x=self.below_gated
        )
        return None if dx is None else dx.reshape(x.shape), self.own({"kernel": dw, "bias": db})
