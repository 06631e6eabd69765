"""The plain kernels, with the padding that a layer gives them, against TensorFlow's operations and their gradients."""

import numpy as np
import pytest

from scratchnet.kernels import plain

# H × W, window, strides, dilation, and what "same" then pads: (top, bottom), (left, right)
CASES = {
    "odd window": ((9, 10), (3, 3), (1, 1), (1, 1), ((1, 1), (1, 1))),
    "even window": ((9, 10), (2, 4), (1, 1), (1, 1), ((0, 1), (1, 2))),
    "strides": ((9, 10), (3, 3), (2, 2), (1, 1), ((1, 1), (0, 1))),
    "an even window's strides": ((8, 9), (4, 2), (3, 3), (1, 1), ((1, 1), (0, 0))),
    "strides over the window": ((9, 10), (1, 2), (3, 3), (1, 1), ((0, 0), (0, 1))),
    "dilation": ((9, 10), (3, 2), (1, 1), (2, 3), ((2, 2), (1, 2))),
    "strides of two kinds": ((9, 11), (3, 4), (2, 3), (1, 1), ((1, 1), (1, 1))),
}
NONE = (0, 0), (0, 0)
padding_of_both_kinds = pytest.mark.parametrize("padding", ["VALID", "SAME"])


@pytest.fixture(scope="module")
def tf():
    import tensorflow as tf

    return tf


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def with_gradients(tf, operation, *arrays):
    """y, the dy that is drawn for it, and the gradient by each array"""
    variables = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        y = operation(*variables)
    dy = random(*y.shape, seed=1)
    return y.numpy(), dy, [tf.convert_to_tensor(g).numpy() for g in tape.gradient(y, variables, tf.constant(dy))]


def assert_close(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-14 * np.abs(theirs).max())


convolutions = pytest.mark.parametrize(
    ("name", "size", "window", "strides", "dilation", "same"),
    [
        (name, size, window, strides, *rest)
        for name in ("conv2d", "depthwise_conv2d")
        for size, window, strides, *rest in CASES.values()
        if name == "conv2d" or strides[0] == strides[1]  # TensorFlow's depthwise convolution takes no others
    ],
)


@convolutions
@padding_of_both_kinds
def test_convolution(tf, name, size, window, strides, dilation, same, padding):
    operations = {
        "conv2d": lambda x, w: tf.nn.convolution(x, w, strides, padding, dilations=dilation),
        "depthwise_conv2d": lambda x, w: tf.nn.depthwise_conv2d(x, w, (1, *strides, 1), padding, dilations=dilation),
    }
    x, w = random(2, *size, 3), random(*window, 3, 2)
    y, dy, (dx, dw) = with_gradients(tf, operations[name], x, w)
    around = same if padding == "SAME" else NONE
    forward, backward_x, backward_w = (getattr(plain, name + suffix) for suffix in ("", "_dx", "_dw"))
    padded = plain.pad2d(x, around)
    assert_close(forward(padded, w, np.zeros(y.shape[3]), strides, dilation), y)
    assert_close(plain.crop2d(backward_x(dy, w, padded.shape, strides, dilation), around), dx)
    assert_close(backward_w(padded, dy, w.shape, strides, dilation), dw)


pools = pytest.mark.parametrize(
    ("size", "window", "strides", "same"),
    [(size, window, strides, same) for size, window, strides, dilation, same in CASES.values() if dilation == (1, 1)],
)


@pools
@padding_of_both_kinds
@pytest.mark.parametrize("ties", [False, True])
def test_max_pooling(tf, size, window, strides, same, padding, ties):
    """Where windows overlap, each sends its gradient to the first of its largest numbers, and they add up."""
    x = random(2, *size, 3)
    x = np.round(x) if ties else x
    y, dy, (dx,) = with_gradients(tf, lambda x: tf.nn.max_pool2d(x, window, strides, padding), x)
    around = same if padding == "SAME" else NONE
    padded = plain.pad2d(x, around, -np.inf)
    ours, winner = plain.max_pool2d(padded, window, strides)
    np.testing.assert_array_equal(ours, y)
    assert_close(plain.crop2d(plain.max_pool2d_dx(dy, winner, window, strides, padded.shape), around), dx)


@pools
@padding_of_both_kinds
def test_average_pooling(tf, size, window, strides, same, padding):
    """A window's sum by the number of its pixels that are in the image"""
    x = random(2, *size, 3)
    y, dy, (dx,) = with_gradients(tf, lambda x: tf.nn.avg_pool2d(x, window, strides, padding), x)
    around = same if padding == "SAME" else NONE
    padded, ones = plain.pad2d(x, around), plain.pad2d(np.ones((1, *size, 1)), around)
    pixels = plain.sum_pool2d(ones, window, strides)
    assert_close(plain.sum_pool2d(padded, window, strides) / pixels, y)
    assert_close(plain.crop2d(plain.sum_pool2d_dx(dy / pixels, window, strides, padded.shape), around), dx)
