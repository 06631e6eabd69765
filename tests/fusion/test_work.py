"""Counts of multiplies and bytes, against cases small enough to count by hand."""

import numpy as np
import pytest

from scratchnet import kernels
from scratchnet.fusion import plan
from scratchnet.fusion.work import Work, background, backward_work, forward_work
from scratchnet.kernels.choice import Choice
from scratchnet.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Flatten,
    Input,
    MaxPooling2D,
    ReLU,
    Run,
)
from scratchnet.models import Sequential


def step_of(shape, *layers):
    return plan(Sequential([Input(shape), *layers]).layers, None, fused=True).steps[0]


def chosen(**kernels):
    return {product: Choice(kernel, "") for product, kernel in kernels.items()}


def image(*bright):
    """10 × 10 pixels, black but for these"""
    x = np.zeros((1, 10, 10, 1), np.float32)
    for i, j in bright:
        x[0, i, j] = 1
    return x


# ---------- background
def test_background_is_where_a_window_sees_pixels_like_the_first():
    x = np.full((1, 4, 5, 2), 7.0)
    x[0, 3, 4, 1] = 8
    expected = np.ones((1, 3, 4), bool)
    expected[0, 2, 3] = False
    np.testing.assert_array_equal(background(x, (2, 2)), expected)
    x[0, 0, 0] = 8  # then all others are unlike the first
    assert not background(x, (2, 2)).any()


@pytest.mark.jit
@pytest.mark.parametrize("C", [1, 3, 37])  # fewer channels than a register has lanes; registers that overlap
def test_background_is_what_the_kernels_skip(C):
    from scratchnet.kernels.fused.background import background as mark
    from scratchnet.kernels.fused.background import marks

    rng = np.random.default_rng(0)
    x = np.zeros((40, 7, 9, C), np.float32)
    x[rng.integers(0, 40, 60), rng.integers(0, 7, 60), rng.integers(0, 9, 60), rng.integers(0, C, 60)] = 1
    x[3, 6, 8, C - 1], x[4, 0, 0, 0] = np.nan, np.nan  # equal to nothing, itself included
    ours, blank = background(x, (2, 3)), marks(x)
    for n in range(len(x)):
        mark(x, n, 2, 3, blank)
        np.testing.assert_array_equal(ours[n], blank[:63].reshape(7, 9)[:6, :7])
    assert not ours[4].any()
    assert 0.1 < ours.mean() < 0.9


# ---------- convolution forward: 3 × 3, 1 → 4, 8 × 8 windows
WINDOW = 9 * 4  # multiplies of one


@pytest.mark.parametrize(
    ("kernel", "bright", "done"),
    [
        ("im2col", [], 64 * WINDOW),
        ("direct", [], 0),
        ("direct", [(5, 5)], 4 * 4 * WINDOW),  # windows 3 to 5 each way see it: they lie in 2 × 2 groups of 2 × 2
        ("direct", [(9, 9)], 4 * WINDOW),
        ("winograd", [(5, 5)], 2 * 36 * 4),  # a tile of 4 × 4 begins at the second column of groups, in both rows
        ("winograd", [(5, 2), (5, 9)], 4 * 36 * 4),  # two tiles that overlap
        ("winograd", [(9, 9)], 36 * 4),
        ("direct", [(0, 0)], 64 * WINDOW),  # the others are unlike it, but like each other: nobody looks for that
    ],
)
def test_a_convolution_makes_what_it_does_not_skip(kernel, bright, done):
    step, x = step_of((10, 10, 1), Conv2D(4, 3, activation="relu")), image(*bright)
    if bright == [(0, 0)]:
        x[0, :, :, 0] = np.arange(100).reshape(10, 10)
    y = np.zeros((1, 8, 8, 4), np.float32)
    moved = 4 * (100 + 9 * 4 + 4 + 8 * 8 * 4)  # x, kernel, bias, y; the cache has only x and y again
    assert forward_work(step, chosen(y=kernel), x, y, (x, y, None, 1)) == Work(64 * WINDOW, done, moved)


def test_odd_edges_are_made_twice_but_not_behind_pooling():
    x = np.arange(2 * 9 * 9, dtype=np.float32).reshape(
        2, 9, 9, 1
    )  # 7 × 7 windows: 4 × 4 groups, or 3 × 3 that are pooled
    y = np.zeros((2, 7, 7, 4), np.float32)
    plain, pooled = (
        step_of((9, 9, 1), Conv2D(4, 3, activation="relu"), *pooling) for pooling in ([], [MaxPooling2D()])
    )
    assert forward_work(plain, chosen(y="direct"), x, y, (x, y)).done == 2 * 64 * WINDOW
    assert forward_work(pooled, chosen(y="direct"), x, y, (x, y)).done == 2 * 36 * WINDOW
    assert forward_work(pooled, chosen(y="direct"), x, y, (x, y)).dense == 2 * 49 * WINDOW


