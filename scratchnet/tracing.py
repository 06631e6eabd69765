"""A pass that keeps what every layer took, gave and was told: for looking into a network, and for comparing two."""

from dataclasses import dataclass, field
from typing import Any

from scratchnet.fusion import Plan, regularized
from scratchnet.layers import Run
from scratchnet.typing import Array


@dataclass
class LayerTrace:
    """One layer: x → y forward, and backward dy → dx and the gradient of each parameter that may be trained.

    In a stack that ends in softmax, the last layer's y may be what softmax is given: the loss takes that.
    """

    name: str
    x: Array
    y: Array
    cache: Any  # what the layer kept for backward: pooling its winners, dropout its mask
    dx: Array | None = None
    dy: Array | None = None
    grads: dict[str, Array] = field(default_factory=dict)


@dataclass
class Trace:
    """layers: bottom up;  output: the user's answer, (N, …);  loss: (N,), of each sample alone, if y was given"""

    layers: list[LayerTrace]
    output: Array
    loss: Array | None = None


def trace(plan: Plan, x: Array, t: Array | None, run: Run, weight: Array | None = None) -> Trace:
    """Forward, and, where t says what is true, backward from the mean of the losses and the penalties for weights.

    weight: (N,) by which each sample's loss is multiplied before the mean is taken
    """
    layers = []
    for step in plan.steps:
        y, cache = step.forward(x, run)
        layers.append(LayerTrace(step.name, x, y, cache))
        x = y
    result = Trace(layers, plan.output.forward(run.kernels, x)[0])
    if t is not None and plan.loss is not None:
        result.loss = plan.loss(t, x)
        dy: Array | None = plan.loss_gradient(t, x, weight)
        for step, layer in zip(reversed(plan.steps), reversed(layers), strict=True):
            layer.dy = dy
            dy, grads = step.backward(layer.dy, layer.cache, run)  # type: ignore[arg-type]  # each step gives its dx
            layer.grads = regularized(step, grads)
            layer.dx = dy
    return result
