import numpy as np
import pytest

from scratchnet import metrics
from scratchnet.errors import ScratchnetError


def test_accuracy_says_of_each_sample_whether_the_largest_is_right():
    t = np.eye(3)[[0, 1, 2]]
    y = np.array([[0.4, 0.3, 0.3], [0.4, 0.3, 0.3], [0.1, 0.2, 0.7]])
    np.testing.assert_array_equal(metrics.accuracy(t, y), [1, 0, 1])


def test_names():
    assert metrics.check("acc") == metrics.check("accuracy") == "accuracy"
    with pytest.raises(ScratchnetError, match="'auc'"):
        metrics.check("auc")
