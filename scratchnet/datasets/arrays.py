"""What a data set's arrays must be, and how images become what a network takes."""

from typing import TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from scratchnet.errors import DataError
from scratchnet.typing import Array

Dataset: TypeAlias = tuple[tuple[Array, Array], tuple[Array, Array]]  # (x_train, y_train), (x_test, y_test)

MAX_CLASSES = 1000  # or the number of training images, if larger: a label beyond both is an identifier, not a class


def check_dataset(x_train: Array, y_train: Array, x_test: Array, y_test: Array) -> Dataset:
    """The same arrays, if a network can be trained on them; labels that are whole floats become int64.

    x: (N, H, W) or (N, H, W, C), integers or floats, all finite; one (H, W, C) for training and test
    y: (N,) whole numbers from 0; y_test has no class beyond those of y_train

    Raises DataError, which names the array and what is wrong with it.
    """
    check_images("x_train", x_train)
    check_images("x_test", x_test)
    if x_train.shape[1:] != x_test.shape[1:]:
        raise DataError(
            came=f"training images of shape {x_train.shape[1:]} and test images of shape {x_test.shape[1:]}",
            expected="one shape for all images",
            do="Resize the images, or give channels to both or neither.",
        )
    y_train = _check_labels("y_train", y_train, len(x_train), highest=max(MAX_CLASSES, len(x_train)) - 1)
    y_test = _check_labels("y_test", y_test, len(x_test), highest=int(y_train.max()))
    return (x_train, y_train), (x_test, y_test)


def check_images(name: str, images: Array) -> None:
    """Raises DataError unless images is (N, H, W) or (N, H, W, C), not empty, of finite integers or floats."""
    if images.ndim not in (3, 4) or not images.size:
        raise DataError(
            came=f"{name} of shape {images.shape}",
            expected="at least one image: (N, H, W) or (N, H, W, C), no size being 0",
            do="Give the images one after another, each as rows of pixels, channels last.",
        )
    if images.dtype.kind not in "iuf":
        raise DataError(
            came=f"{name} of dtype {images.dtype}",
            expected="numbers: uint8 from 0 to 255, or floats from 0 to 1",
            do="Convert the images before they are saved.",
        )
    if images.dtype.kind == "f" and not (finite := np.isfinite(images)).all():
        bad = np.flatnonzero(~finite.reshape(len(images), -1).all(axis=1))
        raise DataError(
            came=f"NaN or infinity in {len(bad)} of {len(images)} images of {name}, first in {name}[{bad[0]}]",
            expected="finite numbers",
            do="Mend these images or leave them out, with their labels.",
        )


def _check_labels(name: str, labels: Array, count: int, *, highest: int) -> Array:
    if labels.shape != (count,):
        raise DataError(
            came=f"{name} of shape {labels.shape} with {count} images",
            expected=f"one label for each image: ({count},)",
            do="Leave out what has no partner. A column becomes (N,) by y.reshape(-1), one-hot rows by y.argmax(axis=1).",
        )
    if labels.dtype.kind not in "iuf" or not (np.isfinite(labels) & (labels == np.floor(labels))).all():
        raise DataError(
            came=f"{name} of dtype {labels.dtype} that aren't whole numbers",
            expected="integers: the number of each image's class, counted from 0",
            do="Number the classes: names, y = np.unique(y, return_inverse=True).",
        )
    if labels.min() < 0 or labels.max() > highest:
        raise DataError(
            came=f"{name} with labels from {labels.min():.0f} to {labels.max():.0f}",
            expected=f"labels from 0 to {highest}",
            do="Count the classes from 0, without gaps; training images must show every class that is tested.",
        )
    return labels.astype(np.int64) if labels.dtype.kind == "f" else labels


def scale_images(images: Array, dtype: DTypeLike = np.float32) -> Array:
    """x = images / 255 as the notebook does it: cast first, then divided in `dtype`.

    images: (N, H, W) or (N, H, W, C) → x: (N, H, W, C) of `dtype`, within [0, 1]; C is 1 where there was no channel axis

    Integers of any width are 8-bit pixels: 0 is black, 255 white. Floats are within [0, 1] already; they are only cast, and
    share memory with x where that changes nothing. Raises DataError for other values: an array doesn't say what is white.
    """
    check_images("x", images)
    white, unit = (1, "floats from 0 to 1") if images.dtype.kind == "f" else (255, "integers from 0 to 255")
    if images.min() < 0 or images.max() > white:
        raise DataError(
            came=f"{images.dtype} images with values from {images.min()} to {images.max()}",
            expected=unit,
            do="Scale them first: x = (x - black) / (white - black), in floats.",
        )
    x = images.astype(dtype, copy=False)
    if white == 255:
        x /= 255
    return x if x.ndim == 4 else x[..., None]
