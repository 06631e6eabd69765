"""Models that the page must show, too: of every kind of layer, and of other shapes than MNIST's."""

import numpy as np

from scratchnet.layers import (
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
    Input,
    LeakyReLU,
    MaxPooling2D,
    ReLU,
    Rescaling,
    Reshape,
    Softmax,
    SpatialDropout2D,
    ZeroPadding2D,
)
from scratchnet.models import Sequential


def every_kind():
    layers = [
        Input((17, 14, 2)),
        Rescaling(1 / 127.5, -1.0, name="rescaling"),
        ZeroPadding2D(((1, 0), (2, 1)), name="zero_padding2d"),
        Conv2D(6, (3, 2), (2, 1), "same", use_bias=False, name="strided"),
        BatchNormalization(name="batch_normalization"),
        Activation("elu", name="activation"),
        DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="silu", name="depthwise_conv2d"),
        BatchNormalization(center=False, scale=False, name="plain_normalization"),
        ReLU(6.0, 0.1, 0.2, name="re_lu"),
        MaxPooling2D(2, 1, "same", name="max_pooling2d"),
        SpatialDropout2D(0.3, name="spatial_dropout2d"),
        AveragePooling2D((2, 1), padding="same", name="average_pooling2d"),
        LeakyReLU(0.2, name="leaky_re_lu"),
        Conv2D(8, (1, 2), dilation_rate=(1, 2), kernel_regularizer="l2", activation="relu", name="dilated"),
        Reshape((15, -1, 8), name="reshape"),
        Conv2D(10, 2, activation="gelu", name="small"),
        GlobalAveragePooling2D(name="global_average_pooling2d"),
        Dropout(0.3, name="dropout"),
        Dense(7, "tanh", kernel_regularizer="l1", name="hidden"),
        Softmax(name="attention"),
        Dense(5, name="dense"),
        Softmax(name="softmax"),
    ]
    return _random(Sequential(layers, name="every_kind"), "categorical_crossentropy")


def colour():
    """3 channels, 64 × 64, 47 classes."""
    layers = [
        Input((64, 64, 3)),
        Conv2D(4, 5, 2, activation="relu", name="conv2d"),
        MaxPooling2D(name="max_pooling2d"),
        Flatten(name="flatten"),
        Dense(47, "softmax", name="dense"),
    ]
    return _random(Sequential(layers, name="colour"), "sparse_categorical_crossentropy")


def yes_or_no():
    """One sigmoid unit."""
    layers = [
        Input((12, 12, 1)),
        Conv2D(3, 3, activation="relu", name="conv2d"),
        GlobalMaxPooling2D(name="global_max_pooling2d"),
        Dense(1, "sigmoid", name="dense"),
    ]
    return _random(Sequential(layers, name="yes_or_no"), "binary_crossentropy")


def broken():
    """One weight that is no number: a map of NaN."""
    layers = [Input((8, 8, 1)), Conv2D(3, 3, name="conv2d"), Flatten(name="flatten"), Dense(3, "softmax", name="dense")]
    model = _random(Sequential(layers, name="broken"), "categorical_crossentropy")
    model.layers[0].params["kernel"][0, 0, 0, 1] = np.nan
    return model


MODELS = {model.__name__: model for model in (every_kind, colour, yes_or_no, broken)}


def save(name, path):
    MODELS[name]().save(path)
    return path


def _random(model, loss):
    """Compiled, with weights that are nowhere 0 or 1: what a term leaves out shows."""
    rng = np.random.default_rng(5)
    for layer in model.layers:
        for vector in (weights for weights in layer.weights.values() if weights.ndim == 1):
            vector[:] += rng.uniform(0.1, 0.5, vector.shape)
    model.compile("sgd", loss)
    return model
