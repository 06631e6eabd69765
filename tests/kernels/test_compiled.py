"""The compiled kernels against the plain ones, on whatever shapes come, and with whatever number of threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchnet import kernels
from scratchnet.kernels import compiled, plain
from scratchnet.kernels.random import mix

few = settings(max_examples=40, deadline=None)  # the first example of a dtype compiles
dtypes = st.sampled_from(["float32", "float64"])
sizes = st.integers(1, 7)
steps = st.tuples(st.integers(1, 3), st.integers(1, 3))


def random(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def close(name, *arguments):
    """Both sum the same terms, in another order: within 4 units in the last place of the largest sum of absolute terms."""
    ours, theirs = (getattr(module, name)(*arguments) for module in (compiled, plain))
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    scale = getattr(plain, name)(*(np.abs(a) if isinstance(a, np.ndarray) else a for a in arguments)).max()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=4 * np.finfo(theirs.dtype).eps * scale)


def close_convolution(name, x, w, b, strides, dilation):
    """The kernels of this convolution, forward and backward"""
    close(name, x, w, b, strides, dilation)
    y = getattr(plain, name)(x, w, b, strides, dilation)
    dy = random(*y.shape, seed=1, dtype=y.dtype)
    dy[random(*y.shape[:3], seed=2) < 0] = 0  # windows that no gradient reaches
    close(f"{name}_dx", dy, w, x.shape, strides, dilation)
    close(f"{name}_dw", x, dy, w.shape, strides, dilation)


@few
@given(st.integers(1, 35), sizes, sizes, steps, steps, sizes, sizes, st.data(), dtypes)
def test_convolution_of_any_shape(N, KH, KW, strides, dilation, C, F, data, dtype):
    H, W = ((k - 1) * d + 1 + data.draw(st.integers(0, 4)) for k, d in zip((KH, KW), dilation, strict=True))
    x, w, b = random(N, H, W, C, dtype=dtype), random(KH, KW, C, F, dtype=dtype), random(F, dtype=dtype)
    close_convolution("conv2d", x, w, b, strides, dilation)


@few
@given(st.integers(1, 20), sizes, sizes, steps, steps, sizes, st.integers(1, 3), st.data(), dtypes)
def test_depthwise_convolution_of_any_shape(N, KH, KW, strides, dilation, C, M, data, dtype):
    H, W = ((k - 1) * d + 1 + data.draw(st.integers(0, 4)) for k, d in zip((KH, KW), dilation, strict=True))
    x, w, b = random(N, H, W, C, dtype=dtype), random(KH, KW, C, M, dtype=dtype), random(C * M, dtype=dtype)
    close_convolution("depthwise_conv2d", x, w, b, strides, dilation)


@pytest.mark.parametrize(
    ("H", "W", "C", "strides", "dilation"),
    [
        (7, 14, 32, (1, 1), (1, 1)),  # a window of 288 · 128 multiplies: 16 go to a product, and of 60 the last has 12
        (7, 14, 32, (2, 1), (1, 1)),
        (7, 14, 32, (1, 1), (2, 1)),
        (14, 14, 64, (1, 1), (1, 1)),  # 576 · 128: 128 go to a product, and of 144 the last has 16
    ],
)
def test_convolution_in_several_blocks_of_windows(H, W, C, strides, dilation):
    close_convolution("conv2d", random(2, H, W, C), random(3, 3, C, 128), random(128), strides, dilation)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_reaches_the_same_numbers(bad):
    """Times NaN or infinity, a gradient of 0 isn't 0: windows that no gradient reaches are then not left out."""
    x, w, dy = random(2, 5, 5, 2), random(2, 2, 2, 3), random(2, 4, 4, 3)
    dy[:, 1:3] = 0
    x[0, 2, 2, 1] = w[0, 1, 1, 2] = bad
    strides = dilation = 1, 1
    for name, arguments in {
        "conv2d": (x, w, random(3)),
        "conv2d_dx": (dy, w, x.shape),
        "conv2d_dw": (x, dy, w.shape),
        "depthwise_conv2d": (x, w, random(6)),
        "depthwise_conv2d_dx": (np.repeat(dy, 2, axis=3), w, x.shape),
        "depthwise_conv2d_dw": (x, np.repeat(dy, 2, axis=3), w.shape),
    }.items():
        with np.errstate(invalid="ignore"):
            ours, theirs = (getattr(module, name)(*arguments, strides, dilation) for module in (compiled, plain))
        np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-13, err_msg=name)
        assert not np.isfinite(theirs).all()


