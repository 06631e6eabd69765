"""A large tensor in a hundred numbers, so that a recording stays small: differences show in them as in the tensor."""

import numpy as np

from scratchnet.kernels.random import GAMMA, mix
from scratchnet.typing import Array

WHOLE = 128  # a tensor of no more numbers is kept as it is
SAMPLES, SUMS = 64, 4


def digest(array: Array) -> Array:
    """The tensor itself, if it is small, else a row of its largest absolute value, 64 of its numbers and 4 sums.

    Each sum is of all its numbers, with signs that look drawn, over the square root of their number. What is wrong in many
    numbers shows in the samples; what is wrong in one, by δ, shows in every sum, as δ / √size. Places and signs depend on
    the size alone.
    """
    if array.size <= WHOLE:
        return array
    numbers = array.astype(np.float64).ravel()
    with np.errstate(over="ignore"):  # the products of `mix` wrap, as they should
        samples = numbers[mix(np.arange(1, SAMPLES + 1, dtype=np.uint64) * GAMMA) % np.uint64(numbers.size)]
        bits = mix(np.arange(1, numbers.size + 1, dtype=np.uint64) * GAMMA)
    sums = [np.where(bits >> np.uint64(k) & np.uint64(1), numbers, -numbers).sum() for k in range(SUMS)]
    return np.concatenate([[np.abs(numbers).max()], samples, np.array(sums) / np.sqrt(numbers.size)])
