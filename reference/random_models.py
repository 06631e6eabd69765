"""Sequential models that nobody chose: every layer, option, optimizer, loss, schedule, regularizer and initializer.

A seed gives a model, how it is compiled, and what it is trained on. Images are small and of odd sizes, batches too, and the
last one may be partial.
"""

from typing import Any

import numpy as np

from reference.drawn import Drawn
from scratchnet import layers, optimizers
from scratchnet.activations import ACTIVATIONS
from scratchnet.errors import ScratchnetError
from scratchnet.layers import Input
from scratchnet.models import Sequential
from scratchnet.naming import snake_case
from scratchnet.saving import Json
from scratchnet.typing import Shape

Rng = np.random.Generator

LARGEST = 600  # numbers of a sample, in between two layers: more wouldn't tell more


def draw(seed: int) -> Drawn:
    """The model of that number; a stack that can't be is drawn again."""
    rng = np.random.default_rng(seed)
    while True:
        try:
            model = _draw(seed, rng)
        except ScratchnetError:  # a window larger than what it slides over, say
            continue
        if model.possible:
            return model


def _draw(seed: int, rng: Rng) -> Drawn:
    flat = rng.random() < 0.1
    input_shape = (int(rng.integers(1, 20)),) if flat else (*map(int, rng.integers(1, 12, 2)), int(rng.integers(1, 5)))
    model = Sequential([Input(input_shape)])
    for _ in range(rng.integers(0, 7)):
        _add(model, _inner(rng, model.output_shape if model.layers else input_shape), rng)
    shape = model.output_shape if model.layers else input_shape
    if len(shape) > 1 and rng.random() < 0.75:
        _add(model, _flat(rng), rng)
    kind, loss, measured, activation = _loss(rng)
    units = int(rng.integers(1 if kind in ("binary", "numbers") else 2, 6))
    between = activation == "between"  # 0 and 1, but neither, and what no cross-entropy knows the logits of
    activation = "sigmoid" if between else activation
    inside = rng.random() < 0.7  # the activation in the Dense, or in a layer of its own
    _add(model, layers.Dense(units, **_weights(rng, "kernel") | {"activation": activation if inside else None}), rng)
    if not inside:
        _add(model, _as_layer(activation, rng), rng)
    if between:
        _add(model, layers.Rescaling(0.75, 0.125), rng)
    size = int(rng.choice([1, 2, 3, 4, 5, 7]))
    return Drawn(
        seed=seed,
        input_shape=input_shape,
        layers=tuple({"class_name": type(layer).__name__, "config": layer.get_config()} for layer in model.layers),
        optimizer=optimizers.serialize(optimizers.from_config(_optimizer(rng))),
        loss=loss,
        metrics=measured,
        targets=kind,
        sizes=(size, size, int(rng.integers(1, size + 1))),
        weighted=rng.random() < 0.3,
        whole=rng.random() < 0.3,
    )


def _flat(rng: Rng) -> layers.Layer:
    """From an image to a row, mostly."""
    keepdims = bool(rng.random() < 0.2)
    return _one_of(
        rng,
        layers.Flatten(),
        layers.GlobalAveragePooling2D(keepdims=keepdims),
        layers.GlobalMaxPooling2D(keepdims=keepdims),
    )


def _inner(rng: Rng, shape: Shape) -> layers.Layer:
    """A layer with options for samples of this shape."""
    anywhere = [_dense, _batch_normalization, _activation, _relu, _leaky_relu, _dropout, _rescaling, _reshape, _softmax]
    images = [_conv2d, _conv2d, _conv2d, _depthwise, _depthwise, _max_pooling, _max_pooling, _average_pooling,
              _average_pooling, _zero_padding, _spatial_dropout, _batch_normalization]  # fmt: skip
    makers = anywhere + images if len(shape) == 3 else anywhere
    return makers[rng.integers(len(makers))](rng, shape)


def _dense(rng: Rng, shape: Shape) -> layers.Layer:  # noqa: ARG001
    return layers.Dense(int(rng.integers(1, 8)), **_weights(rng, "kernel"))


def _conv2d(rng: Rng, shape: Shape) -> layers.Layer:  # noqa: ARG001
    return layers.Conv2D(int(rng.integers(1, 6)), _pair(rng, 4), **_windows(rng), **_weights(rng, "kernel"))


def _depthwise(rng: Rng, shape: Shape) -> layers.Layer:  # noqa: ARG001
    strides = int(rng.integers(1, 4))  # TensorFlow has none that differ
    options = _windows(rng) | {"depth_multiplier": int(rng.integers(1, 4)), "strides": strides}
    if strides > 1:
        options["dilation_rate"] = 1
    return layers.DepthwiseConv2D(_pair(rng, 4), **options, **_weights(rng, "depthwise"))


def _max_pooling(rng: Rng, shape: Shape) -> layers.Layer:  # noqa: ARG001
    return layers.MaxPooling2D(**_pooling(rng))


