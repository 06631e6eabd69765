"""Max pooling by registers: the bits of `plain`."""

import importlib

import numpy as np
import pytest

from scratchnet.kernels import plain

fused = importlib.import_module("scratchnet.kernels.fused.pooling")
pytestmark = pytest.mark.jit


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("C", [1, 8, 16, 21, 40])
@pytest.mark.parametrize(
    ("pool", "strides"), [((2, 2), (2, 2)), ((3, 2), (2, 1)), ((1, 1), (1, 1)), ((2, 3), (3, 4)), ((17, 17), (1, 2))]
)
def test_max_pooling(C, pool, strides, dtype):
    x = np.random.default_rng(C).integers(-3, 3, (3, 18, 19, C)).astype(dtype)  # many ties
    x[0, 5:9, ::4, C // 2], x[1, 2, 3:7] = np.nan, np.inf
    for ours, theirs in zip(fused.max_pool2d(x, pool, strides), plain.max_pool2d(x, pool, strides), strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype
