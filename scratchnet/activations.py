"""What follows a layer's weighted sum: y = a(z), and dz from dy, by Keras's names.

Source: keras/src/activations/activations.py, on TensorFlow: its slopes at the kinks, and its rounding.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from scratchnet.casts import through_float32
from scratchnet.errors import ScratchnetError
from scratchnet.kernels import plain
from scratchnet.typing import Array


@dataclass(frozen=True)
class Activation:
    """A pair of functions on arrays of any shape; called as activation(z), it gives y.

    forward(kernels, z) → y, cache: y itself, where backward can do with that, else z
    backward(kernels, dy, cache) → dz
    """

    name: str
    forward: Callable[[ModuleType, Array], tuple[Array, Array]]
    backward: Callable[[ModuleType, Array, Array], Array]

    def __call__(self, z: Array) -> Array:
        return self.forward(plain, z)[0]


def _from_y(name: str, y: Callable[[Array], Array], dz: Callable[[Array, Array], Array]) -> Activation:
    """Of a formula y(z) and dz(dy, y)."""

    def forward(_: ModuleType, z: Array) -> tuple[Array, Array]:
        answer = y(z)
        return answer, answer

    return Activation(name, forward, lambda _, dy, answer: dz(dy, answer))


def _from_z(name: str, y: Callable[[Array], Array], slope: Callable[[Array], Array]) -> Activation:
    """Of a formula y(z) and dy/dz(z)."""
    return Activation(name, lambda _, z: (y(z), z), lambda _, dy, z: dy * slope(z))


# ---------- the formulas
_SLOPE = through_float32(0.2)  # of leaky_relu, where z < 0
_ROOT_HALF = through_float32(math.sqrt(0.5))  # of gelu: 1 / √2


def _relu(kernels: ModuleType, z: Array) -> tuple[Array, Array]:
    y = kernels.relu(z)
    return y, y


def _softmax(z: Array) -> Array:
    """y[…,k] = exp z[…,k] / Σ_j exp z[…,j], with the largest z taken from all, which changes nothing but overflow"""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _softmax_dz(dy: Array, y: Array) -> Array:
    """dz[…,k] = y[…,k] · (dy[…,k] − Σ_j dy[…,j] · y[…,j])"""
    return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


def _sigmoid(z: Array) -> Array:
    """y = 1 / (1 + exp −z) = exp z / (1 + exp z): of the two, the one whose exp doesn't overflow"""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def _silu_slope(z: Array) -> Array:
    """σ + z σ (1 − σ),  σ = sigmoid z"""
    s = _sigmoid(z)
    return s * (1 + z * (1 - s))


def _normal_cdf(z: Array) -> Array:
    """Φ(z) = ½ (1 + erf(z / √2)): how much of a standard normal distribution lies below z"""
    from scipy.special import erf  # takes longer to load than all else here

    return 0.5 * (1 + erf(z * _ROOT_HALF))


def _gelu_slope(z: Array) -> Array:
    """Φ(z) + z φ(z),  φ(z) = exp(−z²/2) / √(2π)"""
    return _normal_cdf(z) + z * np.exp(-np.square(z * _ROOT_HALF)) * (_ROOT_HALF / math.sqrt(math.pi))


# ---------- the table
linear = _from_y("linear", lambda z: z, lambda dy, _: dy)
relu = Activation("relu", _relu, lambda kernels, dy, y: kernels.relu_dz(dy, y))
leaky_relu = _from_y(
    "leaky_relu", lambda z: np.where(z > 0, z, _SLOPE * z), lambda dy, y: np.where(y > 0, dy, _SLOPE * dy)
)
elu = _from_y(
    "elu", lambda z: np.where(z < 0, np.expm1(np.minimum(z, 0)), z), lambda dy, y: np.where(y < 0, dy * (y + 1), dy)
)
sigmoid = _from_y("sigmoid", _sigmoid, lambda dy, y: dy * y * (1 - y))
tanh = _from_y("tanh", np.tanh, lambda dy, y: dy * (1 - y * y))
softmax = _from_y("softmax", _softmax, _softmax_dz)
gelu = _from_z("gelu", lambda z: z * _normal_cdf(z), _gelu_slope)
silu = _from_z("silu", lambda z: z * _sigmoid(z), _silu_slope)

ACTIVATIONS = {a.name: a for a in (linear, relu, leaky_relu, elu, sigmoid, tanh, softmax, gelu, silu)}
_OTHER_NAMES = {None: "linear", "swish": "silu"}


def check(activation: str | Activation | None) -> str:
    """The name of a known activation, given by name or as itself; None is Keras's other name for "linear"."""
    name = activation.name if isinstance(activation, Activation) else activation
    if name is None or isinstance(name, str):
        name = _OTHER_NAMES.get(name, name)
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ScratchnetError(
            came=f"activation={activation!r}",
            expected=f"one of {', '.join(ACTIVATIONS)}",
            do="Choose one of these names.",
        )
    return name
