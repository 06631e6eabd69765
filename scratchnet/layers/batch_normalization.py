"""Each channel brought to mean 0 and variance 1, then scaled and shifted."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from scratchnet import objects
from scratchnet.layers.base import Gradients, Layer, Run, check_input
from scratchnet.typing import Array, DType, Rng, Shape, Short


@final
@dataclass(eq=False)
class BatchNormalization(Layer):
    """y = γ · x̂ + β,  x̂ = (x − μ) / √(σ² + ε), for each channel

    x: (N, …, C) → y, of x's shape. In training μ and σ² are the mean and (biased) variance over all M = N · … numbers of
    the batch's channel, and afterwards moving_mean ← momentum · moving_mean + (1 − momentum) · μ, moving_variance alike.
    Otherwise, and where trainable is False, the moving ones stand for them. Backward, in training:

    dx = γ / √(σ² + ε) · (dy − mean(dy) − x̂ · mean(dy · x̂));  dγ = Σ dy · x̂;  dβ = Σ dy

    center, scale: False leaves out β, γ;  axis: of the channels, the last one
    gamma γ, beta β, moving_mean, moving_variance: (C,), ones, zeros, zeros and ones at first
    Source: Ioffe, Szegedy, “Batch normalization”, 2015; keras/src/layers/normalization/batch_normalization.py.
    """

    axis: int = -1
    momentum: float = 0.99
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: Short = "zeros"
    gamma_initializer: Short = "ones"
    moving_mean_initializer: Short = "zeros"
    moving_variance_initializer: Short = "ones"
    beta_regularizer: Short = None
    gamma_regularizer: Short = None

    keras_options: ClassVar[dict[str, Any]] = {
        "renorm": False,
        "renorm_momentum": 0.99,
        "synchronized": False,
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        self.momentum = objects.number("momentum", self.momentum, least=0, most=1)
        self.epsilon = objects.number("epsilon", self.epsilon, least=0)

    def build(self, input_shape: Shape, *, rng: Rng, dtype: DType) -> Shape:
        last = self.axis in (-1, len(input_shape))
        check_input(self, input_shape, f"channels along axis={self.axis}, the last one", fits=last)
        kinds = {"gamma": self.scale, "beta": self.center, "moving_mean": True, "moving_variance": True}
        made = {
            name: getattr(self, f"{name}_initializer")(input_shape[-1:], rng, dtype)
            for name, wanted in kinds.items()
            if wanted
        }
        self.state = {name: made.pop(name) for name in ("moving_mean", "moving_variance")}
        self.params = made
        return input_shape

    def decisions(self, cache: Any) -> dict[str, Array]:
        """mean: μ, deviation: √(σ² + ε), of the batch or the moving ones: (N, C), the same for every sample"""
        normal, deviation, moments = cache
        mean = self.state["moving_mean"] if moments is None else moments[0]
        shape = len(normal), len(mean)
        return {"mean": np.broadcast_to(mean, shape), "deviation": np.broadcast_to(deviation, shape)}

    def forward(self, x: Array, run: Run) -> tuple[Array, Any]:
        over = tuple(range(x.ndim - 1))
        batch = run.training and self.trainable
        mean = x.mean(axis=over) if batch else self.state["moving_mean"]
        variance = np.square(x - mean).mean(axis=over) if batch else self.state["moving_variance"]
        deviation = np.sqrt(variance + x.dtype.type(self.epsilon))
        normal = (x - mean) / deviation
        y = normal * self.params["gamma"] if self.scale else normal
        y = y + self.params["beta"] if self.center else y
        return y, (normal, deviation, (mean, variance) if batch else None)

    def backward(self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True) -> Gradients:
        normal, deviation, moments = cache
        over = tuple(range(dy.ndim - 1))
        both = {"gamma": (dy * normal).sum(axis=over), "beta": dy.sum(axis=over)}
        grads = {name: both[name] for name in self.params}
        if not need_dx:
            return None, grads
        dx = dy
        if moments is not None:
            M = dy.dtype.type(dy.size // dy.shape[-1])
            dx = dy - both["beta"] / M - normal * (both["gamma"] / M)
        return dx * (self.params.get("gamma", dy.dtype.type(1)) / deviation), grads

    def new_state(self, cache: Any) -> dict[str, Array]:
        *_, moments = cache
        if moments is None:
            return {}
        moving = zip(self.state.items(), moments, strict=True)
        return {name: old * self.momentum + new * (1 - self.momentum) for (name, old), new in moving}
