"""The layers, one a file."""

from typing import Any

from scratchnet.errors import ModelFileError
from scratchnet.layers.base import Draw, Layer, Run, Step
from scratchnet.layers.conv2d import Conv2D
from scratchnet.layers.dense import Dense
from scratchnet.layers.dropout import Dropout
from scratchnet.layers.flatten import Flatten
from scratchnet.layers.input import Input
from scratchnet.layers.max_pooling2d import MaxPooling2D

__all__ = [
    "LAYERS", "Conv2D", "Dense", "Draw", "Dropout", "Flatten", "Input", "Layer", "MaxPooling2D", "Run", "Step", "from_config",
]  # fmt: skip

LAYERS: dict[str, type[Layer]] = {layer.__name__: layer for layer in (Conv2D, Dense, Dropout, Flatten, MaxPooling2D)}


def from_config(class_name: str, config: dict[str, Any]) -> Layer:
    """The layer that a file names, out of this table alone: nothing that a file names is ever imported."""
    if class_name not in LAYERS:
        raise ModelFileError(
            came=f"The model has a {class_name} layer",
            expected=f"one of {', '.join(LAYERS)}",
            do="scratchnet doesn't have this layer; the model needs Keras.",
        )
    return LAYERS[class_name].from_config(config)
