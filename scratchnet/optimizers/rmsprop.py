"""RMSprop."""

from dataclasses import dataclass
from math import inf
from types import ModuleType
from typing import ClassVar, final

import numpy as np

from scratchnet.optimizers.base import Optimizer
from scratchnet.optimizers.schedules import Schedule
from scratchnet.typing import Array


@final
@dataclass(eq=False)
class RMSprop(Optimizer):
    """Over gradients as large as those lately seen: v ← ρ v + (1−ρ) g²;  Δ = η g / √(v + ε);  w ← w − Δ

    centered: their variance, not their mean square, is under the root: v − a²,  a ← ρ a + (1−ρ) g
    momentum μ: m ← μ m + Δ;  w ← w − m
    Source: Hinton, “Neural networks for machine learning”, lecture 6e, 2012; keras/src/optimizers/rmsprop.py.
    """

    learning_rate: float | Schedule = 0.001
    rho: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-7
    centered: bool = False

    limits: ClassVar = {"rho": 1, "momentum": inf, "epsilon": inf}

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        groups = {"velocity": True, "momentum": self.momentum > 0, "average_gradient": self.centered}
        return tuple((slot,) for slot, needed in groups.items() if needed)

    def update(self, w: Array, g: Array, slots: list[Array], rate: float, kernels: ModuleType) -> None:  # noqa: ARG002
        v, *others = slots
        v[...] = self.rho * v + (1 - self.rho) * (g * g)
        spread = v
        if self.centered:
            a = others[-1]
            a[...] = self.rho * a + (1 - self.rho) * g
            spread = v - a * a
        step = rate * g / np.sqrt(spread + self.epsilon)
        if self.momentum:
            m = others[0]
            m *= self.momentum
            m += step
            step = m
        w -= step
