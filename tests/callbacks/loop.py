"""A training loop without a model: what a callback does to one is written down."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np


@dataclass
class Model:
    """What callbacks know of a model. Its weight is the number of the epoch in which it is."""

    metrics: list[Any]
    optimizer: Any = None
    dtype: str = "float32"
    weight: int = -1
    stop_training: bool = False
    done: list[str] = field(default_factory=list)

    def get_weights(self) -> list[int]:
        return [self.weight]

    def set_weights(self, weights: list[int]) -> None:
        (self.weight,) = weights

    def save(self, path: str, overwrite: bool = True) -> None:
        self.done.append(f"save {path}")

    def save_weights(self, path: str, overwrite: bool = True) -> None:
        self.done.append(f"save_weights {path}")


def optimizer(learning_rate: Any) -> Any:
    return SimpleNamespace(learning_rate=learning_rate)


def run(callback: Any, model: Model, epochs: list[dict[str, float]], batches: int = 3) -> dict[str, Any]:
    """What `fit` does around the arithmetic → all that the callback did."""
    callback.set_model(model)
    model.stop_training = False
    callback.on_train_begin()
    seen, rates = [], []
    for epoch, measured in enumerate(epochs):
        model.weight = epoch
        callback.on_epoch_begin(epoch)
        if model.optimizer is not None:
            rates.append(float(np.asarray(model.optimizer.learning_rate, model.dtype)))
        for batch in range(batches):
            callback.on_train_batch_begin(batch)
            callback.on_train_batch_end(batch, {"loss": 10.0 * epoch + batch})
        logs = dict(measured)
        callback.on_epoch_end(epoch, logs)
        seen.append(logs)
        if model.stop_training:
            break
    callback.on_train_end(seen[-1])
    return {"logs": seen, "rates": rates, "weight": model.weight, "done": model.done}
