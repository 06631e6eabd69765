"""What a run is trained and measured on."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from scratchnet import datasets
from scratchnet.typing import Array, Shape
from scratchnet.utils import to_categorical


@dataclass(frozen=True, eq=False)
class Examples:
    """Images as a network takes them, and their labels.

    x_train, x_test: (N, H, W, C) float32, from 0 to 1, or bytes that stand for it;  labels_train, labels_test: (N,) whole numbers
    classes: K, by the labels of the whole training set
    fingerprint: differs where an image or a label does
    """

    x_train: Array
    labels_train: Array
    x_test: Array
    labels_test: Array
    classes: int
    fingerprint: str

    @classmethod
    def load(cls, data: str | Path | None, limit: int | None) -> Self:
        """Of the data at that path, or of MNIST, the first `limit` images each. Raises DataError."""
        (x_train, y_train), (x_test, y_test) = datasets.load(data) if data else datasets.mnist.load_data()
        classes = int(y_train.max()) + 1
        chosen = [array[:limit] for array in (x_train, y_train, x_test, y_test)]
        return cls(
            _kept(chosen[0]),
            chosen[1],
            datasets.scale_images(chosen[2]),
            chosen[3],
            classes,
            _fingerprint([*chosen, np.array(classes)]),
        )

    @property
    def image_shape(self) -> Shape:
        """(H, W, C)"""
        return self.x_train.shape[1:]

    def one_hot(self, labels: Array) -> Array:
        """(N,) → (N, K)"""
        return to_categorical(labels, self.classes)


def load_test(data: str | Path | None, limit: int | None) -> tuple[Array, Array]:
    """Only the test images, as (N, H, W, C) float32 from 0 to 1, and their labels. Raises DataError."""
    _, (images, labels) = datasets.load(data) if data else datasets.mnist.load_data()
    return datasets.scale_images(images[:limit]), labels[:limit]


def _kept(images: Array) -> Array:
    """As `scale_images` makes them; from bytes, only when a batch is wanted."""
    return datasets.Pixels(images) if images.dtype == np.uint8 else datasets.scale_images(images)  # type: ignore[return-value]  # as good as one


def _fingerprint(arrays: list[Array]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(f"{array.dtype.name}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
