"""Models as ONNX files, which other programs run: needs the package onnx, the extra `onnx`.

Layers here have the channels last, ONNX's convolutions and poolings have them first. So an array in the graph knows which
way round it is, and is turned where a layer needs it otherwise: mostly once at the start, and once before a Flatten.
Source: the ONNX operator schemas, https://onnx.ai/onnx/operators, opset 20.
"""
# ruff: noqa: ARG001, ARG005 — all rules are called alike

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import singledispatch
from pathlib import Path
from typing import Any

import numpy as np

from scratchnet import layers, saving
from scratchnet.errors import ScratchnetError
from scratchnet.layers import Layer
from scratchnet.layers.windows import Padding
from scratchnet.models import Sequential
from scratchnet.typing import Array

OPSET, IR_VERSION = 20, 9  # of onnx 1.15, of November 2023


def export(model: Sequential, path: str | Path) -> None:
    """Write what the model does when it is asked, as ONNX.

    Its input is `input`, (N, …) as the model takes it; its output `output`, both float32, whatever the model's dtype: of
    float64 not every program that runs ONNX has every layer. Raises ScratchnetError for a model that isn't built, without
    the package onnx, and where the file can't be written.
    """
    model.check_built("be exported")
    try:
        import onnx
        from onnx import helper
    except ImportError as error:
        raise ScratchnetError(
            came=f"the package onnx, which writes ONNX, can't be imported ({error})",
            expected="it to be installed",
            do="Run pip install 'scratchnet[onnx]'.",
        ) from error
    graph = Graph()
    x = Value("input", len(model.input_shape or ()) + 1)
    for layer in model.layers:
        graph.layer = layer.name
        x = write(layer, x, graph)
    graph.layer = "output"
    graph.nodes.append(("Identity", [graph.channels_last(x).name], "output", {}))
    shapes = {"input": model.input_shape, "output": model.output_shape}
    ends = {
        name: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", *(shape or ())])
        for name, shape in shapes.items()
    }
    made = helper.make_model(
        helper.make_graph(
            [helper.make_node(kind, names, [name], name, **options) for kind, names, name, options in graph.nodes],
            model.name,
            [ends["input"]],
            [ends["output"]],
            [onnx.numpy_helper.from_array(array, name) for name, array in graph.arrays.items()],
        ),
        producer_name="scratchnet",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    onnx.checker.check_model(made)
    saving.write(Path(path), made.SerializeToString())


# ---------- the graph
@dataclass(frozen=True)
class Value:
    """An array in the graph: its name, how many axes it has, and if its channels come second, as ONNX has them, or last."""

    name: str
    axes: int
    channels_first: bool = False


@dataclass
class Graph:
    """The nodes so far, (operator, inputs, output, attributes), and the arrays that they use, in float32 or int64."""

    nodes: list[tuple[str, list[str], str, dict[str, Any]]] = field(default_factory=list)
    arrays: dict[str, Array] = field(default_factory=dict)
    layer: str = ""  # whose nodes are being added

    def add(self, operator: str, x: Value, *others: Array | Value | None, **attributes: Any) -> Value:
        """A node for x and the others, whose answer has as many axes as x, and its channels where x has them."""
        names = [x.name, *(other.name if isinstance(other, Value) else self._array(other) for other in others)]
        name = f"{self.layer}/{operator}_{len(self.nodes)}"
        self.nodes.append((operator, names, name, attributes))
        return Value(name, x.axes, x.channels_first)

    def _array(self, array: Array | None) -> str:
        if array is None:  # an input left out
            return ""
        name = f"{self.layer}/array_{len(self.arrays)}"
        self.arrays[name] = array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
        return name

    def channels_first(self, x: Value) -> Value:
        if x.channels_first or x.axes < 3:
            return x
        turned = self.add("Transpose", x, perm=[0, x.axes - 1, *range(1, x.axes - 1)])
        return Value(turned.name, x.axes, channels_first=True)

    def channels_last(self, x: Value) -> Value:
        if not x.channels_first:
            return x
        turned = self.add("Transpose", x, perm=[0, *range(2, x.axes), 1])
        return Value(turned.name, x.axes)


# ---------- activations
def _softmax(graph: Graph, z: Value) -> Value:
    return graph.add("Softmax", z, axis=1 if z.channels_first else -1)


ACTIVATIONS: dict[str, Callable[[Graph, Value], Value]] = {
    "linear": lambda graph, z: z,
    "relu": lambda graph, z: graph.add("Relu", z),
    "leaky_relu": lambda graph, z: graph.add("LeakyRelu", z, alpha=0.2),
    "elu": lambda graph, z: graph.add("Elu", z),
    "sigmoid": lambda graph, z: graph.add("Sigmoid", z),
    "tanh": lambda graph, z: graph.add("Tanh", z),
    "softmax": _softmax,
    "gelu": lambda graph, z: graph.add("Gelu", z),
    "silu": lambda graph, z: graph.add("Mul", z, graph.add("Sigmoid", z)),
}


# ---------- layers
@singledispatch
def write(layer: Layer, x: Value, graph: Graph) -> Value:
    """Add the layer's nodes; the array that it answers to x."""
    raise ScratchnetError(
        came=f"{layer!r}", expected="a layer that this library has", do="ONNX needs a rule for it: see onnx.py."
    )


@write.register
def _(layer: layers.Conv2D, x: Value, graph: Graph) -> Value:
    return _convolution(layer, x, graph, layer.params["kernel"].transpose(3, 2, 0, 1), groups=1)


@write.register
def _(layer: layers.DepthwiseConv2D, x: Value, graph: Graph) -> Value:
    KH, KW, C, M = layer.params["kernel"].shape
    kernel = layer.params["kernel"].transpose(2, 3, 0, 1).reshape(C * M, 1, KH, KW)
    return _convolution(layer, x, graph, kernel, groups=C)


@write.register
def _(layer: layers.Dense, x: Value, graph: Graph) -> Value:
    z = graph.add("MatMul", graph.channels_last(x), layer.params["kernel"])
    if layer.use_bias:
        z = graph.add("Add", z, layer.params["bias"])
    return ACTIVATIONS[layer.activation](graph, z)


@write.register
def _(layer: layers.BatchNormalization, x: Value, graph: Graph) -> Value:
    mean, variance = layer.state.values()
    gamma, beta = layer.params.get("gamma", np.ones_like(mean)), layer.params.get("beta", np.zeros_like(mean))
    return graph.add("BatchNormalization", graph.channels_first(x), gamma, beta, mean, variance, epsilon=layer.epsilon)


@write.register
def _(layer: layers.MaxPooling2D, x: Value, graph: Graph) -> Value:
    return graph.add("MaxPool", graph.channels_first(x), **_window(layer))


@write.register
def _(layer: layers.AveragePooling2D, x: Value, graph: Graph) -> Value:
    return graph.add("AveragePool", graph.channels_first(x), **_window(layer), count_include_pad=0)


@write.register
def _(layer: layers.GlobalMaxPooling2D, x: Value, graph: Graph) -> Value:
    return _global(graph.add("GlobalMaxPool", graph.channels_first(x)), graph, keepdims=layer.keepdims)


@write.register
def _(layer: layers.GlobalAveragePooling2D, x: Value, graph: Graph) -> Value:
    return _global(graph.add("GlobalAveragePool", graph.channels_first(x)), graph, keepdims=layer.keepdims)


@write.register
def _(layer: layers.ZeroPadding2D, x: Value, graph: Graph) -> Value:
    (T, B), (L, R) = layer.padding
    return graph.add("Pad", graph.channels_first(x), np.array([0, 0, T, L, 0, 0, B, R]))


@write.register
def _(layer: layers.Activation, x: Value, graph: Graph) -> Value:
    return ACTIVATIONS[layer.activation](graph, x)


@write.register
def _(layer: layers.Softmax, x: Value, graph: Graph) -> Value:
    return _softmax(graph, x)


@write.register
def _(layer: layers.LeakyReLU, x: Value, graph: Graph) -> Value:
    return graph.add("LeakyRelu", x, alpha=layer.negative_slope)


@write.register
def _(layer: layers.ReLU, x: Value, graph: Graph) -> Value:
    if layer.threshold == layer.negative_slope == 0:
        y = graph.add("Relu", x)
    else:
        threshold, slope = np.array(layer.threshold), np.array(layer.negative_slope)
        below = graph.add("Mul", graph.add("Sub", x, threshold), slope)
        y = graph.add("Where", graph.add("Greater", x, threshold), x, below)
    return y if layer.max_value is None else graph.add("Min", y, np.array(layer.max_value))


@write.register
def _(layer: layers.Rescaling, x: Value, graph: Graph) -> Value:
    return graph.add("Add", graph.add("Mul", x, np.array(layer.scale)), np.array(layer.offset))


@write.register
def _(layer: layers.Flatten, x: Value, graph: Graph) -> Value:
    return Value(graph.add("Flatten", graph.channels_last(x)).name, 2)


@write.register
def _(layer: layers.Reshape, x: Value, graph: Graph) -> Value:
    shape = (-1, *layer.output_shape)
    return Value(graph.add("Reshape", graph.channels_last(x), np.array(shape)).name, len(shape))


@write.register(layers.Dropout)
@write.register(layers.SpatialDropout2D)
def _(layer: Layer, x: Value, graph: Graph) -> Value:
    return x


def _convolution(
    layer: layers.Conv2D | layers.DepthwiseConv2D, x: Value, graph: Graph, kernel: Array, groups: int
) -> Value:
    """kernel: (F, C / groups, KH, KW)"""
    options = {"strides": layer.strides, "dilations": layer.dilation_rate, "pads": _pads(layer.windows.padding)}
    z = graph.add("Conv", graph.channels_first(x), kernel, layer.params.get("bias"), group=groups, **options)
    return ACTIVATIONS[layer.activation](graph, z)


def _pads(padding: Padding) -> list[int]:
    (top, bottom), (left, right) = padding
    return [top, left, bottom, right]


def _window(layer: layers.MaxPooling2D | layers.AveragePooling2D) -> dict[str, Any]:
    return {"kernel_shape": layer.pool_size, "strides": layer.strides, "pads": _pads(layer.windows.padding)}


def _global(x: Value, graph: Graph, *, keepdims: bool) -> Value:
    return x if keepdims else Value(graph.add("Flatten", x).name, 2)