def test_strides():
    step = step_of((10, 10, 1), Conv2D(4, 3, strides=2, activation="relu"))  # 4 × 4 windows
    x, y = image((9, 9), (2, 2)), np.zeros((1, 4, 4, 4), np.float32)
    # (2, 2) is seen by the windows 0 and 1 each way, a group; (9, 9) by none: the last begins at 6 and ends at 8
    assert forward_work(step, chosen(y="direct"), x, y, (x, y)).done == 4 * WINDOW


# ---------- convolution backward
def pooled_cache():
    """Of 2 living answers, in different pooled windows of 4 × 4, and their gradients, all 1"""
    y = np.zeros((1, 4, 4, 4), np.float32)
    y[0, 1, 2, 3] = y[0, 3, 3, 0] = 5
    return np.ones_like(y), (image(), y, np.zeros(y.shape, np.uint8), 1)


@pytest.mark.parametrize(
    ("dw", "dx", "done"),
    [
        ("lists", "lists", 2 * (2 * 9)),  # two patches, twice
        ("im2col", "im2col", 2 * (2 * WINDOW)),  # two windows, with all their filters
        ("tiles", "lists", 64 * WINDOW + 2 * 9),
    ],
)
def test_gradients_that_live(dw, dx, done):
    step = step_of((10, 10, 1), Conv2D(4, 3, activation="relu"), MaxPooling2D())
    dy, cache = pooled_cache()
    dx_array, grads = (
        np.zeros((1, 10, 10, 1), np.float32),
        {"kernel": np.zeros(36, np.float32), "bias": np.zeros(4, np.float32)},
    )
    moved = 2 * 4 * 64 + 64 + 4 * (2 * 100 + 2 * 40)  # dy, y; winner; x, dx, and the parameters and their gradients
    work = backward_work(step, chosen(dw=dw, dx=dx), dy, cache, dx_array, grads)
    assert work == Work(2 * 64 * WINDOW, done, moved)
    first = backward_work(step, chosen(dw="lists", dx="none"), dy, cache, None, grads)
    assert first == Work(64 * WINDOW, 2 * 9, moved - 400)


@pytest.mark.jit
def test_a_turned_convolution_makes_more_than_the_formula_has():
    step = step_of((4, 4, 5), Conv2D(3, 3, activation="relu"))
    x, y = np.ones((1, 4, 4, 5), np.float32), np.ones((1, 2, 2, 3), np.float32)
    work = backward_work(step, chosen(dw="tiles", dx="winograd"), y, (x, y, None, 1), x, {})
    assert work.dense == 2 * 4 * 9 * 5 * 3
    assert work.done == (4 * 9 + 36) * 5 * 3  # a tile of all 16 pixels
    y[:] = 0  # ReLU lets nothing through
    for dx, done in (("winograd", 0), ("patches", 4 * 9)):
        work = backward_work(step, chosen(dw="tiles", dx=dx), y, (x, y, None, 1), x, {})
        assert work.done == (4 * 9 + done) * 5 * 3


def test_a_kernels_gradient_by_winograd():
    step = step_of((11, 8, 5), Conv2D(3, 3, activation="relu"))  # 9 × 6 windows: 3 × 2 tiles
    x, y = np.ones((2, 11, 8, 5), np.float32), np.ones((2, 9, 6, 3), np.float32)
    work = backward_work(step, chosen(dw="winograd", dx="none"), y, (x, y, None, 1), None, {})
    assert (work.dense, work.done) == (2 * 54 * 9 * 5 * 3, 2 * 6 * 36 * 5 * 3)


def test_a_turned_convolution_is_not_made_for_padding():
    step = step_of((4, 4, 5), Conv2D(3, 3, padding="same", activation="relu"))
    x, y = np.ones((1, 6, 6, 5), np.float32), np.ones((1, 4, 4, 3), np.float32)
    work = backward_work(step, chosen(dw="tiles", dx="winograd"), y, (x, y, None, 1), x, {})
    assert work.done == (16 * 9 + 36) * 5 * 3  # a tile; all 6 × 6 pixels would take four


