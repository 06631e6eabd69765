"""Winograd's convolution against the plain kernels' numbers and the direct kernel's decisions."""

import importlib

import numba
import numpy as np
import pytest

from scratchnet.kernels import plain
from tests.kernels.fused.example import example

pytestmark = pytest.mark.jit

transforms = importlib.import_module("scratchnet.kernels.fused.winograd_transforms")
near_ties = importlib.import_module("scratchnet.kernels.fused.near_ties")
winograd = importlib.import_module("scratchnet.kernels.fused.winograd").winograd
direct = importlib.import_module("scratchnet.kernels.fused.direct").direct

SHAPES = [  # N, OH, OW, C, F
    (1, 4, 4, 16, 32),  # one tile
    (3, 5, 7, 16, 32),  # tiles that overlap
    (2, 9, 6, 19, 37),  # registers that overlap
    (5, 13, 24, 32, 64),
    (1, 8, 11, 40, 130),  # one image, cut into tasks
    (2, 8, 9, 3, 32),  # fewer channels than lanes
    (40, 6, 6, 16, 33),  # a block of tiles from several images
]


def run(kernel, x, w, b, relu=True, pool=True, keep=None, scale=1.0):
    """y, and pooling's winner, by either kernel"""
    N, OH, OW, F = len(x), x.shape[1] - 2, x.shape[2] - 2, w.shape[3]
    y = np.full((N, OH // 2, OW // 2, F) if pool else (N, OH, OW, F), -7, x.dtype)
    winner = np.full(y.shape, 9, np.uint8) if pool else None
    strides = (1, 1) if kernel is direct else ()
    flags = (flag or None for flag in (relu, pool))
    kernel(x, w, b, y, winner, *strides, OH, OW, *flags, keep, x.dtype.type(scale))
    return y, winner


def sums(x, w, b):
    return plain.conv2d(x.astype(float), w.astype(float), b.astype(float), (1, 1), (1, 1))


# ---------- the transforms
def test_transforms_are_a_filter():
    rng = np.random.default_rng(0)
    d, g = rng.standard_normal(6), rng.standard_normal(3)
    expected = [d[i : i + 3] @ g for i in range(4)]
    np.testing.assert_allclose(transforms.AT @ ((transforms.G @ g) * (transforms.BT @ d)), expected, atol=1e-13)
    np.testing.assert_allclose(transforms.input_axis.py_func(*d), transforms.BT @ d, atol=1e-14)
    np.testing.assert_allclose(transforms.output_axis.py_func(*d), transforms.AT @ d, atol=1e-14)
    for matrix in (transforms.AT, transforms.BT):
        np.testing.assert_array_equal(matrix, matrix.astype("float32"))


def test_transform_kernel():
    _, w, _ = example(1, 4, 4, 5, 7)
    expected = np.einsum("rk,klcf,sl->rscf", transforms.G, w.astype(float), transforms.G).reshape(36, 5, 7)
    np.testing.assert_allclose(transforms.transform_kernel(w), expected, rtol=1e-13, atol=1e-15)


# ---------- its numbers
@pytest.mark.parametrize("shape", [*SHAPES, (2, 7, 9, 16, 16), (2, 7, 9, 16, 17)], ids=str)
def test_sums(shape):
    x, w, b = example(*shape)
    y, _ = run(winograd, x, w, b, relu=False, pool=False)
    np.testing.assert_allclose(y, sums(x, w, b), rtol=0, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_relu(shape):
    x, w, b = example(*shape)
    y, _ = run(winograd, x, w, b, pool=False)
    np.testing.assert_allclose(y, np.maximum(sums(x, w, b), 0), rtol=0, atol=1e-5)
    np.testing.assert_array_equal(y > 0, run(direct, x, w, b, pool=False)[0] > 0)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_relu_pool(shape):
    x, w, b = example(*shape)
    y, winner = run(winograd, x, w, b)
    y_direct, winner_direct = run(direct, x, w, b)
    z, _ = plain.max_pool2d(sums(x, w, b), (2, 2), (2, 2))
    np.testing.assert_allclose(y, np.maximum(z, 0), rtol=0, atol=1e-5)
    np.testing.assert_array_equal(y > 0, y_direct > 0)
    np.testing.assert_array_equal(winner[y > 0], winner_direct[y > 0])
    assert winner.max() == 3


def test_pool_without_relu():
    x, w, b = example(4, 12, 12, 16, 32)
    y, winner = run(winograd, x, w, b, relu=False)
    y_direct, winner_direct = run(direct, x, w, b, relu=False)
    np.testing.assert_allclose(y, y_direct, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(winner, winner_direct)
    assert y.min() < 0


def test_dropout():
    x, w, b = example(3, 10, 10, 16, 32)
    keep = np.random.default_rng(1).integers(0, 2, (3, 5, 5, 32)).astype(np.uint8)
    y, _ = run(winograd, x, w, b)
    dropped, _ = run(winograd, x, w, b, keep=keep, scale=2)
    np.testing.assert_array_equal(dropped, np.where(keep, 2 * y, 0))


@pytest.mark.parametrize("shape", [(1, 3, 8, 16, 16), (1, 8, 8, 16, 1)], ids=str)
def test_too_small_is_refused(shape):
    with pytest.raises(ValueError, match="too few"):
        run(winograd, *example(*shape))


# ---------- its decisions
def test_windows_of_equal_patches_are_the_direct_kernels_to_the_bit():
    x, w, b = example(6, 12, 12, 16, 32)
    x[...] = (
        x[:, :1, -1:] * np.arange(1, 15, dtype="float32")[:, None, None]
    )  # the same along a row: two of four are equal
    for ours, direct_s in zip(run(winograd, x, w, b, relu=False), run(direct, x, w, b, relu=False), strict=True):
        np.testing.assert_array_equal(ours, direct_s)


def test_gates_at_exactly_zero():
    """Cancelling filters over equal channels: every sum is 0 up to rounding, and what is left of it decides."""
    x, w, b = example(4, 12, 12, 16, 32)
    x[...], b[...] = x[..., :1], 0
    w[:, :, 8:] = -w[:, :, 7::-1]
    for pool in (True, False):
        y, expected = run(winograd, x, w, b, pool=pool)[0], run(direct, x, w, b, pool=pool)[0]
        assert 0 < np.count_nonzero(expected) < expected.size
        np.testing.assert_array_equal(y, expected)


def test_blank_images():
    x, w, b = example(5, 9, 9, 16, 32)
    x[...] = np.arange(5, dtype="float32")[:, None, None, None]  # each another blank
    for pool in (True, False):
        y, expected = run(winograd, x, w, b, pool=pool)[0], run(direct, x, w, b, pool=pool)[0]
        np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(run(winograd, x, w, b)[1][y[:, 1::2, 1::2] > 0], 0)  # the first of equals


# ---------- what isn't finite, too large, too small
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["x", "w"])
def test_not_finite(value, where):
    x, w, b = example(2, 8, 8, 16, 32)
    (x if where == "x" else w)[1, 2, 3, 4] = value
    with np.errstate(invalid="ignore"):
        y, expected = run(winograd, x, w, b, relu=False, pool=False)[0], sums(x, w, b)
        np.testing.assert_allclose(y, expected, rtol=0, atol=1e-5)
    assert not np.isfinite(y).all()


@pytest.mark.parametrize(("of_x", "of_w"), [(1e25, 1e-20), (1e-25, 1.0), (1.0, 1e-25), (1e-20, 1e25)])
def test_too_large_or_small_is_summed_directly(of_x, of_w):
    x, w, b = example(2, 8, 8, 16, 32)
    x, w, b = x * np.float32(of_x), w * np.float32(of_w), b * 0
    y, _ = run(winograd, x, w, b, relu=False, pool=False)
    np.testing.assert_array_equal(y, run(direct, x, w, b, relu=False, pool=False)[0])
    assert y.any()


# ---------- the margin
def margins(w):
    with np.errstate(all="ignore"):
        return near_ties.margins(w, transforms.transform_kernel(w))


def test_margin():
    _, w, _ = example(1, 4, 4, 8, 16)
    C = 8
    k = (transforms.BT**2).sum(axis=1) * (transforms.AT**2).max(axis=0)
    u = np.einsum("rk,klcf,sl->rscf", transforms.G, w.astype(float), transforms.G)
    both, one = np.einsum("r,s,rscf->f", k, k, u**2), k @ (transforms.G**2).sum(axis=1)
    squares = (C + 9) * both + (9 * one + 1 + 9 * C) * (w.astype(float) ** 2).sum(axis=(0, 1, 2))
    np.testing.assert_allclose(margins(w), 6 * 2.0**-24 * np.sqrt(squares), rtol=1e-6)
    w[..., 0], w[..., 1], w[..., 2], w[0, 0, 0, 3], w[0, 0, 0, 4] = 0, 1e-25, 1e25, np.nan, np.inf
    np.testing.assert_array_equal(margins(w)[:5], [0, np.inf, np.inf, np.inf, np.inf])


WEIGHTS = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "large": lambda rng, shape: 1e15 * rng.standard_normal(shape),
    "tiny": lambda rng, shape: 1e-12 * rng.standard_normal(shape),
    "cancelling": lambda rng, shape: (-1.0) ** np.indices(shape)[2] * (1 + 1e-6 * rng.standard_normal(shape)),
    "alternating": lambda rng, shape: (-1.0) ** np.indices(shape).sum(axis=0) * rng.random(shape),
    "one-hot": lambda rng, shape: (rng.random(shape) < 1 / shape[2]) * rng.random(shape),
    "a few large": lambda rng, shape: rng.standard_normal(shape) * np.exp(4 * rng.standard_normal(shape)),
}
IMAGES = {
    "relu": lambda rng, shape: np.maximum(rng.standard_normal(shape), 0),
    "nearly constant": lambda rng, shape: 1 + 1e-5 * rng.standard_normal(shape),
    "checkered": lambda rng, shape: (-1.0) ** np.indices(shape).sum(axis=0) * rng.random(shape),
    "a few large": lambda rng, shape: rng.standard_normal(shape) * np.exp(4 * rng.standard_normal(shape)),
}


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("images", IMAGES)
def test_no_sum_is_off_by_a_tenth_of_its_margin(weights, images):
    rng = np.random.default_rng(0)
    x, w = (
        IMAGES[images](rng, (4, 18, 18, 32)).astype("float32"),
        WEIGHTS[weights](rng, (3, 3, 32, 32)).astype("float32"),
    )
    b = np.zeros(32, "float32")
    off = abs(run(winograd, x, w, b, False, False)[0].astype(float) - run(direct, x, w, b, False, False)[0])
    tiles = np.lib.stride_tricks.sliding_window_view((x.astype(float) ** 2).sum(axis=3), (6, 6), axis=(1, 2))
    norm = np.sqrt(tiles[:, ::4, ::4].sum(axis=(3, 4))).repeat(4, axis=1).repeat(4, axis=2)
    assert (off < 0.1 * norm[..., None] * margins(w) + (margins(w) == 0)).all()
    assert off.any()


# ---------- the same bits
def test_bits_depend_on_neither_threads_nor_batch():
    x, w, b = example(9, 11, 14, 16, 32)
    most, answers = numba.get_num_threads(), []
    for threads in {1, most}:
        numba.set_num_threads(threads)
        answers.append(run(winograd, x, w, b, pool=False)[0])
    numba.set_num_threads(most)
    answers.append(np.concatenate([run(winograd, x[n : n + 1], w, b, pool=False)[0] for n in range(len(x))]))
    for answer in answers[1:]:
        np.testing.assert_array_equal(answer, answers[0])
