"""What is missing."""

from dataclasses import dataclass
from typing import final

import numpy as np

from scratchnet.losses.base import Loss, sample_means
from scratchnet.typing import Array


@final
@dataclass(frozen=True)
class MeanAbsoluteError(Loss):
    """The mean of |y − t|;  t, y: (N, …). Source: keras/src/losses/losses.py."""

    def value(self, t: Array, y: Array) -> Array:
        return sample_means(np.abs(y - t))

    def gradient(self, t: Array, y: Array) -> Array:
        """The sign of y − t, 0 where they are equal, over how many numbers a sample has"""
        return np.sign(y - t) / y[0].size
