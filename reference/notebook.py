# ruff: noqa: T201  # a notebook prints
"""“A convolutional network fitted to MNIST in Keras”, the notebook of October 2019, as a program for either library.

Its cells in its order, its names, its two plotting functions; the text around them is a translation. `In [n]` is the
number that a cell has there. Some cells were lost when the notebook was turned into text: they are what its text tells.

    python -m reference.notebook --library scratchnet --output run

leaves in the folder the two models, every figure, y_pred, both confusion matrices, and seconds.json: how long each step took.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from sklearn import metrics
from sklearn.metrics import confusion_matrix
from sklearn.utils.multiclass import unique_labels

from reference import quiet
from scratchnet.datasets import mnist
from scratchnet.typing import Array

# ---------- 1.2  Parameters
# In [2]. How many images a training step takes, how many classes there are, how often all images are gone through (12
# times, unless --epochs says otherwise), and the size of an image in pixels.
batch_size = 128
num_classes = 10
epochs = 12
img_rows, img_cols = 28, 28


# ---------- 1.4.1  A routine that draws a digit
def plot_image(data: Array, path: Path) -> None:
    """In [5]. Where the notebook shows a figure, it is saved here."""
    image = data
    image = np.array(image, dtype="float")
    pixels = image.reshape((28, 28))
    plt.imshow(pixels, cmap="gray")
    plt.savefig(path)
    plt.close()


# ---------- The models
def no_dropout(keras: Any) -> Any:
    """In [10]. Two convolutions with 32 and 64 feature maps, kernels of 3 × 3 and ReLU; subsampling with a window of 2 × 2;
    then a fully connected network of 128 neurons. The loss is the entropy, the optimizer Adadelta, the metric accuracy.
    """
    model = keras.Sequential()
    model.add(keras.Input(shape=(img_rows, img_cols, 1)))
    model.add(keras.layers.Conv2D(32, kernel_size=(3, 3), activation="relu"))
    model.add(keras.layers.Conv2D(64, (3, 3), activation="relu"))
    model.add(keras.layers.MaxPooling2D(pool_size=(2, 2)))
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(128, activation="relu"))
    model.add(keras.layers.Dense(num_classes, activation="softmax"))
    _compile(keras, model)
    return model


def dropout(keras: Any) -> Any:
    """In [16]. “If we apply dropout as well, the model improves slightly.”"""
    model2 = keras.Sequential()
    model2.add(keras.Input(shape=(img_rows, img_cols, 1)))
    model2.add(keras.layers.Conv2D(32, kernel_size=(3, 3), activation="relu"))
    model2.add(keras.layers.Conv2D(64, (3, 3), activation="relu"))
    model2.add(keras.layers.MaxPooling2D(pool_size=(2, 2)))
    model2.add(keras.layers.Dropout(0.25))
    model2.add(keras.layers.Flatten())
    model2.add(keras.layers.Dense(128, activation="relu"))
    model2.add(keras.layers.Dropout(0.5))
    model2.add(keras.layers.Dense(num_classes, activation="softmax"))
    _compile(keras, model2)
    return model2


def _compile(keras: Any, model: Any) -> None:
    """In [10] and [17]. In 2019 a learning rate of 1.0 was Keras's default; Keras 3's is 0.001."""
    model.compile(
        loss=keras.losses.categorical_crossentropy,
        optimizer=keras.optimizers.Adadelta(learning_rate=1.0),
        metrics=["accuracy"],
    )


MODELS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "no-dropout": (no_dropout, "MNIST-keras-no-drop.h5"),
    "dropout": (dropout, "MNIST-keras.h5"),
}

# ---------- 1.5  The confusion matrix, drawn
# In [25]
class_names = np.array(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])


def plot_confusion_matrix(
    y_true: Array,
    y_pred: Array,
    classes: Array,
    normalize: bool = False,
    title: str | None = None,
    cmap: str = "Blues",
    printtext: bool = False,
) -> Axes:
    """This function prints and plots the confusion matrix. Normalization can be applied by setting `normalize=True`."""
    if not title:
        title = "Normalised confusion matrix" if normalize else "Confusion matrix, not normalised"

    # Compute confusion matrix
    cm = confusion_matrix(y_true.argmax(axis=1), y_pred.argmax(axis=1), labels=range(num_classes))
    # Only use the labels that appear in the data
    classes = classes[unique_labels(y_true)]
    if normalize:
        cm = normalised_by_row(cm)

    if printtext:
        print(title)
        print(cm)

    fig, ax = plt.subplots()
    im = ax.imshow(cm, interpolation="nearest", cmap=cmap)
    fig.colorbar(im, ax=ax)
    fig.set_size_inches(10, 5)
    # We want to show all ticks...
    ax.set(
        xticks=np.arange(cm.shape[1]),
        yticks=np.arange(cm.shape[0]),
        # ... and label them with the respective list entries
        xticklabels=classes,
        yticklabels=classes,
        title=title,
        ylabel="Observed",
        xlabel="Inferred",
    )
    # Loop over data dimensions and create text annotations.
    fmt = ".2f" if normalize else "d"
    thresh = cm.max() / 2.0
    for i in range(cm.shape[0]):
        for j in range(cm.shape[1]):
            color = "white" if cm[i, j] > thresh else "black"
            ax.text(j, i, format(cm[i, j], fmt), fontsize="smaller", ha="center", va="center", color=color)
    fig.tight_layout()
    return ax


def normalised_by_row(matrix: Array) -> Array:
    """In [24]. Of a digit that --limit left out, the row stays zero."""
    return matrix.astype("float") / np.maximum(matrix.sum(axis=1), 1)[:, np.newaxis]


# ---------- The notebook
def notebook(  # noqa: PLR0915  # a notebook is one story
    keras: Any, models: list[str], epochs: int, limit: int | None, output: Path
) -> None:
    """Every cell, in order, with the library that is handed in as `keras`."""
    steps = Steps()

    # In [2]
    with steps("parameters"):
        print(f"{batch_size = }, {num_classes = }, {epochs = }, {img_rows = }, {img_cols = }")

    # 1.3  The data, in a training and a test sample. Both libraries get the MNIST that scratchnet ships: the same arrays
    # as keras.datasets.mnist, without a download.
    with steps("data"):
        (x_train, y_train), (x_test, y_test) = mnist.load_data()

    # 1.4  The images' values are brought to a scale from 0 to 1. They are 60 thousand for training and 10 thousand for
    # testing, 28 × 28 in shades of grey: that's why there is only 1 channel.
    with steps("scaling"):
        x_train = x_train.reshape(x_train.shape[0], img_rows, img_cols, 1)
        x_test = x_test.reshape(x_test.shape[0], img_rows, img_cols, 1)
        x_train = x_train.astype("float32")
        x_test = x_test.astype("float32")
        x_train /= 255
        x_test /= 255
        print("x_train shape:", x_train.shape)
        print(x_train.shape[0], "train samples")
        print(x_test.shape[0], "test samples")

    # In [6] and [7]. The first digit of the training sample, and what it is.
    with steps("a digit drawn"):
        plot_image(x_train[0], output / "x_train_0.png")
        print(y_train[0])

    # In [8] and [9]. The classes become binary matrices, for the loss categorical_crossentropy: the sixth value is 1, the
    # image is a five.
    with steps("one-hot"):
        y_train = keras.utils.to_categorical(y_train, num_classes)
        y_test = keras.utils.to_categorical(y_test, num_classes)
        print(y_train[0])

    # In [10] to [13], and [16] to [20] with dropout. A fitted model is saved, so that it can be used without fitting it
    # again, and loaded.
    for name in models:
        define, file = MODELS[name]
        with steps(f"{name}: model"):
            model = define(keras)
        with steps(f"{name}: summary"):
            model.summary()
        with steps(f"{name}: fit"):
            model.fit(
                x_train[:limit],
                y_train[:limit],
                batch_size=batch_size,
                epochs=epochs,
                verbose=1,
                validation_data=(x_test[:limit], y_test[:limit]),
            )
        with steps(f"{name}: save"):
            model.save(output / file)
        with steps(f"{name}: load"):
            model = keras.models.load_model(output / file)
        with steps(f"{name}: summary of the loaded model"):
            model.summary()

    # In [16], of the model that was loaded last
    with steps("evaluate"):
        score = model.evaluate(x_test[:limit], y_test[:limit], verbose=0)
        print("Test loss:", score[0])
        print("Test accuracy:", score[1])

    # In [17]. What the model infers from the test data
    with steps("predict"):
        y_pred = model.predict(x_test[:limit])
        np.save(output / "y_pred.npy", y_pred)

    # In [18] and [23]
    with steps("confusion matrix"):
        observed, inferred = y_test[:limit].argmax(axis=1), y_pred.argmax(axis=1)
        matrix = metrics.confusion_matrix(observed, inferred, labels=range(num_classes))
        np.save(output / "confusion_matrix.npy", matrix)
        print(matrix)

    # In [19] to [22]. The first of the test data, what it is, and what the model takes it for
    with steps("x_test[0]"):
        plot_image(x_test[0], output / "x_test_0.png")
        print(y_test[0].argmax())
        print(np.where(y_pred[0] == np.amax(y_pred[0]))[0][0])

    # In [24]. Each row of the confusion matrix is normalised.
    with steps("confusion matrix normalised by row"):
        normalised = normalised_by_row(matrix)
        np.save(output / "confusion_matrix_normalized.npy", normalised)
        print(normalised)

    # In [26] and [27]
    with steps("both matrices plotted"):
        for file, normalize in (("confusion_matrix.png", False), ("confusion_matrix_normalized.png", True)):
            plot_confusion_matrix(y_test[:limit], y_pred, classes=class_names, normalize=normalize)
            plt.savefig(output / file)
            plt.close()

    # 1.6  Errors of the model. In [28] to [31]: the notebook's infers a 0 instead of a 6.
    # 1.6.1  Another trial with a 0. In [32] to [35]
    for n in (100, 101):
        with steps(f"x_test[{n}]"):
            plot_image(x_test[n], output / f"x_test_{n}.png")
            y = model.predict(x_test[n : n + 1])  # not from y_pred, which --limit may have made shorter
            print(y_test[n].argmax())
            print(np.where(y[0] == np.amax(y[0]))[0][0])

    # An example with an incomplete figure. In [36]
    with steps("x_train[100]"):
        plot_image(x_train[100], output / "x_train_100.png")

    (output / "seconds.json").write_text(json.dumps(steps.seconds, indent=2) + "\n")


class Steps:
    """Called as `with steps(name):`, it prints the step's name and measures its seconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        print(f"\n## {name}", flush=True)
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start
        sys.stdout.flush()


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--library", type=click.Choice(["keras", "scratchnet"]), required=True, help="Whose network it is.")
@click.option("--model", type=click.Choice([*MODELS, "both"]), default="both", help="Which of the two models.")
@click.option("--epochs", type=click.IntRange(min=1), default=epochs, help="How often to go through the images.")
@click.option("--limit", type=click.IntRange(min=1), help="Train and test with the first N images only.", metavar="N")
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Where everything is left."
)
def main(library: str, model: str, epochs: int, limit: int | None, output: Path) -> None:
    """The notebook's program, with Keras or with scratchnet."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        (output / "seconds.json").write_text("{}\n")
    except OSError as error:
        raise click.BadParameter(f"{error}. Give a folder that can be written.", param_hint="--output") from error
    plt.switch_backend("agg")  # figures go to files: no window
    try:
        with quiet():
            keras = importlib.import_module(library)
    except ImportError as error:
        raise click.UsageError(
            f"{library} can't be imported ({error}). Install the extra: pip install -e '.[test]'"
        ) from error
    notebook(keras, list(MODELS) if model == "both" else [model], epochs, limit, output)


if __name__ == "__main__":
    main(prog_name="python -m reference.notebook")
