"""What is timed, and what a worker must have got right before it is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.linalg import norm

from benchmarks import floor, images
from benchmarks.peers.scratchnet import Scratchnet
from scratchnet.models import Sequential
from scratchnet.typing import Array

ANSWER_TOLERANCE = 1e-5  # of a probability, absolute
CHECKED = 1000  # predictions, evenly spread over all


class WrongResultError(Exception):
    """A worker whose numbers aren't those of the reference: its time would say nothing."""


class Asked(Protocol):
    """A `Worker`, or what stands in for one."""

    name: str

    def ask(self, question: str, *arguments: Any) -> Any: ...


@dataclass(frozen=True)
class Case:
    """What work it is.

    network: a name in `networks.NETWORKS`;  images: one in `images.SETS`;  dropout: False sets its rates to 0
    batch_size, steps: of an epoch that is timed;  count: of the images that are predicted
    tolerance: of an array's update, relative to its length: see `Step`
    """

    network: str = "dropout"
    images: str = "train"
    dropout: bool = True
    batch_size: int = 128
    steps: int = 117
    count: int = 10_000
    tolerance: float = 1e-2


class Measure(ABC):
    """One thing to time, on a network that has been trained.

    unit, flop: of one time that `once` gives: what it is counted in, and the operations of its dense products
    factor: how many of the unit are a second
    answers: the reference's probabilities of the images that `check` looks at
    """

    name: ClassVar[str]
    unit: ClassVar[str]
    factor: ClassVar[float]
    flop: float
    answers: Array

    def __init__(self, case: Case, model: Sequential) -> None:
        self.case = case
        self.weights = model.get_weights()
        self.without_dropout = _with_rate_0(model.get_config())
        self.config = model.get_config() if case.dropout else self.without_dropout
        self.reference = Scratchnet(model.threads, dtype="float64", kernels="plain")

    @property
    @abstractmethod
    def title(self) -> str:
        """What one time is of, for people."""

    @abstractmethod
    def check(self, worker: Asked) -> str:
        """Make the worker ready, warm, and sure to be right → how right it is, for people

        Raises WrongResultError.
        """

    @abstractmethod
    def once(self, worker: Asked) -> float:
        """One time, in `unit`."""

    def _answer_error(self, worker: Asked, count: int, checked: slice = slice(None)) -> float:
        """The largest difference of the probabilities of `count` images from `answers`, which has those checked.

        Raises WrongResultError if it is too large, or NaN.
        """
        _, answers = worker.ask("predict", count, self.case.batch_size)
        if answers.shape != (count, *self.answers.shape[1:]):
            raise WrongResultError(f"{worker.name} gives answers of shape {answers.shape} to {count} images")
        error = float(np.abs(answers[checked] - self.answers).max())
        if not error <= ANSWER_TOLERANCE:
            raise WrongResultError(
                f"{worker.name}'s probabilities are off by {error:.1e}; {ANSWER_TOLERANCE:.0e} is allowed"
            )
        return error


class Step(Measure):
    """A training step: an epoch by `fit`, on arrays in memory, divided by its steps; each epoch from the same weights.

    Masks of dropout are each library's own, so updates are compared with rates of 0: one step on one batch, from the same
    weights, against the reference. Then the rates are put back: the prediction must be the reference's, as dropout does
    nothing there, and the same step must now come out otherwise, as dropout does something here.

    A float32 gradient can differ from float64's by more than rounding: where two numbers of a pooling window are equal but
    for their last bits, it goes to another pixel, and Adadelta's first update is nearly the gradient's sign. Both move few
    numbers, a mistake moves most; so what is compared is the length of the difference of two updates, as one vector an array.
    """

    name, unit, factor = "step", "ms", 1e3

    def __init__(self, case: Case, model: Sequential) -> None:
        super().__init__(case, model)
        self.flop = floor.step_flop(model) * case.batch_size
        x, y = images.load(case.images, case.batch_size)
        self.reference.build(self.without_dropout, self.weights)
        self.answers = self.reference.predict(x, case.batch_size)
        self.reference.fit(x, y, case.batch_size)
        self.updates = _differences(self.reference.get_weights(), self.weights)

    @property
    def title(self) -> str:
        return f"One training step on {self.case.batch_size} images, by an epoch of {self.case.steps} steps"

    def check(self, worker: Asked) -> str:
        batch_size = self.case.batch_size
        worker.ask("load", self.case.images, batch_size * self.case.steps)
        worker.ask("build", self.without_dropout, self.weights)
        answer_error = self._answer_error(worker, batch_size)
        worker.ask("fit", batch_size, batch_size)
        error = self._update_error(worker)
        if not error <= self.case.tolerance:
            raise WrongResultError(
                f"{worker.name}'s first update is off by {error:.1e} of its size; {self.case.tolerance:.0e} is allowed"
            )
        if self.config != self.without_dropout:
            worker.ask("build", self.config, self.weights)
            answer_error = self._answer_error(worker, batch_size)
            worker.ask("fit", batch_size, batch_size)
            if self._update_error(worker) <= self.case.tolerance:
                raise WrongResultError(f"{worker.name} makes the same update with dropout as without")
        self.once(worker)
        return f"update within {error:.0e} of its size, probabilities within {answer_error:.0e}"

    def once(self, worker: Asked) -> float:
        worker.ask("set_weights", self.weights)
        seconds: float = worker.ask("fit", self.case.batch_size * self.case.steps, self.case.batch_size)
        return seconds / self.case.steps * self.factor

    def _update_error(self, worker: Asked) -> float:
        """The largest, over all arrays, of an update's distance from the reference's, relative to its length; NaN if one is NaN."""
        updates = _differences(worker.ask("get_weights"), self.weights)
        pairs = zip(updates, self.updates, strict=True)
        return float(np.max([norm(update - right) / norm(right) for update, right in pairs]))


class Predict(Measure):
    """The answers to images, a batch at a time. Each of those checked must be the reference's."""

    name, unit, factor = "predict", "s", 1.0

    def __init__(self, case: Case, model: Sequential) -> None:
        super().__init__(case, model)
        self.flop = floor.predict_flop(model) * case.count
        self.checked = slice(0, case.count, max(1, case.count // CHECKED))
        x, _ = images.load(case.images, case.count)
        self.reference.build(self.config, self.weights)
        self.answers = self.reference.predict(x[self.checked], case.batch_size)

    @property
    def title(self) -> str:
        return f"Predicting {self.case.count:,} images, {self.case.batch_size} at a time"

    def check(self, worker: Asked) -> str:
        worker.ask("load", self.case.images, self.case.count)
        worker.ask("build", self.config, self.weights)
        return f"probabilities within {self._answer_error(worker, self.case.count, self.checked):.0e}"

    def once(self, worker: Asked) -> float:
        seconds, _ = worker.ask("predict", self.case.count, self.case.batch_size)
        return float(seconds) * self.factor


MEASURES: dict[str, type[Measure]] = {measure.name: measure for measure in (Step, Predict)}


def _differences(after: Sequence[Array], before: Sequence[Array]) -> list[Array]:
    return [new.astype(np.float64) - old for new, old in zip(after, before, strict=True)]


def _with_rate_0(config: dict[str, Any]) -> dict[str, Any]:
    """The network's configuration with Dropout layers that drop nothing."""
    layers = [
        layer | {"config": layer["config"] | {"rate": 0.0}} if layer["class_name"] == "Dropout" else layer
        for layer in config["layers"]
    ]
    return config | {"layers": layers}
