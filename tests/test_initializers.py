import numpy as np
import pytest

from scratchnet.initializers import glorot_uniform

# The limits of the notebook's four layers
LIMITS = {(3, 3, 1, 32): 0.142134, (3, 3, 32, 64): 0.083333, (9216, 128): 0.025340, (128, 10): 0.208514}


@pytest.mark.parametrize(("shape", "limit"), LIMITS.items())
def test_glorot_uniform_fills_its_limits_evenly(shape, limit):
    w = glorot_uniform(shape, np.random.default_rng(0), np.dtype("float64"))
    assert w.shape == shape
    assert 0.95 * limit < np.abs(w).max() <= limit * 1.00001
    assert abs(w.mean()) < 4 * limit / np.sqrt(3 * w.size)
    assert w.std() == pytest.approx(limit / np.sqrt(3), rel=0.1)


def test_both_dtypes_start_from_the_same_weights():
    single, double = (glorot_uniform((5, 4), np.random.default_rng(3), np.dtype(d)) for d in ("float32", "float64"))
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, double.astype("float32"))
