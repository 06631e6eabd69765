"""scratchnet: a convolutional network written from scratch in NumPy and Numba, whose numbers are Keras's numbers.

The names are Keras's: `scratchnet.Sequential`, `scratchnet.layers.Conv2D`, `scratchnet.models.load_model`, …
"""

from scratchnet import (
    callbacks,
    datasets,
    errors,
    layers,
    losses,
    models,
    optimizers,
    utils,
)  # fmt: skip
from scratchnet.layers import Input
from scratchnet.models import Sequential, load_model

__all__ = [
    "Input", "Sequential", "callbacks", "datasets", "errors", "layers", "load_model", "losses", "models", "optimizers", "utils",
]  # fmt: skip
__version__ = "0.1.0"
