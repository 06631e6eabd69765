"""Keras models with every kind of layer, optimizer, loss and schedule that both libraries have. None drops anything."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.typing import Array


def features(keras: Any) -> list[Any]:
    """Every layer but those of `pooled`, and nearly every option."""
    layers, l1l2 = keras.layers, keras.regularizers.L1L2(0.01, 0.02)
    return [
        keras.Input((9, 8, 2)),
        layers.Rescaling(0.5, 0.1),
        layers.ZeroPadding2D(((1, 0), (2, 1))),
        layers.Conv2D(
            4, (3, 2), (2, 1), "same", use_bias=False, kernel_initializer="he_normal", kernel_regularizer="l2"
        ),
        layers.BatchNormalization(momentum=0.9, epsilon=0.01, beta_initializer="random_normal"),
        layers.Activation("elu"),
        layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="silu", depthwise_regularizer=l1l2),
        layers.BatchNormalization(center=False, scale=False),
        layers.ReLU(6.0, 0.1, 0.2),
        layers.MaxPooling2D(2, 1, "same"),
        layers.SpatialDropout2D(0.0),
        layers.BatchNormalization(trainable=False, scale=False),
        layers.AveragePooling2D((2, 1)),
        layers.LeakyReLU(0.2),
        layers.Conv2D(
            3, (1, 2), dilation_rate=(1, 2), kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_out")
        ),
        layers.Flatten(),
        layers.Dense(6, "gelu", trainable=False, bias_initializer=keras.initializers.Constant(0.1)),
        layers.Dropout(0.0),
        layers.Reshape((3, -1)),
        layers.Dense(4, "tanh", bias_regularizer="l1"),
        layers.Flatten(),
        layers.Dense(3),
        layers.Softmax(),
    ]


def pooled(layer: str, units: int, activation: str) -> Callable[[Any], list[Any]]:
    def make(keras: Any) -> list[Any]:
        return [
            keras.Input((9, 8, 2)),
            keras.layers.Conv2D(4, 3, activation="leaky_relu"),
            getattr(keras.layers, layer)(keepdims=True),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation),
        ]

    return make


@dataclass
class Kind:
    """A row: the layers, the optimizer and the loss."""

    layers: Callable[[Any], list[Any]]
    optimizer: Callable[[Any, Any], Any]  # from keras.optimizers and its schedules
    loss: Callable[[Any], Any]  # from keras.losses
    metrics: tuple[str, ...] = ("accuracy",)
    units: int = 3

    def make(self, keras: Any) -> Any:
        """The model, compiled."""
        keras.utils.clear_session(free_memory=False)
        keras.utils.set_random_seed(1)
        model = keras.Sequential(self.layers(keras))
        optimizer = self.optimizer(keras.optimizers, keras.optimizers.schedules)
        model.compile(optimizer, self.loss(keras.losses), metrics=list(self.metrics))
        return model

    def data(self) -> tuple[Array, Array]:
        rng = np.random.default_rng(1)
        x = rng.normal(size=(10, 9, 8, 2)).astype("f4")
        return x, np.eye(self.units, dtype="f4")[rng.integers(0, self.units, 10)]


KINDS = {
    "sgd": Kind(
        pooled("GlobalMaxPooling2D", 3, "softmax"), lambda o, _: o.SGD(0.05), lambda _: "categorical_crossentropy"
    ),
    "nesterov": Kind(
        pooled("GlobalMaxPooling2D", 3, "softmax"),
        lambda o, _: o.SGD(0.05, momentum=0.9, nesterov=True, clipnorm=0.5),
        lambda losses: losses.CategoricalCrossentropy(label_smoothing=0.1),
        ("categorical_accuracy", "top_k_categorical_accuracy"),
    ),
    "adam": Kind(
        features,
        lambda o, schedules: o.Adam(schedules.ExponentialDecay(0.01, 2, 0.9, staircase=True), amsgrad=True),
        lambda _: "mean_squared_error",
    ),
    "adamw": Kind(
        pooled("GlobalAveragePooling2D", 2, "sigmoid"),
        lambda o, schedules: o.AdamW(schedules.CosineDecay(0.01, 10, warmup_steps=2, warmup_target=0.02), 0.01),
        lambda losses: losses.BinaryCrossentropy(label_smoothing=0.05),
        ("binary_accuracy", "accuracy"),
        units=2,
    ),
    "rmsprop": Kind(
        pooled("GlobalMaxPooling2D", 3, "linear"),
        lambda o, _: o.RMSprop(0.01, momentum=0.5, centered=True, clipvalue=0.1),
        lambda losses: losses.CategoricalCrossentropy(from_logits=True),
    ),
    "adagrad": Kind(
        pooled("GlobalAveragePooling2D", 3, "softmax"),
        lambda o, schedules: o.Adagrad(
            schedules.PiecewiseConstantDecay([2, 4], [0.1, 0.05, 0.01]), global_clipnorm=1.0
        ),
        lambda _: "huber",  # of an object Keras forgets delta
        (),
    ),
    "adadelta": Kind(
        pooled("GlobalAveragePooling2D", 3, "softmax"),
        lambda o, _: o.Adadelta(1.0, weight_decay=0.01),
        lambda _: "mean_absolute_error",
    ),
}
