"""The contract of an optimizer, and what is done to gradients and weights before any of them."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from scratchnet import objects
from scratchnet.casts import through_float32
from scratchnet.errors import ScratchnetError
from scratchnet.naming import unique_name
from scratchnet.optimizers import schedules
from scratchnet.optimizers.schedules import Schedule
from scratchnet.typing import Array, Shape

CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")
COMMON_LIMITS = dict.fromkeys(("learning_rate", "weight_decay", *CLIPS), math.inf)


@dataclass(eq=False)
class Optimizer(ABC):
    """What a step does with the gradients. Its fields are Keras's options, by Keras's names.

    learning_rate: a number, which may be changed between two steps, or a schedule, which is asked at every step
    weight_decay: before each update, w ← w − w · weight_decay · learning_rate
    clipnorm: a parameter's gradient g becomes g · clipnorm / max(‖g‖, clipnorm)
    global_clipnorm: the same, with ‖g‖ over the gradients of all parameters
    clipvalue: every number of g is brought into ±clipvalue.  0, as None, is off; one of the three may be on
    Source: keras/src/optimizers/base_optimizer.py.
    """

    learning_rate: float | Schedule = 0.001
    weight_decay: float | None = field(default=None, kw_only=True)
    clipnorm: float | None = field(default=None, kw_only=True)
    clipvalue: float | None = field(default=None, kw_only=True)
    global_clipnorm: float | None = field(default=None, kw_only=True)
    name: str = field(default="", kw_only=True)

    iterations: int = field(default=0, init=False)  # updates made
    slots: dict[str, Array] = field(default_factory=dict, init=False, repr=False)  # by "layer/variable/slot"
    built: bool = field(default=False, init=False, repr=False)  # whether the slots are made; some optimizers have none
    shapes: dict[str, Shape] = field(default_factory=dict, init=False, repr=False)  # of the parameters it was built for
    dtype: np.dtype[Any] = field(default=np.dtype("float32"), init=False, repr=False)  # the model's

    limits: ClassVar[dict[str, float]] = {}  # own options that are numbers from 0, and the largest they may be

    def __post_init__(self) -> None:
        objects.check_flags(self)
        self.name = self.name or unique_name(type(self).__name__)
        if not isinstance(self.name, str) or "/" in self.name:
            raise ScratchnetError(
                came=f"name={objects.shown(self.name)}", expected="a name without /", do="It would be a path in a file."
            )
        if isinstance(self.learning_rate, dict):
            self.learning_rate = schedules.get(self.learning_rate)
        for option, most in (COMMON_LIMITS | self.limits).items():
            value = getattr(self, option)
            optional = type(self).__dataclass_fields__[option].default is None
            if not isinstance(value, Schedule) and not (optional and value is None):
                setattr(self, option, objects.number(option, value, least=0, most=most))
        clips = {option: value for option in CLIPS if (value := getattr(self, option)) is not None}
        if len(clips) > 1:
            raise ScratchnetError(
                came=", ".join(f"{option}={value}" for option, value in clips.items()),
                expected="one of them alone",
                do="Leave the others out.",
            )

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        """The slots' names: Keras has all parameters' slots of a group before those of the next."""
        return ()

    def first_slot(self, w: Array) -> Array:
        """What a slot of this parameter holds before the first step."""
        return np.zeros_like(w)

    @abstractmethod
    def update(self, w: Array, g: Array, slots: list[Array], rate: float, kernels: ModuleType) -> None:
        """One step of one parameter, written into w and its slots (in the order of the groups)."""

    def build(self, params: dict[str, Array]) -> None:
        """Make the slots of these parameters (by "layer/variable")."""
        self.slots = {
            f"{key}/{slot}": self.first_slot(w)
            for group in self.slot_groups()
            for key, w in params.items()
            for slot in group
        }
        self.shapes = {key: w.shape for key, w in params.items()}
        self.built = True

    def step(self, params: dict[str, Array], grads: dict[str, Array], kernels: ModuleType) -> None:
        """One update of every parameter that has a gradient, in place: clip, decay, update."""
        rate = self.current_learning_rate
        names = [slot for group in self.slot_groups() for slot in group]
        for key, g in self._clipped(grads).items():
            w = params[key]
            if self.weight_decay is not None:
                w -= w * through_float32(self.weight_decay) * rate
            self.update(w, g, [self.slots[f"{key}/{name}"] for name in names], rate, kernels)
        self.iterations += 1

    @property
    def current_learning_rate(self) -> float:
        """That of the next step."""
        rate = self.learning_rate
        return float(rate(self.iterations) if isinstance(rate, Schedule) else rate)

    def _clipped(self, grads: dict[str, Array]) -> dict[str, Array]:
        if most := self.clipnorm:
            return {key: g * most / max(_norm([g]), most) for key, g in grads.items()}
        if most := self.global_clipnorm:
            norm = _norm(grads.values())
            share = most / max(norm, most) if math.isfinite(norm) else math.nan  # what overflowed must not pass for 0
            return {key: g * share for key, g in grads.items()}
        if most := self.clipvalue:
            return {key: np.clip(g, -most, most) for key, g in grads.items()}
        return grads

    @property
    def variables(self) -> dict[str, Array]:
        """What Keras counts, shows and saves as the optimizer's, in its order: two numbers, then the slots.

        A learning rate that is a schedule is none of them.
        """
        numbers = {"iteration": np.array(self.iterations, np.int64)}
        if not isinstance(self.learning_rate, Schedule):
            numbers["learning_rate"] = np.array(self.learning_rate, self.dtype)
        return numbers | self.slots

    def load(self, variables: Mapping[str, Array]) -> None:
        """Take over what `variables` gave; without a state, the first step makes it.

        Of the learning rate a file may have 32 bits: the one that it was rounded from stays.
        """
        self.iterations = int(variables.get("iteration", 0))
        rate = variables.get("learning_rate")
        if rate is not None and not isinstance(self.learning_rate, Schedule) and rate != np.float32(self.learning_rate):
            self.learning_rate = float(rate)
        self.built = all(key in variables for key in self.slots)
        self.slots = {key: np.array(variables[key]) for key in self.slots} if self.built else {}

    def get_config(self) -> dict[str, Any]:
        """The options as Keras writes them."""
        return objects.options(self)


def _norm(grads: Iterable[Array]) -> float:
    """√ Σ g², over all numbers of all of them"""
    return math.sqrt(sum(float(np.square(g).sum()) for g in grads))