@few
@given(st.integers(1, 20), sizes, sizes, st.integers(1, 9), sizes, sizes, steps, st.booleans(), dtypes)
def test_pooling_of_any_shape(N, H, W, C, PH, PW, strides, ties, dtype):
    x, pool = random(N, H + PH, W + PW, C, dtype=dtype), (PH, PW)
    x = np.round(x) if ties else x
    y, winner = plain.max_pool2d(x, pool, strides)
    for ours, theirs in zip(compiled.max_pool2d(x, pool, strides), (y, winner), strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype
    close("sum_pool2d", x, pool, strides)
    dy = random(*y.shape, seed=1, dtype=dtype)
    close("max_pool2d_dx", dy, winner, pool, strides, x.shape)
    close("sum_pool2d_dx", dy, pool, strides, x.shape)


@few
@given(st.integers(1, 20), st.sampled_from([1, 3, 255, 511, 512, 1030, 4500]), st.integers(1, 5))
def test_dense_of_any_shape(N, K, F):
    x, w, b, dy = random(N, K), random(K, F), random(F), random(N, F, seed=1)
    close("dense", x, w, b)
    close("dense_dx", dy, w)
    close("dense_dw", x, dy)


@few
@given(st.integers(1, 20), st.integers(1, 600), st.floats(0, 0.99), st.integers(0, 2**63))
def test_masks_are_the_same_bits(N, size, rate, seed):
    keys = mix(np.arange(N, dtype=np.uint64) + np.uint64(seed))
    keep = plain.dropout_keep(keys, size, rate)
    np.testing.assert_array_equal(compiled.dropout_keep(keys, size, rate), keep)
    x = random(N, size, dtype="float32")
    np.testing.assert_array_equal(compiled.dropout(x, keep, rate), plain.dropout(x, keep, rate))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_adadelta_stays_in_its_dtype(dtype):
    arrays = [np.abs(random(50, 3, seed=seed, dtype=dtype)) for seed in range(4)]
    copies = [array.copy() for array in arrays]
    plain.adadelta(*arrays, 0.7, 0.95, 1e-7)
    compiled.adadelta(*copies, 0.7, 0.95, 1e-7)
    for ours, theirs in zip(copies, arrays, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=4 * np.finfo(dtype).eps)


def test_any_number_of_threads_gives_the_same_bits():
    x, w, b = random(33, 9, 8, 5, dtype="float32"), random(3, 3, 5, 7, dtype="float32"), random(7, dtype="float32")
    deep, shift = random(3, 3, 5, 2, dtype="float32"), random(10, dtype="float32")
    flat, dense = random(33, 3000, dtype="float32"), random(3000, 9, dtype="float32")
    steps = (2, 1), (1, 2)
    answers = []
    for threads in (1, 2, 64):
        with kernels.use("compiled", threads=threads) as k:
            y, z = k.conv2d(x, w, b, *steps), k.depthwise_conv2d(x, deep, shift, *steps)
            pooled, winner = k.max_pool2d(x, (3, 2), (2, 1))
            answers.append(
                [
                    y,
                    k.conv2d_dx(y, w, x.shape, *steps),
                    k.conv2d_dw(x, y, w.shape, *steps),
                    z,
                    k.depthwise_conv2d_dx(z, deep, x.shape, *steps),
                    k.depthwise_conv2d_dw(x, z, deep.shape, *steps),
                    pooled,
                    winner,
                    k.max_pool2d_dx(pooled, winner, (3, 2), (2, 1), x.shape),
                    k.sum_pool2d(x, (3, 2), (2, 1)),
                    k.sum_pool2d_dx(pooled, (3, 2), (2, 1), x.shape),
                    k.dense(flat, dense, np.zeros(9, "f")),
                ]
            )
    for other in answers[1:]:
        for one, two in zip(answers[0], other, strict=True):
            np.testing.assert_array_equal(one, two)
