"""What is timed, and what a worker must have got right before it is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import numpy as np

from benchmarks import floor
from benchmarks.peers.scratchnet import Scratchnet
from benchmarks.worker import images
from scratchnet import architectures
from scratchnet.errors import ScratchnetError
from scratchnet.typing import Array

ANSWER_TOLERANCE = 1e-5  # of a probability, absolute
UPDATE_TOLERANCE = 1e-2  # of a weight's change, relative to the largest in its array: see `Step`
CHECKED = 1000  # predictions, evenly spread over all


class WrongResultError(Exception):
    """A worker whose numbers aren't those of the reference: its time would say nothing."""


class Asked(Protocol):
    """A `Worker`, or what stands in for one."""

    name: str

    def ask(self, question: str, *arguments: Any) -> Any: ...


class Measure(ABC):
    """One thing to time: the notebook's network with dropout, its weights trained a little, so that zeros are as in real use.

    unit, flop: of one time that `once` gives: what it is counted in, and the operations of its dense products
    factor: how many of the unit are a second
    answers: the reference's probabilities of the images that `check` looks at
    """

    name: ClassVar[str]
    unit: ClassVar[str]
    factor: ClassVar[float]
    flop: float
    answers: Array

    def __init__(self, batch_size: int, steps: int, threads: int | None) -> None:
        self.batch_size, self.steps = batch_size, steps
        x, y = images("train")
        if batch_size * steps > len(x):
            raise ScratchnetError(
                came=f"{steps} steps of {batch_size} images",
                expected=f"at most the {len(x)} images there are",
                do="Lower --steps or --batch-size.",
            )
        self.batch = x[:batch_size].copy(), y[:batch_size].copy()  # copies, so that the rest can go
        model = architectures.dropout()
        self.config = model.get_config()
        self.image_flop = floor.predict_flop(model), floor.step_flop(model)
        trainer = Scratchnet(threads)
        trainer.build(self.config, model.get_weights())
        trainer.fit(x[: batch_size * steps], y[: batch_size * steps], batch_size)
        self.weights = trainer.get_weights()
        self.reference = Scratchnet(threads, dtype="float64", kernels="plain")

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
        _, answers = worker.ask("predict", count, self.batch_size)
        if answers.shape != (count, *self.answers.shape[1:]):
            raise WrongResultError(f"{worker.name} gives answers of shape {answers.shape} to {count} images")
        error = float(np.abs(answers[checked] - self.answers).max())
        if not error <= ANSWER_TOLERANCE:
            raise WrongResultError(
                f"{worker.name}'s probabilities are off by {error:.1e}; {ANSWER_TOLERANCE:.0e} is allowed"
            )
        return error


class Step(Measure):
    """A training step: an epoch by `fit`, on arrays in memory, divided by its steps.

    Masks of dropout are each library's own, so updates are compared with rates of 0: one step on one batch, from the same
    weights, against the reference. Then the rates are put back: the prediction must be the reference's, as dropout does
    nothing there, and the same step must now come out otherwise, as dropout does something here.

    A float32 gradient can differ from float64's by more than rounding: where two numbers of a pooling window are equal but
    for their last bits, it goes to another pixel. That moves single updates by up to some thousandths of the largest; a
    mistake moves most of them, by their own size.
    """

    name, unit, factor = "step", "ms", 1e3

    def __init__(self, batch_size: int = 128, steps: int = 117, threads: int | None = None) -> None:
        super().__init__(batch_size, steps, threads)
        self.flop = self.image_flop[1] * batch_size
        self.without_dropout = _with_rate_0(self.config)
        x, y = self.batch
        self.reference.build(self.without_dropout, self.weights)
        self.answers = self.reference.predict(x, batch_size)
        self.reference.fit(x, y, batch_size)
        self.updates = _differences(self.reference.get_weights(), self.weights)

    @property
    def title(self) -> str:
        return f"One training step on {self.batch_size} images, by an epoch of {self.steps} steps"

    def check(self, worker: Asked) -> str:
        worker.ask("load", "train")
        worker.ask("build", self.without_dropout, self.weights)
        worker.ask("fit", self.batch_size, self.batch_size)
        error = self._update_error(worker)
        if not error <= UPDATE_TOLERANCE:
            raise WrongResultError(
                f"{worker.name}'s first update is off by {error:.1e} of its size; {UPDATE_TOLERANCE:.0e} is allowed"
            )
        worker.ask("build", self.config, self.weights)
        answer_error = self._answer_error(worker, self.batch_size)
        worker.ask("fit", self.batch_size, self.batch_size)
        if self._update_error(worker) <= UPDATE_TOLERANCE:
            raise WrongResultError(f"{worker.name} makes the same update with dropout as without")
        self.once(worker)
        return f"update within {error:.0e} of its size, probabilities within {answer_error:.0e}"

    def once(self, worker: Asked) -> float:
        seconds: float = worker.ask("fit", self.batch_size * self.steps, self.batch_size)
        return seconds / self.steps * self.factor

    def _update_error(self, worker: Asked) -> float:
        """The largest difference of an update from the reference's, relative to its array's largest; NaN if one is NaN."""
        updates = _differences(worker.ask("get_weights"), self.weights)
        pairs = zip(updates, self.updates, strict=True)
        return float(np.max([np.abs(update - right).max() / np.abs(right).max() for update, right in pairs]))


class Predict(Measure):
    """The answers to `count` test images, a batch at a time. Each of those checked must be the reference's."""

    name, unit, factor = "predict", "s", 1.0

    def __init__(
        self, batch_size: int = 128, steps: int = 117, threads: int | None = None, *, count: int = 10_000
    ) -> None:
        super().__init__(batch_size, steps, threads)
        self.count = count
        self.flop = self.image_flop[0] * count
        self.checked = slice(0, count, max(1, count // CHECKED))
        x, _ = images("test")
        self.reference.build(self.config, self.weights)
        self.answers = self.reference.predict(x[:count][self.checked], batch_size)

    @property
    def title(self) -> str:
        return f"Predicting {self.count:,} images, {self.batch_size} at a time"

    def check(self, worker: Asked) -> str:
        worker.ask("load", "test")
        worker.ask("build", self.config, self.weights)
        return f"probabilities within {self._answer_error(worker, self.count, self.checked):.0e}"

    def once(self, worker: Asked) -> float:
        seconds, _ = worker.ask("predict", self.count, self.batch_size)
        return float(seconds) * self.factor


def _differences(after: Sequence[Array], before: Sequence[Array]) -> list[Array]:
    return [new.astype(np.float64) - old for new, old in zip(after, before, strict=True)]


def _with_rate_0(config: dict[str, Any]) -> dict[str, Any]:
    """The network's configuration with Dropout layers that drop nothing."""
    layers = [
        layer | {"config": layer["config"] | {"rate": 0.0}} if layer["class_name"] == "Dropout" else layer
        for layer in config["layers"]
    ]
    return config | {"layers": layers}
