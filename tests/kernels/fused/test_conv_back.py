"""Backward through a convolution and what follows it, as one, against the plain kernels in turn."""

import numba
import numpy as np
import pytest

from scratchnet.kernels import plain
from scratchnet.kernels.fused.conv2d_dx import NO_PADDING
from scratchnet.kernels.fused.conv_back import conv_back
from scratchnet.kernels.fused.conv_pool_back import conv_pool_back

pytestmark = pytest.mark.jit

# x's shape, KH × KW, F, strides, share of windows alive
CASES = [
    ((20, 12, 12, 32), (3, 3), 64, (1, 1), 0.2),  # whole registers; groups of one image and of two
    ((3, 9, 13, 7), (3, 4), 10, (1, 1), 0.5),  # an odd number of positions; pieces that lie over the one before
    ((1, 15, 13, 20), (2, 5), 17, (2, 3), 1.0),  # all alive
    ((2, 13, 12, 16), (5, 5), 33, (2, 1), 0.1),  # several passes over a patch
    ((2, 8, 8, 16), (3, 3), 16, (1, 1), 0.0),  # none alive
    ((2, 4, 5, 24), (1, 1), 3, (1, 1), 0.5),
    ((9, 13, 12, 1), (3, 3), 17, (1, 1), 0.5),  # a patch's row is less than a register
    ((2, 5, 7, 8), (4, 6), 5, (1, 1), 0.5),  # a single window
]


def example(x_shape, size, F, strides, alive, dtype="float64", pool=2):
    rng = np.random.default_rng(0)
    OH, OW = ((x_shape[k + 1] - size[k]) // strides[k] + 1 for k in (0, 1))
    shape = (x_shape[0], OH // pool, OW // pool, F)
    x, w, dy, y = (rng.standard_normal(s).astype(dtype) for s in (x_shape, (*size, x_shape[3], F), shape, shape))
    y = np.where(rng.random(shape) < alive, abs(y), -abs(y) * (rng.random(shape) < 0.5)).astype(dtype)
    dy[y <= 0] = np.nan  # what ReLU stops may be anything
    return dy, y, rng.integers(0, 4, shape).astype(np.uint8), x, w, (x_shape[0], OH, OW, F)


def by_layers(dz, x, w, strides, *, need_dx):
    dx = plain.conv2d_dx(dz, w, x.shape, strides, (1, 1)) if need_dx else None
    return dx, plain.conv2d_dw(x, dz, w.shape, strides, (1, 1)), plain.bias_db(dz)


def unpooled(dy, y, winner, scale, z_shape):
    return plain.max_pool2d_dx(plain.relu_dz(dy, y) * scale, winner, (2, 2), (2, 2), z_shape)


def close(ours, dz, x, w, strides, *, need_dx):
    """Each within 8 units in the last place of the sum of absolute terms; dx by Winograd of the largest such sum"""
    dz, x, w = (a.astype(float) for a in (dz, x, w))
    theirs = by_layers(dz, x, w, strides, need_dx=need_dx)
    terms = by_layers(abs(dz), abs(x), abs(w), strides, need_dx=need_dx)
    for our, their, term in zip(ours, theirs, terms, strict=True):
        if their is None:
            assert our is None
        else:
            assert our.shape == their.shape
            winograd = their.ndim == 4 and len(their) == len(x) and our.dtype == np.float32 and w.shape[:2] == (3, 3)
            scale = (term.max() if winograd and strides == (1, 1) else term) + 1e-300
            assert np.max(abs(our - their) / scale) < 8 * np.finfo(our.dtype).eps


@pytest.mark.parametrize("need_dx", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_pooled(case, dtype, need_dx):
    dy, y, winner, x, w, z_shape = example(*case, dtype)
    ours = conv_pool_back(dy, y, winner, dy.dtype.type(1.25), x, w, case[3], need_dx=need_dx)
    dz = unpooled(dy, y, winner, dy.dtype.type(1.25), z_shape)
    close(ours, dz, x, w, case[3], need_dx=need_dx)


@pytest.mark.parametrize("need_dx", [False, True])
@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("case", CASES[:7], ids=str)
def test_not_pooled(case, gated, need_dx):
    dy, y, _, x, w, _ = example(*case, "float32", pool=1)
    dz = plain.relu_dz(dy, y)
    ours = conv_back(dy if gated else dz, y if gated else None, x, w, case[3], NO_PADDING, need_dx=need_dx)
    close(ours, dz, x, w, case[3], need_dx=need_dx)


@pytest.mark.parametrize("padding", [((1, 1), (1, 1)), ((0, 1), (1, 0)), ((2, 2), (2, 2))], ids=str)
@pytest.mark.parametrize("case", [*CASES[:2], ((2, 5, 6, 16), (3, 3), 16, (1, 1), 0.5), CASES[6]], ids=str)
def test_dx_inside_padding(case, padding):
    """By Winograd, where a tile of 4 × 4 is left or isn't, patch by patch, and by im2col"""
    dy, _, _, x, w, _ = example(*case[:4], 1.0, "float32", pool=1)
    ours, dw, db = conv_back(dy, None, x, w, case[3], padding, need_dx=True)
    whole, *same = conv_back(dy, None, x, w, case[3], NO_PADDING, need_dx=True)
    theirs = plain.crop2d(plain.conv2d_dx(*(a.astype(float) for a in (dy, w)), x.shape, case[3], (1, 1)), padding)
    assert ours.shape == theirs.shape
    assert ours.flags.c_contiguous
    np.testing.assert_allclose(ours, theirs, atol=1e-5 * abs(theirs).max())
    np.testing.assert_allclose(ours, plain.crop2d(whole, padding), atol=1e-5 * abs(theirs).max())
    assert [a.tobytes() for a in (dw, db)] == [a.tobytes() for a in same]


@pytest.mark.parametrize("case", [CASES[1], CASES[6]], ids=str)
@pytest.mark.parametrize("where", ["dy", "x", "last of x", "w"])
@pytest.mark.filterwarnings("ignore:invalid value")  # NumPy, of ∞ − ∞
def test_what_is_not_finite(case, where):
    dy, y, winner, x, w, z_shape = example(*case)
    array, at = {
        "dy": (dy, np.unravel_index((y > 0).argmax(), y.shape)),
        "x": (x, (1, 3, 2, 0)),
        "last of x": (x, (-1, -1, -1, -1)),
        "w": (w, (1, 2, 0, 1)),
    }[where]
    array[at] = np.inf
    ours = conv_pool_back(dy, y, winner, 2.0, x, w, case[3], need_dx=True)
    theirs = by_layers(unpooled(dy, y, winner, 2.0, z_shape), x, w, case[3], need_dx=True)
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-12, atol=1e-12)  # NaN and ∞ where plain has them
    assert not all(np.isfinite(array).all() for array in ours)


def test_the_same_bits_for_any_number_of_threads():
    dy, y, winner, x, w, _ = example(*CASES[0], "float32")
    bits, before = [], numba.get_num_threads()
    for threads in (1, 2):
        numba.set_num_threads(min(threads, before))
        bits.append([a.tobytes() for a in conv_pool_back(dy, y, winner, 1, x, w, (1, 1), need_dx=True)])
    numba.set_num_threads(before)
    assert bits[0] == bits[1]
