"""The steps that one forward and one backward pass are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scratchnet.activations import ACTIVATIONS, Activation
from scratchnet.fusion.fused_step import owners
from scratchnet.fusion.rules import fuse
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

    @property
    def lowest(self) -> int:
        """The place of the lowest step that is trained: below it nothing goes backward."""
        trained = [any(owner.trainable and owner.params for owner in owners(step)) for step in self.steps]
        return trained.index(True) if any(trained) else len(trained)

    def forward(self, x: Array, run: Run) -> tuple[Array, list[Any]]:
        """The last step's answer, and each step's cache (nothing, where the run won't go backward)."""
        caches = []
        for step in self.steps:
            x, cache = step.forward(x, run)
            if run.backward:
                caches.append(cache)
        return x, caches

    def loss_gradient(self, t: Array, answer: Array, weight: Array | None) -> Array:
        """By the last step's answer, of the mean over all samples of each one's loss, times its weight."""
        assert self.loss is not None  # whoever goes backward has asked for one
        dy = self.loss.gradient(t, answer)
        dy = dy if weight is None else dy * weight.reshape(-1, *[1] * (dy.ndim - 1))
        return dy / len(t)

    def backward(self, dy: Array, caches: list[Any], run: Run) -> dict[str, Array]:
        """The gradient of every parameter that is trained, by "layer/variable", last layer first."""
        grads: dict[str, Array] = {}
        dx: Array | None = dy
        lowest = self.lowest
        for i in reversed(range(lowest, len(self.steps))):
            step = self.steps[i]
            dx, own = step.backward(dx, caches[i], run, need_dx=i > lowest)  # type: ignore[arg-type]  # None ends the loop
            caches[i] = None  # what has been used may go: memory peaks at the first step backward
            for owner in reversed(owners(step)):
                grads |= {f"{owner.name}/{variable}": grad for variable, grad in regularized(owner, own).items()}
        return grads

    def new_state(self, caches: list[Any]) -> list[tuple[Array, Array]]:
        """What the pass in training that left these caches moves: each array, and what it is to hold from now on."""
        pairs = zip(self.steps, caches, strict=True)
        return [(step.state[name], new) for step, cache in pairs for name, new in step.new_state(cache).items()]

    def penalty(self) -> float:
        """What the size of the parameters adds to the loss."""
        trained = [owner for step in self.steps for owner in owners(step) if owner.trainable]
        return sum(r.penalty(owner.params[name]) for owner in trained for name, r in owner.regularizers.items())


def regularized(step: Step, grads: dict[str, Array]) -> dict[str, Array]:
    """The gradients of the step's own parameters, with those of its penalties; none for a step that isn't trained."""
    if not step.trainable:
        return {}
    own = {name: grads[name] for name in step.params}
    penalties = {name: regularizer.gradient(step.params[name]) for name, regularizer in step.regularizers.items()}
    return own | {name: own[name] + penalty for name, penalty in penalties.items()}


def plan(layers: Sequence[Layer], loss: Loss | None, *, fused: bool = False) -> Plan:
    """The layers as they are, but for a last activation whose input the loss would rather have than its output.

    −log softmax(z)[k] in one piece neither overflows nor takes the logarithm of a rounded 0, and its gradient is a
    subtraction. The plan's output is then softmax, which gives the user probabilities all the same.

    fused: whether layers that belong together run as one step, see `rules`
    """
    output, last = "linear", layers[-1]
    if loss is not None and last.activation in loss.logits_of:
        output, loss, layers = last.activation, loss.on_logits(), [*layers[:-1], last.linear()]
    return Plan(tuple(fuse(layers) if fused else layers), loss, ACTIVATIONS[output])
