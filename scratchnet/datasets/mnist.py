"""MNIST, as shipped with the package: data/LICENSE.md names its authors and its licence."""

from pathlib import Path

from scratchnet.datasets import files
from scratchnet.datasets.arrays import Dataset


def load_data() -> Dataset:
    """(x_train, y_train), (x_test, y_test): 60,000 and 10,000 handwritten digits, white (255) on black (0).

    x: (N, 28, 28) uint8, y: (N,) uint8, 0–9. Arrays, order and dtypes are those of `keras.datasets.mnist.load_data`;
    nothing is downloaded.
    """
    return files.load(Path(__file__).with_name("data"))
