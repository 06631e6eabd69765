"""The layers, one a file."""

from typing import Any

from scratchnet.errors import ModelFileError
from scratchnet.layers.activation import Activation
from scratchnet.layers.average_pooling2d import AveragePooling2D
from scratchnet.layers.base import Draw, Layer, Run, Step
from scratchnet.layers.batch_normalization import BatchNormalization
from scratchnet.layers.conv2d import Conv2D
from scratchnet.layers.dense import Dense
from scratchnet.layers.depthwise_conv2d import DepthwiseConv2D
from scratchnet.layers.dropout import Dropout
from scratchnet.layers.flatten import Flatten
from scratchnet.layers.global_average_pooling2d import GlobalAveragePooling2D
from scratchnet.layers.global_max_pooling2d import GlobalMaxPooling2D
from scratchnet.layers.input import Input
from scratchnet.layers.leaky_relu import LeakyReLU
from scratchnet.layers.max_pooling2d import MaxPooling2D
from scratchnet.layers.relu import ReLU
from scratchnet.layers.rescaling import Rescaling
from scratchnet.layers.reshape import Reshape
from scratchnet.layers.softmax import Softmax
from scratchnet.layers.spatial_dropout2d import SpatialDropout2D
from scratchnet.layers.zero_padding2d import ZeroPadding2D

__all__ = [
    "LAYERS", "Activation", "AveragePooling2D", "BatchNormalization", "Conv2D", "Dense", "DepthwiseConv2D", "Draw", "Dropout",
    "Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "Input", "Layer", "LeakyReLU", "MaxPooling2D", "ReLU",
    "Rescaling", "Reshape", "Run", "Softmax", "SpatialDropout2D", "Step", "ZeroPadding2D", "from_config",
]  # fmt: skip

LAYERS: dict[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (
        Activation,
        AveragePooling2D,
        BatchNormalization,
        Conv2D,
        Dense,
        DepthwiseConv2D,
        Dropout,
        Flatten,
        GlobalAveragePooling2D,
        GlobalMaxPooling2D,
        LeakyReLU,
        MaxPooling2D,
        ReLU,
        Rescaling,
        Reshape,
        Softmax,
        SpatialDropout2D,
        ZeroPadding2D,
    )
}


def from_config(class_name: str, config: dict[str, Any]) -> Layer:
    """The layer that a file names, out of this table alone: nothing that a file names is ever imported."""
    if class_name not in LAYERS:
        raise ModelFileError(
            came=f"The model has a {class_name} layer",
            expected=f"one of {', '.join(LAYERS)}",
            do="scratchnet doesn't have this layer; the model needs Keras.",
        )
    return LAYERS[class_name].from_config(config)
