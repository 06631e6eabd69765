"""The gradient by a convolution's kernel and bias, its output's gradient made on the way, against the plain kernels."""

import numpy as np
import pytest

from scratchnet.kernels import plain
from scratchnet.kernels.fused.conv2d_dw import conv2d_dw, conv2d_dw_db

pytestmark = pytest.mark.jit

# x's shape, KH × KW, F, strides, dilation
CASES = [
    ((20, 14, 13, 4), (3, 3), 32, (1, 1), (1, 1)),  # whole tiles of filters; groups of one image and of two
    ((3, 9, 11, 1), (3, 3), 40, (1, 1), (1, 1)),  # filters with a rest
    ((2, 9, 8, 3), (5, 4), 7, (1, 2), (1, 1)),  # fewer filters than a register has lanes
    ((1, 12, 11, 5), (2, 3), 33, (3, 2), (1, 1)),  # pixels that no window reaches
    ((4, 6, 7, 9), (1, 1), 64, (1, 1), (1, 1)),
    ((17, 5, 6, 2), (5, 6), 3, (1, 1), (1, 1)),  # a single position
    ((3, 13, 12, 2), (3, 2), 10, (2, 1), (2, 3)),
]


def example(x_shape, size, F, strides, dilation, dtype, *, pool=False):
    rng = np.random.default_rng(0)
    OH, OW = ((x_shape[k + 1] - (size[k] - 1) * dilation[k] - 1) // strides[k] + 1 for k in (0, 1))
    shape = (x_shape[0], OH // 2, OW // 2, F) if pool else (x_shape[0], OH, OW, F)
    x, dy, y = (rng.standard_normal(s).astype(dtype) for s in (x_shape, shape, shape))
    y[rng.random(shape) < 0.2] = 0  # neither positive nor negative
    winner = rng.integers(0, 4, shape).astype(np.uint8)
    return x, dy, y, winner, (len(x), OH, OW, F)


def close(ours, x, dz, w_shape, *place):
    """Within 8 units in the last place of the sum of absolute terms"""
    x, dz = x.astype(float), dz.astype(float)
    terms = plain.conv2d_dw(abs(x), abs(dz), w_shape, *place) + 1e-300
    assert ours.dtype in (np.float32, np.float64)
    assert np.max(abs(ours - plain.conv2d_dw(x, dz, w_shape, *place)) / terms) < 8 * np.finfo(ours.dtype).eps


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_dw(case, dtype):
    x_shape, size, F, strides, dilation = case
    x, dy, *_ = example(*case, dtype)
    w_shape = (*size, x_shape[3], F)
    dw = conv2d_dw(x, dy, w_shape, strides, dilation)
    assert dw.shape == w_shape
    close(dw, x, dy, w_shape, strides, dilation)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("pool", [False, True], ids=["ReLU", "pooled"])
@pytest.mark.parametrize("case", CASES[:5], ids=str)
def test_gated(case, pool, dtype):
    x_shape, size, F, strides, dilation = case
    x, dy, y, winner, (N, OH, OW, _) = example(*case, dtype, pool=pool)
    dy[y <= 0] = np.inf  # what ReLU stops may be anything
    dz = plain.relu_dz(dy, y) * dy.dtype.type(1.25)
    if pool:
        dz = plain.max_pool2d_dx(dz, winner, (2, 2), (2, 2), (N, OH, OW, F))
    w_shape = (*size, x_shape[3], F)
    dw, db = conv2d_dw_db(x, dy, y, winner if pool else None, 1.25, w_shape, strides)
    close(dw, x, dz, w_shape, strides, dilation)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(db, dz.sum((0, 1, 2), dtype=float), rtol=0, atol=8 * eps * abs(dz).sum((0, 1, 2)).max())


@pytest.mark.filterwarnings("ignore:invalid value")  # NumPy, of ∞ − ∞
def test_what_is_not_finite():
    x, dy, *_ = example((2, 6, 6, 2), (3, 3), 5, (1, 1), (1, 1), "float64")
    x[0, 2, 3, 1], dy[1, 0, 0, 3], dy[0, 2, 2, 4] = np.inf, np.nan, 0
    ours, theirs = (k(x, dy, (3, 3, 2, 5), (1, 1), (1, 1)) for k in (conv2d_dw, plain.conv2d_dw))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)  # NaN and ∞ where plain has them
    assert np.isnan(ours).any()
    assert np.isfinite(ours).any()


def test_the_same_bits_for_any_number_of_threads():
    import numba

    x, dy, y, *_ = example(*CASES[0], "float32")
    bits, before = [], numba.get_num_threads()
    for threads in (1, 2):
        numba.set_num_threads(min(threads, before))
        dw, db = conv2d_dw_db(x, dy, y, None, 1, (3, 3, 4, 32), (1, 1))
        bits.append(dw.tobytes() + db.tobytes())
    numba.set_num_threads(before)
    assert bits[0] == bits[1]
