"""What follows a layer's weighted sum: y = a(z), and dz from dy, by Keras's names."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from scratchnet.errors import ScratchnetError
from scratchnet.typing import Array


@dataclass(frozen=True)
class Activation:
    """A pair of functions on arrays of any shape; backward needs the output alone.

    forward(kernels, z) → y
    backward(kernels, dy, y) → dz
    """

    forward: Callable[[ModuleType, Array], Array]
    backward: Callable[[ModuleType, Array, Array], Array]


def softmax(z: Array) -> Array:
    """y[…,k] = exp z[…,k] / Σ_j exp z[…,j], with the largest z taken from all, which changes nothing but overflow"""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_dz(dy: Array, y: Array) -> Array:
    """dz[…,k] = y[…,k] · (dy[…,k] − Σ_j dy[…,j] · y[…,j])"""
    return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


ACTIVATIONS = {
    "linear": Activation(lambda _, z: z, lambda _, dy, __: dy),
    "relu": Activation(lambda kernels, z: kernels.relu(z), lambda kernels, dy, y: kernels.relu_dz(dy, y)),
    "softmax": Activation(lambda _, z: softmax(z), lambda _, dy, y: softmax_dz(dy, y)),
}


def check(name: str | None) -> str:
    """The name of a known activation; None is Keras's other name for "linear"."""
    name = "linear" if name is None else name
    if name not in ACTIVATIONS:
        raise ScratchnetError(
            came=f"activation={name!r}", expected=f"one of {', '.join(ACTIVATIONS)}", do="Choose one of these names."
        )
    return name
