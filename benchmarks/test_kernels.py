"""Every kernel by itself, on the arrays that it meets in a training step: `pytest benchmarks --benchmark-enable`.

The arrays are of real images and of a network trained a little, with dropout on: how many numbers are zero, and where, is
as in use. Names say which layer's: conv2d and dense are the first of their kind, conv2d_1 and dense_1 the second. What this
network doesn't have, a depthwise convolution, strides and sums of windows, is taken of the arrays that it has there.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks import images
from benchmarks.peers.scratchnet import Scratchnet
from scratchnet import architectures, kernels
from scratchnet.layers import Draw
from scratchnet.tracing import LayerTrace
from scratchnet.typing import Array

BATCH, STEPS = 128, 20
ONE, TWO = (1, 1), (2, 2)  # strides, dilation, the size of a window
LAYERS = "conv2d", "conv2d_1", "max_pooling2d", "dropout", "flatten", "dense", "dropout_1", "dense_1"


class Pass:
    """One training step as a trace: what each layer took, gave and was told."""

    def __init__(self) -> None:
        x, y = images.load("train", BATCH * STEPS)
        peer = Scratchnet(None, kernels="compiled")
        model = architectures.dropout()
        peer.build(model.get_config(), model.get_weights())
        peer.fit(x[: BATCH * STEPS], y[: BATCH * STEPS], BATCH)
        trace = peer.model.trace(x[:BATCH], y[:BATCH], training=True, step=STEPS)
        self.layers = dict(zip(LAYERS, trace.layers, strict=True))
        self.params = {name: layer.params for name, layer in zip(LAYERS, peer.model.layers, strict=True)}
        self.keys = Draw(0, STEPS, np.arange(BATCH)).keys(LAYERS.index("dropout"))

    def weights(self, name: str) -> tuple[Array, Array]:
        return self.params[name]["kernel"], self.params[name]["bias"]

    def depthwise(self) -> tuple[Array, Array]:
        """Weights for a depthwise convolution of what conv2d_1 takes: those of one of its filters"""
        w, b = self.weights("conv2d_1")
        return np.ascontiguousarray(w[..., :1]), b[: w.shape[2]]

    def dz(self, name: str) -> Array:
        """The gradient before the activation."""
        return np.asarray(self[name].dz)

    def state(self, name: str) -> list[Array]:
        """What Adadelta is given: copies, since it writes; the state of a run that has just begun."""
        w, g = self.params[name]["kernel"], self[name].grads["kernel"]
        return [w.copy(), g, 0.05 * g * g, np.full_like(g, 1e-7)]

    def __getitem__(self, name: str) -> LayerTrace:
        return self.layers[name]


CASES: dict[str, tuple[str, Callable[[Pass], list[Any]]]] = {
    "conv2d": ("conv2d", lambda p: [p["conv2d"].x, *p.weights("conv2d"), ONE, ONE]),
    "conv2d_1": ("conv2d", lambda p: [p["conv2d_1"].x, *p.weights("conv2d_1"), ONE, ONE]),
    "conv2d_1 dx": (
        "conv2d_dx",
        lambda p: [p.dz("conv2d_1"), p.weights("conv2d_1")[0], p["conv2d_1"].x.shape, ONE, ONE],
    ),
    "conv2d dw": (
        "conv2d_dw",
        lambda p: [p["conv2d"].x, p.dz("conv2d"), p.weights("conv2d")[0].shape, ONE, ONE],
    ),
    "conv2d_1 dw": (
        "conv2d_dw",
        lambda p: [p["conv2d_1"].x, p.dz("conv2d_1"), p.weights("conv2d_1")[0].shape, ONE, ONE],
    ),
    "conv2d_1 strides": ("conv2d", lambda p: [p["conv2d_1"].x, *p.weights("conv2d_1"), TWO, ONE]),
    "depthwise": ("depthwise_conv2d", lambda p: [p["conv2d_1"].x, *p.depthwise(), ONE, ONE]),
    "depthwise dx": (
        "depthwise_conv2d_dx",
        lambda p: [p["max_pooling2d"].x[..., :32].copy(), p.depthwise()[0], p["conv2d_1"].x.shape, ONE, ONE],
    ),
    "depthwise dw": (
        "depthwise_conv2d_dw",
        lambda p: [p["conv2d_1"].x, p["max_pooling2d"].x[..., :32].copy(), p.depthwise()[0].shape, ONE, ONE],
    ),
    "conv2d_1 db": ("bias_db", lambda p: [p.dz("conv2d_1")]),
    "conv2d_1 relu": ("relu", lambda p: [p["conv2d_1"].y]),
    "conv2d_1 relu dz": ("relu_dz", lambda p: [p["conv2d_1"].dy, p["conv2d_1"].y]),
    "max_pooling2d": ("max_pool2d", lambda p: [p["max_pooling2d"].x, TWO, TWO]),
    "max_pooling2d dx": (
        "max_pool2d_dx",
        lambda p: [p["max_pooling2d"].dy, p["max_pooling2d"].decisions["winner"], TWO, TWO, p["max_pooling2d"].x.shape],
    ),
    "sums": ("sum_pool2d", lambda p: [p["max_pooling2d"].x, TWO, TWO]),
    "sums dx": ("sum_pool2d_dx", lambda p: [p["max_pooling2d"].dy, TWO, TWO, p["max_pooling2d"].x.shape]),
    "dropout keep": ("dropout_keep", lambda p: [p.keys, p["dropout"].x[0].size, 0.25]),
    "dropout": ("dropout", lambda p: [p["dropout"].x, p["dropout"].decisions["keep"], 0.25]),
    "dense": ("dense", lambda p: [p["dense"].x, *p.weights("dense")]),
    "dense dx": ("dense_dx", lambda p: [p.dz("dense"), p.weights("dense")[0]]),
    "dense dw": ("dense_dw", lambda p: [p["dense"].x, p.dz("dense")]),
    "dense_1": ("dense", lambda p: [p["dense_1"].x, *p.weights("dense_1")]),
    "dense_1 dx": ("dense_dx", lambda p: [p.dz("dense_1"), p.weights("dense_1")[0]]),
    "dense_1 dw": ("dense_dw", lambda p: [p["dense_1"].x, p.dz("dense_1")]),
    "dense adadelta": ("adadelta", lambda p: [*p.state("dense"), 1.0, 0.95, 1e-7]),
    "conv2d_1 adadelta": ("adadelta", lambda p: [*p.state("conv2d_1"), 1.0, 0.95, 1e-7]),
}


@pytest.fixture(scope="module")
def trained() -> Pass:
    return Pass()


@pytest.mark.parametrize("module", kernels.NAMES)
@pytest.mark.parametrize("case", CASES)
def test_kernel(benchmark: Any, trained: Pass, case: str, module: str) -> None:
    function, arguments = CASES[case]
    benchmark.group = case
    with kernels.use(module) as arithmetic:
        result = benchmark(getattr(arithmetic, function), *arguments(trained))
    if result is not None:
        expected = getattr(kernels.load("plain"), function)(*arguments(trained))
        for array, right in zip(*(r if isinstance(r, tuple) else (r,) for r in (result, expected)), strict=True):
            np.testing.assert_allclose(array, right, rtol=0, atol=1e-4 * max(1e-30, np.abs(right).max()))
