"""One training run, which may be stopped at any moment and goes on as if it hadn't been."""

import math
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

import scratchnet
from scratchnet import saving
from scratchnet.architectures import ARCHITECTURES
from scratchnet.callbacks import Callback, Logs
from scratchnet.errors import DataError, RunError, ScratchnetError, ShapeError
from scratchnet.kernels import memory
from scratchnet.models import Sequential
from scratchnet.optimizers import Adadelta
from scratchnet.runs.data import Examples
from scratchnet.runs.folder import CHECKPOINT, RunFolder
from scratchnet.runs.results import Result, write_results
from scratchnet.runs.settings import Settings


@dataclass
class Progress:
    """How far a run has come: what a checkpoint keeps beside the model. With the seed and the optimizer's count of updates,
    on which alone everything random depends, this is all the state there is.

    epochs: how many are done;  history: as `fit` gives it;  epoch_seconds: one number an epoch, validation included
    """

    epochs: int = 0
    history: dict[str, list[float]] = field(default_factory=dict)
    epoch_seconds: list[float] = field(default_factory=list)


class Run:
    """A run and its folder, the folder being held within a `with`:

        with Run(Settings(epochs=3), "runs/first") as run:
            result = run.train()

    A mistake in settings, output or data is noticed before anything is made: ScratchnetError. Then comes the folder with
    the settings in it, and only then what takes time. After every epoch there is a checkpoint, and `Run.resume` ends the
    run with the same bits as if it had never been stopped.

    output: the folder, new or empty; None for `runs/<model>-<number>`
    overwrite: also a folder that holds a run, which is lost
    """

    def __init__(self, settings: Settings, output: str | Path | None = None, *, overwrite: bool = False) -> None:
        if settings.data is not None:
            settings = replace(settings, data=str(Path(settings.data).resolve()))
        self.settings, self.overwrite = settings, overwrite
        self.folder = RunFolder(Path(output) if output is not None else None)
        self.progress = Progress()
        self.model: Sequential
        self.examples: Examples
        self._fingerprint: str | None = None  # that the data must have

    @classmethod
    def resume(cls, path: str | Path) -> Self:
        """The run in a folder, to go on where its last checkpoint was made. Raises RunError where there is none."""
        record = RunFolder(Path(path)).record() or {}
        try:
            run = cls(Settings(**record["settings"]), path)
            run._fingerprint = str(record["fingerprint"])
        except (TypeError, KeyError, ValueError) as error:
            raise RunError(
                came=f"{path} holds no run",
                expected="the folder of a run that was begun",
                do="Give the folder that the run said it goes into, or begin one without --resume.",
            ) from error
        return run

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self.folder.release()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.folder.release()

    @property
    def finished(self) -> bool:
        return self.folder.finished

    # ---------- begun
    def _open(self) -> None:
        resuming = self._fingerprint is not None
        if resuming:
            self.folder.lock()
            self.folder.tidy()
            if self.finished:
                return
        else:
            self.folder.check_free(overwrite=self.overwrite)
        self.examples = Examples.load(self.settings.data, self.settings.limit)
        if resuming:
            self._take_up()
        else:
            self.model = self._model()
            record = {
                "scratchnet": scratchnet.__version__,
                "settings": asdict(self.settings),
                "fingerprint": self.examples.fingerprint,
            }
            self.folder.create(record, model=self.settings.model, overwrite=self.overwrite)

    def _options(self) -> dict[str, Any]:
        return {name: getattr(self.settings, name) for name in ("kernels", "threads", "seed")}

    def _model(self) -> Sequential:
        try:
            model = ARCHITECTURES[self.settings.model](
                self.examples.image_shape, self.examples.classes, **self._options()
            )
        except ShapeError as error:
            raise DataError(
                came=f"Images of shape {self.examples.image_shape}, of which too little is left when {error.came}",
                expected=f"there {error.expected}",
                do="Give larger images.",
            ) from error
        model.compile(Adadelta(self.settings.learning_rate), "categorical_crossentropy", metrics=["accuracy"])
        return model

    def _take_up(self) -> None:
        """Go back to the last checkpoint; without one, the run begins again."""
        if self.examples.fingerprint != self._fingerprint:
            raise RunError(
                came=f"{self.settings.data or 'MNIST'}, whose images or labels aren't those that {self.folder} began with",
                expected="the same data, so that the run can end as it would have",
                do="Put the data back, or begin a new run.",
            )
        checkpoint = self.folder.path / CHECKPOINT
        if not checkpoint.exists():
            self.model = self._model()
            return
        data = saving.load(checkpoint)
        try:
            self.progress = Progress(**(data.training or {"": None}))
        except TypeError as error:
            raise RunError(
                came=f"{checkpoint} doesn't say how far the run had come",
                expected="a checkpoint that the run has made",
                do="Remove it to begin again from the first epoch.",
            ) from error
        self.model = Sequential.from_data(data, **self._options())

    # ---------- done
    def train(self, verbose: int = 1) -> Result:
        """Go through the epochs that are left, measure the model and write the results. Raises RunError.

        verbose: 0 for silence, 1 for progress
        """
        if self.finished:
            raise RunError(
                came=f"{self.folder} holds a finished run", expected="one with epochs left", do="Load its model.keras."
            )
        try:
            return self._train(verbose)
        except ScratchnetError as error:
            if not isinstance(error.__cause__, OSError):
                raise
            do = f"Make room or allow it, then go on with --resume {self.folder}."
            raise RunError(came=error.came, expected=error.expected, do=do) from error

    def _train(self, verbose: int) -> Result:
        settings, examples = self.settings, self.examples
        if self.progress.epochs < settings.epochs:
            with np.errstate(over="ignore", invalid="ignore"):  # the keeper tells it better
                self.model.fit(
                    examples.x_train,
                    examples.one_hot(examples.labels_train),
                    settings.batch_size,
                    settings.epochs,
                    verbose,
                    [Keeper(self)],
                    validation_data=(examples.x_test, examples.one_hot(examples.labels_test)),
                    initial_epoch=self.progress.epochs,
                )
        history = self.progress.history
        result = Result(
            loss=history["val_loss"][-1],  # validation is on the test images, as in the notebook
            accuracy=history["val_accuracy"][-1],
            labels=examples.labels_test,
            probabilities=self.model.predict(examples.x_test, settings.batch_size),
        )
        memory.hand_back()  # the figures need their own
        write_results(self.folder, self.model, examples, result, history, self.progress.epoch_seconds)
        self.folder.tidy()
        return result


