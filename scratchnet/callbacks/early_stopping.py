"""Stop when a number no longer gets better."""

from dataclasses import dataclass
from typing import final

from scratchnet.callbacks.callback import Logs
from scratchnet.callbacks.monitor import Monitor
from scratchnet.typing import Array


@final
@dataclass(eq=False)
class EarlyStopping(Monitor):
    """Ends training when `patience` epochs in a row brought nothing better by more than `min_delta`.

    baseline: an epoch counts as better only if it beats this number too
    restore_best_weights: at the end, take back the weights of the best epoch, whatever the baseline
    start_from_epoch: epochs before this one are not judged

    Source: keras/src/callbacks/early_stopping.py.
    """

    monitor: str = "val_loss"
    min_delta: float = 0.0
    patience: int = 0
    verbose: int = 0
    mode: str = "auto"
    baseline: float | None = None
    restore_best_weights: bool = False
    start_from_epoch: int = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin(logs)
        self.best = None
        self.best_epoch = 0
        self.best_weights: list[Array] | None = None
        self.wait = 0
        self.stopped_epoch = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        current = self.watched(logs, "Early stopping depends on")
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.improves(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.improves(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:  # noqa: ARG002
        if self.stopped_epoch and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")  # noqa: T201
        if self.best_weights is not None:
            if self.verbose:
                print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")  # noqa: T201
            self.model.set_weights(self.best_weights)
