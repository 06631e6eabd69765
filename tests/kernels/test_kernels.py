"""The plain kernels against loops that say what they compute, and the compiled ones against the plain."""

import inspect
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchnet import kernels
from scratchnet.kernels import compiled, plain
from scratchnet.kernels.random import mix


def random(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def public(module):
    functions = inspect.getmembers(module, inspect.isfunction)
    return {
        name: f for name, f in functions if not name.startswith("_") and f.__module__.startswith("scratchnet.kernels")
    }


def test_the_same_names_and_signatures():
    """All that plain defines, compiled has; `mix` and the compiler are tools of theirs."""
    names = {name for name, function in public(plain).items() if function.__module__ == plain.__name__}
    assert names == set(compiled.__all__)
    for name in names:
        assert inspect.signature(getattr(compiled, name)) == inspect.signature(getattr(plain, name)), name


# ---------- plain, against loops
def test_conv2d_is_its_formula():
    x, w, b = random(2, 5, 4, 3), random(3, 2, 3, 2), random(2)
    y = plain.conv2d(x, w, b)
    assert y.shape == (2, 3, 3, 2)
    for n, i, j, f in np.ndindex(y.shape):
        terms = [x[n, i + u, j + v, c] * w[u, v, c, f] for u, v, c in np.ndindex(3, 2, 3)]
        assert y[n, i, j, f] == pytest.approx(b[f] + sum(terms), rel=1e-12, abs=1e-12)


def test_conv2d_gradients_are_their_formulas():
    x, w, dy = random(2, 5, 4, 3), random(3, 2, 3, 2), random(2, 3, 3, 2, seed=1)
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for (n, i, j, f), (u, v, c) in itertools.product(np.ndindex(dy.shape), np.ndindex(3, 2, 3)):
        dx[n, i + u, j + v, c] += dy[n, i, j, f] * w[u, v, c, f]
        dw[u, v, c, f] += dy[n, i, j, f] * x[n, i + u, j + v, c]
    np.testing.assert_allclose(plain.conv2d_dx(dy, w), dx, atol=1e-13)
    np.testing.assert_allclose(plain.conv2d_dw(x, dy), dw, atol=1e-13)
    np.testing.assert_allclose(plain.bias_db(dy), [dy[..., 0].sum(), dy[..., 1].sum()], atol=1e-13)


@pytest.mark.parametrize("module", [plain, compiled])
def test_pooling_takes_the_first_of_equals_and_drops_the_rest_of_an_odd_image(module):
    x = np.array([[1, 5, 5, 9], [5, 5, 5, 8], [0, 7, 1, 1], [9, 9, 9, 9], [99, 99, 99, 99]], float).reshape(1, 5, 4, 1)
    y, winner = module.max_pool2d(x, (2, 2))
    np.testing.assert_array_equal(y[0, ..., 0], [[5, 9], [9, 9]])
    np.testing.assert_array_equal(winner[0, ..., 0], [[1, 1], [2, 2]])
    dx = module.max_pool2d_dx(np.array([[1.0, 2], [3, 4]]).reshape(1, 2, 2, 1), winner, (2, 2), x.shape)
    expected = [[0, 1, 0, 2], [0, 0, 0, 0], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]]
    np.testing.assert_array_equal(dx[0, ..., 0], expected)


@pytest.mark.parametrize("module", [plain, compiled])
def test_a_window_of_more_places_than_a_byte_counts(module):
    x = np.zeros((1, 20, 20, 1))
    x[0, 19, 18, 0] = 1
    y, winner = module.max_pool2d(x, (20, 20))
    assert (y.item(), winner.item()) == (1, 19 * 20 + 18)


@pytest.mark.parametrize("module", [plain, compiled])
def test_relu_and_its_slope_at_zero(module):
    z = np.array([-2.0, -0.0, 0.0, 3.0, np.nan])
    y = module.relu(z)
    np.testing.assert_array_equal(y, [0, 0, 0, 3, np.nan])
    np.testing.assert_array_equal(module.relu_dz(np.full(5, 7.0), y), [0, 0, 0, 7, 0])


@pytest.mark.parametrize("module", [plain, compiled])
def test_nan_wins_a_window(module):
    x = np.array([1, np.nan, np.inf, 2, 3, 4, np.nan, np.nan], float).reshape(2, 2, 2, 1)
    y, winner = module.max_pool2d(x, (2, 2))
    np.testing.assert_array_equal(y.ravel(), [np.nan, np.nan])
    np.testing.assert_array_equal(winner.ravel(), [1, 2])


def test_dense_is_its_formula():
    x, w, b, dy = random(3, 4), random(4, 2), random(2), random(3, 2, seed=1)
    for n, f in np.ndindex(3, 2):
        assert plain.dense(x, w, b)[n, f] == pytest.approx(b[f] + sum(x[n, k] * w[k, f] for k in range(4)))
    for n, k in np.ndindex(3, 4):
        assert plain.dense_dx(dy, w)[n, k] == pytest.approx(sum(dy[n, f] * w[k, f] for f in range(2)))
    for k, f in np.ndindex(4, 2):
        assert plain.dense_dw(x, dy)[k, f] == pytest.approx(sum(x[n, k] * dy[n, f] for n in range(3)))


