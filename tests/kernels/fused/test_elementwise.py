"""Padding, sums, masks and Adadelta: the bits of `plain` or `compiled`, or better sums."""

import importlib

import numpy as np
import pytest

from scratchnet.kernels import compiled, plain

fused = importlib.import_module("scratchnet.kernels.fused.elementwise")
pytestmark = pytest.mark.jit


def random(*shape, seed=0, dtype="float32"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 5, 4, 7), (20, 9, 17, 16)], ids=str)
@pytest.mark.parametrize("padding", [((1, 1), (1, 1)), ((0, 2), (3, 0)), ((0, 0), (0, 1)), ((2, 0), (0, 0))], ids=str)
@pytest.mark.parametrize("value", [0.0, -np.inf])
def test_padding(shape, dtype, padding, value):
    x = random(*shape, dtype=dtype)
    ours, theirs = (module.pad2d(x, padding, value) for module in (fused, plain))
    np.testing.assert_array_equal(ours, theirs)
    assert ours.dtype == theirs.dtype


def test_no_padding_is_no_copy():
    x = random(2, 3, 3, 1)
    assert fused.pad2d(x, ((0, 0), (0, 0))) is x


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(5, 3), (1000, 77), (3, 75, 75, 1), (31, 23, 9, 5), (2, 16, 8, 1500)], ids=str)
def test_sums(shape, dtype):
    dy = random(*shape, dtype=dtype)
    ours, exact = fused.bias_db(dy), dy.astype(np.longdouble).sum(axis=tuple(range(dy.ndim - 1)))
    assert ours.dtype == dtype
    if dy.size <= fused.SMALL:
        np.testing.assert_array_equal(ours, plain.bias_db(dy))
    else:
        np.testing.assert_allclose(ours, exact.astype(dtype), rtol=2 * np.finfo(dtype).eps, atol=1e-11)


def test_a_number_that_is_not_finite_is_in_its_sum_alone():
    dy = random(40, 9, 9, 12)
    dy[3, 4, 5, 6], dy[7, 8, 0, 1] = np.nan, np.inf
    sums = fused.bias_db(dy)
    assert np.isnan(sums[6])
    assert sums[1] == np.inf
    assert np.isfinite(np.delete(sums, [1, 6])).all()


@pytest.mark.parametrize(("N", "size"), [(1, 1), (33, 517), (19, 5001)])
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_masks(N, size, rate):
    keys = np.random.default_rng(0).integers(0, 2**63, N).astype(np.uint64)
    np.testing.assert_array_equal(fused.dropout_keep(keys, size, rate), plain.dropout_keep(keys, size, rate))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1,), (50, 3), (257, 130)], ids=str)
def test_adadelta_has_the_bits_of_compiled(shape, dtype):
    arrays = [np.abs(random(*shape, seed=seed, dtype=dtype)) for seed in range(4)]
    before, copies = arrays[1].copy(), [array.copy() for array in arrays]
    compiled.adadelta(*arrays, 0.7, 0.95, 1e-7)
    fused.adadelta(*copies, 0.7, 0.95, 1e-7)
    for ours, theirs in zip(copies, arrays, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(copies[1], before)  # the gradient is only read
