"""Random bits that are a function of their place: no state, so no order of drawing to keep."""

import numpy as np

from scratchnet.typing import Array

GAMMA = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ / golden ratio: the step from one number of a sequence to the next


def mix(z: Array) -> Array:
    """64 bits that look unrelated to those of z (uint64, any shape), and are one to one with them.

    The finaliser of SplitMix64: Steele, Lea, Flood, “Fast splittable pseudorandom number generators”, 2014; Stafford's
    variant 13. Products wrap at 2⁶⁴, which is meant.
    """
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
