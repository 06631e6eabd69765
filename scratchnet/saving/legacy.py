"""`.h5`, the format of Keras 2, as Keras 3 still writes it: one HDF5 file.

    @model_config, @training_config      the model with its layers, and what `compile` was given, as JSON
    model_weights                        @layer_names conv2d, …
    model_weights/<layer>                @weight_names sequential/conv2d/kernel, …, and there the arrays
    optimizer_weights                    @weight_names adadelta/iteration, …, and there the arrays

(@: an attribute.) Keras 2 wrote conv2d_1/kernel:0, and the optimizer's variables in another order. Weights alone have
layer_names where here model_weights has them. Keras 3 reads everything but the optimizer's state.
Source: keras/src/legacy/saving/legacy_h5_format.py.
"""

import json
from itertools import chain
from typing import BinaryIO

from scratchnet.saving import configs, hdf5, keras_2
from scratchnet.saving.data import Json, ModelData, Variables
from scratchnet.saving.hdf5 import Attributes, Reader
from scratchnet.saving.json_text import parsed
from scratchnet.saving.refusal import refusal


def load(source: BinaryIO, file: str) -> ModelData:
    """Read an .h5; `file` is what errors call it."""
    reader = Reader(source.read(), file)
    model = _json(reader, "model_config", file)
    if model is None:
        raise refusal(file, "it is HDF5 without a model_config", "a whole model", "Weights alone make no model.")
    config = configs.plain_config(model, file)
    training = _json(reader, "training_config", file)
    if training is not None:
        training["optimizer"] = training.pop("optimizer_config", None)
    compiled = configs.plain_compile(training, file)
    weights = {}
    for name in configs.layer_names(config):
        variables = _variables(reader, f"model_weights/{name}")
        if variables is None:
            raise refusal(file, f"it has no weight_names for the layer {name!r}")
        weights[name] = {path.rpartition("/")[2].partition(":")[0]: array for path, array in variables.items()}
    state = _variables(reader, "optimizer_weights")
    if state and compiled is not None and compiled["optimizer"] is not None:
        if keras_2.wrote((reader.texts("/", "keras_version") or ["1."])[0]):
            in_rows = not next(iter(state)).endswith("iteration:0")  # of the older: iter:0, iterations:0, Variable:0
            state = keras_2.state(state, compiled["optimizer"], in_rows=in_rows)
        else:
            state = {path.partition("/")[2]: array for path, array in state.items()}
    return ModelData(config=config, weights=weights, compile=compiled, optimizer=state)


def load_weights(reader: Reader) -> list[Variables] | None:
    """The variables of each layer that has some, bottom up, of a whole model or of weights alone; None for another form."""
    for group in ("/", "model_weights"):
        names = _names(reader, group, "layer_names")
        if names is not None:
            return [variables for name in names if (variables := _variables(reader, f"{group}/{name}"))]
    return None


def to_bytes(data: ModelData) -> bytes:
    """An .h5 that holds the data, but for its training record; the same data, the same bytes."""
    model, names = data.config["name"], configs.layer_names(data.config)

    def entry(item: Json) -> Json:
        return {key: item[key] for key in ("class_name", "config")}

    config = configs.keras_config(data.config)
    config["layers"] = [entry(layer) for layer in config["layers"]]
    root: dict[str, str | bytes] = {
        "backend": "tensorflow",  # whose kernels are laid out as ours
        "keras_version": configs.KERAS_VERSION,
        "model_config": json.dumps({"class_name": "Sequential", "config": config}).encode(),
    }
    stores = {
        f"model_weights/{name}": {f"{model}/{name}/{variable}": v for variable, v in data.weights.get(name, {}).items()}
        for name in names
    }
    stores["model_weights/top_level_model_weights"] = {}
    if data.compile is not None and data.compile["optimizer"] is not None:
        optimizer = configs.keras_optimizer(data.compile["optimizer"])
        training = {**configs.keras_compile(data.compile), "optimizer_config": entry(optimizer)}
        root["training_config"] = json.dumps(training).encode()
        if data.optimizer:
            # conv2d/kernel/accumulated_grad is there sequential_conv2d_kernel_accumulated_grad
            paths = [f"{model}/{path}".replace("/", "_") if "/" in path else path for path in data.optimizer]
            own = zip(paths, data.optimizer.values(), strict=True)
            stores["optimizer_weights"] = {f"{optimizer['config']['name']}/{path}": v for path, v in own}
    groups: dict[str, Attributes] = {
        "/": root,
        "model_weights": {
            "layer_names": [name.encode() for name in names],
            "backend": b"tensorflow",
            "keras_version": configs.KERAS_VERSION.encode(),
        },
        **{group: {"weight_names": [path.encode() for path in variables]} for group, variables in stores.items()},
    }
    arrays = {f"{group}/{path}": v for group, variables in stores.items() for path, v in variables.items()}
    return hdf5.to_bytes(groups, arrays)


def _json(reader: Reader, attribute: str, file: str) -> Json | None:
    texts = reader.texts("/", attribute)
    return None if texts is None else parsed("".join(texts), file, attribute)


def _variables(reader: Reader, group: str) -> Variables | None:
    """The arrays of a group by the paths, and in the order, of its weight_names; None where it has none."""
    names = _names(reader, group, "weight_names")
    return None if names is None else {name: reader.array(f"{group}/{name}") for name in names}


def _names(reader: Reader, group: str, attribute: str) -> list[str] | None:
    """A long list is cut up: weight_names0, weight_names1, …"""
    names = reader.texts(group, attribute)
    if names is None:
        parts: list[list[str]] = []
        while (part := reader.texts(group, f"{attribute}{len(parts)}")) is not None:
            parts.append(part)
        names = list(chain(*parts)) or None
    return names
