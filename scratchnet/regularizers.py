"""What is added to the loss for the size of the weights.

Source: keras/src/regularizers/regularizers.py.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, final

import numpy as np

from scratchnet import objects
from scratchnet.casts import through_float32
from scratchnet.typing import Array


@dataclass(frozen=True)
class Regularizer(ABC):
    """A penalty on one parameter, and its gradient."""

    def __post_init__(self) -> None:
        for factor in fields(self):
            value = objects.number(factor.name, getattr(self, factor.name), least=0)
            object.__setattr__(self, factor.name, value)  # as a float: Keras reads no other from a file

    @abstractmethod
    def penalty(self, w: Array) -> float:
        """What is added to the loss;  w: of any shape"""

    @abstractmethod
    def gradient(self, w: Array) -> Array:
        """dw of the penalty, of w's shape and dtype; the slope of |w| at 0 is taken as 0"""


@final
@dataclass(frozen=True)
class L1L2(Regularizer):
    """l1 · Σ |w| + l2 · Σ w²"""

    l1: float = 0.0
    l2: float = 0.0

    def penalty(self, w: Array) -> float:
        return float(through_float32(self.l1) * np.abs(w).sum() + through_float32(self.l2) * np.square(w).sum())

    def gradient(self, w: Array) -> Array:
        return through_float32(self.l1) * np.sign(w) + 2 * through_float32(self.l2) * w


@final
@dataclass(frozen=True)
class L1(Regularizer):
    """l1 · Σ |w|"""

    l1: float = 0.01

    def penalty(self, w: Array) -> float:
        return float(through_float32(self.l1) * np.abs(w).sum())

    def gradient(self, w: Array) -> Array:
        return through_float32(self.l1) * np.sign(w)


@final
@dataclass(frozen=True)
class L2(Regularizer):
    """l2 · Σ w²"""

    l2: float = 0.01

    def penalty(self, w: Array) -> float:
        return float(through_float32(self.l2) * np.square(w).sum())

    def gradient(self, w: Array) -> Array:
        return 2 * through_float32(self.l2) * w


REGULARIZERS: dict[str, type[Regularizer]] = objects.names(L1, L2, L1L2)


def get(regularizer: Regularizer | str | dict[str, Any] | None) -> Regularizer | None:
    """The regularizer itself, or a new one by Keras's name ("l2", "L1L2") or from its class and options."""
    if regularizer is None or isinstance(regularizer, Regularizer):
        return regularizer
    return objects.make("regularizer", regularizer, REGULARIZERS)


def serialize(regularizer: Regularizer | None) -> dict[str, Any] | None:
    """Its class and options, as Keras writes them."""
    return None if regularizer is None else objects.serialize(regularizer)
