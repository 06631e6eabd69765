"""A fused step is the layers it stands for: the same answer, gradients and state, on stacks of many kinds."""

import numpy as np
import pytest

from scratchnet import kernels
from scratchnet.fusion import plan
from scratchnet.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Draw,
    Dropout,
    Flatten,
    Input,
    MaxPooling2D,
    ReLU,
    Run,
)
from scratchnet.losses import CategoricalCrossentropy
from scratchnet.models import Sequential

pytestmark = pytest.mark.jit

CONV = "ConvBlock"
# Runs as one step where Winograd does, else layer by layer
NORM, POOLED_NORM = ("ConvNormBlock", "Conv2D NormBlock"), ("ConvNormBlock", "Conv2D NormBlock MaxPooling2D")
# A name, samples of that shape, the layers, and the steps they run as
STACKS = [
    ("the notebook's", (14, 14, 1), lambda: [
        Conv2D(32, 3, activation="relu"), Conv2D(64, 3, activation="relu"), MaxPooling2D(), Dropout(0.25), Flatten(),
        Dense(128, activation="relu"), Dropout(0.5), Dense(5, activation="softmax"),
    ], [CONV, CONV, "Flatten", "DenseBlock", "Dense"]),
    ("few filters", (9, 11, 3), lambda: [Conv2D(6, 5, activation="relu"), MaxPooling2D(), *_head()],
        [CONV, "Flatten", "Dense"]),
    ("filters that fill no register", (8, 8, 2), lambda: [Conv2D(41, 3, activation="relu"), MaxPooling2D(), Dropout(0.3),
        Conv2D(3, 2, activation="relu"), *_head()], [CONV, CONV, "Flatten", "Dense"]),
    ("strides", (17, 16, 3), lambda: [Conv2D(32, 5, strides=2, activation="relu"),
        Conv2D(20, 3, strides=(1, 2), activation="relu"), *_head()], [CONV, CONV, "Flatten", "Dense"]),
    ("same", (10, 13, 4), lambda: [Conv2D(33, 3, padding="same", activation="relu"),
        Conv2D(32, 3, padding="same", activation="relu"), MaxPooling2D(), *_head()], [CONV, CONV, "Flatten", "Dense"]),
    ("ReLU as a layer, no bias", (8, 8, 2), lambda: [Conv2D(32, 3, use_bias=False), ReLU(), Conv2D(32, 3), Activation("relu"),
        MaxPooling2D(), Flatten(), Dense(40, use_bias=False), ReLU(), *_head()],
        [CONV, CONV, "Flatten", "DenseBlock", "Flatten", "Dense"]),
    ("batch normalisation", (12, 12, 3), lambda: [Conv2D(32, 3, padding="same", use_bias=False), BatchNormalization(), ReLU(),
        MaxPooling2D(), Conv2D(16, 3, use_bias=False), BatchNormalization(scale=False), *_head()],
        ["Conv2D", "NormBlock", "MaxPooling2D", "Conv2D", "NormBlock", "Flatten", "Dense"]),
    ("batch normalisation behind Winograd", (12, 13, 8), lambda: [
        Conv2D(32, 3, padding="same", use_bias=False, kernel_regularizer="l2"), BatchNormalization(gamma_regularizer="l1"),
        ReLU(), MaxPooling2D(), Dropout(0.3), Conv2D(20, 3, padding="same"), BatchNormalization(scale=False), Activation("relu"),
        Conv2D(16, 3, padding="same"), BatchNormalization(center=False), ReLU(), MaxPooling2D(3), *_head()],
        [POOLED_NORM, "Dropout", NORM, NORM, "MaxPooling2D", "Flatten", "Dense"]),
    ("batch normalisation, some of it frozen", (12, 12, 9), lambda: [
        Conv2D(16, 3, trainable=False), BatchNormalization(), ReLU(),
        Conv2D(24, 3, padding="same"), BatchNormalization(trainable=False), ReLU(), MaxPooling2D(),
        Conv2D(16, 3, padding="same", trainable=False), BatchNormalization(scale=False, center=False), ReLU(), *_head()],
        [NORM, POOLED_NORM, NORM, "Flatten", "Dense"]),
    ("batch normalisation that isn't Winograd's", (12, 12, 9), lambda: [
        Conv2D(16, 5, padding="same"), BatchNormalization(), ReLU(), Conv2D(16, 3, strides=2, padding="same"),
        BatchNormalization(), ReLU(), Conv2D(12, 3, padding="same"), BatchNormalization(), ReLU(),
        Conv2D(16, 3, padding="same", activation="relu"), BatchNormalization(), ReLU(),
        Conv2D(16, 3, padding="same"), BatchNormalization(), MaxPooling2D(), *_head()],
        [*["Conv2D", "NormBlock"] * 3, CONV, "NormBlock", "Conv2D", "NormBlock", "MaxPooling2D", "Flatten", "Dense"]),
    ("average pooling", (13, 13, 1), lambda: [Conv2D(6, 3, activation="tanh"), AveragePooling2D(), Conv2D(16, 3, activation="relu"),
        AveragePooling2D(), *_head()], ["Conv2D", "AveragePooling2D", CONV, "AveragePooling2D", "Flatten", "Dense"]),
    ("other windows of pooling", (12, 12, 1), lambda: [Conv2D(32, 3, activation="relu"), MaxPooling2D(3), *_head()],
        [CONV, "MaxPooling2D", "Flatten", "Dense"]),
    ("dilation, one row", (9, 9, 1), lambda: [Conv2D(32, 3, dilation_rate=2, activation="relu"),
        Conv2D(32, (5, 3), activation="relu"), *_head()], ["Conv2D", "Conv2D", "Flatten", "Dense"]),
    ("a frozen one", (9, 9, 1), lambda: [Conv2D(32, 3, activation="relu"), Conv2D(32, 3, activation="relu", trainable=False),
        BatchNormalization(trainable=False), ReLU(), *_head()], [CONV, CONV, "NormBlock", "Flatten", "Dense"]),
]  # fmt: skip


