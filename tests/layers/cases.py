"""One row or more for each layer: what test_contract.py holds it to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scratchnet import layers
from scratchnet.typing import Shape


@dataclass(frozen=True)
class Case:
    """A layer, made anew by `make`, on samples of `input_shape`; `options` are what Keras's layer is made with."""

    name: str
    input_shape: Shape
    options: dict[str, Any]
    output_shape: Shape
    random: bool = False  # in training it draws what it does, so that Keras's layer does something else
    whole: bool = False  # in training a batch is one thing: cut in two, it would be another

    def make(self) -> layers.Layer:
        kind: Callable[..., layers.Layer] = layers.LAYERS[self.name]
        return kind(**self.options)

    def __str__(self) -> str:
        return f"{self.name}{self.input_shape}{self.options}".replace("'", "")


CASES = [
    Case("Activation", (3, 4), {"activation": "linear"}, (3, 4)),
    Case("Activation", (3, 4), {"activation": "relu"}, (3, 4)),
    Case("Activation", (3, 4), {"activation": "leaky_relu"}, (3, 4)),
    Case("Activation", (3, 4), {"activation": "elu"}, (3, 4)),
    Case("Activation", (3, 4), {"activation": "sigmoid"}, (3, 4)),
    Case("Activation", (3, 4), {"activation": "tanh"}, (3, 4)),
    Case("Activation", (3, 4), {"activation": "softmax"}, (3, 4)),
    Case("Activation", (3, 4), {"activation": "gelu"}, (3, 4)),
    Case("Activation", (3, 4), {"activation": "silu"}, (3, 4)),
    Case("AveragePooling2D", (6, 4, 3), {"pool_size": 2}, (3, 2, 3)),
    Case("AveragePooling2D", (7, 5, 2), {"pool_size": (3, 2), "strides": (1, 2)}, (5, 2, 2)),
    Case("AveragePooling2D", (7, 5, 2), {"pool_size": (4, 3), "strides": 2, "padding": "same"}, (4, 3, 2)),
    Case("BatchNormalization", (4, 3, 2), {}, (4, 3, 2), whole=True),
    Case("BatchNormalization", (6,), {"momentum": 0.8, "epsilon": 0.01, "axis": 1}, (6,), whole=True),
    Case("BatchNormalization", (3, 2), {"center": False, "gamma_regularizer": "l2"}, (3, 2), whole=True),
    Case("BatchNormalization", (3, 2), {"scale": False}, (3, 2), whole=True),
    Case("BatchNormalization", (4, 3, 2), {"trainable": False}, (4, 3, 2)),
    Case("Conv2D", (7, 6, 2), {"filters": 3, "kernel_size": (3, 2), "activation": "relu"}, (5, 5, 3)),
    Case("Conv2D", (4, 5, 1), {"filters": 1, "kernel_size": 1}, (4, 5, 1)),
    Case("Conv2D", (3, 3, 5), {"filters": 4, "kernel_size": 3, "activation": "softmax"}, (1, 1, 4)),
    Case("Conv2D", (8, 7, 2), {"filters": 3, "kernel_size": (2, 3), "strides": (3, 2), "use_bias": False}, (3, 3, 3)),
    Case("Conv2D", (8, 7, 2), {"filters": 3, "kernel_size": (4, 2), "padding": "same"}, (8, 7, 3)),
    Case("Conv2D", (7, 8, 2), {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}, (4, 4, 2)),
    Case("Conv2D", (9, 8, 2), {"filters": 2, "kernel_size": (3, 2), "dilation_rate": (2, 3)}, (5, 5, 2)),
    Case(
        "Conv2D",
        (5, 6, 1),
        {"filters": 2, "kernel_size": 2, "dilation_rate": 2, "padding": "same", "activation": "gelu"},
        (5, 6, 2),
    ),
    Case("Dense", (7,), {"units": 4, "activation": "relu"}, (4,)),
    Case("Dense", (600,), {"units": 3}, (3,)),
    Case("Dense", (5,), {"units": 4, "activation": "softmax"}, (4,)),
    Case("Dense", (3, 2, 5), {"units": 4, "use_bias": False, "kernel_initializer": "he_normal"}, (3, 2, 4)),
    Case("DepthwiseConv2D", (7, 6, 2), {"kernel_size": (3, 2), "depth_multiplier": 2, "activation": "elu"}, (5, 5, 4)),
    Case(
        "DepthwiseConv2D",
        (7, 6, 3),
        {"kernel_size": 3, "strides": 2, "padding": "same", "use_bias": False, "depthwise_regularizer": "l1"},
        (4, 3, 3),
    ),
    Case("DepthwiseConv2D", (7, 8, 2), {"kernel_size": 2, "dilation_rate": (2, 3)}, (5, 5, 2)),
    Case("Dropout", (3, 4, 2), {"rate": 0.4}, (3, 4, 2), random=True),
    Case("Dropout", (9,), {"rate": 0}, (9,)),
    Case("Flatten", (3, 4, 2), {}, (24,)),
    Case("Flatten", (5,), {}, (5,)),
    Case("GlobalAveragePooling2D", (3, 4, 2), {}, (2,)),
    Case("GlobalAveragePooling2D", (3, 4, 2), {"keepdims": True}, (1, 1, 2)),
    Case("GlobalMaxPooling2D", (3, 4, 2), {}, (2,)),
    Case("GlobalMaxPooling2D", (3, 4, 2), {"keepdims": True}, (1, 1, 2)),
    Case("LeakyReLU", (3, 4), {}, (3, 4)),
    Case("LeakyReLU", (3, 4), {"negative_slope": 0.1}, (3, 4)),
    Case("MaxPooling2D", (6, 4, 3), {}, (3, 2, 3)),
    Case("MaxPooling2D", (7, 8, 2), {"pool_size": (2, 3)}, (3, 2, 2)),
    Case("MaxPooling2D", (5, 5, 1), {"pool_size": 3, "strides": 3}, (1, 1, 1)),
    Case("MaxPooling2D", (7, 5, 2), {"pool_size": (3, 2), "strides": (1, 2)}, (5, 2, 2)),
    Case("MaxPooling2D", (7, 5, 2), {"pool_size": (4, 3), "strides": 2, "padding": "same"}, (4, 3, 2)),
    Case("ReLU", (3, 4), {}, (3, 4)),
    Case("ReLU", (3, 4), {"max_value": 0.9, "negative_slope": 0.3, "threshold": 0.2}, (3, 4)),
    Case("ReLU", (3, 4), {"negative_slope": 0.3}, (3, 4)),
    Case("Rescaling", (3, 4), {"scale": 0.3, "offset": -1.1}, (3, 4)),
    Case("Reshape", (3, 4, 2), {"target_shape": (2, -1)}, (2, 12)),
    Case("Reshape", (6,), {"target_shape": (3, 2)}, (3, 2)),
    Case("Softmax", (3, 4), {}, (3, 4)),
    Case("SpatialDropout2D", (3, 4, 6), {"rate": 0.4}, (3, 4, 6), random=True),
    Case("SpatialDropout2D", (3, 4, 6), {"rate": 0}, (3, 4, 6)),
    Case("ZeroPadding2D", (3, 4, 2), {}, (5, 6, 2)),
    Case("ZeroPadding2D", (3, 4, 2), {"padding": ((1, 0), (2, 3))}, (4, 9, 2)),
]
