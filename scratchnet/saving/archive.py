"""`.keras`, the format of Keras 3: a zip of the configuration as JSON and the variables as HDF5.

    metadata.json       who wrote it
    config.json         the model, its layers and what `compile` was given
    model.weights.h5    as in weights.py
    training.json       scratchnet's own; Keras doesn't read it

Source: keras/src/saving/saving_lib.py.
"""

import io
import json
import re
import zipfile
from typing import BinaryIO

from scratchnet.saving import configs, keras_2, weights, zipped
from scratchnet.saving.data import Json, ModelData, Variables
from scratchnet.saving.hdf5 import Reader
from scratchnet.saving.json_text import parsed
from scratchnet.saving.refusal import quoted, refusal

_CONFIG, _METADATA, _WEIGHTS, _TRAINING = "config.json", "metadata.json", "model.weights.h5", "training.json"


def load(source: BinaryIO, file: str) -> ModelData:
    """Read a .keras; `file` is what errors call it."""
    members = _members(source, file, _CONFIG, _WEIGHTS)
    model = parsed(members[_CONFIG], file, _CONFIG)
    config = configs.plain_config(model, file)
    layers, optimizer = weights.load(Reader(members[_WEIGHTS], file), config, file)
    compiled = configs.plain_compile(model.get("compile_config"), file)
    version = parsed(members[_METADATA], file, _METADATA).get("keras_version") if _METADATA in members else None
    if optimizer and compiled and compiled["optimizer"] and keras_2.wrote(version):
        optimizer = keras_2.state(optimizer, compiled["optimizer"], in_rows=False)
    training = parsed(members[_TRAINING], file, _TRAINING, finite=False) if _TRAINING in members else None
    return ModelData(config, layers, compiled, optimizer, training)


def to_bytes(data: ModelData) -> bytes:
    """A .keras that holds the data; the same data, the same bytes."""
    members: dict[str, str | bytes] = {
        # Keras adds the date, which nothing reads and which would make every file another.
        _METADATA: json.dumps({"keras_version": configs.KERAS_VERSION}),
        _CONFIG: json.dumps(_model(data)),
        _WEIGHTS: weights.to_bytes(data),
    }
    if data.training is not None:
        members[_TRAINING] = json.dumps(data.training)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)  # whose date is 1980 unless told otherwise
    return target.getvalue()


def load_weights(source: BinaryIO, config: Json, file: str) -> tuple[dict[str, Variables], Variables | None]:
    """The variables of these layers, and the optimizer's."""
    return weights.load(Reader(_members(source, file, _WEIGHTS)[_WEIGHTS], file), config, file)


def _members(source: BinaryIO, file: str, *wanted: str) -> dict[str, bytes]:
    """What is wanted of the archive, and what else there may be."""
    allowed = zipped.most(source.seek(0, io.SEEK_END))
    try:
        with zipfile.ZipFile(source) as archive:
            names = archive.namelist()
            # Nothing is unpacked onto the disk here. But none of Keras's has such names.
            if astray := [name for name in names if {"..", ""} & set(re.split(r"[/\\:]", name.removesuffix("/")))]:
                raise refusal(file, f"its zip archive has {quoted(astray[0])}, a path out of it")
            if len(set(names)) < len(names):
                raise refusal(file, "its zip archive has two members of one name")
            optional = {_METADATA, _TRAINING} & set(names)
            return {name: _member(archive, name, file, allowed) for name in (*wanted, *optional)}
    except zipped.UNREADABLE as error:
        raise refusal(file, f"its zip archive can't be read ({error})") from error


def _member(archive: zipfile.ZipFile, name: str, file: str, allowed: int) -> bytes:
    if name not in archive.namelist():
        raise refusal(file, f"there is no {name} in its zip archive")
    member = archive.getinfo(name)
    if member.compress_type not in zipped.METHODS:
        raise refusal(file, f"its {name} is compressed by method {member.compress_type}", "stored or deflated data")
    if member.file_size > allowed:
        raise refusal(file, f"its {name} would unpack to {member.file_size} bytes", f"at most {allowed}")
    return archive.read(member)


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