def _head():
    return [Flatten(), Dense(5, activation="softmax")]


def passes(model, name, x, t, *, training):
    """The answer, every gradient and the new state, of a plan with these kernels."""
    with kernels.use(name) as arithmetic:
        made = plan(model.layers, CategoricalCrossentropy(), fused=name == "fused")
        run = Run(arithmetic, training=training, draw=Draw(3, 1, np.arange(len(x))))
        answer, caches = made.forward(x, run)
        state = [new for _, new in made.new_state(caches)]
        return answer, made.backward(made.loss_gradient(t, answer, None), caches, run), state


@pytest.mark.parametrize("training", [True, False], ids=["training", "in use"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("shape", "layers", "steps"), [row[1:] for row in STACKS], ids=[row[0] for row in STACKS])
def test_it_is_the_layers(shape, layers, steps, dtype, training):
    model, rng = Sequential([Input(shape), *layers()], dtype=dtype, seed=1), np.random.default_rng(0)
    for layer in model.layers:
        for name, array in layer.weights.items():
            more = rng.random(array.shape) if "var" in name else rng.standard_normal(array.shape) / 10
            array[...] += more
    x, t = rng.standard_normal((5, *shape)).astype(dtype), np.eye(5, dtype=dtype)
    x[:, : shape[0] // 2] = 0.5  # background
    steps = " ".join(step if isinstance(step, str) else step[dtype == "float64"] for step in steps).split()
    made = plan(model.layers, None, fused=True)
    assert [type(step).__name__ for step in made.steps] == steps
    assert made.penalty() == pytest.approx(plan(model.layers, None).penalty(), rel=1e-6)
    answer, grads, state = passes(model, "fused", x, t, training=training)
    expected = passes(model, "plain", x, t, training=training)
    rtol = 1e-12 if dtype == "float64" else 2e-5
    np.testing.assert_allclose(answer, expected[0], rtol=rtol, atol=rtol * abs(expected[0]).max())
    assert list(grads) == list(expected[1])
    for key, grad in grads.items():
        # a bias's below batch normalisation is 0 but for rounding, which is that of the kernel's
        layers = [abs(other).max() for name, other in expected[1].items() if name.split("/")[0] == key.split("/")[0]]
        np.testing.assert_allclose(grad, expected[1][key], rtol=0, atol=rtol * max(layers), err_msg=key)
    assert len(state) == len(expected[2])
    for new, other in zip(state, expected[2], strict=True):
        np.testing.assert_allclose(new, other, rtol=rtol)
