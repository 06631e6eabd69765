"""Examples: shape and classes follow the data, a limit takes the first, a fingerprint tells them apart."""

import numpy as np
import pytest

from scratchnet import datasets
from scratchnet.errors import DataError
from scratchnet.runs import Examples, load_test
from tests.runs.examples import write_examples


def test_images_are_scaled_and_have_channels(data):
    (x_train, y_train), (x_test, y_test) = datasets.load(data)
    examples = Examples.load(data, None)
    assert examples.x_train.dtype == np.float32
    np.testing.assert_array_equal(examples.x_train, x_train[..., None].astype(np.float32) / 255)
    np.testing.assert_array_equal(examples.x_test, x_test[..., None].astype(np.float32) / 255)
    np.testing.assert_array_equal(examples.labels_train, y_train)
    np.testing.assert_array_equal(examples.labels_test, y_test)
    assert (examples.image_shape, examples.classes) == ((12, 12, 1), 3)


def test_limit_takes_the_first_of_each_and_leaves_the_classes(data):
    whole, limited = Examples.load(data, None), Examples.load(data, 2)
    np.testing.assert_array_equal(limited.x_train, whole.x_train[:2])
    np.testing.assert_array_equal(limited.labels_train, [0, 1])
    np.testing.assert_array_equal(limited.x_test, whole.x_test[:2])
    np.testing.assert_array_equal(limited.labels_test, whole.labels_test[:2])
    assert limited.classes == 3
    assert Examples.load(data, 1000).x_train.shape == whole.x_train.shape


def test_without_a_path_it_is_mnist():
    examples = Examples.load(None, 3)
    assert (examples.image_shape, examples.classes) == ((28, 28, 1), 10)
    np.testing.assert_array_equal(examples.labels_train, [5, 0, 4])


def test_one_hot(data):
    np.testing.assert_array_equal(Examples.load(data, None).one_hot(np.array([2, 0])), [[0, 0, 1], [1, 0, 0]])


def test_load_test_gives_the_test_half(data):
    examples = Examples.load(data, 5)
    x, labels = load_test(data, 5)
    np.testing.assert_array_equal(x, examples.x_test)
    np.testing.assert_array_equal(labels, examples.labels_test)


@pytest.mark.parametrize("array", ["x_train", "y_train", "x_test", "y_test"])
def test_fingerprint_differs_where_one_number_does(data, tmp_path, array):
    arrays = dict(np.load(data))
    np.savez(tmp_path / "same.npz", **arrays)
    assert Examples.load(tmp_path / "same.npz", None).fingerprint == Examples.load(data, None).fingerprint
    arrays[array].flat[7] = (arrays[array].flat[7] + 1) % 3
    np.savez(tmp_path / "other.npz", **arrays)
    assert Examples.load(tmp_path / "other.npz", None).fingerprint != Examples.load(data, None).fingerprint


def test_fingerprint_tells_shape_and_limit(data, tmp_path):
    arrays = dict(np.load(data))
    turned = {name: array.reshape(-1, 8, 18) if name[0] == "x" else array for name, array in arrays.items()}
    np.savez(tmp_path / "turned.npz", **turned)
    prints = {
        Examples.load(path, n).fingerprint for path, n in [(data, None), (data, 9), (tmp_path / "turned.npz", None)]
    }
    assert len(prints) == 3


def test_fingerprint_tells_how_many_classes_there_are_beyond_the_limit(data, tmp_path):
    arrays = dict(np.load(data))
    arrays["y_train"][-1] = 3
    np.savez(tmp_path / "more.npz", **arrays)
    assert Examples.load(tmp_path / "more.npz", 9).fingerprint != Examples.load(data, 9).fingerprint


def test_pixels_out_of_range_are_refused(tmp_path):
    arrays = dict(np.load(write_examples(tmp_path / "data.npz")))
    np.savez(tmp_path / "wide.npz", **(arrays | {"x_test": arrays["x_test"].astype(np.int16) * 10}))
    with pytest.raises(DataError, match="0 to 255"):
        Examples.load(tmp_path / "wide.npz", None)
