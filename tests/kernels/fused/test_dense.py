"""The dense layer over its non-zero inputs, against the plain one."""

import importlib

import numpy as np
import pytest

from scratchnet import kernels
from scratchnet.kernels import plain

fused = importlib.import_module("scratchnet.kernels.fused.dense")
pytestmark = pytest.mark.jit

# N, K, F, share of inputs alive. Sparse: from 8 samples, 256 inputs and a tile of filters on (128 floats with AVX-512)
SHAPES = [
    (128, 512, 128, 0.15),  # whole blocks, one tile
    (9, 1031, 150, 0.2),  # blocks and registers with a rest; the last tile lies over the one before
    (33, 700, 300, 0.1),
    (8, 256, 256, 0.05),  # one task
    (16, 4500, 129, 0.33),  # just few enough
    (12, 600, 128, 0.6),  # by BLAS: too many live,
    (12, 600, 128, 1.0),
    (7, 600, 128, 0.1),  # too few samples,
    (12, 255, 128, 0.1),  # inputs,
    (12, 600, 10, 0.1),  # filters
    (1, 1, 1, 1.0),
    (20, 600, 128, 0.0),  # nothing lives
]


def random(*shape, seed=0, dtype="float64", alive=1.0):
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(shape) * (rng.random(shape) < alive)).astype(dtype)


def example(N, K, F, alive, dtype="float64"):
    x, w, b = random(N, K, dtype=dtype, alive=alive), random(K, F, seed=1, dtype=dtype), random(F, seed=2, dtype=dtype)
    return x, w, b, random(N, F, seed=3, dtype=dtype)


def close(ours, theirs, *factors):
    """Within 8 units in the last place of the largest sum of absolute terms"""
    assert ours.shape == theirs.shape
    scale = (np.abs(factors[0]).astype(float) @ np.abs(factors[1]).astype(float)).max() + 1
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=8 * np.finfo(ours.dtype).eps * scale)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_products(shape, dtype):
    x, w, b, dy = example(*shape, dtype)
    wide = [a.astype(float) for a in (x, w, b, dy)]
    for ours, name in ((fused.dense(x, w, b), "dense"), (fused.dense_dw(x, dy), "dense_dw")):
        assert ours.dtype == dtype, name
    close(fused.dense(x, w, b), plain.dense(*wide[:3]), x, w)
    close(fused.dense_dx(dy, w), plain.dense_dx(wide[3], wide[1]), dy, w.T)
    close(fused.dense_dw(x, dy), plain.dense_dw(wide[0], wide[3]), x.T, dy)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dropout", [False, True])
def test_fused_step(shape, dropout):
    x, w, b, dy = example(*shape)
    rate = 0.3 if dropout else 0.0
    keep = random(*dy.shape, seed=4) > -0.5
    y = plain.relu(plain.dense(x, w, b))
    y, dz = (plain.dropout(y, keep, rate), plain.dropout(dy, keep, rate)) if dropout else (y, dy)
    dz = plain.relu_dz(dz, y)
    scale = 1 / (1 - rate)
    ours = fused.dense_relu(x, w, b, keep if dropout else None, scale)
    close(ours, y, x, w * scale)
    np.testing.assert_array_equal(ours > 0, y > 0)
    for only_where_x in (False, True):
        dx, dw, db = fused.dense_back(dy, y, scale, x, w, need_dx=True, only_where_x=only_where_x)
        expected = plain.dense_dx(dz, w)
        if only_where_x:
            assert np.all((dx == 0) | (x != 0) | np.isclose(dx, expected, rtol=1e-9))
            dx, expected = (np.where(x != 0, a, 0) for a in (dx, expected))
        close(dx, expected, dz, w.T)
        close(dw, plain.dense_dw(x, dz), x.T, dz)
        np.testing.assert_allclose(db, plain.bias_db(dz), rtol=1e-12, atol=1e-12)
    dx, dw, _ = fused.dense_back(dy, y, scale, x, w, need_dx=False, only_where_x=True)
    assert dx is None
    close(dw, plain.dense_dw(x, dz), x.T, dz)


def test_what_lives_no_more_is_not_computed():
    x, w, _, dy = example(20, 600, 128, 0.1)
    dx, _, _ = fused.dense_back(dy, np.ones_like(dy), 1.0, x, w, need_dx=True, only_where_x=True)
    np.testing.assert_array_equal(dx == 0, x == 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("of", ["x", "w", "dy", "b"])
def test_what_is_not_finite_reaches_the_same_numbers(of, bad):
    """Times NaN or infinity an input of 0 isn't 0, and must not be left out."""
    arrays = dict(zip(("x", "w", "b", "dy"), example(20, 600, 160, 0.1), strict=True))
    arrays[of].flat[77] = bad
    x, w, b, dy = arrays.values()
    with np.errstate(invalid="ignore"):
        pairs = [
            (fused.dense(x, w, b), plain.dense(x, w, b)),
            (fused.dense_relu(x, w, b, None, 1.0), plain.relu(plain.dense(x, w, b))),
            (fused.dense_dw(x, dy), plain.dense_dw(x, dy)),
            (fused.dense_dx(dy, w), plain.dense_dx(dy, w)),
            (fused.dense_back(dy, np.ones_like(dy), 1.0, x, w, need_dx=True, only_where_x=True)[1], x.T @ dy),
        ]
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
    assert not all(np.isfinite(theirs).all() for _, theirs in pairs)


def test_any_number_of_threads_gives_the_same_bits():
    x, w, b, dy = example(40, 3000, 200, 0.15, "float32")
    answers = []
    for threads in (1, 2):
        with kernels.use("compiled", threads=threads):
            y = fused.dense_relu(x, w, b, None, 1.0)
            answers.append((y, *fused.dense_back(dy, y, 1.0, x, w, need_dx=True, only_where_x=True)))
    for one, two in zip(*answers, strict=True):
        np.testing.assert_array_equal(one, two)
