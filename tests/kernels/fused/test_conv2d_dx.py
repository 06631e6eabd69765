"""The gradient by a convolution's input, patch by patch or as a convolution, against the plain kernel."""

import numba
import numpy as np
import pytest

from scratchnet.kernels import plain
from scratchnet.kernels.fused.conv2d_dx import conv2d_dx

pytestmark = pytest.mark.jit

# x's shape, KH × KW, F, strides, dilation
CASES = [
    ((3, 9, 8, 32), (3, 3), 5, (1, 1), (1, 1)),
    ((2, 8, 11, 40), (2, 3), 4, (1, 1), (1, 1)),
    ((2, 14, 13, 33), (5, 5), 6, (2, 2), (1, 1)),
    ((1, 11, 12, 32), (2, 1), 3, (3, 2), (1, 1)),  # pixels that no window reaches
    ((2, 5, 4, 32), (5, 4), 3, (1, 1), (1, 1)),  # a single position
    ((2, 9, 9, 6), (3, 3), 5, (2, 1), (1, 1)),  # a row of a patch is two registers that overlap
    ((37, 7, 9, 6), (3, 4), 16, (1, 1), (1, 1)),  # groups of two images and of three
    ((2, 9, 9, 2), (3, 3), 5, (2, 1), (1, 1)),  # compiled: a row is less than a register
    ((2, 40, 60, 32), (4, 4), 8, (2, 2), (1, 1)),  # images that fill the cache
    ((2, 11, 9, 32), (3, 3), 4, (1, 1), (2, 3)),  # dilated
]


def example(x_shape, size, F, strides, dilation, dtype):
    rng = np.random.default_rng(0)
    OH, OW = ((x_shape[k + 1] - (size[k] - 1) * dilation[k] - 1) // strides[k] + 1 for k in (0, 1))
    shapes = (x_shape[0], OH, OW, F), (*size, x_shape[3], F)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def close(ours, dz, w, *place):
    """Within 8 units in the last place of the sum of absolute terms"""
    dz, w = dz.astype(float), w.astype(float)
    terms = plain.conv2d_dx(abs(dz), abs(w), *place) + 1e-300
    assert np.max(abs(ours - plain.conv2d_dx(dz, w, *place)) / terms) < 8 * np.finfo(ours.dtype).eps


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_dx(case, dtype):
    dy, w = example(*case, dtype)
    dx = conv2d_dx(dy, w, case[0], *case[3:])
    assert dx.shape == case[0]
    assert dx.dtype == dtype
    assert dx.flags.c_contiguous
    close(dx, dy, w, case[0], *case[3:])


@pytest.mark.parametrize("where", ["dy", "w"])
@pytest.mark.filterwarnings("ignore:invalid value")  # NumPy, of ∞ − ∞
def test_what_is_not_finite(where):
    dy, w = example(*CASES[2], "float64")
    if where == "dy":
        dy[0, 1, 2, 3] = np.inf
    else:
        w[1, 2, 3, 4] = np.nan
    x_shape, strides = CASES[2][0], CASES[2][3]
    ours, theirs = (k(dy, w, x_shape, strides, (1, 1)) for k in (conv2d_dx, plain.conv2d_dx))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
    assert np.isfinite(ours).any()
    assert not np.isfinite(ours).all()


def test_the_same_bits_for_any_number_of_threads():
    dy, w = example(*CASES[6], "float32")
    bits, before = [], numba.get_num_threads()
    for threads in (1, 2):
        numba.set_num_threads(min(threads, before))
        bits.append(conv2d_dx(dy, w, CASES[6][0], (1, 1), (1, 1)).tobytes())
    numba.set_num_threads(before)
    assert bits[0] == bits[1]
