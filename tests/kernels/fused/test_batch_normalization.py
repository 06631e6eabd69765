"""Batch normalisation with ReLU, against the layer and `relu`."""

import importlib

import numpy as np
import pytest

from scratchnet import kernels
from scratchnet.kernels import plain
from scratchnet.layers.base import Run
from scratchnet.layers.batch_normalization import BatchNormalization

fused = importlib.import_module("scratchnet.kernels.fused.batch_normalization")
pytestmark = pytest.mark.jit

SHAPES = [(7, 5), (300, 33), (4, 6, 6, 1), (3, 5, 7, 3), (16, 8, 8, 32), (2, 3, 3, 1100)]
# scale, center, relu, moved
OPTIONS = [(True, True, True, True), (True, False, False, True), (False, True, True, True), (True, True, True, False)]


def random(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def example(shape, scale, center, dtype):
    """The layer with parameters of its own, x and dy"""
    layer = BatchNormalization(scale=scale, center=center)
    layer.build(shape[1:], rng=np.random.default_rng(0), dtype=np.dtype(dtype))
    for seed, array in enumerate((*layer.params.values(), *layer.state.values())):
        array[...] = np.abs(random(shape[-1], seed=seed)) + 0.5
    return layer, random(*shape, seed=8, dtype=dtype) * 2 + 3, random(*shape, seed=9, dtype=dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_moments(shape, dtype):
    x = random(*shape, dtype=dtype) * 2 + 3
    wide, over = x.astype(np.longdouble), tuple(range(x.ndim - 1))
    mean, variance = fused.batch_moments(x)
    assert mean.dtype == variance.dtype == dtype
    np.testing.assert_allclose(mean, wide.mean(axis=over).astype(dtype), rtol=8 * np.finfo(dtype).eps)
    np.testing.assert_allclose(variance, wide.var(axis=over).astype(dtype), rtol=16 * np.finfo(dtype).eps)


@pytest.mark.parametrize(("scale", "center", "relu", "moved"), OPTIONS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_layer_and_relu(shape, scale, center, relu, moved):
    layer, x, dy = example(shape, scale, center, "float64")
    layer.trainable = moved
    run = Run(kernels=plain, training=True)
    y, cache = layer.forward(x, run)
    _, deviation, moments = cache
    mean = moments[0] if moved else layer.state["moving_mean"]
    gamma, beta = layer.params.get("gamma"), layer.params.get("beta")
    y = plain.relu(y) if relu else y
    np.testing.assert_array_equal(fused.batch_normalize(x, mean, deviation, gamma, beta, relu=relu), y)
    dx, expected = layer.backward(plain.relu_dz(dy, y) if relu else dy, cache, run)
    told = dy, x, mean, deviation, gamma, beta
    ours, dgamma, dbeta = fused.batch_normalize_back(*told, relu=relu, moved=moved, need_dx=True)
    close = {"rtol": 1e-12, "atol": 1e-12}
    np.testing.assert_allclose(ours, dx, **close)
    for name, array in (("gamma", dgamma), ("beta", dbeta)):
        if name in expected:
            np.testing.assert_allclose(array, expected[name], **close)
    none, *again = fused.batch_normalize_back(*told, relu=relu, moved=moved, need_dx=False)
    assert none is None
    np.testing.assert_array_equal(again, [dgamma, dbeta])


def test_float32_is_the_layers_bits():
    layer, x, dy = example((16, 9, 9, 20), True, True, "float32")
    y, (_, deviation, (mean, _)) = layer.forward(x, Run(kernels=plain, training=True))
    gamma, beta = layer.params["gamma"], layer.params["beta"]
    ours = fused.batch_normalize(x, mean, deviation, gamma, beta, relu=True)
    np.testing.assert_array_equal(ours, plain.relu(y))
    wide = [a.astype(float) for a in (dy, x, mean, deviation, gamma, beta)]
    exact = fused.batch_normalize_back(*wide, relu=True, moved=True, need_dx=True)
    back = fused.batch_normalize_back(dy, x, mean, deviation, gamma, beta, relu=True, moved=True, need_dx=True)
    for one, two in zip(back, exact, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6 * np.abs(two).max())


def test_a_number_that_is_not_finite_stays_in_its_channel():
    x = random(20, 6, 6, 9)
    x[3, 2, 1, 4] = np.nan
    mean, variance = fused.batch_moments(x)
    with np.errstate(invalid="ignore"):
        y = fused.batch_normalize(x, mean, np.sqrt(variance), None, None, relu=True)
    assert np.isnan(y[..., 4]).all()
    assert np.isfinite(np.delete(y, 4, axis=-1)).all()


def test_any_number_of_threads_gives_the_same_bits():
    layer, x, dy = example((33, 7, 9, 12), True, True, "float32")
    answers = []
    for threads in (1, 2):
        with kernels.use("compiled", threads=threads):
            mean, variance = fused.batch_moments(x)
            told = mean, np.sqrt(variance), layer.params["gamma"], layer.params["beta"]
            back = fused.batch_normalize_back(dy, x, *told, relu=True, moved=True, need_dx=True)
            answers.append((mean, variance, fused.batch_normalize(x, *told, relu=True), *back))
    for one, two in zip(*answers, strict=True):
        np.testing.assert_array_equal(one, two)
