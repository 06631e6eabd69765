"""Keras's JSON ↔ the plain config and compile of ModelData: what its formats share."""

from typing import Any

from scratchnet.saving import keras_2
from scratchnet.saving.data import Json
from scratchnet.saving.refusal import quoted, refusal

KERAS_VERSION = "3.15.1"  # whose files those written here are the same as

# Keras says where its classes are. The last word of an option's name tells which kind of object it holds.
_MODULES = {
    "activation": "keras.layers",
    "constraint": "keras.constraints",
    "initializer": "keras.initializers",
    "loss": "keras.losses",
    "metrics": "keras.metrics",
    "optimizer": "keras.optimizers",
    "rate": "keras.optimizers.schedules",
    "regularizer": "keras.regularizers",
}
_NOT_TAKEN = {"SpatialDropout2D": {"trainable"}}  # by its constructor in Keras 3, and so not written by it
_COMPILE_DEFAULTS = {
    "loss": None,
    "loss_weights": None,
    "metrics": None,
    "weighted_metrics": None,
    "run_eagerly": False,
    "steps_per_execution": 1,
    "jit_compile": "auto",
}


def plain_config(model: Json, file: str) -> Json:
    """A model as Keras serialises it → ModelData.config."""
    if model.get("class_name") != "Sequential":
        raise refusal(
            file,
            f"it holds a model of the class {quoted(model.get('class_name'))}",
            "a Sequential",
            "Models that aren't one stack of layers can't be represented here; run it in Keras.",
        )
    config = _plain(model.get("config"), file)
    layers = config.get("layers") if isinstance(config, dict) else None
    if not isinstance(layers, list) or not all(_is_object(layer) for layer in layers):
        raise refusal(file, "its configuration has no layers, or one without class and options")
    first = layers[0]["config"] if layers else {}
    batch_shape = first.get("batch_input_shape", first.get("batch_shape"))  # Keras 2's name, Keras 3's
    if layers and layers[0]["class_name"] == "InputLayer":
        del layers[0]
    for layer in layers:
        layer["config"].pop("batch_input_shape", None)
    names = [config.get("name"), *(layer["config"].get("name") for layer in layers)]
    if not all(isinstance(name, str) for name in names) or len(set(names[1:])) < len(layers):
        raise refusal(file, f"it names the model and its layers {quoted(names)}", "strings, each layer's its own")
    # Of the model's own dtype Keras loses sight when it loads one, of the layers' it doesn't.
    dtypes = {quoted(dtype): dtype for layer in layers if (dtype := layer["config"].get("dtype")) is not None}
    if len(dtypes) > 1:
        raise refusal(file, f"its layers compute in {' and '.join(dtypes)}", "one dtype", "Save it in one.")
    return {
        "name": config["name"],
        "dtype": next(iter(dtypes.values()), config.get("dtype", "float32")),
        "input_shape": _sample_shape(batch_shape, file),
        "layers": layers,
    }


def plain_compile(compiled: Any, file: str) -> Json | None:
    """What Keras serialises of `compile` → ModelData.compile."""
    if not compiled:
        return None
    if not isinstance(compiled, dict):
        raise refusal(file, f"what it was compiled with is {quoted(compiled)}")
    arguments: Json = {"optimizer": None, **_plain(compiled, file)}
    if arguments["optimizer"] is not None:
        if not _is_object(arguments["optimizer"]):
            raise refusal(file, f"its optimizer is {quoted(arguments['optimizer'])}")
        arguments["optimizer"] = keras_2.optimizer(arguments["optimizer"])
    if _is_object(arguments.get("loss")):
        arguments["loss"] = keras_2.loss(arguments["loss"])
    if isinstance(arguments.get("metrics"), list):
        arguments["metrics"] = keras_2.metrics(arguments["metrics"])
    return arguments


def keras_config(model: Json) -> Json:
    """ModelData.config → the options of Keras's Sequential, in which a layer is still only class and options."""
    policy = {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": {"name": model["dtype"]},
        "registered_name": None,
    }
    options: Json = {"name": model["name"], "trainable": True, "dtype": policy, "layers": []}
    if model["input_shape"] is not None:
        shape = options["build_input_shape"] = [None, *model["input_shape"]]
        given = {"batch_shape": shape, "dtype": model["dtype"], "sparse": False, "ragged": False, "optional": False}
        options["layers"].append({"class_name": "InputLayer", "config": {**given, "name": "input_layer"}})
    for layer in model["layers"]:
        own = {"trainable": True, **layer["config"], "dtype": policy}
        not_taken = _NOT_TAKEN.get(layer["class_name"], ())
        config = {key: _serialized(key, value) for key, value in own.items() if key not in not_taken}
        options["layers"].append({**layer, "config": config})
    return options


def keras_compile(arguments: Json) -> Json:
    """ModelData.compile → what Keras serialises of it, but for the optimizer."""
    return {key: _serialized(key, arguments.get(key, default)) for key, default in _COMPILE_DEFAULTS.items()}


def keras_optimizer(optimizer: Json) -> Json:
    """The optimizer of ModelData.compile → as Keras serialises it."""
    serialized: Json = _serialized("optimizer", optimizer)
    return serialized


def layer_names(config: Json) -> list[str]:
    """The names of ModelData.config's layers, in order."""
    return [layer["config"]["name"] for layer in config["layers"]]


def _plain(value: Any, file: str) -> Any:
    """Keras's serialised objects down to class and options; functions and dtype policies down to their names."""
    if isinstance(value, list):
        return [_plain(item, file) for item in value]
    if not isinstance(value, dict):
        return value
    if not {"class_name", "config"} <= value.keys():
        return {key: _plain(item, file) for key, item in value.items()}
    class_name, config, module = value["class_name"], value["config"], value.get("module", "keras")
    if class_name == "function" and isinstance(config, str):
        return config
    if module != "keras" and not str(module).startswith("keras."):
        raise refusal(
            file,
            f"it names {quoted(class_name)} of the module {quoted(module)}",
            "Keras's own classes",
            "Nothing that a file names is imported: run the model where its code is.",
        )
    if class_name == "DTypePolicy" and isinstance(config, dict) and "name" in config:
        return config["name"]
    kept = {"build_config": value["build_config"]} if "build_config" in value else {}
    plain = _plain(config, file)
    if isinstance(plain, dict) and isinstance(class_name, str):
        plain = keras_2.options(class_name, plain)
    return {"class_name": class_name, "config": plain, **kept}


def _serialized(key: str, value: Any) -> Any:
    """The reverse of _plain, for the value of the option `key`."""
    if isinstance(value, list):
        return [_serialized(key, item) for item in value]
    if not isinstance(value, dict):
        return value
    plain = {option: _serialized(option, item) for option, item in value.items()}
    module = _MODULES.get(key.rpartition("_")[2])
    return {"module": module, **plain, "registered_name": None} if module and _is_object(value) else plain


def _is_object(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("class_name"), str) and isinstance(item.get("config"), dict)


def _sample_shape(batch_shape: Any, file: str) -> list[int | None] | None:
    if batch_shape is None:
        return None
    sizes = batch_shape[1:] if isinstance(batch_shape, list) else []
    if not sizes or not all(size is None or (type(size) is int and size > 0) for size in sizes):
        raise refusal(
            file, f"its input shape is {quoted(batch_shape)}", "positive whole numbers, after one for the batch"
        )
    return sizes
