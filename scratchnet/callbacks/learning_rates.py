"""The learning rate of a model in training, as callbacks read and set it."""

from typing import Any

import numpy as np

from scratchnet.callbacks.callback import Callback, Logs
from scratchnet.errors import ScratchnetError


class SetsLearningRate(Callback):
    """What changes the optimizer's learning rate between epochs, and writes it into the logs.

    Raises ScratchnetError before training if the optimizer has a schedule of its own.
    """

    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin(logs)
        rate: Any = self.model.optimizer.learning_rate
        if callable(rate):
            raise ScratchnetError(
                came=f"{type(self).__name__}, and an optimizer with the schedule {type(rate).__name__}",
                expected="one of the two",
                do="Give the optimizer a number, or leave the callback out.",
            )

    @property
    def learning_rate(self) -> float:
        """Rounded to the model's dtype, in which Keras keeps it."""
        return float(np.dtype(self.model.dtype).type(self.model.optimizer.learning_rate))

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self.model.optimizer.learning_rate = float(rate)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: ARG002
        if logs is not None:
            logs["learning_rate"] = self.learning_rate
