"""One of K classes, as probabilities."""

from dataclasses import dataclass
from typing import final

import numpy as np

from scratchnet import objects
from scratchnet.activations import softmax
from scratchnet.losses.base import EPSILON, check_shape, rows, sample_means
from scratchnet.losses.crossentropy import Crossentropy
from scratchnet.typing import Array, Shape


@final
@dataclass(frozen=True)
class CategoricalCrossentropy(Crossentropy):
    """−Σ_k t[k] log p[k],  p = y / Σ y, clipped to [1e-7, 1 − 1e-7];  of logits, p = softmax(y), which isn't clipped

    t, y: (N, …, K)

    from_logits: y are logits
    label_smoothing s: t becomes t (1 − s) + s / K
    Source: keras/src/losses/losses.py, keras/src/backend/tensorflow/nn.py.
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        value = objects.number("label_smoothing", self.label_smoothing, least=0, most=1)
        object.__setattr__(self, "label_smoothing", value)

    def target(self, t: Array, output_shape: Shape, name: str) -> Array:
        t = np.asarray(t)
        check_shape(t, (output_shape,), name)
        return t

    def value(self, t: Array, y: Array) -> Array:
        t = self._smooth(t)
        if self.from_logits:
            # With the largest taken from all, nothing overflows, and no softmax is rounded to 0 before its logarithm
            z = y - y.max(axis=-1, keepdims=True)
            losses = (t * (np.log(np.exp(z).sum(axis=-1, keepdims=True)) - z)).sum(axis=-1)
        else:
            p = np.clip(y / y.sum(axis=-1, keepdims=True), EPSILON, 1 - EPSILON)
            losses = -(t * np.log(p)).sum(axis=-1)
        return sample_means(losses)

    def gradient(self, t: Array, y: Array) -> Array:
        """Of logits softmax(y) − t, for a t that sums to 1;  else dp = −t / p where p wasn't clipped, else 0, and

        dy = (dp − Σ_j dp[j] p[j]) / Σ y
        """
        t = self._smooth(t)
        if self.from_logits:
            dy = softmax(y) - t
        else:
            total = y.sum(axis=-1, keepdims=True)
            p = y / total
            dp = np.where((p >= EPSILON) & (p <= 1 - EPSILON), -t / np.clip(p, EPSILON, 1 - EPSILON), 0)
            dy = (dp - (dp * p).sum(axis=-1, keepdims=True)) / total
        return dy / rows(y)

    def _smooth(self, t: Array) -> Array:
        s = self.label_smoothing
        return t * (1 - s) + s / t.shape[-1] if s else t
