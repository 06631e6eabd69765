"""How a model does on the test images, and what a finished run leaves of it in its folder."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scratchnet import plots
from scratchnet.errors import DataError
from scratchnet.models import Sequential
from scratchnet.runs.data import Examples
from scratchnet.runs.folder import METRICS, RunFolder
from scratchnet.typing import Array, Shape
from scratchnet.utils import to_categorical

SHOWN = (("train", 0), ("test", 0), ("test", 100), ("test", 101), ("train", 100))  # in the notebook's order


@dataclass(frozen=True)
class Mistake:
    """A test image, by its index, taken for something else."""

    index: int
    label: int
    answer: int
    probability: float  # of the answer


@dataclass(frozen=True, eq=False)
class Result:
    """loss: the mean;  accuracy: the share that is right;  labels: (N,);  probabilities: (N, K), the model's answers"""

    loss: float
    accuracy: float
    labels: Array
    probabilities: Array

    @property
    def mistakes(self) -> list[Mistake]:
        """The most confident first."""
        answers = self.probabilities.argmax(axis=1)
        confidence = self.probabilities.max(axis=1)
        wrong = np.flatnonzero(answers != self.labels)
        order = wrong[np.argsort(-confidence[wrong], kind="stable")]
        return [Mistake(int(i), int(self.labels[i]), int(answers[i]), float(confidence[i])) for i in order]

    @cached_property
    def confusion_matrix(self) -> Array:
        """(K, K): how many images of each class (row) were taken for each (column)."""
        from sklearn.metrics import confusion_matrix  # takes longer to load than everything else

        classes = np.arange(self.probabilities.shape[1])
        matrix: Array = confusion_matrix(self.labels, self.probabilities.argmax(axis=1), labels=classes)
        return matrix


def image_shape(model: Sequential) -> Shape:
    """(H, W, C) of the images that a model takes; (H, W) stands for (H, W, 1).

    Raises DataError unless it takes images, and answers with a number for each class.
    """
    shape = model.input_shape or ()
    if len(shape) not in (2, 3) or len(model.output_shape) != 1:
        raise DataError(
            came=f"{model.name}, a model of input {shape} and output {model.output_shape if shape else '()'}",
            expected="one that takes images, (H, W, C), and gives a number for each class",
            do="Give another model.",
        )
    return (*shape, 1)[:3]


def fitted(model: Sequential, x: Array, labels: Array) -> Array:
    """Images, (N, H, W, C), in the shape in which the model takes them. Raises DataError where these don't fit together."""
    shape, classes = image_shape(model), model.output_shape[0]
    if x.shape[1:] != shape:
        raise DataError(
            came=f"Images of shape {x.shape[1:]}",
            expected=f"{shape}, which the model was made for",
            do="Give such images with --data, or another model.",
        )
    if labels.max() >= classes:
        raise DataError(
            came=f"Labels up to {labels.max()}",
            expected=f"labels from 0 to {classes - 1}, for the model has {classes} classes",
            do="Give the data that the model was made for with --data, or another model.",
        )
    return x.reshape(-1, *(model.input_shape or shape))


def score(model: Sequential, x: Array, labels: Array, batch_size: int = 128) -> tuple[float, float]:
    """Mean cross-entropy and accuracy of a model that was compiled with both.

    x: (N, H, W, C);  labels: (N,). Raises DataError where model and images don't fit together.
    """
    x = fitted(model, x, labels)
    loss, accuracy = model.evaluate(x, to_categorical(labels, model.output_shape[0]), batch_size)
    return loss, accuracy


def write_results(
    folder: RunFolder,
    model: Sequential,
    examples: Examples,
    result: Result,
    history: dict[str, list[float]],
    epoch_seconds: list[float],
) -> None:
    """Write everything that a finished run has, the metrics last: a run that has them is finished. Raises RunError."""
    model.save(folder.path / "model.keras")
    model.save(folder.path / "model.h5")
    folder.write("history.json", history)
    figures = {
        "training_curves": plots.training_curves(history),
        "confusion_matrix": plots.confusion_matrix(result.confusion_matrix),
        "confusion_matrix_normalized": plots.confusion_matrix(result.confusion_matrix, normalize=True),
        "misclassified": plots.misclassified(pictures(examples.x_test), result.labels, result.probabilities),
        "samples": plots.samples(*_samples(model, examples)),
    }
    for name, figure in figures.items():
        plots.save(figure, folder.path / f"{name}.png")
    folder.write(
        METRICS,
        {
            "test_loss": result.loss,
            "test_accuracy": result.accuracy,
            "parameters": model.count_params(),
            "epoch_seconds": epoch_seconds,
            "confusion_matrix": result.confusion_matrix.tolist(),
        },
    )


def _samples(model: Sequential, examples: Examples) -> tuple[Array, list[str], Array, Array]:
    """Of the images that the notebook shows those that there are: pictures, captions, labels, answers."""
    sets = {"train": (examples.x_train, examples.labels_train), "test": (examples.x_test, examples.labels_test)}
    shown = [(name, index) for name, index in SHOWN if index < len(sets[name][0])]
    x = np.stack([sets[name][0][index] for name, index in shown])
    labels = np.array([sets[name][1][index] for name, index in shown])
    return pictures(x), [f"x_{name}[{index}]" for name, index in shown], labels, model.predict(x)


def pictures(x: Array) -> Array:
    """What can be shown of images with any number of channels: red, green and blue where there may be these, or a grey."""
    return x[..., :3] if x.shape[-1] >= 3 else x[..., :1]
