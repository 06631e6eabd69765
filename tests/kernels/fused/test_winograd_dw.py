"""A 3×3 convolution's gradient by its kernel, by Winograd's transforms, against the plain kernels."""

import importlib

import numba
import numpy as np
import pytest

from scratchnet.kernels import plain
from scratchnet.kernels.fused.conv2d_dw import conv2d_dw, conv2d_dw_db

pytestmark = pytest.mark.jit

winograd_dw = importlib.import_module("scratchnet.kernels.fused.winograd_dw")
transforms = importlib.import_module("scratchnet.kernels.fused.winograd_transforms")

SHAPES = [  # N, OH, OW, C, F
    (1, 4, 4, 16, 16),  # one tile, so tasks without any
    (3, 5, 7, 16, 32),  # tiles that overlap
    (2, 9, 6, 19, 37),  # registers that overlap
    (40, 10, 22, 33, 48),  # tasks of several blocks, and of tiles of several images
    (5, 13, 24, 32, 64),
    (3, 8, 11, 70, 130),  # slices of channels, of registers that come again
    (17, 4, 5, 256, 64),
]


def example(N, OH, OW, C, F):
    rng = np.random.default_rng(0)
    shapes = (N, OH + 2, OW + 2, C), (N, OH, OW, F), (N, OH, OW, F)
    x, dy, y = (rng.standard_normal(shape).astype("float32") for shape in shapes)
    y[rng.random(y.shape) < 0.2] = 0  # neither positive nor negative
    return x, dy, y


def close(ours, x, dz):
    """Within 32 units in the last place of the sum of absolute terms"""
    place = (3, 3, x.shape[3], dz.shape[3]), (1, 1), (1, 1)
    x, dz, (dw, db) = x.astype(float), dz.astype(float), ours
    terms = plain.conv2d_dw(abs(x), abs(dz), *place)
    assert dw.shape == place[0]
    assert dw.dtype == db.dtype == np.float32
    assert dw.flags.c_contiguous
    eps = np.finfo(np.float32).eps
    assert np.max(abs(dw - plain.conv2d_dw(x, dz, *place)) / terms) < 32 * eps
    assert np.max(abs(db - dz.sum((0, 1, 2))) / abs(dz).sum((0, 1, 2))) < 8 * eps


def test_transform_of_the_gradient():
    z = np.random.default_rng(0).standard_normal(4)
    np.testing.assert_allclose(transforms.gradient_axis.py_func(*z), transforms.AT.T @ z, atol=1e-14)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_sums(shape):
    x, dy, _ = example(*shape)
    close(winograd_dw.winograd_dw_db(x, dy, None, 1), x, dy)


@pytest.mark.parametrize("shape", SHAPES[:3], ids=str)
def test_gated(shape):
    x, dy, y = example(*shape)
    dy[y <= 0] = np.nan  # what ReLU stops may be anything
    close(winograd_dw.winograd_dw_db(x, dy, y, 1.25), x, plain.relu_dz(dy, y) * np.float32(1.25))


def test_images_that_are_not_contiguous():
    x, dy, _ = example(*SHAPES[1])
    ours = winograd_dw.winograd_dw_db(np.repeat(x, 2, axis=2)[:, :, ::2], dy[:, ::-1], None, 1)
    close(ours, x, dy[:, ::-1])


@pytest.mark.parametrize("shape", [(1, 3, 8, 16, 16), (1, 8, 8, 3, 16), (1, 8, 8, 16, 3)], ids=str)
def test_too_small_is_refused(shape):
    x, dy, _ = example(*shape)
    with pytest.raises(ValueError, match="too few"):
        winograd_dw.winograd_dw_db(x, dy, None, 1)


def test_it_is_what_conv2d_dw_takes():
    x, dy, y = example(*SHAPES[4])
    w_shape, ours = (3, 3, 32, 64), winograd_dw.winograd_dw_db(x, dy, None, 1)
    np.testing.assert_array_equal(conv2d_dw(x, dy, w_shape, (1, 1), (1, 1)), ours[0])
    for came, expected in zip(
        conv2d_dw_db(x, dy, y, None, 2, w_shape, (1, 1)), winograd_dw.winograd_dw_db(x, dy, y, 2), strict=True
    ):
        np.testing.assert_array_equal(came, expected)


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])  # the last overflows in the transforms alone
@pytest.mark.parametrize("where", ["x", "dy"])
@pytest.mark.filterwarnings("ignore:invalid value", "ignore:overflow")  # NumPy, of ∞ − ∞, and of plain's own
def test_what_is_not_finite(where, value):
    x, dy, _ = example(2, 6, 6, 16, 32)
    x[0, :, :, 5] = dy[1, :, :, 7] = 0
    (x if where == "x" else dy)[0, 5, 5, 3] = value
    ours, theirs = (k(x, dy, (3, 3, 16, 32), (1, 1), (1, 1)) for k in (conv2d_dw, plain.conv2d_dw))
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    np.testing.assert_array_equal(ours[~np.isfinite(theirs)], theirs[~np.isfinite(theirs)])
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)
    assert np.isfinite(ours).any()


def test_the_same_bits_for_any_number_of_threads():
    x, dy, y = example(*SHAPES[3])
    bits, before = [], numba.get_num_threads()
    for threads in (1, 2):
        numba.set_num_threads(min(threads, before))
        dw, db = winograd_dw.winograd_dw_db(x, dy, y, 1)
        bits.append(dw.tobytes() + db.tobytes())
    numba.set_num_threads(before)
    assert bits[0] == bits[1]
