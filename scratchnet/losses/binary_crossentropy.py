"""Yes or no, for each of the numbers answered."""

from dataclasses import dataclass
from typing import final

import numpy as np

from scratchnet import objects
from scratchnet.activations import sigmoid
from scratchnet.losses.base import EPSILON, sample_means
from scratchnet.losses.crossentropy import Crossentropy
from scratchnet.typing import Array


@final
@dataclass(frozen=True)
class BinaryCrossentropy(Crossentropy):
    """The mean of −(t log p + (1 − t) log(1 − p)),  p = y, clipped to [1e-7, 1 − 1e-7];  of logits, p = sigmoid(y)

    t, y: (N, …)

    from_logits: y are logits
    label_smoothing s: t becomes t (1 − s) + s / 2
    Source: keras/src/losses/losses.py, keras/src/backend/tensorflow/nn.py.
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        value = objects.number("label_smoothing", self.label_smoothing, least=0, most=1)
        object.__setattr__(self, "label_smoothing", value)

    def value(self, t: Array, y: Array) -> Array:
        t = self._smooth(t)
        if self.from_logits:
            # log(1 + exp y) − t y, without a large exp
            return sample_means(np.maximum(y, 0) - t * y + np.log1p(np.exp(-np.abs(y))))
        p = np.clip(y, EPSILON, 1 - EPSILON)
        return sample_means(-(t * np.log(p) + (1 - t) * np.log(1 - p)))

    def gradient(self, t: Array, y: Array) -> Array:
        """Over how many numbers a sample has: of logits sigmoid(y) − t;  else (p − t) / (p (1 − p)), 0 where clipped"""
        t = self._smooth(t)
        if self.from_logits:
            dy = sigmoid(y) - t
        else:
            p = np.clip(y, EPSILON, 1 - EPSILON)
            dy = np.where(p == y, (1 - t) / (1 - p) - t / p, 0)
        return dy / y[0].size

    def _smooth(self, t: Array) -> Array:
        s = self.label_smoothing
        return t * (1 - s) + 0.5 * s if s else t
