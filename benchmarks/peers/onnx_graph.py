"""A network as ONNX, for those that only run one."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from scratchnet.typing import Array, Shape

OPSET, IR = 17, 8  # of 2022: every release that the extra `benchmarks` allows reads them
ACTIVATIONS = {"linear": None, "relu": "Relu", "softmax": "Softmax"}  # Softmax is along the last axis


def graph(config: dict[str, Any], weights: Sequence[Array]) -> bytes:
    """What `Sequential.get_config` describes, with what `Sequential.get_weights` gave.

    Not what `scratchnet.onnx` exports: this one turns the first Dense layer's weights, where an export for others turns
    the layer's input each time. A peer is to have the faster of both.
    """
    made = _Graph(tuple(config["input_shape"]))
    arrays = iter(weights)
    for layer in config["layers"]:
        made.add(layer["class_name"], layer["config"], arrays)
    return made.model()


class _Graph:
    """An ONNX graph that grows a layer at a time. Images come as NHWC and are turned to NCHW, which ONNX's operators take.

    shape: of one sample of the newest value, as Keras counts it: (H, W, C) or (K,)
    """

    def __init__(self, input_shape: Shape) -> None:
        self.input_shape = self.shape = input_shape
        self.flattened_from: Shape = ()
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []
        self.newest = "x"
        self._node("Transpose", perm=[0, 3, 1, 2])

    def add(self, class_name: str, config: dict[str, Any], weights: Any) -> None:
        """One layer by Keras's name and options, its parameters taken from the iterator."""
        match class_name:
            case "Conv2D":
                kernel, bias = next(weights), next(weights)  # HWIO, where ONNX has OIHW
                self._node("Conv", kernel.transpose(3, 2, 0, 1), bias)
                KH, KW, _, F = kernel.shape
                self.shape = (self.shape[0] - KH + 1, self.shape[1] - KW + 1, F)
            case "MaxPooling2D":
                PH, PW = config["pool_size"]
                self._node("MaxPool", kernel_shape=[PH, PW], strides=[PH, PW])
                self.shape = (self.shape[0] // PH, self.shape[1] // PW, self.shape[2])
            case "Flatten":
                self._node("Flatten")
                self.flattened_from, self.shape = self.shape, (prod(self.shape),)
            case "Dense":
                kernel, bias = next(weights), next(weights)
                if self.flattened_from:  # rows stand in the order of HWC; ONNX flattened CHW
                    rows = np.arange(len(kernel)).reshape(self.flattened_from).transpose(2, 0, 1)
                    kernel, self.flattened_from = kernel[rows.ravel()], ()
                self._node("Gemm", kernel, bias)
                self.shape = (kernel.shape[1],)
            case "Dropout":
                return  # does nothing in prediction
            case _:
                raise NotImplementedError(f"the ONNX graph of the peers doesn't know {class_name} layers")
        if operator := ACTIVATIONS[config.get("activation", "linear")]:
            self._node(operator)

    def model(self) -> bytes:
        """The graph as ONNX writes it."""
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes,
            "network",
            [value("x", TensorProto.FLOAT, ["N", *self.input_shape])],
            [value(self.newest, TensorProto.FLOAT, ["N", *self.shape])],
            self.arrays,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString())

    def _node(self, operator: str, *arrays: Array, **attributes: Any) -> None:
        """The operator on the newest value and on these arrays."""
        output = f"{len(self.nodes)}_{operator}"
        names = [f"{output}_{i}" for i in range(len(arrays))]
        pairs = zip(names, arrays, strict=True)
        self.arrays += [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in pairs]
        self.nodes.append(helper.make_node(operator, [self.newest, *names], [output], **attributes))
        self.newest = output
