"""What Keras 2 wrote otherwise, and tf-keras, as which it lives on, still does: brought into the form of Keras 3.

Source: keras 2.2.5, keras/optimizers.py and keras/engine/saving.py; tf_keras/src/optimizers/ and its legacy/.
"""

from itertools import chain
from typing import Any

import numpy as np

from scratchnet.saving.data import Json, Variables

# By class: what was called otherwise, and what Keras 3 doesn't know and was always the same
_RENAMED = {"LeakyReLU": {"alpha": "negative_slope"}}
_LEFT_OUT = {"DepthwiseConv2D": {"groups"}}

# Of optimizers: whose two slots Keras 3 has side by side; and without which option it has no slots, where tf-keras had
# some that stayed 0
_SIDE_BY_SIDE = {"Adadelta", "Adam"}
_NO_SLOTS_WITHOUT = {"SGD": "momentum"}


def options(class_name: str, given: Json) -> Json:
    """Those of a layer or any other object."""
    new_names, left_out = _RENAMED.get(class_name, {}), _LEFT_OUT.get(class_name, ())
    changed = {new_names.get(name, name): value for name, value in given.items() if name not in left_out}
    if isinstance(axis := changed.get("axis"), list) and len(axis) == 1:
        changed["axis"] = axis[0]
    return changed


def optimizer(given: Json) -> Json:
    """Class and options of one."""
    name, own = given["class_name"].removeprefix("Custom>"), {**given["config"]}
    if "lr" in own:
        own["learning_rate"] = own.pop("lr")
    if not own.get("decay", True):  # one that isn't 0 is a schedule in Keras 3
        del own["decay"]
    for option in ("jit_compile", "is_legacy_optimizer"):
        own.pop(option, None)
    if own.get("ema_overwrite_frequency") is not None and not own.get("use_ema"):
        own["ema_overwrite_frequency"] = None
    return {"class_name": name, "config": {"name": name.lower(), **own}}


def loss(given: Json) -> Json:
    """Class and options of one."""
    own = {option: value for option, value in given["config"].items() if option != "fn"}
    if own.get("reduction") == "auto":
        own["reduction"] = "sum_over_batch_size"
    return {**given, "config": own}


def metrics(given: list[Any]) -> list[Any]:
    """There was a list for each output; once trained, of functions that had been wrapped."""
    return [_metric(metric) for item in given for metric in (item if isinstance(item, list) else [item])]


def _metric(given: Any) -> Any:
    match given:
        case {"class_name": "MeanMetricWrapper", "config": {"name": "accuracy" | "acc" as name}}:
            return name
        case {"class_name": "MeanMetricWrapper", "config": {"fn": function}}:
            return function
    return given


def wrote(version: Any) -> bool:
    """Whether a file that says so of itself is of Keras 2."""
    return str(version).startswith(("1.", "2."))


def state(variables: Variables, optimizer: Json, *, in_rows: bool) -> Variables:
    """An optimizer's variables in Keras 3's order, with the two scalars, of which Keras 2 left out one or both.

    in_rows: first one slot of every variable, then the next one of every variable, as the optimizers had them that are now
        called legacy. Keras 3, and the later ones of tf-keras, have those that belong together side by side.
    """
    class_name, own, arrays = optimizer["class_name"], optimizer["config"], list(variables.values())
    scalars, slots = ([array for array in arrays if bool(array.ndim) is shaped] for shaped in (False, True))
    if in_rows and class_name in _SIDE_BY_SIDE:
        count, shapes = len(slots) // 3, [slot.shape for slot in slots]
        if shapes == [*shapes[:count] * 2, *[(1,)] * count]:  # Keras 2.2 had numbers for the slots that it didn't need
            del slots[2 * count :]
        count = len(slots) // (3 if own.get("amsgrad") else 2)
        slots = [*chain(*zip(slots[:count], slots[count : 2 * count], strict=True)), *slots[2 * count :]]
    if not own.get(_NO_SLOTS_WITHOUT.get(class_name, ""), True):
        slots = []
    rate = own.get("learning_rate")
    iteration = scalars[:1] or [np.asarray(0)]
    rates = scalars[1:] or ([np.asarray(rate, np.float64)] if isinstance(rate, int | float) else [])
    return {str(number): array for number, array in enumerate((*iteration, *rates, *slots))}
