"""What a step does with the gradients."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import ModuleType
from typing import Any, final

import numpy as np

from scratchnet.errors import ModelFileError, ScratchnetError
from scratchnet.typing import Array


@final
@dataclass(eq=False)
class Adadelta:
    """Steps as large as the steps lately taken, over gradients as large as those lately seen.

    a ← ρ a + (1−ρ) g²;  Δ = g · √(d + ε) / √(a + ε);  d ← ρ d + (1−ρ) Δ²;  w ← w − learning_rate · Δ

    Zeiler's rule has no learning rate: its Δ is already in the units of w, and 1.0 leaves it so, as Keras 2 did. Keras 3
    has 0.001, a thousandth of each step: this library's network then reaches about 84 % on MNIST in the twelve epochs
    that otherwise give it 99 % (keras issues 13815, 3889). So write Adadelta(learning_rate=1.0) where both run.

    Source: Zeiler, “ADADELTA: an adaptive learning rate method”, 2012, algorithm 1; keras/src/optimizers/adadelta.py.
    """

    learning_rate: float = 1.0
    rho: float = 0.95
    epsilon: float = 1e-7
    name: str = "adadelta"

    SLOTS = ("accumulated_grad", "accumulated_delta_var")

    iterations: int = field(default=0, init=False)  # updates made
    slots: dict[str, Array] = field(default_factory=dict, init=False, repr=False)  # by "layer/variable/slot"

    def __post_init__(self) -> None:
        for option, upper in (("learning_rate", math.inf), ("rho", 1.0), ("epsilon", math.inf)):
            value = getattr(self, option)
            if not (isinstance(value, int | float) and math.isfinite(value) and 0 <= value <= upper):
                raise ScratchnetError(
                    came=f"{option}={value!r}",
                    expected="a finite number of 0 or more" if upper > 1 else "a number from 0 to 1",
                    do=f"The default is {type(self).__dataclass_fields__[option].default}.",
                )

    def build(self, params: dict[str, Array]) -> None:
        """Make the state for these parameters (by "layer/variable"), zero at first."""
        self.slots = {f"{key}/{slot}": np.zeros_like(w) for key, w in params.items() for slot in self.SLOTS}

    def step(self, params: dict[str, Array], grads: dict[str, Array], kernels: ModuleType) -> None:
        """One update of every parameter that has a gradient, in place."""
        for key, g in grads.items():
            a, d = (self.slots[f"{key}/{slot}"] for slot in self.SLOTS)
            kernels.adadelta(params[key], g, a, d, self.learning_rate, self.rho, self.epsilon)
        self.iterations += 1

    @property
    def variables(self) -> dict[str, Array]:
        """What Keras counts, shows and saves as the optimizer's, in its order: two numbers, then the state."""
        iteration = np.array(self.iterations, np.int64)
        return {"iteration": iteration, "learning_rate": np.array(self.learning_rate, np.float32), **self.slots}

    def load(self, variables: Mapping[str, Array]) -> None:
        """Take over what `variables` gave; without a state, the first step makes it.

        Of the learning rate a file has 32 bits: the one that it was rounded from stays.
        """
        self.iterations = int(variables.get("iteration", 0))
        if "learning_rate" in variables and variables["learning_rate"] != np.float32(self.learning_rate):
            self.learning_rate = float(variables["learning_rate"])
        self.slots = {key: np.array(variables[key]) for key in self.slots if key in variables}

    def get_config(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("name", "learning_rate", "rho", "epsilon")}


OPTIMIZERS = {Adadelta.__name__: Adadelta}


def get(optimizer: Adadelta | str) -> Adadelta:
    """The optimizer itself, or a new one of that name, in Keras's spelling ("Adadelta" or "adadelta")."""
    if isinstance(optimizer, Adadelta):
        return optimizer
    for name, kind in OPTIMIZERS.items():
        if optimizer in (name, name.lower()):
            return kind()
    raise ScratchnetError(
        came=f"optimizer={optimizer!r}", expected=f"one of {', '.join(OPTIMIZERS)}", do="Choose one of these."
    )


def from_config(config: Mapping[str, Any]) -> Adadelta:
    """The optimizer that a file describes; an option of Keras that ours doesn't have must be off."""
    name, options = config["class_name"], config["config"]
    if name not in OPTIMIZERS:
        raise ModelFileError(
            came=f"The model was compiled with {name}",
            expected=f"one of {', '.join(OPTIMIZERS)}",
            do="Load it with compile=False and compile it anew.",
        )
    own = {option.name for option in fields(OPTIMIZERS[name]) if option.init}
    for option, value in options.items():
        if option not in own and value not in KERAS_OFF.get(option, (None, False)):
            raise ModelFileError(
                came=f"The model's {name} has {option}={value!r}",
                expected="this option of Keras to be off",
                do="Load it with compile=False and compile it anew.",
            )
    return OPTIMIZERS[name](**{option: value for option, value in options.items() if option in own})


# What Keras writes for options that do nothing: no weight decay, clipping, averaging, scaling or accumulation
KERAS_OFF: dict[str, tuple[Any, ...]] = {"ema_momentum": (0.99,), "decay": (0.0,)}
