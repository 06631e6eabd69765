"""The first values of parameters."""

from typing import Any

import numpy as np

from scratchnet.typing import Array, Shape


def glorot_uniform(shape: Shape, rng: np.random.Generator, dtype: np.dtype[Any]) -> Array:
    """Uniform in ±√(6 / (fan_in + fan_out)), so that neither activations nor gradients grow or fade from layer to layer.

    shape: (…, inputs, outputs); a fan is that number times the positions of a convolution's window.
    Drawn in float64 and rounded, so that both dtypes start from the same weights.
    Source: Glorot, Bengio, “Understanding the difficulty of training deep feedforward neural networks”, 2010, eq. 16;
    keras/src/initializers/random_initializers.py.
    """
    *window, inputs, outputs = shape
    positions = int(np.prod(window))
    limit = np.sqrt(6 / (positions * (inputs + outputs)))
    return rng.uniform(-limit, limit, shape).astype(dtype)
