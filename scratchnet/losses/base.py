"""The contract of a loss."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from scratchnet import objects
from scratchnet.errors import ShapeError
from scratchnet.typing import Array, Shape

EPSILON = 1e-7  # keras.config.epsilon()


@dataclass(frozen=True)
class Loss(ABC):
    """How wrong an answer y is beside the target t: one number a sample; called as loss(y_true, y_pred).

    Of an answer with more than two axes, a sample's number is the mean over them.

    logits_of: the activations whose z `on_logits` takes in place of their y
    """

    logits_of: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        objects.check_flags(self)

    @abstractmethod
    def value(self, t: Array, y: Array) -> Array:
        """Each sample's loss;  t: as `target` gives it, y: (N, …) → (N,)"""

    @abstractmethod
    def gradient(self, t: Array, y: Array) -> Array:
        """dy of the sum of all samples' losses, of y's shape and dtype"""

    def on_logits(self) -> Self:
        """The same loss of the z in y = softmax(z) or sigmoid(z)."""
        return self

    def target(self, t: Array, output_shape: Shape, name: str) -> Array:
        """The target in the shape that `value` takes, for answers of that shape (of one sample).

        A last axis of one number may be left out, or be one too many. Else a ShapeError, which calls the target `name`.
        """
        t = np.asarray(t)
        sample = t.shape[1:]
        if t.ndim > 0 and (sample == (*output_shape, 1) or (*sample, 1) == output_shape):
            return t.reshape(len(t), *output_shape)
        check_shape(t, (output_shape,), name)
        return t

    def __call__(self, y_true: Array, y_pred: Array) -> Array:
        y = np.asarray(y_pred)
        return self.value(self.target(y_true, y.shape[1:], "y_true").astype(y.dtype, copy=False), y)


def check_shape(t: Array, samples: tuple[Shape, ...], name: str) -> None:
    """A ShapeError unless the target is N samples of one of these shapes."""
    if t.ndim == 0 or t.shape[1:] not in samples:
        raise ShapeError(
            came=f"{name} has the shape {t.shape}",
            expected=" or ".join(
                f"({', '.join(map(str, ('N', *sample)))}{'' if sample else ','})" for sample in samples
            ),
            do="Give a target for each number that the last layer answers, in its shape.",
        )


def sample_means(values: Array) -> Array:
    """(N, …) → (N,): the mean over all axes but the first"""
    return values.reshape(len(values), -1).mean(axis=1) if values.ndim > 1 else values


def rows(y: Array) -> int:
    """Of how many rows of the last axis a sample's loss is the mean: 1 where y is (N, K)"""
    return math.prod(y.shape[1:-1])
