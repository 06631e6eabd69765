"""What becomes of a Python number on its way to a tensor."""

import numpy as np


def through_float32(number: float) -> float:
    """0.1 → 0.10000000149…: TensorFlow's `cast` makes a tensor of a number first, and that is of float32, whatever follows.

    So where Keras casts an option itself, rather than multiply by it, its models in float64 have it in 32 bits all the
    same. In float32 there is no difference.
    """
    return float(np.float32(number))
