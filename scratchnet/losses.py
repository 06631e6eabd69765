"""How wrong an answer is: one number a sample, and its gradient by the answer."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scratchnet.activations import softmax
from scratchnet.errors import ScratchnetError
from scratchnet.typing import Array

EPSILON = 1e-7  # keras.config.epsilon()


@dataclass(frozen=True)
class Loss:
    """A loss that Keras knows by `name`; called as loss(y_true, y_pred), it gives one number a sample.

    value(t, y) → (N,);  gradient(t, y) → dy, of y's shape, for the sum over samples
    on_logits: the same loss of the z in y = softmax(z), where that has a better form
    """

    name: str
    value: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array]
    on_logits: "Loss | None" = None

    def __call__(self, y_true: Array, y_pred: Array) -> Array:
        return self.value(y_true, y_pred)


def _value(t: Array, y: Array) -> Array:
    """−Σ_k t[k] log p[k],  p = y / Σ y, clipped to [1e-7, 1 − 1e-7]: keras/src/backend/tensorflow/nn.py"""
    p = np.clip(y / y.sum(axis=-1, keepdims=True), EPSILON, 1 - EPSILON)
    return -(t * np.log(p)).sum(axis=-1)


def _gradient(t: Array, y: Array) -> Array:
    """dp = −t / p where p wasn't clipped, else 0;  dy = (dp − Σ_j dp[j] p[j]) / Σ y"""
    total = y.sum(axis=-1, keepdims=True)
    p = y / total
    dp = np.where((p >= EPSILON) & (p <= 1 - EPSILON), -t / np.clip(p, EPSILON, 1 - EPSILON), 0)
    return (dp - (dp * p).sum(axis=-1, keepdims=True)) / total


def _value_on_logits(t: Array, z: Array) -> Array:
    """Σ_k t[k] (log Σ_j exp z[j] − z[k]), with the largest z taken from all: no softmax is rounded to 0"""
    z = z - z.max(axis=-1, keepdims=True)
    log_sum = np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return (t * (log_sum - z)).sum(axis=-1)


def _gradient_on_logits(t: Array, z: Array) -> Array:
    """dz = softmax(z) − t, for a t that sums to 1"""
    return softmax(z) - t


categorical_crossentropy = Loss(
    "categorical_crossentropy",
    _value,
    _gradient,
    on_logits=Loss("categorical_crossentropy", _value_on_logits, _gradient_on_logits),
)

LOSSES = {loss.name: loss for loss in (categorical_crossentropy,)}


def get(loss: "Loss | str") -> Loss:
    """The loss of that name, or the loss itself."""
    if isinstance(loss, Loss):
        return loss
    if loss not in LOSSES:
        raise ScratchnetError(came=f"loss={loss!r}", expected=f"one of {', '.join(LOSSES)}", do="Choose one of these.")
    return LOSSES[loss]