def _average_pooling(rng: Rng, shape: Shape) -> layers.Layer:  # noqa: ARG001
    return layers.AveragePooling2D(**_pooling(rng))


def _zero_padding(rng: Rng, shape: Shape) -> layers.Layer:  # noqa: ARG001
    sides = rng.integers(0, 3, (2, 2)).tolist()
    return layers.ZeroPadding2D(_one_of(rng, int(rng.integers(0, 3)), tuple(sides[0]), tuple(map(tuple, sides))))


def _batch_normalization(rng: Rng, shape: Shape) -> layers.Layer:
    return layers.BatchNormalization(
        axis=_one_of(rng, -1, len(shape)),
        momentum=_one_of(rng, 0.99, 0.9, 0.5),
        epsilon=_one_of(rng, 1e-3, 1e-5),
        center=bool(rng.random() < 0.8),
        scale=bool(rng.random() < 0.8),
        beta_initializer=_initializer(rng),
        gamma_initializer=_one_of(rng, "ones", _initializer(rng)),
        moving_mean_initializer=_one_of(rng, "zeros", {"class_name": "RandomNormal", "config": {}}),
        moving_variance_initializer=_one_of(rng, "ones", {"class_name": "Constant", "config": {"value": 0.5}}),
        beta_regularizer=_regularizer(rng),
        gamma_regularizer=_regularizer(rng),
    )


def _activation(rng: Rng, shape: Shape) -> layers.Layer:  # noqa: ARG001
    return layers.Activation(_one_of(rng, *ACTIVATIONS))


def _relu(rng: Rng, shape: Shape) -> layers.Layer:  # noqa: ARG001
    return layers.ReLU(_one_of(rng, None, 1.0, 6.0), _one_of(rng, 0.0, 0.1), _one_of(rng, 0.0, 0.5))


def _leaky_relu(rng: Rng, shape: Shape) -> layers.Layer:  # noqa: ARG001
    return layers.LeakyReLU(_one_of(rng, 0.3, 0.01, 0.0))


def _softmax(rng: Rng, shape: Shape) -> layers.Layer:  # noqa: ARG001
    return layers.Softmax()


def _dropout(rng: Rng, shape: Shape) -> layers.Layer:  # noqa: ARG001
    return layers.Dropout(_one_of(rng, 0.0, 0.25, 0.5, 0.8))


def _spatial_dropout(rng: Rng, shape: Shape) -> layers.Layer:  # noqa: ARG001
    return layers.SpatialDropout2D(_one_of(rng, 0.0, 0.25, 0.5, 0.8))


def _rescaling(rng: Rng, shape: Shape) -> layers.Layer:  # noqa: ARG001
    return layers.Rescaling(_one_of(rng, 1 / 255, 0.5, 2.0), _one_of(rng, 0.0, -1.0))


