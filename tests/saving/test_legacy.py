"""An .h5 as Keras 2.2 wrote it (keras/engine/saving.py of 2.2.5), and what an .h5 may lack."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from scratchnet import saving
from scratchnet.errors import ModelFileError
from scratchnet.saving import ModelData

KERNEL, BIAS = np.arange(36, dtype="f4").reshape(3, 3, 1, 4), np.arange(4, dtype="f4")


@pytest.fixture
def keras_2(tmp_path: Path) -> Path:
    """Conv2D and Flatten, trained with Adadelta: its slots are all ones for the first, twos for the second."""
    path = tmp_path / "keras2.h5"
    conv = {
        "name": "conv2d_1",
        "trainable": True,
        "batch_input_shape": [None, 8, 8, 1],
        "dtype": "float32",
        "filters": 4,
        "kernel_size": [3, 3],
        "activation": "relu",
        "kernel_initializer": {
            "class_name": "VarianceScaling",
            "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None},
        },
    }
    layers = [
        {"class_name": "Conv2D", "config": conv},
        {"class_name": "Flatten", "config": {"name": "flatten_1", "trainable": True, "data_format": "channels_last"}},
    ]
    training = {
        "optimizer_config": {
            "class_name": "Adadelta",
            "config": {"lr": 0.5, "rho": 0.95, "decay": 0.0, "epsilon": 1e-07},
        },
        "loss": "categorical_crossentropy",
        "metrics": ["accuracy"],
        "sample_weight_mode": None,
        "loss_weights": None,
    }
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = b"2.2.5", b"tensorflow"
        model = {"class_name": "Sequential", "config": {"name": "sequential_1", "layers": layers}}
        file.attrs["model_config"] = json.dumps(model).encode()
        file.attrs["training_config"] = json.dumps(training).encode()
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [b"conv2d_1", b"flatten_1"]
        weights.create_group("conv2d_1").attrs["weight_names"] = [b"conv2d_1/kernel:0", b"conv2d_1/bias:0"]
        weights["conv2d_1"]["conv2d_1/kernel:0"], weights["conv2d_1"]["conv2d_1/bias:0"] = KERNEL, BIAS
        weights.create_group("flatten_1").attrs["weight_names"] = []
        state = file.create_group("optimizer_weights")
        names = [f"training/Adadelta/Variable{suffix}:0" for suffix in ("", "_1", "_2", "_3")]
        state.attrs["weight_names"] = [name.encode() for name in names]
        for name, like, value in zip(names, (KERNEL, BIAS, KERNEL, BIAS), (1, 1, 2, 2), strict=True):
            state[name] = np.full_like(like, value)
    return path


def test_reads_what_keras_2_wrote(keras_2: Path) -> None:
    data = saving.load(keras_2)
    assert (data.config["name"], data.config["dtype"], data.config["input_shape"]) == (
        "sequential_1",
        "float32",
        [8, 8, 1],
    )
    conv = data.config["layers"][0]["config"]
    assert "batch_input_shape" not in conv
    assert conv["kernel_initializer"]["class_name"] == "VarianceScaling"
    assert list(data.weights) == ["conv2d_1", "flatten_1"]
    assert list(data.weights["conv2d_1"]) == ["kernel", "bias"]
    assert np.array_equal(data.weights["conv2d_1"]["kernel"], KERNEL)
    assert np.array_equal(data.weights["conv2d_1"]["bias"], BIAS)
    optimizer = {"learning_rate": 0.5, "rho": 0.95, "epsilon": 1e-07, "name": "adadelta"}
    assert data.compile["optimizer"] == {"class_name": "Adadelta", "config": optimizer}
    assert (data.compile["loss"], data.compile["metrics"]) == ("categorical_crossentropy", ["accuracy"])


def test_puts_adadeltas_state_into_keras_3s_order(keras_2: Path) -> None:
    iteration, rate, *slots = saving.load(keras_2).optimizer.values()
    assert (int(iteration), float(rate)) == (0, 0.5)
    assert [(slot.shape, float(slot.min())) for slot in slots] == [
        (KERNEL.shape, 1.0),
        (KERNEL.shape, 2.0),
        (BIAS.shape, 1.0),
        (BIAS.shape, 2.0),
    ]


@pytest.mark.parametrize("amsgrad", [False, True])
def test_puts_adams_state_into_keras_3s_order(keras_2: Path, amsgrad: bool) -> None:
    """Keras 2.2 had a third slot in any case: without amsgrad, one number for each variable."""
    third = (KERNEL, BIAS) if amsgrad else (np.zeros(1, "f4"),) * 2
    with h5py.File(keras_2, "a") as file:
        training = json.loads(file.attrs["training_config"])
        training["optimizer_config"] = {"class_name": "Adam", "config": {"lr": 0.5, "amsgrad": amsgrad}}
        file.attrs["training_config"] = json.dumps(training).encode()
        del file["optimizer_weights"]
        state = file.create_group("optimizer_weights")
        state["Adam/iterations:0"] = np.asarray(7)
        names = ["Adam/iterations:0"]
        for number, like in enumerate((KERNEL, BIAS, KERNEL, BIAS, *third)):
            names.append(f"training/Adam/Variable_{number}:0")
            state[names[-1]] = np.full_like(like, number)
        state.attrs["weight_names"] = [name.encode() for name in names]
    iteration, rate, *slots = saving.load(keras_2).optimizer.values()
    assert (int(iteration), float(rate)) == (7, 0.5)
    assert [float(slot.flat[0]) for slot in slots] == [0, 2, 1, 3, *([4, 5] if amsgrad else [])]


def test_keeps_a_decay_that_keras_3_has_not(keras_2: Path) -> None:
    with h5py.File(keras_2, "a") as file:
        file.attrs["training_config"] = file.attrs["training_config"].replace('"decay": 0.0', '"decay": 0.1')
    assert saving.load(keras_2).compile["optimizer"]["config"]["decay"] == 0.1


def test_a_long_list_of_names(data: ModelData, tmp_path: Path) -> None:
    """HDF5 has no room for more than 64 kB in an attribute, so Keras cuts a list up."""
    path = tmp_path / "long.h5"
    saving.save(data, path)
    with h5py.File(path, "a") as file:
        attributes = file["optimizer_weights"].attrs
        for part, chunk in enumerate(np.array_split(np.asarray(attributes["weight_names"], dtype="S"), 3)):
            attributes[f"weight_names{part}"] = chunk
        del attributes["weight_names"]
    came = saving.load(path).optimizer.values()
    assert [array.tobytes() for array in came] == [array.tobytes() for array in data.optimizer.values()]


def no_configuration(file: Any) -> None:
    del file.attrs["model_config"]


def no_json(file: Any) -> None:
    file.attrs["training_config"] = "{"


def no_weights(file: Any) -> None:
    del file["model_weights"]


def no_layer(file: Any) -> None:
    del file["model_weights/dense"]


def no_array(file: Any) -> None:
    del file["model_weights/dense/sequential/dense/bias"]


def a_linked_layer(file: Any) -> None:
    del file["model_weights/dense"]
    file["model_weights/dense"] = h5py.ExternalLink("other.h5", "/")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (no_configuration, r"HDF5 without a model_config\. Expected a whole model"),
        (no_json, r"training_config is no JSON"),
        (no_weights, r"no weight_names for the layer 'flatten'"),
        (no_layer, r"no weight_names for the layer 'dense'"),
        (no_array, r"no array 'model_weights/dense/sequential/dense/bias'"),
        (a_linked_layer, r"a group is of a newer form, as for links out of the file"),
    ],
)
def test_refuses(data: ModelData, tmp_path: Path, edit: Callable[[Any], None], message: str) -> None:
    path = tmp_path / "model.h5"
    saving.save(data, path)
    with h5py.File(path, "a") as file:
        edit(file)
    with pytest.raises(ModelFileError, match=rf"model\.h5.*{message}"):
        saving.load(path)
