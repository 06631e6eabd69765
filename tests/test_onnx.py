"""Exported models, run by onnxruntime."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scratchnet import Sequential, architectures, layers, onnx
from scratchnet.activations import ACTIVATIONS
from scratchnet.errors import ScratchnetError
from scratchnet.layers import Input
from scratchnet.typing import Array

IMAGE, ROW, TABLE = (7, 8, 3), (6,), (4, 5)
CASES: dict[str, tuple[tuple[int, ...], list[Any]]] = {
    "conv2d": (IMAGE, [layers.Conv2D(4, (3, 2), activation="relu")]),
    "conv2d same": (IMAGE, [layers.Conv2D(4, (3, 2), (2, 3), "same", use_bias=False)]),
    "conv2d dilated": (IMAGE, [layers.Conv2D(4, (2, 3), padding="same", dilation_rate=(3, 2))]),
    "depthwise": (IMAGE, [layers.DepthwiseConv2D((2, 3), depth_multiplier=2, activation="tanh")]),
    "depthwise same": (IMAGE, [layers.DepthwiseConv2D(3, (2, 2), "same", use_bias=False)]),
    "dense": (ROW, [layers.Dense(3), layers.Dense(4, "tanh", use_bias=False)]),
    "dense on a table": (TABLE, [layers.Dense(3, "softmax")]),
    "dense on an image": (IMAGE, [layers.Conv2D(4, 2), layers.Dense(3, "relu")]),
    "normalization": (IMAGE, [layers.BatchNormalization(epsilon=0.01), layers.BatchNormalization(center=False)]),
    "normalization of rows": (ROW, [layers.BatchNormalization(scale=False)]),
    "normalization of a table": (TABLE, [layers.BatchNormalization(center=False, scale=False)]),
    "max pooling": (IMAGE, [layers.MaxPooling2D((2, 3), (1, 2))]),
    "max pooling same": (IMAGE, [layers.MaxPooling2D(3, 2, "same")]),
    "average pooling": (IMAGE, [layers.AveragePooling2D((3, 2))]),
    "average pooling same": (IMAGE, [layers.AveragePooling2D((3, 2), (2, 1), "same")]),
    "global max": (IMAGE, [layers.GlobalMaxPooling2D()]),
    "global max kept": (IMAGE, [layers.GlobalMaxPooling2D(keepdims=True)]),
    "global average": (IMAGE, [layers.GlobalAveragePooling2D(), layers.Dense(2)]),
    "global average kept": (IMAGE, [layers.GlobalAveragePooling2D(keepdims=True), layers.Flatten()]),
    "padding": (IMAGE, [layers.ZeroPadding2D(((1, 2), (3, 0)))]),
    "flatten": (IMAGE, [layers.Conv2D(2, 2), layers.Flatten()]),
    "flatten a row": (ROW, [layers.Flatten()]),
    "reshape": (IMAGE, [layers.Conv2D(2, 2), layers.Reshape((-1, 7))]),
    "reshape to an image": ((12,), [layers.Reshape((2, 3, 2)), layers.Conv2D(2, 2)]),
    "rescaling": (IMAGE, [layers.Rescaling(1 / 255, -0.5)]),
    "relu": (IMAGE, [layers.ReLU()]),
    "relu with all": (IMAGE, [layers.ReLU(0.9, 0.1, 0.4)]),
    "relu6": (IMAGE, [layers.ReLU(6.0)]),
    "leaky relu": (IMAGE, [layers.LeakyReLU(0.2)]),
    "softmax": (TABLE, [layers.Softmax()]),
    "softmax over channels": (IMAGE, [layers.Conv2D(4, 2), layers.Softmax()]),
    "dropout": (IMAGE, [layers.SpatialDropout2D(0.5), layers.Flatten(), layers.Dropout(0.5)]),
    **{name: (IMAGE, [layers.Conv2D(3, 2), layers.Activation(name)]) for name in ACTIVATIONS},
}


def run(path: Path, x: Array) -> Array:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (answer,) = session.run(["output"], {"input": x.astype("f4")})
    return answer


def randomized(model: Sequential) -> Sequential:
    """No weight is 0 or 1 any longer, so that each of them counts; variances stay positive."""
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.2, 1.2, array.shape) for array in model.get_weights()])
    return model


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_onnxruntime_answers_the_same(tmp_path: Path, case: str, dtype: str) -> None:
    shape, stack = CASES[case]
    model = randomized(Sequential([Input(shape), *stack], dtype=dtype, kernels="plain"))
    onnx.export(model, tmp_path / "model.onnx")
    x = np.random.default_rng(2).normal(size=(3, *shape))
    answer = run(tmp_path / "model.onnx", x)
    assert answer.dtype == np.float32
    np.testing.assert_allclose(answer, model.predict(x), rtol=1e-5, atol=1e-5)


def test_every_layer_is_a_case() -> None:
    assert {type(layer) for _, stack in CASES.values() for layer in stack} == set(layers.LAYERS.values())


@pytest.mark.parametrize("architecture", architectures.ARCHITECTURES.values())
def test_the_notebooks_networks(tmp_path: Path, architecture: Any) -> None:
    model = architecture()
    onnx.export(model, tmp_path / "model.onnx")
    x = np.random.default_rng(2).random((5, *model.input_shape))
    np.testing.assert_allclose(run(tmp_path / "model.onnx", x), model.predict(x), rtol=0, atol=1e-5)


def test_images_are_turned_once(tmp_path: Path) -> None:
    from onnx import load

    stack = [
        layers.Conv2D(2, 2, activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(),
        layers.Flatten(),
    ]
    onnx.export(Sequential([Input(IMAGE), *stack]), tmp_path / "model.onnx")
    made = load(tmp_path / "model.onnx")
    kinds = [node.op_type for node in made.graph.node]
    assert kinds == ["Transpose", "Conv", "Relu", "BatchNormalization", "MaxPool", "Transpose", "Flatten", "Identity"]
    assert made.producer_name == "scratchnet"


def test_refuses_a_model_that_is_not_built(tmp_path: Path) -> None:
    with pytest.raises(ScratchnetError, match="before it is built"):
        onnx.export(Sequential([layers.Dense(2)]), tmp_path / "model.onnx")


def test_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ScratchnetError, match=r"model\.onnx' can't be written .*No such file"):
        onnx.export(Sequential([Input(ROW), layers.Dense(2)]), tmp_path / "nowhere" / "model.onnx")


def test_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(ScratchnetError, match=r"pip install 'scratchnet\[onnx\]'"):
        onnx.export(Sequential([Input(ROW), layers.Dense(2)]), tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []
