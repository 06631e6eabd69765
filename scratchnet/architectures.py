"""The two networks of the notebook, for images of any size and any number of classes."""

from collections.abc import Callable
from typing import Any

from scratchnet.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from scratchnet.models import Sequential
from scratchnet.typing import Shape


def no_dropout(input_shape: Shape = (28, 28, 1), classes: int = 10, **options: Any) -> Sequential:
    """Conv2D 32 → Conv2D 64 → MaxPooling2D → Flatten → Dense 128 → Dense classes, with ReLU, and softmax at the end.

    options: of `Sequential`. On MNIST: 1,199,882 parameters.
    """
    return Sequential(
        [
            Input(input_shape),
            Conv2D(32, kernel_size=(3, 3), activation="relu"),
            Conv2D(64, (3, 3), activation="relu"),
            MaxPooling2D(pool_size=(2, 2)),
            Flatten(),
            Dense(128, activation="relu"),
            Dense(classes, activation="softmax"),
        ],
        **options,
    )


def dropout(input_shape: Shape = (28, 28, 1), classes: int = 10, **options: Any) -> Sequential:
    """The same with a quarter of the pooled maps' numbers, and half of the 128 units, dropped in training."""
    return Sequential(
        [
            Input(input_shape),
            Conv2D(32, kernel_size=(3, 3), activation="relu"),
            Conv2D(64, (3, 3), activation="relu"),
            MaxPooling2D(pool_size=(2, 2)),
            Dropout(0.25),
            Flatten(),
            Dense(128, activation="relu"),
            Dropout(0.5),
            Dense(classes, activation="softmax"),
        ],
        **options,
    )


ARCHITECTURES: dict[str, Callable[..., Sequential]] = {"dropout": dropout, "no-dropout": no_dropout}
