"""What a data set's arrays must be, and the notebook's scaling of them."""

import numpy as np
import pytest

from scratchnet.datasets import scale_images
from scratchnet.datasets.arrays import check_dataset
from scratchnet.errors import DataError

GOOD = {
    "x_train": np.arange(60, dtype=np.uint8).reshape(5, 4, 3),
    "y_train": np.array([0, 1, 2, 1, 0]),
    "x_test": np.zeros((2, 4, 3), np.uint8),
    "y_test": np.array([2, 0]),
}


def floats(*values):
    x = np.zeros((5, 4, 3), np.float32)
    x.reshape(-1)[np.arange(len(values)) + 12] = values  # from the second image on
    return x


def test_what_fits_comes_back_as_it_is():
    (x_train, y_train), (x_test, y_test) = check_dataset(**GOOD)
    assert [x_train, y_train, x_test, y_test] == [pytest.approx(array) for array in GOOD.values()]
    assert x_train is GOOD["x_train"]
    assert y_train is GOOD["y_train"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"x_train": np.zeros((5, 12), np.uint8)},
            r"x_train of shape \(5, 12\). Expected at least one image: \(N, H, W\)",
        ),
        ({"x_test": np.zeros((2, 4, 3, 1, 1), np.uint8)}, r"x_test of shape \(2, 4, 3, 1, 1\)"),
        ({"x_test": np.zeros((0, 4, 3), np.uint8), "y_test": np.zeros(0, int)}, r"x_test of shape \(0, 4, 3\)"),
        ({"x_train": np.zeros((5, 0, 3), np.uint8)}, r"x_train of shape \(5, 0, 3\)"),
        ({"x_train": np.full((5, 4, 3), "0")}, "x_train of dtype <U1. Expected numbers"),
        ({"x_train": np.zeros((5, 4, 3), complex)}, "x_train of dtype complex128"),
        ({"x_train": np.zeros((5, 4, 3), bool)}, "x_train of dtype bool"),
        ({"x_train": floats(np.nan, np.inf)}, r"NaN or infinity in 1 of 5 images of x_train, first in x_train\[1\]"),
        ({"x_train": floats(-np.inf)}, "NaN or infinity"),
        ({"x_test": np.zeros((2, 3, 4), np.uint8)}, r"of shape \(4, 3\) and test images of shape \(3, 4\)"),
        ({"x_test": np.zeros((2, 4, 3, 1), np.uint8)}, r"of shape \(4, 3\) and test images of shape \(4, 3, 1\)"),
        (
            {"y_train": np.zeros(4, int)},
            r"y_train of shape \(4,\) with 5 images. Expected one label for each image: \(5,\)",
        ),
        (
            {"y_train": np.zeros((5, 1), int)},
            r"y_train of shape \(5, 1\) .* A column becomes \(N,\) by y.reshape\(-1\)",
        ),
        ({"y_test": np.eye(2, 3)}, r"y_test of shape \(2, 3\) .* one-hot rows by y.argmax"),
        ({"y_train": np.array([0, 1, 0.5, 1, 0])}, "y_train of dtype float64 that aren't whole"),
        ({"y_train": np.array([0, 1, np.nan, 1, 0])}, "y_train of dtype float64 that aren't whole"),
        ({"y_train": np.array([0, 1, np.inf, 1, 0])}, "y_train of dtype float64 that aren't whole"),
        ({"y_test": np.array(["cat", "dog"])}, "y_test of dtype <U3 that aren't whole"),
        ({"y_train": np.array([0, 1, -1, 1, 0])}, "y_train with labels from -1 to 1. Expected labels from 0 to 999"),
        (
            {"y_train": np.array([0, 1, 1000, 1, 0])},
            "y_train with labels from 0 to 1000. Expected labels from 0 to 999",
        ),
        ({"y_train": np.array([0, 1, 1e300, 1, 0])}, "Expected labels from 0 to 999"),
        ({"y_test": np.array([3, 0])}, "y_test with labels from 0 to 3. Expected labels from 0 to 2"),
        ({"y_test": np.array([-2, 0])}, "y_test with labels from -2 to 0"),
    ],
)
def test_what_does_not_fit_is_refused(changes, says):
    with pytest.raises(DataError, match=says) as caught:
        check_dataset(**(GOOD | changes))
    assert caught.value.do


def test_as_many_classes_as_images_are_no_mistake():
    x, y = np.zeros((1200, 1, 1), np.uint8), np.arange(1200)
    assert check_dataset(x, y, x, y)[0][1].max() == 1199
    with pytest.raises(DataError, match="Expected labels from 0 to 1199"):
        check_dataset(x, y + 1, x, y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("stored", ["uint8", "uint16", "int32", "int64"])
def test_scaling_is_the_notebooks(stored, dtype):
    images = np.arange(256, dtype=stored).reshape(4, 8, 8)
    x = scale_images(images, dtype)
    expected = images.astype(dtype)
    expected /= 255
    np.testing.assert_array_equal(x, expected.reshape(4, 8, 8, 1), strict=True)
    assert images.max() == 255


def test_scaling_keeps_channels_and_floats():
    images = np.random.default_rng(0).random((2, 3, 4, 3))
    np.testing.assert_array_equal(scale_images(images, np.float64), images, strict=True)
    np.testing.assert_array_equal(scale_images(images), images.astype(np.float32), strict=True)
    assert scale_images(images[..., 0], np.float64).shape == (2, 3, 4, 1)


@pytest.mark.parametrize(
    ("images", "says"),
    [
        (
            np.full((1, 2, 2), 256, np.uint16),
            "uint16 images with values from 256 to 256. Expected integers from 0 to 255",
        ),
        (np.full((1, 2, 2), -1, np.int8), "int8 images with values from -1 to -1"),
        (floats(255), "float32 images with values from 0.0 to 255.0. Expected floats from 0 to 1"),
        (floats(-0.5), "values from -0.5 to 0.0"),
        (floats(np.nan), "NaN"),
        (np.zeros((4, 4), np.uint8), r"x of shape \(4, 4\)"),
    ],
)
def test_what_is_white_must_be_known(images, says):
    with pytest.raises(DataError, match=says):
        scale_images(images)
