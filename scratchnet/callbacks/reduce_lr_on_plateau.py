"""Smaller steps when a number no longer gets better."""

from dataclasses import dataclass
from typing import final

import numpy as np

from scratchnet.callbacks.callback import Logs
from scratchnet.callbacks.learning_rates import SetsLearningRate
from scratchnet.callbacks.monitor import Monitor
from scratchnet.errors import ScratchnetError


@final
@dataclass(eq=False)
class ReduceLROnPlateau(Monitor, SetsLearningRate):
    """learning rate ← max(factor · learning rate, min_lr) when `patience` epochs in a row brought nothing better.

    min_delta: by how much an epoch has to be better to count
    cooldown: epochs after a reduction that are not counted as waiting

    Source: keras/src/callbacks/reduce_lr_on_plateau.py.
    """

    monitor: str = "val_loss"
    factor: float = 0.1
    patience: int = 10
    verbose: int = 0
    mode: str = "auto"
    min_delta: float = 1e-4
    cooldown: int = 0
    min_lr: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.factor >= 1:
            raise ScratchnetError(came=f"factor={self.factor}", expected="a number below 1", do="The default is 0.1.")

    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin(logs)
        self.best = None
        self.wait = 0
        self.cooling = 0  # epochs of the cooldown that are left

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        super().on_epoch_end(epoch, logs)
        current = self.watched(logs, "The learning rate depends on")
        if current is None:
            return
        if self.cooling:
            self.cooling -= 1
            self.wait = 0
        if self.improves(current, self.best):
            self.best, self.wait = current, 0
        elif not self.cooling:
            self.wait += 1
            if self.wait >= self.patience and np.float32(self.learning_rate) > np.float32(self.min_lr):
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        rate = max(self.learning_rate * self.factor, self.min_lr)
        self.learning_rate = rate
        self.cooling, self.wait = self.cooldown, 0
        if self.verbose:
            print(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {rate}.")  # noqa: T201
