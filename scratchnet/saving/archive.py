"""`.keras`, the format of Keras 3: a zip of the configuration as JSON and the variables as HDF5.

    metadata.json       who wrote it
    config.json         the model, its layers and what `compile` was given
    model.weights.h5    layers/<class>/vars/<number>, optimizer/vars/<number>
    training.json       scratchnet's own; Keras doesn't read it

<class> is the layer's class in snake case, from the second of its kind on with a number; its own name is only an
attribute. Variables have their place in Keras's order as a name. Source: keras/src/saving/saving_lib.py.
"""

import io
import json
import zipfile
import zlib
from collections import Counter
from typing import BinaryIO

from scratchnet.naming import snake_case
from scratchnet.saving import configs, hdf5
from scratchnet.saving.data import Json, ModelData, Variables
from scratchnet.saving.hdf5 import Reader
from scratchnet.saving.refusal import refusal

_CONFIG, _METADATA, _WEIGHTS, _TRAINING = "config.json", "metadata.json", "model.weights.h5", "training.json"

# Keras doesn't compress, and numbers hardly can be: an archive that someone packed anew unpacks to little more than it is.
_LARGEST_EXPANSION, _ALWAYS_ALLOWED = 20, 2**26


def load(source: BinaryIO, file: str) -> ModelData:
    """Read a .keras; `file` is what errors call it."""
    allowed = max(_ALWAYS_ALLOWED, _LARGEST_EXPANSION * source.seek(0, io.SEEK_END))
    try:
        with zipfile.ZipFile(source) as archive:
            members = {name: _member(archive, name, file, allowed) for name in (_CONFIG, _WEIGHTS)}
            if _TRAINING in archive.namelist():
                members[_TRAINING] = _member(archive, _TRAINING, file, allowed)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise refusal(file, f"its zip archive can't be read ({error})") from error
    model = configs.parsed(members[_CONFIG], file, _CONFIG)
    config = configs.plain_config(model, file)
    with Reader.open(io.BytesIO(members[_WEIGHTS]), file) as reader:
        weights = {
            name: _variables(reader, path, file)
            for name, path in zip(configs.layer_names(config), _paths(config), strict=True)
        }
        optimizer = _variables(reader, "optimizer", file)
    return ModelData(
        config=config,
        weights=weights,
        compile=configs.plain_compile(model.get("compile_config"), file),
        optimizer=optimizer or None,
        training=configs.parsed(members[_TRAINING], file, _TRAINING) if _TRAINING in members else None,
    )


def to_bytes(data: ModelData) -> bytes:
    """A .keras that holds the data; the same data, the same bytes."""
    members: dict[str, str | bytes] = {
        # Keras adds the date, which nothing reads and which would make every file another.
        _METADATA: json.dumps({"keras_version": configs.KERAS_VERSION}),
        _CONFIG: json.dumps(_model(data)),
        _WEIGHTS: _weights(data),
    }
    if data.training is not None:
        members[_TRAINING] = json.dumps(data.training)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)  # whose date is 1980 unless told otherwise
    return target.getvalue()


def _member(archive: zipfile.ZipFile, name: str, file: str, allowed: int) -> bytes:
    if name not in archive.namelist():
        raise refusal(file, f"there is no {name} in its zip archive")
    member = archive.getinfo(name)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refusal(file, f"its {name} is compressed by method {member.compress_type}", "stored or deflated data")
    if member.file_size > allowed:
        raise refusal(file, f"its {name} would unpack to {member.file_size} bytes", f"at most {allowed}")
    return archive.read(member)


def _variables(reader: Reader, path: str, file: str) -> Variables:
    numbers = [str(number) for number in range(len(reader.names(f"{path}/vars")))]
    if set(numbers) != set(reader.names(f"{path}/vars")):
        raise refusal(file, f"the variables in {path} aren't numbered from 0")
    return {number: reader.array(f"{path}/vars/{number}") for number in numbers}


def _model(data: ModelData) -> Json:
    """config.json: the model as Keras serialises it."""

    def entry(module: str, item: Json) -> Json:
        return {"module": module, **item, "registered_name": None}

    config = configs.keras_config(data.config)
    config["layers"] = [entry("keras.layers", layer) for layer in config["layers"]]
    model = entry("keras", {"class_name": "Sequential", "config": config})
    if data.config["input_shape"] is not None:
        model["build_config"] = {"input_shape": config["build_input_shape"]}
    if data.compile is not None:
        model["compile_config"] = configs.keras_compile(data.compile)
        if data.compile["optimizer"] is not None:
            model["compile_config"]["optimizer"] = configs.keras_optimizer(data.compile["optimizer"])
    return model


def _weights(data: ModelData) -> bytes:
    """model.weights.h5."""
    names = configs.layer_names(data.config)
    stores = [(path, name, data.weights.get(name, {})) for path, name in zip(_paths(data.config), names, strict=True)]
    if data.optimizer and data.compile and data.compile["optimizer"]:
        stores.append(("optimizer", data.compile["optimizer"]["config"]["name"], data.optimizer))
    groups = {"vars": {"name": data.config["name"]}, **{f"{path}/vars": {"name": name} for path, name, _ in stores}}
    arrays = {
        f"{path}/vars/{number}": value
        for path, _, variables in stores
        for number, value in enumerate(variables.values())
    }
    return hdf5.to_bytes(groups, arrays)


def _paths(config: Json) -> list[str]:
    """Where each layer's variables are: layers/conv2d, layers/conv2d_1, …"""
    seen: Counter[str] = Counter()
    paths = []
    for layer in config["layers"]:
        kind = snake_case(layer["class_name"])
        paths.append(f"layers/{kind}_{seen[kind]}" if seen[kind] else f"layers/{kind}")
        seen[kind] += 1
    return paths
