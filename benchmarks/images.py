"""Images to train on and to ask about, by name. Whoever asks for the same gets the same: each process makes its own."""

from collections.abc import Callable

import numpy as np

from scratchnet.datasets import mnist, scale_images
from scratchnet.errors import ScratchnetError
from scratchnet.typing import Array
from scratchnet.utils import to_categorical


def load(name: str, count: int | None = None) -> tuple[Array, Array]:
    """The first `count` of that name, or all there are → x: (N, H, W, C) float32, mostly in [0, 1], y: (N, 10) one-hot"""
    train, test = mnist.load_data()
    pixels, labels = test if name == "test" else train
    return SETS[name](scale_images(pixels[:count])), to_categorical(labels[:count], 10)


def check_count(name: str, count: int) -> None:
    """A ScratchnetError unless that many are there."""
    there = 10_000 if name == "test" else 60_000
    if count > there:
        raise ScratchnetError(
            came=f"{count} images", expected=f"at most the {there} there are", do="Lower --steps or --batch-size."
        )


def _doubled(digits: Array) -> Array:
    """56 × 56: each pixel becomes four."""
    return digits.repeat(2, axis=1).repeat(2, axis=2)


def _noise(digits: Array) -> Array:
    """No digit at all: uniform noise, so that no background is blank."""
    return np.random.default_rng(0).random(digits.shape, np.float32)


def _coloured(digits: Array) -> Array:
    """32 × 32 × 3: bright digits of one colour each, on dark noise, coarse and fine: no background is blank here either."""
    N = len(digits)
    coarse, fine, colour = np.random.default_rng(0).spawn(
        3
    )  # one each: the first images are the same, however many there are
    ink = np.pad(digits, ((0, 0), (2, 2), (2, 2), (0, 0)))
    ground = 0.3 * coarse.random((N, 8, 8, 3), np.float32).repeat(4, axis=1).repeat(4, axis=2)
    ground += 0.1 * fine.random((N, 32, 32, 3), np.float32)
    return ground * (1 - ink) + (0.6 + 0.4 * colour.random((N, 1, 1, 3), np.float32)) * ink


SETS: dict[str, Callable[[Array], Array]] = {
    "train": lambda digits: digits,
    "test": lambda digits: digits,
    "56 × 56": _doubled,
    "noise": _noise,
    "32 × 32 × 3": _coloured,
}
