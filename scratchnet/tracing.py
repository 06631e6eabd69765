"""A pass that keeps what every layer took, gave and was told: for looking into a network, and for comparing two."""

from dataclasses import dataclass, field
from typing import Any

from scratchnet.fusion import Plan
from scratchnet.layers import Run
from scratchnet.typing import Array


@dataclass
class LayerTrace:
    """One layer: x → y forward, and backward dy → dx and the gradient of each parameter.

    In a stack that ends in softmax, the last layer's y is what softmax is given: the loss takes that.
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
    """layers: bottom up;  output: the user's answer, (N, …);  loss: (N,), of each sample, if y was given"""

    layers: list[LayerTrace]
    output: Array
    loss: Array | None = None


def trace(plan: Plan, x: Array, t: Array | None, run: Run) -> Trace:
    """Forward, and, where t says what is true, backward from the mean of the losses."""
    layers = []
    for step in plan.steps:
        y, cache = step.forward(x, run)
        layers.append(LayerTrace(step.name, x, y, cache))
        x = y
    result = Trace(layers, plan.output.forward(run.kernels, x))
    if t is not None and plan.loss is not None:
        result.loss = plan.loss(t, x)
        dy: Array | None = plan.loss.gradient(t, x) / len(t)
        for step, layer in zip(reversed(plan.steps), reversed(layers), strict=True):
            layer.dy = dy
            dy, layer.grads = step.backward(layer.dy, layer.cache, run)  # type: ignore[arg-type]  # each step gives its dx
            layer.dx = dy
    return result
