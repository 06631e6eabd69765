"""What a step does with the gradients: one optimizer a file, base.py is the contract."""

from collections.abc import Mapping
from typing import Any

from scratchnet import objects
from scratchnet.optimizers import schedules
from scratchnet.optimizers.adadelta import Adadelta
from scratchnet.optimizers.adagrad import Adagrad
from scratchnet.optimizers.adam import Adam
from scratchnet.optimizers.adamw import AdamW
from scratchnet.optimizers.base import Optimizer
from scratchnet.optimizers.rmsprop import RMSprop
from scratchnet.optimizers.schedules import Schedule
from scratchnet.optimizers.sgd import SGD

__all__ = [
    "OPTIMIZERS", "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "Schedule", "from_config", "get",
    "schedules", "serialize",
]  # fmt: skip

OPTIMIZERS: dict[str, type[Optimizer]] = {
    kind.__name__: kind for kind in (SGD, Adagrad, RMSprop, Adadelta, Adam, AdamW)
}

# What Keras writes for options that do nothing: no averaging, scaling or accumulation
KERAS_OFF: objects.Off = {
    "ema_momentum": (0.99,),
    "decay": (None, 0.0, 0),
    "is_legacy_optimizer": None,
    "jit_compile": None,
}


def get(optimizer: Optimizer | str | dict[str, Any]) -> Optimizer:
    """The optimizer itself, or a new one by Keras's name (in any case, as Keras takes it) or from its class and options."""
    if isinstance(optimizer, Optimizer):
        return optimizer
    if isinstance(optimizer, str) and optimizer.lower() in _LOWER:
        return _LOWER[optimizer.lower()]()
    return objects.make("optimizer", optimizer, OPTIMIZERS, KERAS_OFF)


def from_config(config: Mapping[str, Any]) -> Optimizer:
    """The optimizer that a file describes; an option of Keras that ours doesn't have must be off."""
    return objects.make("optimizer", dict(config), OPTIMIZERS, KERAS_OFF)


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """Its class and options, as Keras writes them."""
    return objects.serialize(optimizer)


_LOWER = {name.lower(): kind for name, kind in OPTIMIZERS.items()}
