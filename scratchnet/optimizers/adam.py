"""Adam."""

from dataclasses import dataclass
from math import inf
from types import ModuleType
from typing import ClassVar

import numpy as np

from scratchnet.casts import through_float32
from scratchnet.optimizers.base import Optimizer
from scratchnet.optimizers.schedules import Schedule
from scratchnet.typing import Array


@dataclass(eq=False)
class Adam(Optimizer):
    """Along the mean of the last gradients, over gradients as large as those lately seen.

    m ← m + (1−β₁) (g − m);  v ← v + (1−β₂) (g² − v);  w ← w − η √(1−β₂ᵗ) / (1−β₁ᵗ) · m / (√v + ε)

    m and v start at 0: at step t = 1, 2, … they are only 1 − βᵗ of a mean, which the factor of η makes up for. So ε is
    the ε̂ of the paper's section 2, not the ε of its algorithm 1.
    amsgrad: under the root is the largest v so far (Reddi et al., “On the convergence of Adam and beyond”, 2018)
    Source: Kingma, Ba, “Adam: a method for stochastic optimization”, 2014; keras/src/optimizers/adam.py.
    """

    learning_rate: float | Schedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = False

    limits: ClassVar = {"beta_1": 1, "beta_2": 1, "epsilon": inf}

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        return (("momentum", "velocity"), ("velocity_hat",)) if self.amsgrad else (("momentum", "velocity"),)

    def update(self, w: Array, g: Array, slots: list[Array], rate: float, kernels: ModuleType) -> None:  # noqa: ARG002
        m, v = slots[:2]
        real = w.dtype.type
        t = real(self.iterations + 1)
        # All in w's dtype: of 0.001, float32 leaves four digits to 1 − β₂, and Keras has the same
        beta_1, beta_2 = (real(through_float32(beta)) for beta in (self.beta_1, self.beta_2))
        rate = real(rate) * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        m += (g - m) * (1 - self.beta_1)
        v += (g * g - v) * (1 - self.beta_2)
        if self.amsgrad:
            v = np.maximum(slots[2], v, out=slots[2])
        w -= m * rate / (np.sqrt(v) + self.epsilon)
