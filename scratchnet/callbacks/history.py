"""What `fit` returns."""

from scratchnet.callbacks.callback import Callback, Logs


class History(Callback):
    """`history["val_loss"]` is a list with one number an epoch, `epoch` the epochs' numbers.

    Source: keras/src/callbacks/history.py.
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:  # noqa: ARG002
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
