"""The sets of images, each worker making its own."""

import numpy as np
import pytest

from benchmarks import images
from scratchnet.datasets import mnist
from scratchnet.errors import ScratchnetError

SHAPES = {
    "train": (28, 28, 1),
    "test": (28, 28, 1),
    "56 × 56": (56, 56, 1),
    "noise": (28, 28, 1),
    "32 × 32 × 3": (32, 32, 3),
}


def test_every_set_is_known():
    assert SHAPES.keys() == images.SETS.keys()


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_range_and_labels_and_the_same_each_time(name):
    x, y = images.load(name, 12)
    assert (x.dtype, x.shape, y.shape) == (np.float32, (12, *SHAPES[name]), (12, 10))
    assert x.min() >= 0
    assert x.max() <= 1
    assert x.std() > 0.1
    labels = mnist.load_data()[1 if name == "test" else 0][1]
    assert y.argmax(axis=1).tolist() == labels[:12].tolist()
    assert np.array_equal(images.load(name, 12)[0], x)
    assert np.array_equal(images.load(name, 5)[0], x[:5])  # however many are asked for


def test_a_doubled_image_has_every_pixel_four_times():
    digit, doubled = images.load("train", 1)[0], images.load("56 × 56", 1)[0]
    for i in range(2):
        for j in range(2):
            assert np.array_equal(doubled[:, i::2, j::2], digit)


@pytest.mark.parametrize("name", ["noise", "32 × 32 × 3"])
def test_these_have_no_blank_background(name):
    x, _ = images.load(name, 4)
    assert (x == 0).mean() < 1e-3


def test_all_there_are_and_no_more():
    assert len(images.load("test")[0]) == 10_000
    with pytest.raises(ScratchnetError, match="10001 images.*10000"):
        images.check_count("test", 10_001)
    images.check_count("noise", 60_000)