@pytest.mark.jit
@pytest.mark.parametrize("frozen", [False, True])
def test_before_batch_normalisation(frozen):
    layers = Conv2D(16, 3), BatchNormalization(trainable=not frozen), ReLU(), MaxPooling2D()
    step, x = step_of((10, 10, 8), *layers), np.tile(image((5, 5)), 8)
    with kernels.use("fused") as arithmetic:
        run = Run(arithmetic, training=True)
        y, cache = step.forward(x, run)
        work = forward_work(step, chosen(y="winograd"), x, y, cache)
        moments = 2 if frozen else 3  # mean and deviation; the batch's own variance
        moved = (
            4 * (800 + (9 * 8 + 1) * 16 + 2 * 16 + 64 * 16 + moments * 16 + 16 * 16) + 16 * 16
        )  # winner, a byte each
        assert work == Work(64 * 9 * 8 * 16, 2 * 36 * 8 * 16, moved)
        dy = np.zeros_like(y)
        dy[0, 1, 1] = 1  # of windows that see the bright pixel
        dx, grads = step.backward(dy, cache, run)
        work = backward_work(step, chosen(dw="tiles", dx="winograd"), dy, cache, dx, grads)
    assert work.dense == 2 * 64 * 9 * 8 * 16
    # turned, 10 × 10 windows: the batch's own moments make all of the gradient live, in all 3 × 3 tiles; else 2 see it
    assert work.done == 64 * 9 * 8 * 16 + (2 if frozen else 9) * 36 * 8 * 16


# ---------- other layers
def dense_case(first, second):
    """A dense layer of 2 × 288 inputs, so that a task has a block; 8 samples, of which so many numbers live in each half"""
    step = step_of((576,), Dense(128, activation="relu"))
    x = np.zeros((8, 576), np.float32)
    x[:, :288].T.flat[:first] = x[:, 288:].T.flat[:second] = 1
    return step, x, np.ones((8, 128), np.float32), chosen(y="non-zero inputs", dw="non-zero inputs", dx="BLAS")


HALF = 8 * 288  # the numbers of a half


@pytest.mark.jit
@pytest.mark.parametrize(
    ("first", "second", "forward", "backward"),
    [
        (3, 4, 7, 7),
        (HALF // 2, HALF // 2, HALF, HALF),  # half of them is still few
        (
            HALF // 2 + 1,
            4,
            2 * HALF,
            HALF // 2 + 5,
        ),  # one more is many for its task forward, which goes for all of them
        (HALF // 2 + 1, HALF // 2 + 1, 2 * HALF, 2 * HALF),  # and for all samples backward
    ],
)
def test_a_dense_layer_over_its_inputs_that_are_not_zero(first, second, forward, backward):
    step, x, y, choices = dense_case(first, second)
    moved = 4 * (8 * 576 + 577 * 128 + 8 * 128)
    assert forward_work(step, choices, x, y, (x, y, 1)) == Work(8 * 576 * 128, forward * 128, moved)
    work = backward_work(step, choices, y, (x, y, 1), x, {})
    assert (work.dense, work.done) == (2 * 8 * 576 * 128, (backward + 8 * 576) * 128)


@pytest.mark.jit
def test_nothing_is_skipped_where_it_would_meet_infinity():
    step, x, y, choices = dense_case(3, 4)
    assert backward_work(step, choices, np.inf * y, (x, y, 1), x, {}).done == 2 * 8 * 576 * 128
    step.params["kernel"][0, 0] = np.inf
    assert forward_work(step, choices, x, y, (x, y, 1)).done == 8 * 576 * 128


def test_depthwise():
    step = step_of((5, 4, 3), DepthwiseConv2D(2, depth_multiplier=2))
    x, y = np.ones((2, 5, 4, 3)), np.ones((2, 4, 3, 6))
    assert forward_work(step, chosen(y="depthwise_conv2d"), x, y, ()).dense == 2 * 12 * 4 * 6
    assert backward_work(step, chosen(dw="", dx=""), y, (), x, {}).done == 2 * 2 * 12 * 4 * 6


def test_a_view_moves_nothing():
    step = step_of((4, 4, 2), Flatten())
    x = np.ones((3, 4, 4, 2))
    assert forward_work(step, chosen(y="none"), x, x.reshape(3, 32), x.shape) == Work()
    assert backward_work(step, chosen(dx="none"), x.reshape(3, 32), x.shape, x, {}) == Work()


def test_a_layer_without_a_kernel_has_only_bytes():
    step = step_of((4, 4, 2), MaxPooling2D())
    x, y, winner = np.ones((3, 4, 4, 2)), np.ones((3, 2, 2, 2)), np.ones((3, 2, 2, 2), np.uint8)
    assert forward_work(step, chosen(y="max_pool2d"), x, y, (winner, x.shape)) == Work(0, 0, 8 * (96 + 24) + 24)


def test_works_add_up():
    assert Work(1, 2, 3) + Work(10, 20, 30) == Work(11, 22, 33)
