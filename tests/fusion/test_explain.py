"""What is said of kernels is what runs, held together by looking on."""

import importlib
from itertools import product

import numpy as np
import pytest

from scratchnet import kernels
from scratchnet.fusion import plan
from scratchnet.fusion.explain import explain
from scratchnet.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Draw,
    Dropout,
    Flatten,
    Input,
    LeakyReLU,
    MaxPooling2D,
    ReLU,
    Run,
    ZeroPadding2D,
)
from scratchnet.losses import MeanSquaredError
from scratchnet.models import Sequential


def said(model, name="fused"):
    with kernels.use(name) as arithmetic:
        steps = plan(model.layers, MeanSquaredError(), fused=kernels.fuses(arithmetic))
        return steps, explain(steps, arithmetic, model.dtype)


def by(explanation):
    return {product: choice.kernel for product, choice in explanation.choices.items()}


# ---------- convolutions and dense layers: where there is a choice
WIDE, NARROW = {"filters": 64, "kernel_size": 3}, {"filters": 4, "kernel_size": 3}
CHOICES = {
    "3×3 with pooling": ((12, 12, 64), [Conv2D(**WIDE, activation="relu"), MaxPooling2D()]),
    "3×3": ((12, 12, 64), [Conv2D(**WIDE, activation="relu")]),
    "3×3 without ReLU": ((12, 12, 64), [Conv2D(**WIDE, activation="tanh")]),
    "few channels": ((12, 12, 1), [Conv2D(**NARROW, activation="relu")]),
    "few channels with pooling": ((12, 12, 1), [Conv2D(**NARROW, activation="relu"), MaxPooling2D()]),
    "5×5 in strides": ((13, 13, 64), [Conv2D(8, 5, strides=2, activation="relu")]),
    "5×5 with few filters": ((13, 13, 6), [Conv2D(5, 5, activation="tanh")]),
    "3×3 with few filters": ((12, 12, 64), [Conv2D(3, 3, activation="relu")]),
    "3×3 before batch normalisation": ((12, 12, 64), [Conv2D(**WIDE), BatchNormalization(), ReLU()]),
    "3×3 before batch normalisation and pooling": (
        (12, 12, 64),
        [Conv2D(**WIDE), BatchNormalization(), ReLU(), MaxPooling2D()],
    ),
    "few channels before batch normalisation": ((12, 12, 1), [Conv2D(**WIDE), BatchNormalization(), ReLU()]),
    "gaps": ((12, 12, 64), [Conv2D(**WIDE, dilation_rate=2, activation="relu")]),
    "one row": ((3, 12, 64), [Conv2D(**WIDE, activation="relu")]),
}
PLACES = {  # of each kernel that a convolution may run on: module, name, and what it makes
    ("direct", "y"): ("fused.convolution", "direct"),
    ("winograd", "y"): ("fused.convolution", "winograd"),
    ("im2col", "y"): ("compiled", "conv2d"),
    ("tiles", "dw"): ("fused.conv2d_dw", "_conv2d_dw"),
    ("winograd", "dw"): ("fused.conv2d_dw", "winograd_dw_db"),
    ("lists", "dw"): ("fused.conv_pool_back", "_conv_pool_back"),
    ("im2col", "dw"): ("compiled", "conv2d_dw"),
    ("im2col", "dx"): ("compiled", "conv2d_dx"),
    ("patches", "dx"): ("fused.conv2d_dx", "_add_patches"),
}


@pytest.fixture
def seen(monkeypatch):
    """Which kernels ran, as (kernel, product)"""
    ran = set()

    def watched(what, function):
        return lambda *arguments, **options: ran.add(what) or function(*arguments, **options)

    for what, (file, name) in PLACES.items():
        module = importlib.import_module(f"scratchnet.kernels.{file}")
        monkeypatch.setattr(module, name, watched(what, getattr(module, name)), raising=True)
    return ran


@pytest.mark.jit
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("lowest", [True, False], ids=["the lowest", "on another"])
@pytest.mark.parametrize(("shape", "layers"), CHOICES.values(), ids=CHOICES)
def test_a_convolution_runs_on_what_is_said(shape, layers, lowest, dtype, seen):
    below = [] if lowest else [BatchNormalization()]
    model = Sequential([Input(shape), *below, *layers], dtype=dtype)
    with kernels.use("fused") as arithmetic:
        steps = plan(model.layers, None, fused=True)
        *_, explanation = explain(steps, arithmetic, model.dtype)[: len(below) + 1]
        step, need_dx = steps.steps[len(below)], not lowest
        x = np.random.default_rng(0).normal(size=(3, *shape)).astype(dtype)
        run = Run(arithmetic, training=True, draw=Draw(0, 0, np.arange(3)))
        choices = by(explanation)
        y, cache = step.forward(x, run)
        assert seen == {(choices["y"], "y")}
        seen.clear()
        step.backward(np.ones_like(y), cache, run, need_dx=need_dx)
    expected = {(choices["dw"], "dw")}
    if need_dx and choices["dx"] != "lists":
        expected.add((choices["dx"], "y" if choices["dx"] == "winograd" else "dx"))  # winograd's is a convolution again
    assert seen == expected
    assert (choices["dx"] == "none") == lowest


