"""First weights for a comparison: a function of their names and sizes, so that a recording needn't hold them."""

import zlib
from typing import Any

import numpy as np

from scratchnet.kernels.random import GAMMA, mix
from scratchnet.parity.sides import Tensors
from scratchnet.typing import Array, Shape

Spread = tuple[float, float]  # centre, and the largest distance from it


def spread(array: Array) -> Spread:
    """0 and the largest value; where all values are equal, they and 0.1.

    So a bias doesn't start at zero, where a forgotten one isn't missed, nor a BatchNormalization at 1.
    """
    first = float(array.flat[0])
    return (first, 0.1) if (array == first).all() else (0.0, float(np.abs(array).max()))


def draw(name: str, shape: Shape, spread: Spread, dtype: np.dtype[Any], seed: int) -> Array:
    """Uniform within the spread. The same numbers on any machine: integers make them."""
    start = np.random.SeedSequence((seed, zlib.crc32(name.encode()))).generate_state(1, np.uint64)
    places = np.arange(1, np.prod(shape, dtype=int) + 1, dtype=np.uint64)
    unit = (mix(start + places * GAMMA) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return (spread[0] + spread[1] * (2 * unit - 1)).reshape(shape).astype(dtype)


def drawn(weights: Tensors, seed: int) -> Tensors:
    """Others in place of these, spread as they are."""
    return {name: draw(name, w.shape, spread(w), w.dtype, seed) for name, w in weights.items()}
