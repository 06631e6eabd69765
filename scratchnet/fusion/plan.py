"""The steps that one forward and one backward pass are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scratchnet.activations import ACTIVATIONS, Activation
from scratchnet.layers import Layer, Run, Step
from scratchnet.losses import Loss
from scratchnet.typing import Array


@dataclass(frozen=True)
class Plan:
    """What `training` drives.

    steps: each takes the answer of the one before
    loss: of the last step's answer
    output: what makes the user's answer of the last step's
    """

    steps: tuple[Step, ...]
    loss: Loss | None
    output: Activation

    def forward(self, x: Array, run: Run) -> tuple[Array, list[Any]]:
        """The last step's answer, and each step's cache (nothing, where the run won't go backward)."""
        caches = []
        for step in self.steps:
            x, cache = step.forward(x, run)
            if run.backward:
                caches.append(cache)
        return x, caches

    def backward(self, dy: Array, caches: list[Any], run: Run) -> dict[str, Array]:
        """The gradient of every parameter, by "layer/variable", last layer first."""
        grads: dict[str, Array] = {}
        dx: Array | None = dy
        for i in reversed(range(len(self.steps))):
            step = self.steps[i]
            dx, own = step.backward(dx, caches[i], run, need_dx=i > 0)  # type: ignore[arg-type]  # None ends the loop
            caches[i] = None  # what has been used may go: memory peaks at the first step backward
            grads |= {f"{step.name}/{variable}": grad for variable, grad in own.items()}
        return grads


def plan(layers: Sequence[Layer], loss: Loss | None) -> Plan:
    """The layers as they are, but for a softmax at the end: it goes to the loss, which has a better form on logits.

    −log softmax(z)[k] in one piece neither overflows nor takes the logarithm of a rounded 0, and its gradient is a
    subtraction. The plan's output is then softmax, which gives the user probabilities all the same.
    """
    *body, last = layers
    if last.activation == "softmax" and loss is not None and loss.on_logits is not None:
        return Plan((*body, last.linear()), loss.on_logits, ACTIVATIONS["softmax"])
    return Plan(tuple(layers), loss, ACTIVATIONS["linear"])
