"""`.weights.h5`: the variables alone, as they also lie in a .keras.

    layers/<class>/vars/<number>     <class> is the layer's in snake case, from the second of its kind on with a number
    optimizer/vars/<number>

A layer's own name is only an attribute of its vars. Variables are numbered in Keras's order.
Source: keras/src/saving/saving_lib.py, `_save_state`.
"""

from collections import Counter

from scratchnet.naming import snake_case
from scratchnet.saving import configs, hdf5
from scratchnet.saving.data import Json, ModelData, Variables
from scratchnet.saving.hdf5 import Reader
from scratchnet.saving.refusal import refusal


def load(reader: Reader, config: Json, file: str) -> tuple[dict[str, Variables], Variables | None]:
    """The variables of each of the layers, and the optimizer's; `file` is what errors call it."""
    places = zip(configs.layer_names(config), _paths(config), strict=True)
    weights = {name: _variables(reader, path, file) for name, path in places}
    return weights, _variables(reader, "optimizer", file) or None


def to_bytes(data: ModelData) -> bytes:
    """A .weights.h5 that holds the data's; the same data, the same bytes."""
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


def _variables(reader: Reader, path: str, file: str) -> Variables:
    found = reader.names(f"{path}/vars")
    numbers = [str(number) for number in range(len(found))]
    if set(numbers) != set(found):
        raise refusal(file, f"the variables in {path} aren't numbered from 0")
    return {number: reader.array(f"{path}/vars/{number}") for number in numbers}


def _paths(config: Json) -> list[str]:
    """Where each layer's variables are: layers/conv2d, layers/conv2d_1, …"""
    seen: Counter[str] = Counter()
    paths = []
    for layer in config["layers"]:
        kind = snake_case(layer["class_name"])
        paths.append(f"layers/{kind}_{seen[kind]}" if seen[kind] else f"layers/{kind}")
        seen[kind] += 1
    return paths
