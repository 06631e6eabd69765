"""Stochastic gradient descent."""

from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar, final

from scratchnet.casts import through_float32
from scratchnet.optimizers.base import Optimizer
from scratchnet.optimizers.schedules import Schedule
from scratchnet.typing import Array


@final
@dataclass(eq=False)
class SGD(Optimizer):
    """Against the gradient: w ← w − η g;  with momentum μ, on with the step before: m ← μ m − η g;  w ← w + m

    nesterov: w ← w + μ m − η g, the step that m will lead to next, made now
    Source: keras/src/optimizers/sgd.py; Sutskever et al., “On the importance of initialization and momentum”, 2013.
    """

    learning_rate: float | Schedule = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    limits: ClassVar = {"momentum": 1}

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        return (("momentum",),) if self.momentum else ()

    def update(self, w: Array, g: Array, slots: list[Array], rate: float, kernels: ModuleType) -> None:  # noqa: ARG002
        if not self.momentum:
            w -= rate * g
            return
        (m,), momentum = slots, through_float32(self.momentum)
        m *= momentum
        m -= rate * g
        w += momentum * m - rate * g if self.nesterov else m