@pytest.mark.jit
@pytest.mark.parametrize(
    ("units", "inputs", "kernel"), [(128, 300, "non-zero inputs"), (10, 300, "BLAS"), (128, 200, "BLAS")]
)
def test_a_dense_layer(units, inputs, kernel, monkeypatch):
    module, ran = importlib.import_module("scratchnet.kernels.fused.dense"), []
    x = np.zeros((8, inputs), np.float32)
    model = Sequential([Input((inputs,)), BatchNormalization(), Dense(units)])
    _, (_, explanation) = said(model)
    assert by(explanation) == {"y": kernel, "dw": kernel, "dx": "BLAS"}
    for blas, name in product((module.plain, module.compiled), ("dense", "dense_dw", "dense_dx")):
        function = getattr(blas, name)
        monkeypatch.setattr(blas, name, lambda *a, f=function, name=name: ran.append(name) or f(*a))
    module.dense(x, model.layers[1].params["kernel"], np.zeros(units, np.float32))
    module.dense_dw(x, np.ones((8, units), np.float32))
    assert ran == ([] if kernel == "non-zero inputs" else ["dense", "dense_dw"])


# ---------- all others
class Watched:
    """Kernels that tell who was called"""

    def __init__(self, arithmetic):
        self.arithmetic, self.called = arithmetic, []

    def __getattr__(self, name):
        def call(*arguments, **options):
            self.called.append(name)
            return getattr(self.arithmetic, name)(*arguments, **options)

        return call


OTHERS = [
    Activation("relu"), Activation("tanh"), AveragePooling2D(), DepthwiseConv2D(2), Dropout(0.5), LeakyReLU(), MaxPooling2D(),
    ReLU(), ZeroPadding2D(), Conv2D(3, 2), Dense(4), Flatten(),
]  # fmt: skip


@pytest.mark.parametrize("layer", OTHERS, ids=lambda layer: layer.name)
def test_layer_by_layer_a_kernel_is_named_as_it_is_called(layer):
    model = Sequential([Input((4, 4, 3)), BatchNormalization(), layer])
    _, (_, explanation) = said(model, "plain")
    watched = Watched(kernels.load("plain"))
    run = Run(watched, training=True, draw=Draw(0, 0, np.arange(2)))
    y, cache = layer.forward(np.ones((2, 4, 4, 3), np.float32), run)
    named, beside = by(explanation), {"pad2d", "crop2d", "bias_db", "dropout_keep"}
    for products in ["y"], ["dw", "dx"]:
        asked = {named[product] for product in products if product in named} - {"NumPy", "none"}
        assert asked == (set(watched.called) - (beside if asked and not asked & beside else set()))
        watched.called.clear()
        if products == ["y"]:
            layer.backward(y, cache, run)


@pytest.mark.jit
def test_the_notebooks_network():
    from scratchnet import architectures

    _, explanations = said(architectures.dropout())
    names = [[name.rstrip("_0123456789") for name in explanation.layers] for explanation in explanations]
    assert names == [["conv2d"], ["conv2d", "max_pooling2d", "dropout"], ["flatten"], ["dense", "dropout"], ["dense"]]
    assert [explanation.runs_as for explanation in explanations] == [
        "ConvBlock",
        "ConvBlock",
        "Flatten",
        "DenseBlock",
        "Dense",
    ]
    assert [by(explanation) for explanation in explanations] == [
        {"y": "direct", "dw": "tiles", "dx": "none"},
        {"y": "winograd", "dw": "lists", "dx": "lists"},
        {"y": "none", "dx": "none"},
        {"y": "non-zero inputs", "dw": "non-zero inputs", "dx": "non-zero inputs"},
        {"y": "BLAS", "dw": "BLAS", "dx": "BLAS"},
    ]


@pytest.mark.parametrize("name", ["plain", "compiled"])
def test_other_kernels_run_layer_by_layer(name):
    model = Sequential([Input((8, 8, 3)), Conv2D(4, 3, activation="relu"), MaxPooling2D(), Flatten(), Dense(3)])
    _, explanations = said(model, name)
    assert [explanation.runs_as for explanation in explanations] == ["Conv2D", "MaxPooling2D", "Flatten", "Dense"]
    where = {"plain": ("conv2d", "plain.py"), "compiled": ("im2col", "compiled/convolution.py")}[name]
    assert explanations[0].choices["y"] == where
    assert explanations[1].choices["dx"].kernel == "max_pool2d_dx"


def test_what_no_one_below_wants_is_not_made():
    model = Sequential([Input((8, 8, 3)), Conv2D(4, 3, trainable=False), ReLU(), Flatten(), Dense(3), Dense(2)])
    _, explanations = said(model, "plain")
    assert [set(by(explanation).items()) >= {("dx", "none")} for explanation in explanations] == [True] * 4 + [False]
    assert by(explanations[0])["dw"] == "none"
    assert by(explanations[3])["dw"] == "dense_dw"
