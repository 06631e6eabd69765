"""Convolution directly, and what follows it in the same pass, against the plain kernels in turn."""

import numpy as np
import pytest

from scratchnet.kernels import plain
from scratchnet.kernels.fused.convolution import conv2d, conv_relu

pytestmark = pytest.mark.jit

# x's shape, KH × KW, F, strides
CASES = [
    ((3, 9, 8, 5), (2, 3), 32, (1, 1)),  # whole registers
    ((2, 12, 11, 1), (5, 5), 6, (1, 1)),  # fewer filters than a register has lanes
    ((5, 8, 9, 3), (3, 3), 1, (1, 1)),
    ((4, 9, 9, 2), (3, 2), 16, (2, 2)),  # a register, or two
    ((2, 9, 7, 2), (2, 2), 21, (1, 1)),  # registers that overlap
    ((70, 8, 8, 3), (5, 5), 40, (1, 1)),  # tiles from several images
    ((1, 23, 31, 4), (4, 3), 3, (2, 1)),  # one image, cut into tasks
]


def example(x_shape, size, F, strides, dtype):
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(s).astype(dtype) for s in (x_shape, (*size, x_shape[3], F), (F,)))
    x[:, : x_shape[1] // 2, : x_shape[2] * 2 // 3] = 1  # background
    return x, w, b


def close(ours, x, w, b, strides):
    """Within 8 units in the last place of the sum of absolute terms"""
    x, w, b = (a.astype(float) for a in (x, w, b))
    terms = plain.conv2d(abs(x), abs(w), abs(b), strides, (1, 1))
    assert np.max(abs(ours - plain.conv2d(x, w, b, strides, (1, 1))) / terms) < 8 * np.finfo(ours.dtype).eps


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_sums(case, dtype):
    x, w, b = example(*case, dtype)
    y = conv2d(x, w, b, case[3], (1, 1))
    assert y.dtype == dtype
    assert y.flags.c_contiguous
    close(y, x, w, b, case[3])


@pytest.mark.parametrize("dropped", [False, True])
@pytest.mark.parametrize("pool", [False, True])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_follows(case, pool, dropped):
    """From the same sums, so the same bits; the last row and column of an odd number belong to no window"""
    x, w, b = example(*case, "float64")
    y = plain.relu(conv2d(x, w, b, case[3], (1, 1)))
    winner = None
    if pool:
        y, winner = plain.max_pool2d(y, (2, 2), (2, 2))
    keep = np.random.default_rng(1).random(y.shape) < 0.6 if dropped else None
    expected = plain.dropout(y, keep, 0.5) if dropped else y
    ours, which = conv_relu(x, w, b, case[3], pool=pool, keep=keep, scale=2.0 if dropped else 1.0, winners=pool)
    np.testing.assert_array_equal(ours, expected)
    if pool:
        np.testing.assert_array_equal(which[y > 0], winner[y > 0])


def test_what_is_not_finite():
    x, w, b = example(*CASES[1], "float64")
    x[0, 3, 4, 0], x[1, 8, 8, 0] = np.nan, np.inf
    np.testing.assert_allclose(conv2d(x, w, b, (1, 1), (1, 1)), plain.conv2d(x, w, b, (1, 1), (1, 1)), rtol=1e-12)
