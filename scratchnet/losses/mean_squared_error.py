"""The square of what is missing."""

from dataclasses import dataclass
from typing import final

import numpy as np

from scratchnet.losses.base import Loss, sample_means
from scratchnet.typing import Array


@final
@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """The mean of (y − t)²;  t, y: (N, …). Source: keras/src/losses/losses.py."""

    def value(self, t: Array, y: Array) -> Array:
        return sample_means(np.square(y - t))

    def gradient(self, t: Array, y: Array) -> Array:
        """2 (y − t), over how many numbers a sample has"""
        return 2 * (y - t) / y[0].size