def _reshape(rng: Rng, shape: Shape) -> layers.Layer:
    """Turned round, as a row, or a row as an image."""
    size = int(np.prod(shape))
    sides = [side for side in range(1, size + 1) if size % side == 0]
    side = _one_of(rng, *sides)
    return layers.Reshape(_one_of(rng, shape[::-1], (-1,), (side, -1), (side, size // side, 1), (1, -1, side)))


def _weights(rng: Rng, kernel: str) -> dict[str, Any]:
    """Activation, and what there is to choose of a kernel and a bias."""
    return {
        "activation": _one_of(rng, None, "relu", *ACTIVATIONS),
        "use_bias": bool(rng.random() < 0.8),
        f"{kernel}_initializer": _one_of(rng, "glorot_uniform", _initializer(rng)),
        "bias_initializer": _one_of(rng, "zeros", "ones", _initializer(rng)),
        f"{kernel}_regularizer": _regularizer(rng),
        "bias_regularizer": _regularizer(rng),
    }


def _windows(rng: Rng) -> dict[str, Any]:
    """TensorFlow has strides or a dilation, not both."""
    strides, dilation = _pair(rng, 3), _pair(rng, 3)
    if rng.random() < 0.5:
        strides = (1, 1)
    else:
        dilation = (1, 1)
    return {"strides": strides, "dilation_rate": dilation, "padding": _one_of(rng, "valid", "same")}


def _pooling(rng: Rng) -> dict[str, Any]:
    strides = _one_of(rng, None, _pair(rng, 3))
    return {"pool_size": _pair(rng, 3), "strides": strides, "padding": _one_of(rng, "valid", "same")}


def _pair(rng: Rng, most: int) -> tuple[int, int]:
    return int(rng.integers(1, most + 1)), int(rng.integers(1, most + 1))


def _one_of(rng: Rng, *choices: Any) -> Any:
    return choices[rng.integers(len(choices))]


def _object(class_name: str, /, **config: Any) -> Json:
    return {"class_name": class_name, "config": config}


def _regularizer(rng: Rng) -> Json | None:
    if rng.random() < 0.75:
        return None
    return _one_of(rng, _object("L1", l1=0.01), _object("L2", l2=0.1), _object("L1L2", l1=0.02, l2=0.01))


def _initializer(rng: Rng) -> str | Json:
    return _one_of(
        rng, "zeros", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "glorot_normal",
        _object("Constant", value=0.2), _object("RandomUniform", minval=-0.3, maxval=0.1),
        _object("RandomNormal", mean=0.1, stddev=0.3), _object("TruncatedNormal", mean=0.0, stddev=0.5),
        _object("VarianceScaling", scale=2.0, mode=_one_of(rng, "fan_in", "fan_out", "fan_avg"),
                distribution=_one_of(rng, "uniform", "truncated_normal", "untruncated_normal")),
    )  # fmt: skip


def _learning_rate(rng: Rng, rate: float) -> float | Json:
    if rng.random() < 0.6:
        return rate
    return _one_of(
        rng,
        _object("ExponentialDecay", initial_learning_rate=rate, decay_steps=2, decay_rate=0.5,
                staircase=bool(rng.random() < 0.5)),
        _object("PiecewiseConstantDecay", boundaries=[0, 1], values=[rate, rate / 2, rate / 4]),
        _object("CosineDecay", initial_learning_rate=rate, decay_steps=2, alpha=0.1),
        _object("CosineDecay", initial_learning_rate=0.0, decay_steps=2, warmup_target=rate, warmup_steps=2),
    )  # fmt: skip


def _optimizer(rng: Rng) -> Json:
    name = _one_of(rng, *optimizers.OPTIMIZERS)
    rates = {"SGD": 0.05, "Adagrad": 0.05, "RMSprop": 0.01, "Adadelta": 1.0, "Adam": 0.01, "AdamW": 0.01}
    momentum = _one_of(rng, 0.0, 0.9)
    own: dict[str, dict[str, Any]] = {
        "SGD": {"momentum": momentum, "nesterov": bool(momentum) and bool(rng.random() < 0.5)},
        "Adagrad": {"initial_accumulator_value": _one_of(rng, 0.1, 0.01)},
        "RMSprop": {"rho": _one_of(rng, 0.9, 0.5), "momentum": momentum, "centered": bool(rng.random() < 0.5)},
        "Adadelta": {"rho": _one_of(rng, 0.95, 0.8), "epsilon": _one_of(rng, 1e-7, 1e-6)},
        "Adam": {
            "amsgrad": bool(rng.random() < 0.5),
            "beta_1": _one_of(rng, 0.9, 0.5),
            "beta_2": _one_of(rng, 0.999, 0.9),
        },
        "AdamW": {"amsgrad": bool(rng.random() < 0.5)},
    }
    options = {"learning_rate": _learning_rate(rng, rates[name]), **own[name]}
    if rng.random() < 0.4:
        options |= _one_of(rng, {"clipnorm": 0.1}, {"clipvalue": 0.05}, {"global_clipnorm": 0.2})
    if rng.random() < 0.25 or name == "AdamW":
        options["weight_decay"] = 0.01
    return _object(name, **options, name=snake_case(name))


def _loss(rng: Rng) -> tuple[str, str | Json, tuple[str | Json, ...], str]:
    """Kind of targets, loss, metrics, and the last activation."""
    logits, smoothing = bool(rng.random() < 0.4), _one_of(rng, 0.0, 0.0, 0.1)
    last = "linear" if logits else _one_of(rng, "softmax", "softmax", "sigmoid", "between")
    options = {"from_logits": logits}
    return _one_of(
        rng,
        (
            _one_of(rng, "one-hot", "shares"),
            _object("CategoricalCrossentropy", **options, label_smoothing=smoothing),
            ("accuracy", "categorical_accuracy"),  # no top-k: TensorFlow has it in float32 alone
            last,
        ),
        (
            "classes",
            _object("SparseCategoricalCrossentropy", **options),
            ("accuracy", "sparse_categorical_accuracy"),
            last,
        ),
        (
            "binary",
            _object("BinaryCrossentropy", **options, label_smoothing=smoothing),
            ("accuracy", _object("BinaryAccuracy", threshold=0.4, name="binary")),
            last,
        ),
        (
            "numbers",
            _one_of(rng, "mse", "mae", "mean_squared_error", _object("Huber", delta=0.5), "huber"),
            (),
            _one_of(rng, "linear", "tanh", "sigmoid"),
        ),
    )


def _as_layer(activation: str, rng: Rng) -> layers.Layer:
    return layers.Softmax() if activation == "softmax" and rng.random() < 0.5 else layers.Activation(activation)


def _add(model: Sequential, layer: layers.Layer, rng: Rng) -> None:
    number = sum(type(layer) is type(other) for other in model.layers)
    layer.name = snake_case(type(layer).__name__) + (f"_{number}" if number else "")
    layer.trainable = bool(rng.random() > 0.1)
    model.add(layer)
    if np.prod(layer.output_shape) > LARGEST:
        raise ScratchnetError(came="A large answer", expected="a small one", do="Draw again.")
