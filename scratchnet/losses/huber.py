"""Squared where little is missing, absolute where much is."""

from dataclasses import dataclass
from typing import final

import numpy as np

from scratchnet import objects
from scratchnet.losses.base import Loss, sample_means
from scratchnet.typing import Array


@final
@dataclass(frozen=True)
class Huber(Loss):
    """The mean of e²/2 where |e| ≤ delta, of delta |e| − delta²/2 elsewhere,  e = y − t;  t, y: (N, …)

    A single sample that is far off, and perhaps wrong itself, pulls no harder than one that is delta off.
    Source: Huber, “Robust estimation of a location parameter”, 1964; keras/src/losses/losses.py.
    """

    delta: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "delta", objects.number("delta", self.delta, least=0))

    def value(self, t: Array, y: Array) -> Array:
        e = np.abs(y - t)
        return sample_means(np.where(e <= self.delta, 0.5 * e * e, self.delta * e - 0.5 * self.delta**2))

    def gradient(self, t: Array, y: Array) -> Array:
        """e, brought into ±delta, over how many numbers a sample has"""
        return np.clip(y - t, -self.delta, self.delta) / y[0].size
