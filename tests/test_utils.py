"""to_categorical gives what Keras's gives, and refuses what Keras takes by accident."""

import numpy as np
import pytest

from scratchnet.errors import DataError, ScratchnetError
from scratchnet.utils import to_categorical


@pytest.fixture(scope="module")
def keras_to_categorical():
    import keras

    return keras.utils.to_categorical


@pytest.mark.parametrize(
    ("x", "num_classes"),
    [
        ([0, 2, 1], None),
        ([0, 2, 1], 5),
        (np.array([3, 0], np.uint8), np.int64(10)),
        ([1.0, 3.0], None),
        ([True, False], None),
        (2, None),
        ([2], None),
        ([[2]], None),
        ([[2], [0]], None),
        ([[[2]], [[0]]], 4),
        ([[0, 1], [2, 3]], None),
        ([], 3),
        (np.zeros((0, 1), int), 3),
    ],
)
def test_gives_what_keras_gives(keras_to_categorical, x, num_classes):
    ours, theirs = to_categorical(x, num_classes), keras_to_categorical(x, num_classes)
    np.testing.assert_array_equal(ours, theirs, strict=True)
    assert ours.flags.writeable


@pytest.mark.parametrize(
    ("x", "num_classes", "says"),
    [
        ([0, -1], None, "labels from -1 to 0. Expected labels from 0. "),
        ([0, 3], 3, "labels from 0 to 3. Expected labels from 0 to 2. "),
        ([0, 2**63 - 1], 10, "labels from 0 to 9223372036854775807. Expected labels from 0 to 9"),
        ([], None, "no labels"),
        ([0, 1.5], None, r"aren't whole numbers: \[0, 1.5\]"),
        ([0, np.nan], None, "aren't whole numbers"),
        ([0, np.inf], None, "aren't whole numbers"),
        (["0", "1"], None, "aren't whole numbers"),
        ([[0], [1, 2]], None, "aren't whole numbers"),
        ([None], None, "aren't whole numbers"),
    ],
)
def test_refuses_what_is_no_class(x, num_classes, says):
    with pytest.raises(DataError, match=says) as caught:
        to_categorical(x, num_classes)
    assert caught.value.do


@pytest.mark.parametrize("num_classes", [0, -3, 2.0, "3"])
def test_refuses_what_is_no_number_of_classes(num_classes):
    with pytest.raises(ScratchnetError, match=f"num_classes={num_classes!r}. Expected a positive integer"):
        to_categorical([0, 1], num_classes)
