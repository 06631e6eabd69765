"""What the figures are of: a model, the images it is shown, and what it was after each epoch."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from scratchnet.errors import RunError
from scratchnet.layers import Softmax
from scratchnet.models import Sequential, load_model
from scratchnet.runs import Examples, Result, RunFolder, fitted
from scratchnet.typing import Array

ROWS = 13  # epochs that are shown, if there are more: twelve, and before them
PROBABILITIES = "softmax", "sigmoid"


@dataclass(frozen=True, eq=False)
class Subject:
    """A model that answers probabilities, its loss the cross-entropy of class numbers, and what it is shown.

    epochs: the numbers of at most `ROWS` epochs that left their weights → the file, evenly chosen, the last one too
    """

    model: Sequential
    examples: Examples
    epochs: dict[int, Path]

    @classmethod
    def load(cls, path: str | Path, data: str | Path | None = None, limit: int | None = None) -> Self:
        """The model in a file, or in a run's folder, which also tells its data where `data` doesn't.

        Raises ModelFileError or DataError, and RunError for a folder without a finished run.
        """
        path, epochs = Path(path), {}
        if path.is_dir():
            folder = RunFolder(path)
            data = data or folder.data
            kept = folder.epochs()
            epochs = {epoch: kept[epoch] for epoch in chosen(list(kept))}
            path = _finished(path)
        model = load_model(path, compile=False)
        examples = Examples.load(data, limit)
        fitted(model, examples.x_test, np.concatenate([examples.labels_train, examples.labels_test]))
        subject = cls(answering_probabilities(model), examples, epochs)
        for _ in subject.after_each_epoch():
            pass  # weights that don't fit are refused before anything is drawn
        return subject

    def shaped(self, images: Array) -> Array:
        """(N, H, W, C) → as the model takes them: without the channel, where it was made for (H, W)"""
        return np.asarray(images).reshape(-1, *(self.model.input_shape or ()))

    @cached_property
    def result(self) -> Result:
        """What the model says of the test images."""
        x, labels = self.shaped(self.examples.x_test), self.examples.labels_test
        probabilities = self.model.predict(x, batch_size=128)
        assert self.model.loss is not None  # it was compiled
        loss = float(self.model.loss(labels, probabilities).mean())
        return Result(loss, float((probabilities.argmax(axis=1) == labels).mean()), labels, probabilities)

    def after_each_epoch(self) -> Iterator[int]:
        """The numbers of the epochs, the model having the weights of each in its turn; in the end it is as it was."""
        own = self.model.get_weights()
        try:
            for epoch, file in self.epochs.items():
                self.model.load_weights(file)
                yield epoch
        finally:
            self.model.set_weights(own)


def answering_probabilities(model: Sequential) -> Sequential:
    """The model, compiled; if it ends without softmax or sigmoid it answers logits, and a softmax is put on top."""
    if model.layers[-1].activation not in PROBABILITIES:
        model.add(Softmax(name="softmax_of_logits"))
    model.compile(loss="sparse_categorical_crossentropy")
    return model


def _finished(folder: Path) -> Path:
    file = folder / "model.keras"
    if not file.is_file():
        raise RunError(
            came=f"The folder {folder}, which holds no model.keras",
            expected="the folder of a finished run, or a .keras or .h5 file",
            do=f"Finish the run with scratchnet train --resume {folder}, or give a model's file.",
        )
    return file


def chosen(epochs: list[int]) -> list[int]:
    """At most `ROWS` of them, evenly spread."""
    places = np.linspace(0, len(epochs) - 1, min(ROWS, len(epochs)))
    return [epochs[round(place)] for place in places]
