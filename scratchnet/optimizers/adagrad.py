"""Adagrad."""

from dataclasses import dataclass
from math import inf
from types import ModuleType
from typing import ClassVar, final

import numpy as np

from scratchnet.casts import through_float32
from scratchnet.optimizers.base import Optimizer
from scratchnet.optimizers.schedules import Schedule
from scratchnet.typing import Array


@final
@dataclass(eq=False)
class Adagrad(Optimizer):
    """The more a weight was moved, the less it moves: a ← a + g²;  w ← w − η g / √(a + ε),  a at first not 0

    Source: Duchi et al., “Adaptive subgradient methods”, 2011; keras/src/optimizers/adagrad.py.
    """

    learning_rate: float | Schedule = 0.001
    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-7

    limits: ClassVar = {"initial_accumulator_value": inf, "epsilon": inf}

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        return (("accumulator",),)

    def first_slot(self, w: Array) -> Array:
        return np.full_like(w, through_float32(self.initial_accumulator_value))

    def update(self, w: Array, g: Array, slots: list[Array], rate: float, kernels: ModuleType) -> None:  # noqa: ARG002
        (a,) = slots
        a += g * g
        w -= rate * g / np.sqrt(a + self.epsilon)
