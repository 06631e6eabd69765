"""A learning rate for every epoch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from scratchnet.callbacks.callback import Logs
from scratchnet.callbacks.learning_rates import SetsLearningRate
from scratchnet.errors import ScratchnetError


@final
@dataclass(eq=False)
class LearningRateScheduler(SetsLearningRate):
    """Asks schedule(epoch, learning rate so far), or schedule(epoch), for the learning rate before every epoch.

    Source: keras/src/callbacks/learning_rate_scheduler.py.
    """

    schedule: Callable[..., float]
    verbose: int = 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: ARG002
        try:
            rate = self.schedule(epoch, self.learning_rate)
        except TypeError:
            rate = self.schedule(epoch)
        if not isinstance(rate, float | np.float32):
            raise ScratchnetError(
                came=f"The schedule gave {rate!r} for epoch {epoch}", expected="a float", do="Return float(…) from it."
            )
        self.learning_rate = rate
        if self.verbose:
            print(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")  # noqa: T201
