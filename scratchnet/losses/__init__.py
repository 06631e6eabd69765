"""How wrong an answer is: one loss a file, base.py is the contract."""

from typing import Any

from scratchnet import objects
from scratchnet.losses.base import EPSILON, Loss
from scratchnet.losses.binary_crossentropy import BinaryCrossentropy
from scratchnet.losses.categorical_crossentropy import CategoricalCrossentropy
from scratchnet.losses.huber import Huber
from scratchnet.losses.mean_absolute_error import MeanAbsoluteError
from scratchnet.losses.mean_squared_error import MeanSquaredError
from scratchnet.losses.sparse_categorical_crossentropy import SparseCategoricalCrossentropy
from scratchnet.naming import snake_case

__all__ = [
    "EPSILON", "LOSSES", "BinaryCrossentropy", "CategoricalCrossentropy", "Huber", "Loss", "MeanAbsoluteError",
    "MeanSquaredError", "SparseCategoricalCrossentropy", "binary_crossentropy", "categorical_crossentropy", "get", "huber",
    "mean_absolute_error", "mean_squared_error", "serialize", "sparse_categorical_crossentropy",
]  # fmt: skip

# Keras's functions of these names: loss(y_true, y_pred), and what `compile` takes. (They stand before the files' names.)
binary_crossentropy = BinaryCrossentropy()
categorical_crossentropy = CategoricalCrossentropy()
huber = Huber()
mean_absolute_error = MeanAbsoluteError()
mean_squared_error = MeanSquaredError()
sparse_categorical_crossentropy = SparseCategoricalCrossentropy()

LOSSES: dict[str, type[Loss]] = objects.names(
    CategoricalCrossentropy, SparseCategoricalCrossentropy, BinaryCrossentropy, MeanSquaredError, MeanAbsoluteError, Huber,
    bce=BinaryCrossentropy, BCE=BinaryCrossentropy, mse=MeanSquaredError, MSE=MeanSquaredError, mae=MeanAbsoluteError,
    MAE=MeanAbsoluteError,
)  # fmt: skip

# Each sample counts the same, and the last axis holds what belongs together
KERAS_OFF: objects.Off = {
    "axis": (-1,), "dtype": None, "name": None, "reduction": ("sum_over_batch_size", "mean", "auto"),
}  # fmt: skip


def get(loss: Loss | str | dict[str, Any]) -> Loss:
    """The loss itself, or a new one by Keras's name ("mse", "MeanSquaredError", …) or from its class and options."""
    return loss if isinstance(loss, Loss) else objects.make("loss", loss, LOSSES, KERAS_OFF)


def serialize(loss: Loss) -> str | dict[str, Any]:
    """Keras's string for it where all options are the defaults, else its class and options."""
    return snake_case(type(loss).__name__) if loss == type(loss)() else objects.serialize(loss)
