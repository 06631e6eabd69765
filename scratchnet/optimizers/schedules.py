"""Learning rates that depend on the updates made: called as schedule(step), step from 0.

Keras computes them in float32, whatever the model's dtype, and so do these: step by step, with a power or a cosine rounded
once. They are its eager mode's, bit for bit; what it compiles may be a millionth off.
Source: keras/src/optimizers/schedules/learning_rate_schedule.py.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, final

from numpy import float32

from scratchnet import objects
from scratchnet.errors import ScratchnetError


@dataclass(frozen=True)
class Schedule(ABC):
    """A learning rate for each step."""

    @abstractmethod
    def __call__(self, step: int) -> float: ...

    def _check(self) -> None:
        """Numbers are numbers, flags are flags, and something takes at least one step."""
        objects.check_flags(self)
        for option in fields(self):
            value = getattr(self, option.name)
            if option.name.endswith("_steps"):
                value = objects.whole(option.name, value, least=0 if option.name == "warmup_steps" else 1)
                object.__setattr__(self, option.name, value)
            elif option.type is float or (option.type == float | None and value is not None):
                object.__setattr__(self, option.name, objects.number(option.name, value))


@final
@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """initial_learning_rate · decay_rate ^ (step / decay_steps), the exponent rounded down where it goes by stairs"""

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False
    name: str = "ExponentialDecay"

    def __post_init__(self) -> None:
        self._check()
        objects.number("decay_rate", self.decay_rate, least=0)

    def __call__(self, step: int) -> float:
        exponent = float32(step) / float32(self.decay_steps)
        if self.staircase:
            exponent = float32(math.floor(exponent))
        return float(float32(self.initial_learning_rate) * float32(float(float32(self.decay_rate)) ** float(exponent)))


@final
@dataclass(frozen=True)
class PiecewiseConstantDecay(Schedule):
    """values[i] up to and with step boundaries[i], the last of the values after the last boundary"""

    boundaries: tuple[int, ...]
    values: tuple[float, ...]
    name: str = "PiecewiseConstant"

    def __post_init__(self) -> None:
        for option in ("boundaries", "values"):
            given = getattr(self, option)
            if not isinstance(given, tuple | list):
                raise ScratchnetError(
                    came=f"{option}={objects.shown(given)}", expected="a list of numbers", do="Give one."
                )
            numbers = tuple(objects.number(option, value) for value in given)
            object.__setattr__(self, option, tuple(map(int, numbers)) if option == "boundaries" else numbers)
        rising = all(low < high for low, high in zip(self.boundaries, self.boundaries[1:], strict=False))
        if not self.boundaries or not rising or len(self.values) != len(self.boundaries) + 1:
            raise ScratchnetError(
                came=f"boundaries={objects.shown(self.boundaries)}, values={objects.shown(self.values)}",
                expected="one or more rising boundaries, and one value more than there are boundaries",
                do="A value holds up to its boundary, and the last one after all of them.",
            )

    def __call__(self, step: int) -> float:
        return float(float32(self.values[sum(step > boundary for boundary in self.boundaries)]))


@final
@dataclass(frozen=True)
class CosineDecay(Schedule):
    """From initial_learning_rate to alpha times that, along half a cosine of decay_steps.

    With a warmup_target, it first goes to that in a straight line of warmup_steps, and decays from there.
    Source: Loshchilov, Hutter, “SGDR: stochastic gradient descent with warm restarts”, 2016, eq. 5.
    """

    initial_learning_rate: float
    decay_steps: int
    alpha: float = 0.0
    name: str = "CosineDecay"
    warmup_target: float | None = None
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        self._check()

    def __call__(self, step: int) -> float:
        start = float32(self.initial_learning_rate)
        if self.warmup_target is not None:
            top = float32(self.warmup_target)
            if step < self.warmup_steps:
                return float((top - start) * (float32(step) / float32(self.warmup_steps)) + start)
            start, step = top, step - self.warmup_steps
        angle = float32(math.pi) * (float32(min(step, self.decay_steps)) / float32(self.decay_steps))
        half = float32(0.5) * (1 + float32(math.cos(angle)))
        return float(start * (float32(1 - self.alpha) * half + float32(self.alpha)))


SCHEDULES: dict[str, type[Schedule]] = {
    kind.__name__: kind for kind in (ExponentialDecay, PiecewiseConstantDecay, CosineDecay)
}


def get(schedule: Schedule | dict[str, Any]) -> Schedule:
    """The schedule itself, or a new one from its class and options."""
    return schedule if isinstance(schedule, Schedule) else objects.make("schedule", schedule, SCHEDULES)


def serialize(schedule: Schedule) -> dict[str, Any]:
    """Its class and options, as Keras writes them."""
    return objects.serialize(schedule)