@pytest.mark.parametrize("module", [plain, compiled])
def test_adadelta_is_its_formula(module):
    w, g, a, d = random(4), random(4, seed=1), np.abs(random(4, seed=2)), np.abs(random(4, seed=3))
    a1 = 0.9 * a + 0.1 * g**2
    delta = g * np.sqrt(d + 1e-3) / np.sqrt(a1 + 1e-3)
    expected = w - 0.5 * delta, a1, 0.9 * d + 0.1 * delta**2
    module.adadelta(w, g, a, d, 0.5, 0.9, 1e-3)
    for ours, value in zip((w, a, d), expected, strict=True):
        np.testing.assert_allclose(ours, value, rtol=1e-13)


# ---------- dropout's bits
def test_mix_is_splitmix64():
    """The first numbers of SplitMix64 from seed 0: the values that its authors' C code prints."""
    gamma = 0x9E3779B97F4A7C15
    states = np.array([gamma * k % 2**64 for k in (1, 2, 3)], np.uint64)
    assert [hex(z) for z in mix(states).tolist()] == ["0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4", "0x6c45d188009454f"]


@pytest.mark.parametrize("module", [plain, compiled])
@pytest.mark.parametrize("rate", [0.25, 0.5, 0.9])
def test_dropout_keeps_each_number_with_its_probability(module, rate):
    keys = mix(np.arange(40, dtype=np.uint64))
    keep = module.dropout_keep(keys, 1000, rate)
    deviation = np.sqrt(rate * (1 - rate))
    assert abs(keep.mean() - (1 - rate)) < 5 * deviation / np.sqrt(keep.size)
    # No row or column is kept as a whole, and neighbours know nothing of each other
    assert np.abs(keep.mean(axis=1) - (1 - rate)).max() < 5 * deviation / np.sqrt(1000)
    assert np.abs(keep.mean(axis=0) - (1 - rate)).max() < 5 * deviation / np.sqrt(40)
    for one, other in ((keep[:, 1:], keep[:, :-1]), (keep[1:], keep[:-1])):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 5 / np.sqrt(one.size)


@pytest.mark.parametrize("module", [plain, compiled])
def test_dropout_scales_what_it_keeps(module):
    x, keep = np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([[True, False, False, True]])
    np.testing.assert_array_equal(module.dropout(x, keep, 0.75), [[4, 0, 0, 16]])


# ---------- compiled, against plain
sizes = st.integers(1, 7)
few = settings(max_examples=40, deadline=None)  # the first example of a dtype compiles


def close(name, *arrays):
    """Both sum the same terms, in another order: within 4 units in the last place of the largest sum of absolute terms."""
    ours, theirs = getattr(compiled, name)(*arrays), getattr(plain, name)(*arrays)
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    scale = getattr(plain, name)(*map(np.abs, arrays)).max()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=4 * np.finfo(theirs.dtype).eps * scale)


@few
@given(
    st.integers(1, 35),
    sizes,
    sizes,
    sizes,
    sizes,
    st.integers(0, 4),
    st.integers(0, 4),
    st.sampled_from(["float32", "float64"]),
)
def test_convolution_of_any_shape(N, KH, KW, C, F, more_rows, more_columns, dtype):
    H, W = KH + more_rows, KW + more_columns
    x, w, b = random(N, H, W, C, dtype=dtype), random(KH, KW, C, F, dtype=dtype), random(F, dtype=dtype)
    dy = random(N, H - KH + 1, W - KW + 1, F, seed=1, dtype=dtype)
    close("conv2d", x, w, b)
    close("conv2d_dx", dy, w)
    close("conv2d_dw", x, dy)


def test_convolution_in_several_blocks_of_rows():
    """Rows of 12 · 288 · 128 multiplies go two to a product: three blocks, the last of one row."""
    x, w, b, dy = random(2, 7, 14, 32), random(3, 3, 32, 128), random(128), random(2, 5, 12, 128)
    close("conv2d", x, w, b)
    close("conv2d_dx", dy, w)
    close("conv2d_dw", x, dy)


@few
@given(st.integers(1, 20), sizes, sizes, st.integers(1, 9), st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_pooling_of_any_shape(N, H, W, C, PH, PW, ties):
    x = random(N, H + PH, W + PW, C)
    x = np.round(x) if ties else x
    for ours, theirs in zip(compiled.max_pool2d(x, (PH, PW)), plain.max_pool2d(x, (PH, PW)), strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype
    y, winner = plain.max_pool2d(x, (PH, PW))
    ours, theirs = (module.max_pool2d_dx(y, winner, (PH, PW), x.shape) for module in (compiled, plain))
    np.testing.assert_array_equal(ours, theirs)


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
    flat, dense = random(33, 3000, dtype="float32"), random(3000, 9, dtype="float32")
    answers = []
    for threads in (1, 2, 64):
        with kernels.use("compiled", threads=threads) as k:
            y = k.conv2d(x, w, b)
            answers.append(
                [
                    y,
                    k.conv2d_dx(y, w),
                    k.conv2d_dw(x, y),
                    *k.max_pool2d(y, (2, 2)),
                    k.dense(flat, dense, np.zeros(9, "f")),
                ]
            )
    for other in answers[1:]:
        for one, two in zip(answers[0], other, strict=True):
            np.testing.assert_array_equal(one, two)