class Keeper(Callback):
    """Makes a checkpoint after every epoch, and stops a run that has nothing left to keep.

    An epoch's weights, where they are kept, are written before the checkpoint: what it says is done has its file.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.began = 0.0

    def on_train_begin(self, logs: Logs | None = None) -> None:  # noqa: ARG002
        if self.run.progress.epochs == 0:
            self._keep_weights(0)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: ARG002
        self.began = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:  # noqa: ARG002
        self._check_finite(logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._check_finite(logs or {})
        progress = self.run.progress
        progress.epochs = epoch + 1
        progress.epoch_seconds.append(time.perf_counter() - self.began)
        for name, value in (logs or {}).items():
            progress.history.setdefault(name, []).append(value)
        self._keep_weights(progress.epochs)
        data = replace(self.model.to_data(), training=asdict(progress))
        saving.save(data, self.run.folder.path / CHECKPOINT)

    def _keep_weights(self, epochs: int) -> None:
        """Without the optimizer's state, which is twice as large."""
        if self.run.settings.checkpoints == "every":
            path = self.run.folder.epoch(epochs)
            with self.run.folder.writing():
                path.parent.mkdir(exist_ok=True)
            saving.save_weights(replace(self.model.to_data(), optimizer=None), path)

    def _check_finite(self, logs: Logs) -> None:
        for name, value in logs.items():
            if not math.isfinite(value):
                raise RunError(
                    came=f"A {name} of {value} in epoch {self.run.progress.epochs + 1}",
                    expected="a finite number: the weights have grown out of all bounds",
                    do=f"Begin a new run with a smaller --learning-rate than {self.run.settings.learning_rate:g}.",
                )
