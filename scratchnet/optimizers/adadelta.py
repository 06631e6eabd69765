"""Adadelta, the notebook's optimizer."""

from dataclasses import dataclass
from math import inf
from types import ModuleType
from typing import ClassVar, final

from scratchnet.optimizers.base import Optimizer
from scratchnet.optimizers.schedules import Schedule
from scratchnet.typing import Array


@final
@dataclass(eq=False)
class Adadelta(Optimizer):
    """Steps as large as the steps lately taken, over gradients as large as those lately seen.

    a ← ρ a + (1−ρ) g²;  Δ = g · √(d + ε) / √(a + ε);  d ← ρ d + (1−ρ) Δ²;  w ← w − learning_rate · Δ

    Zeiler's rule has no learning rate: its Δ is already in the units of w, and 1.0 leaves it so, as Keras 2 did. Keras 3
    has 0.001, a thousandth of each step: this library's network then reaches about 84 % on MNIST in the twelve epochs
    that otherwise give it 99 % (keras issues 13815, 3889). So write Adadelta(learning_rate=1.0) where both run.

    Source: Zeiler, “ADADELTA: an adaptive learning rate method”, 2012, algorithm 1; keras/src/optimizers/adadelta.py.
    """

    learning_rate: float | Schedule = 1.0
    rho: float = 0.95
    epsilon: float = 1e-7

    limits: ClassVar = {"rho": 1, "epsilon": inf}

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        return (("accumulated_grad", "accumulated_delta_var"),)

    def update(self, w: Array, g: Array, slots: list[Array], rate: float, kernels: ModuleType) -> None:
        a, d = slots
        kernels.adadelta(w, g, a, d, rate, self.rho, self.epsilon)
