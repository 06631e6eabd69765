"""Save the model as training goes on."""

from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import final

from scratchnet.callbacks.callback import Logs
from scratchnet.callbacks.monitor import Monitor
from scratchnet.errors import ScratchnetError


@final
@dataclass(eq=False)
class ModelCheckpoint(Monitor):
    """Writes the model after every epoch, or every `save_freq` batches, or only where it is the best so far.

    filepath: may name `{epoch}` and `{batch}`, counted from 1, and any number of the logs: "{epoch:02d}-{val_loss:.2f}.keras"
    save_weights_only: `.weights.h5` instead of `.keras` or `.h5`
    save_freq: "epoch", or a number of batches, counted on from epoch to epoch
    initial_value_threshold: what the first model has to beat where only the best is saved

    Source: keras/src/callbacks/model_checkpoint.py.
    """

    filepath: str | PathLike[str]
    monitor: str = "val_loss"
    verbose: int = 0
    save_best_only: bool = False
    save_weights_only: bool = False
    mode: str = "auto"
    save_freq: str | int = "epoch"
    initial_value_threshold: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.best = self.initial_value_threshold
        self.epoch = 0
        self.unsaved = 0  # batches since one was saved
        ends = (".weights.h5",) if self.save_weights_only else (".keras", ".h5")
        if not fspath(self.filepath).endswith(ends):
            raise ScratchnetError(
                came=f"filepath={fspath(self.filepath)!r} with save_weights_only={self.save_weights_only}",
                expected=f"a name that ends in {' or '.join(ends)}",
                do="Name the file so.",
            )
        if self.save_freq != "epoch" and not (isinstance(self.save_freq, int) and self.save_freq > 0):
            raise ScratchnetError(
                came=f"save_freq={self.save_freq!r}",
                expected="'epoch', or a number of batches above 0",
                do="Choose one of these.",
            )

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: ARG002
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.unsaved += 1
        if isinstance(self.save_freq, int) and self.unsaved >= self.save_freq:
            self.unsaved = 0
            self._save({"batch": batch + 1} | (logs or {}))

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: ARG002
        if self.save_freq == "epoch":
            self._save(logs or {})

    def _save(self, logs: Logs) -> None:
        path = self._path(logs)
        if not self._is_wanted(logs, path):
            return
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(path)
        self._say(f"finished saving model to {path}")

    def _path(self, logs: Logs) -> str:
        try:
            return fspath(self.filepath).format(**{"epoch": self.epoch + 1} | logs)
        except KeyError as error:
            raise ScratchnetError(
                came=f"filepath={fspath(self.filepath)!r} names {error}",
                expected=f"names of epoch, batch or the logs, which are {', '.join(logs)}",
                do="Leave it out, or measure it.",
            ) from error

    def _is_wanted(self, logs: Logs, path: str) -> bool:
        if not self.save_best_only:
            self._say(f"saving model to {path}")
            return True
        current = self.watched(logs, "The best model is known only by")
        if current is None:
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self.improves(current, self.best):
            self._say(f"{self.monitor} did not improve from {best}")
            return False
        self._say(f"{self.monitor} improved from {best} to {current:.5f}, saving model to {path}")
        self.best = current
        return True

    def _say(self, what: str) -> None:
        if self.verbose:
            print(f"\nEpoch {self.epoch + 1}: {what}")  # noqa: T201
