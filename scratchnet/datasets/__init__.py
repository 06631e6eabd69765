"""MNIST as shipped, a data set or a picture of one's own, and how they become what a network takes."""

from scratchnet.datasets import mnist
from scratchnet.datasets.arrays import scale_images
from scratchnet.datasets.files import load
from scratchnet.datasets.idx import read_idx
from scratchnet.datasets.image import normalize_digit, read_image, resize
from scratchnet.datasets.pixels import Pixels

__all__ = ["Pixels", "load", "mnist", "normalize_digit", "read_idx", "read_image", "resize", "scale_images"]
