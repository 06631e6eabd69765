"""Winograd in front of batch normalisation: what is decided behind it, against the direct kernel with the same moments."""

import importlib

import numpy as np
import pytest

from scratchnet import kernels
from tests.kernels.fused.example import example

pytestmark = pytest.mark.jit

fused = importlib.import_module("scratchnet.kernels.fused")
conv_norm = importlib.import_module("scratchnet.kernels.fused.conv_norm")

SHAPES = [  # N, OH, OW, C, F
    (1, 4, 4, 16, 16),  # one tile
    (3, 5, 7, 16, 32),  # tiles that overlap, windows that are no whole ones
    (2, 9, 6, 19, 37),  # registers that overlap
    (5, 13, 24, 32, 64),
    (1, 8, 11, 40, 130),  # one image, cut into tasks
    (2, 8, 9, 8, 32),  # fewer channels than lanes
    (40, 6, 6, 16, 33),
]
OPTIONS = [(True, True), (True, False), (False, True), (False, False)]  # gamma, beta


def tied(N, OH, OW, C, F):
    """Filters that cancel over equal channels: every sum is 0 up to rounding, and what is left of it decides"""
    x, w, b = example(N, OH, OW, C, F)
    x[...], b[:] = x[..., :1], 0
    w[:, :, C // 2 :] = 0
    w[:, :, -(C // 2) :] = -w[:, :, C // 2 - 1 :: -1]
    return x, w, b


def striped(N, OH, OW, C, F):
    """Images that are the same along a row, so that two of each window are equal"""
    x, w, b = example(N, OH, OW, C, F)
    x[...] = x[:, :1, -1:] * np.arange(1, OH + 3, dtype="float32")[:, None, None]
    return x, w, b


def line(z, scale, center, seed=1):
    """Moments of z, and a gamma and beta, some of them odd"""
    rng, F = np.random.default_rng(seed), z.shape[3]
    mean, variance = fused.batch_moments(z)
    gamma, beta = rng.standard_normal((2, F)).astype("float32")
    gamma[3], gamma[4], beta[5] = 0, 1e-42, 0
    return mean, np.sqrt(variance + np.float32(1e-3)), gamma if scale else None, beta if center else None


def direct(x, w, b):
    return fused.conv2d(x, w, b, (1, 1), (1, 1))


def decide(z, told, pool):
    """y, and pooling's winner where there is anything to win"""
    y = fused.batch_normalize(z, *told, relu=True)
    if not pool:
        return y, y > 0
    y, winner = fused.max_pool2d(y, (2, 2), (2, 2))
    return y, np.where(y > 0, winner, 9)


def settled(x, w, b, pool, *, told=None, options=(True, True)):
    """z as it was and as it is, and what was told"""
    z, doubt = fused.conv_in_doubt(x, w, b)
    before, told = z.copy(), line(z, *options) if told is None else told
    fused.settle(z, doubt, x, w, b, *told, pool=pool)
    return before, z, told


# ---------- what may be off, and how much
def test_what_is_in_doubt():
    x, w, b = example(7, 9, 10, 16, 32)
    x[0] = 0.5  # nothing but background
    x[1, 2, 3, 4], x[2, 5, 9, 1], w[..., 7], w[..., 8], w[0, 0, 0, 9] = np.nan, 1e25, 1e-25, 0, np.inf
    z, (norms, margin) = fused.conv_in_doubt(x, w, b)
    expected = direct(x, w, b)
    with np.errstate(invalid="ignore"):
        off = abs(z - expected)
        exact = (norms == 0)[..., None] | (margin == 0) | np.isinf(margin)
        assert (exact | (off <= norms[..., None] * margin / 10)).all()
    assert (off > 0).any()
    np.testing.assert_array_equal(z[exact], expected[exact])
    np.testing.assert_array_equal(norms[0], 0)
    assert np.isinf(margin[[7, 9]]).all()
    assert margin[8] == 0
    last = np.linalg.norm(x[4, 5:11, 6:12])  # of the tile that ends at both edges
    np.testing.assert_allclose(norms[4, 6:, 7:], last, rtol=1e-6)
    known = ~(x[4] != 0).any(axis=2)
    windows = np.lib.stride_tricks.sliding_window_view(known, (3, 3)).all(axis=(2, 3))
    np.testing.assert_array_equal(norms[4] == 0, windows)


# ---------- what is decided
@pytest.mark.parametrize("pool", [False, True], ids=["gates", "winners"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_decisions(shape, options, pool):
    x, w, b = example(*shape)
    before, z, told = settled(x, w, b, pool, options=options)
    np.testing.assert_allclose(z, before, rtol=0, atol=1e-5)
    y, decided = decide(z, told, pool)
    expected, direct_s = decide(direct(x, w, b), told, pool)
    np.testing.assert_array_equal(decided, direct_s)
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("pool", [False, True], ids=["gates", "winners"])
@pytest.mark.parametrize("make", [tied, striped])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_near_decisions(shape, make, pool):
    x, w, b = make(*shape)
    F, one = shape[4], np.float32(1)
    told = np.zeros(F, "float32"), np.full(F, one), np.where(np.arange(F) % 3, one, -one), None
    before, z, _ = settled(x, w, b, pool, told=told)
    expected = decide(direct(x, w, b), told, pool)[1]
    np.testing.assert_array_equal(decide(z, told, pool)[1], expected)
    if make is tied or pool:
        assert (decide(before, told, pool)[1] != expected).any()  # it was worth it


@pytest.mark.parametrize("pool", [False, True], ids=["gates", "winners"])
@pytest.mark.parametrize("slope", [-1, 1])
def test_near_decisions_of_a_filter_alone(slope, pool):
    """All others of its register are decided."""
    x, w, b = tied(9, 12, 12, 16, 16)
    mean, one = np.full(16, 50, "float32"), np.ones(16, "float32")
    mean[3] = 0
    told = mean, one, slope * one, None
    before, z, _ = settled(x, w, b, pool, told=told)
    expected = decide(direct(x, w, b), told, pool)[1]
    np.testing.assert_array_equal(decide(z, told, pool)[1], expected)
    assert (decide(before, told, pool)[1] != expected)[..., 3].sum() > 10


@pytest.mark.parametrize("pool", [False, True], ids=["gates", "winners"])
def test_a_gate_in_the_middle(pool):
    """beta moves each filter's gate to its largest sum of one window, and nothing else is near."""
    x, w, b = example(3, 9, 10, 16, 32)
    exact = direct(x, w, b)
    window = exact[0, 6:8, 6:8].reshape(4, 32)
    gamma, deviation = np.linspace(-2, 2, 32, dtype="float32"), np.linspace(0.5, 3, 32, dtype="float32")
    best = np.where(gamma < 0, window.argmin(axis=0), window.argmax(axis=0))
    half = window[best, np.arange(32)] / 2
    _, z, told = settled(x, w, b, pool, told=(half, deviation, gamma, -gamma * half / deviation))
    np.testing.assert_array_equal(z[0, 6:8, 6:8].reshape(4, 32)[best, np.arange(32)], 2 * half)
    np.testing.assert_array_equal(decide(z, told, pool)[1], decide(exact, told, pool)[1])
    assert 0.1 < (z == exact)[:, 5:, 6:].mean() < 0.5


def test_what_is_shut_has_no_winner():
    x, w, b = striped(3, 8, 8, 16, 32)
    told = np.full(32, 50, "float32"), np.ones(32, "float32"), None, None
    before, z, _ = settled(x, w, b, True, told=told)
    np.testing.assert_array_equal(z, before)


def test_what_is_settled_stays():
    """Blank images, filters of zeros, and channels without a slope: nothing is summed again."""
    x, w, b = example(6, 8, 8, 16, 32)
    x[:3], w[..., 2] = 1, 0
    z, (norms, margin) = fused.conv_in_doubt(x, w, b)
    told = z[0, 0, 0], np.ones(32, "float32"), np.zeros(32, "float32"), np.zeros(32, "float32")
    poisoned = np.full_like(w, np.nan)
    for gamma in (told[2], np.ones(32, "float32")):
        for pool in (False, True):
            again, images = z.copy(), slice(None) if gamma is told[2] else slice(3)
            part = again[images]
            conv_norm.settle(
                part, (norms[images], margin), x[images], poisoned, b, *told[:2], gamma, told[3], pool=pool
            )
            np.testing.assert_array_equal(again, z)


@pytest.mark.parametrize("odd", ["deviation", "gamma", "beta"])
@pytest.mark.parametrize("value", [0, np.nan, np.inf, 1e-40])
@pytest.mark.parametrize("pool", [False, True])
def test_where_nothing_is_known_all_is_summed_directly(odd, value, pool):
    x, w, b = example(2, 8, 8, 16, 32)
    x[...] = np.abs(x) + 0.1  # no background
    told = dict(zip(("mean", "deviation", "gamma", "beta"), np.ones((4, 32), "float32"), strict=True))
    told[odd][16:] = value
    _, z, _ = settled(x, w, b, pool, told=tuple(told.values()))
    if odd == "deviation" and value == 0:
        np.testing.assert_array_equal(z[..., 16:], direct(x, w, b)[..., 16:])
    with np.errstate(all="ignore"):
        ours, expected = (decide(made, told.values(), pool)[1] for made in (z, direct(x, w, b)))
    np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("pool", [False, True])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_not_finite(value, pool):
    x, w, b = example(3, 9, 9, 16, 32)
    x[1, 2, 3, 4] = value
    with np.errstate(all="ignore"):
        told = *line(direct(x[:1], w, b), False, False)[:2], None, None
        _, z, _ = settled(x, w, b, pool, told=told)
        ours, expected = (decide(made, told, pool) for made in (z, direct(x, w, b)))
    np.testing.assert_allclose(ours[0], expected[0], rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(ours[1], expected[1])


# ---------- the same bits
def test_bits_depend_on_neither_threads_nor_batch():
    x, w, b = tied(9, 11, 14, 16, 40)
    x += np.random.default_rng(3).random(x.shape).astype("float32")
    told = line(direct(x, w, b), True, True)
    for pool in (False, True):
        answers = []
        for threads in (1, 2):
            with kernels.use("fused", threads=threads):
                answers.append(settled(x, w, b, pool, told=told)[1])
        answers.append(np.concatenate([settled(x[n : n + 1], w, b, pool, told=told)[1] for n in range(len(x))]))
        for answer in answers[1:]:
            np.testing.assert_array_equal(answer, answers[0])
