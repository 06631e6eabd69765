"""Batch normalization with the ReLU that follows it."""

from typing import Any

import numpy as np

from scratchnet.fusion.fused_step import FusedStep
from scratchnet.layers import BatchNormalization, Layer, Run
from scratchnet.layers.base import Gradients
from scratchnet.typing import Array


class NormBlock(FusedStep):
    """BatchNormalization and ReLU: three readings of the batch forward, four backward, and two things written

    Nothing is kept for backward but what came and the channels' moments: what lies between is made again.
    """

    def __init__(self, batch_normalization: BatchNormalization, relu: Layer | None = None) -> None:
        super().__init__(batch_normalization, relu)
        self.norm, self.relu = batch_normalization, relu is not None
        self.gated = self.relu

    def forward(self, x: Array, run: Run) -> tuple[Array, Any]:
        cache = self.measure(x, run)
        return self.normalize(cache, run), cache

    def measure(self, x: Array, run: Run) -> tuple[Any, ...]:
        """x and its channels' μ and √(σ² + ε), and which moments of the batch's own made them, if any: the cache"""
        moments = run.kernels.batch_moments(x) if run.training and self.norm.trainable else None
        mean, variance = moments or (self.state["moving_mean"], self.state["moving_variance"])
        return x, mean, np.sqrt(variance + x.dtype.type(self.norm.epsilon)), moments

    def normalize(self, cache: tuple[Any, ...], run: Run) -> Array:
        x, mean, deviation, _ = cache
        gamma, beta = self.params.get("gamma"), self.params.get("beta")
        return run.kernels.batch_normalize(x, mean, deviation, gamma, beta, relu=self.relu)

    def backward(self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True) -> Gradients:
        x, mean, deviation, moments = cache
        gamma, beta = self.params.get("gamma"), self.params.get("beta")
        dx, dgamma, dbeta = run.kernels.batch_normalize_back(
            dy, x, mean, deviation, gamma, beta, relu=self.relu, moved=moments is not None, need_dx=need_dx
        )
        return dx, self.own({"gamma": dgamma, "beta": dbeta})

    def new_state(self, cache: Any) -> dict[str, Array]:
        return self.norm.new_state(cache)
