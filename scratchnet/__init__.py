"""scratchnet: a convolutional network written from scratch in NumPy and Numba, whose numbers are Keras's numbers.

The names are Keras's: `scratchnet.Sequential`, `scratchnet.layers.Conv2D`, `scratchnet.models.load_model`, …
"""

from scratchnet import (
    activations,
    callbacks,
    datasets,
    errors,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    utils,
)  # fmt: skip
from scratchnet.layers import Input
from scratchnet.models import Sequential, load_model

__all__ = [
    "Input", "Sequential", "activations", "callbacks", "datasets", "errors", "initializers", "layers", "load_model", "losses",
    "metrics", "models", "optimizers", "regularizers", "utils",
]  # fmt: skip
__version__ = "0.1.0"
