"""What is reported beside the loss: one number a sample, by Keras's names.

t is the target, y the answer: (N, …, K), or (N, …) for the errors and where the answer is yes or no. Of an answer of more
than two axes, a sample's number is the mean over its positions.
Source: keras/src/metrics/, and keras/src/trainers/compile_utils.py for what "accuracy" means.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, final

import numpy as np

from scratchnet import objects
from scratchnet.errors import ScratchnetError, ShapeError
from scratchnet.naming import snake_case
from scratchnet.typing import Array, Shape


@dataclass(frozen=True)
class Metric(ABC):
    """A number a sample; what is reported is their mean, as `name` (by default the class in snake case).

    direction: "up" where larger is better, else "down"
    """

    name: str = field(default="", kw_only=True)

    direction: ClassVar[str] = "up"

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or snake_case(type(self).__name__))

    def value(self, t: Array, y: Array) -> Array:
        """Each sample's number: (N,)"""
        values = self.values(t, y)
        return values.reshape(len(values), -1).mean(axis=1)

    @abstractmethod
    def values(self, t: Array, y: Array) -> Array:
        """A number for each position of each sample."""


@final
@dataclass(frozen=True)
class CategoricalAccuracy(Metric):
    """Whether the largest of y is where the largest of t is"""

    def values(self, t: Array, y: Array) -> Array:
        return _one_hot(t, y).argmax(axis=-1) == y.argmax(axis=-1)


@final
@dataclass(frozen=True)
class SparseCategoricalAccuracy(Metric):
    """Whether the largest of y is number t;  t: (N, …) or (N, …, 1)"""

    def values(self, t: Array, y: Array) -> Array:
        return _classes(t, y) == y.argmax(axis=-1)


@final
@dataclass(frozen=True)
class BinaryAccuracy(Metric):
    """Whether y > threshold where t is 1, and not where it is 0"""

    threshold: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "threshold", objects.number("threshold", self.threshold))

    def values(self, t: Array, y: Array) -> Array:
        return _each(t, y) == (y > self.threshold)


@dataclass(frozen=True)
class _TopK(Metric):
    k: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "k", objects.whole("k", self.k, least=1))


@final
@dataclass(frozen=True)
class TopKCategoricalAccuracy(_TopK):
    """Whether fewer than k of y are larger than the one where the largest of t is"""

    def values(self, t: Array, y: Array) -> Array:
        return _larger(_one_hot(t, y).argmax(axis=-1), y) < self.k


@final
@dataclass(frozen=True)
class SparseTopKCategoricalAccuracy(_TopK):
    """Whether fewer than k of y are larger than number t;  t: (N, …) or (N, …, 1)"""

    def values(self, t: Array, y: Array) -> Array:
        return _larger(_classes(t, y), y) < self.k


@final
@dataclass(frozen=True)
class MeanSquaredError(Metric):
    """(y − t)²"""

    direction = "down"

    def values(self, t: Array, y: Array) -> Array:
        return np.square(y - _each(t, y))


@final
@dataclass(frozen=True)
class MeanAbsoluteError(Metric):
    """|y − t|"""

    direction = "down"

    def values(self, t: Array, y: Array) -> Array:
        return np.abs(y - _each(t, y))


@final
@dataclass(frozen=True)
class Accuracy(Metric):
    """What Keras takes the word "accuracy" for: the binary one where one number is answered, the categorical one where
    the target has a number for each class, else the sparse one
    """

    def values(self, t: Array, y: Array) -> Array:
        if y.shape[-1] == 1:
            return BinaryAccuracy().values(t, y)
        if t.ndim < y.ndim or t.shape[-1] == 1:
            return SparseCategoricalAccuracy().values(t, y)
        return CategoricalAccuracy().values(t, y)


def _one_hot(t: Array, y: Array) -> Array:
    """t, which must have y's shape"""
    _check(t, y, y.shape)
    return t


def _classes(t: Array, y: Array) -> Array:
    """t as whole numbers, in y's shape without its last axis"""
    _check(t, y, y.shape[:-1], (*y.shape[:-1], 1))
    return t.reshape(y.shape[:-1]).astype(np.int64)


def _each(t: Array, y: Array) -> Array:
    """t in y's shape, where a last axis of one number may be left out, or be one too many"""
    _check(t, y, y.shape, (*y.shape, 1), y.shape[:-1] if y.shape[-1] == 1 else y.shape)
    return t.reshape(y.shape)


def _check(t: Array, y: Array, *shapes: Shape) -> None:
    if t.shape not in shapes:
        raise ShapeError(
            came=f"A metric is given targets of shape {t.shape} for answers of shape {y.shape}",
            expected=" or ".join(map(str, dict.fromkeys(shapes))),
            do="Take the metric that goes with the targets: with whole numbers for classes, a sparse one.",
        )


def _larger(classes: Array, y: Array) -> Array:
    """How many of y are larger than the one of that number."""
    return (y > np.take_along_axis(y, classes[..., None], axis=-1)).sum(axis=-1)


METRICS: dict[str, type[Metric]] = objects.names(
    CategoricalAccuracy, SparseCategoricalAccuracy, BinaryAccuracy, TopKCategoricalAccuracy, SparseTopKCategoricalAccuracy,
    MeanSquaredError, MeanAbsoluteError,
    mse=MeanSquaredError, MSE=MeanSquaredError, mae=MeanAbsoluteError, MAE=MeanAbsoluteError,
)  # fmt: skip
KERAS_OFF: objects.Off = {"dtype": None}


def get(metric: Metric | str | dict[str, Any]) -> Metric:
    """The metric itself, or a new one by Keras's name, which is then its own name, or from its class and options."""
    if isinstance(metric, Metric):
        return metric
    if isinstance(metric, str) and metric.lower() in ("accuracy", "acc"):
        return Accuracy(name=metric)
    made = objects.make("metric", metric, METRICS, KERAS_OFF)
    return replace(made, name=metric) if isinstance(metric, str) else made


def serialize(metric: Metric) -> str | dict[str, Any]:
    """Its name, where that says all, else its class and options."""
    if isinstance(metric, Accuracy):  # of no class of Keras's: what it means is found out there, too
        return metric.name if metric.name in ("accuracy", "acc") else "accuracy"
    try:
        named = get(metric.name) == metric
    except ScratchnetError:
        named = False
    return metric.name if named else objects.serialize(metric)
