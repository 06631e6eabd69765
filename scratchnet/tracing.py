"""A pass that keeps what every layer took, gave, decided and was told: for looking into a network, and to compare two."""

from dataclasses import dataclass, field

import numpy as np

from scratchnet.activations import ACTIVATIONS
from scratchnet.errors import ScratchnetError
from scratchnet.fusion import Plan, regularized
from scratchnet.layers import Layer, Run
from scratchnet.typing import Array


@dataclass
class LayerTrace:
    """One layer: x → z → y forward; backward dy → dz → dx and the gradient of each parameter that may be trained.

    z, dz: before the layer's own activation, y = a(z); z is y, and dz is dy, where it has none
    decisions: what the layer decided, each (N, …), by name: see `Layer.decisions`
    dy: None for the last layer, where the pass back began at z: loss and softmax go back as one, and so does a logit
    """

    name: str
    x: Array
    z: Array
    y: Array
    decisions: dict[str, Array]
    dy: Array | None = None
    dz: Array | None = None
    dx: Array | None = None
    grads: dict[str, Array] = field(default_factory=dict)


@dataclass
class Trace:
    """layers: bottom up;  output: the user's answer, (N, …);  loss: (N,), of each sample alone, if y was given"""

    layers: list[LayerTrace]
    output: Array
    loss: Array | None = None

    def __getitem__(self, name: str) -> LayerTrace:
        """The layer of this name; a ScratchnetError that names them all, if there is none."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ScratchnetError(
            came=f"The layer {name!r}",
            expected=f"one of {', '.join(layer.name for layer in self.layers)}",
            do="Choose one of these names.",
        )


def trace(
    plan: Plan, x: Array, run: Run, t: Array | None = None, weight: Array | None = None, logit: int | None = None
) -> Trace:
    """Forward and, where t says what is true, backward from the mean of the losses and the penalties for weights.

    plan: of layers, none of them fused
    weight: (N,) by which each sample's loss is multiplied before the mean is taken
    logit: backward from Σ z[…,logit] of the last layer instead, its answer before its activation
    """
    left = plan.output.name != "linear"  # the plan left the last activation to the loss, which takes z
    layers, back = [], []
    for step in plan.steps:
        assert isinstance(step, Layer)  # a fused step keeps nothing of what it skips
        linear = step.linear()
        activation = plan.output if left and step is plan.steps[-1] else ACTIVATIONS[step.activation]
        z, cache = linear.forward(x, run)
        y, gate = activation.forward(run.kernels, z)
        layers.append(LayerTrace(step.name, x, z, y, linear.decisions(cache)))
        back.append((linear, cache, activation, gate))
        x = y
    result, last = Trace(layers, x), layers[-1]
    if logit is not None:
        last.dz = np.zeros_like(last.z)
        last.dz[..., logit] = 1
    elif t is not None and plan.loss is not None:
        answer = last.z if left else last.y
        result.loss, gradient = plan.loss(t, answer), plan.loss_gradient(t, answer, weight)
        last.dy, last.dz = (None, gradient) if left else (gradient, None)
    else:
        return result
    dy = last.dy
    for layer, (linear, cache, activation, gate) in zip(reversed(layers), reversed(back), strict=True):
        layer.dy = dy
        if layer.dz is None:
            layer.dz = activation.backward(run.kernels, dy, gate)
        dy, grads = linear.backward(layer.dz, cache, run)
        layer.grads = grads if logit is not None else regularized(linear, grads)
        layer.dx = dy
    return result
