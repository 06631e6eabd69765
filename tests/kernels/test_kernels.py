"""What every kernel computes, plain and compiled: its formula, written as loops."""

import inspect
from collections import defaultdict

import numpy as np
import pytest

from scratchnet.kernels import compiled, fused, plain
from scratchnet.kernels.random import mix

both = pytest.mark.parametrize("module", [plain, compiled], ids=["plain", "compiled"])


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def test_the_same_names_and_signatures():
    """All that plain defines, compiled has; `mix` and NumPy's are tools of plain's."""
    kernels = {
        name: function
        for name, function in inspect.getmembers(plain, inspect.isfunction)
        if function.__module__ == plain.__name__ and not name.startswith("_")
    }
    assert sorted(kernels) == sorted(compiled.__all__)
    for name, function in kernels.items():
        assert inspect.signature(getattr(compiled, name)) == inspect.signature(function), name


# ---------- padding
@both
def test_padding_and_the_way_back(module):
    x = np.arange(1.0, 7).reshape(1, 2, 3, 1)
    padded = module.pad2d(x, ((1, 0), (0, 2)), -np.inf)
    expected = [[-np.inf] * 5, [1, 2, 3, -np.inf, -np.inf], [4, 5, 6, -np.inf, -np.inf]]
    np.testing.assert_array_equal(padded[0, ..., 0], expected)
    np.testing.assert_array_equal(module.pad2d(x, ((0, 1), (0, 0)))[0, ..., 0], [[1, 2, 3], [4, 5, 6], [0, 0, 0]])
    cropped = module.crop2d(padded, ((1, 0), (0, 2)))
    np.testing.assert_array_equal(cropped, x)
    assert cropped.flags.c_contiguous
    assert module.pad2d(x, ((0, 0), (0, 0))) is x


# ---------- windows
# H × W, KH × KW, strides, dilation
WINDOWS = {
    "side by side in steps of one": ((5, 4), (3, 2), (1, 1), (1, 1)),
    "strides, overlapping, with a rest": ((10, 8), (3, 4), (2, 3), (1, 1)),
    "strides over the size": ((8, 9), (2, 1), (3, 4), (1, 1)),
    "dilation": ((8, 9), (2, 3), (1, 1), (3, 2)),
    "both": ((9, 8), (3, 2), (2, 1), (2, 3)),
    "one window": ((3, 5), (3, 3), (2, 2), (1, 2)),
    "windows of one pixel": ((3, 4), (1, 1), (2, 1), (1, 1)),
}
of_windows = pytest.mark.parametrize(("size", "kernel", "strides", "dilation"), WINDOWS.values(), ids=WINDOWS)


def meetings(size, kernel, strides, dilation):
    """Output shape, and for every window (i, j), place (u, v) of it: the pixel it lies on"""
    (H, W), (KH, KW), (SH, SW), (DH, DW) = size, kernel, strides, dilation
    rows = [i for i in range(H) if i * SH + (KH - 1) * DH < H]
    columns = [j for j in range(W) if j * SW + (KW - 1) * DW < W]
    pairs = [
        ((i, j), (u, v), (i * SH + u * DH, j * SW + v * DW))
        for i in rows
        for j in columns
        for u, v in np.ndindex(kernel)
    ]
    return (len(rows), len(columns)), pairs


@both
@of_windows
@pytest.mark.parametrize("C", [1, 3])
def test_convolution_is_its_formula(module, size, kernel, strides, dilation, C):
    out, pairs = meetings(size, kernel, strides, dilation)
    x, w, b, dy = random(2, *size, C), random(*kernel, C, 2), random(2), random(2, *out, 2, seed=1)
    y, dx, dw = np.zeros((2, *out, 2)) + b, np.zeros(x.shape), np.zeros(w.shape)
    for (i, j), (u, v), (p, q) in pairs:
        y[:, i, j] += x[:, p, q] @ w[u, v]
        dx[:, p, q] += dy[:, i, j] @ w[u, v].T
        dw[u, v] += x[:, p, q].T @ dy[:, i, j]
    np.testing.assert_allclose(module.conv2d(x, w, b, strides, dilation), y, atol=1e-13)
    np.testing.assert_allclose(module.conv2d_dx(dy, w, x.shape, strides, dilation), dx, atol=1e-13)
    np.testing.assert_allclose(module.conv2d_dw(x, dy, w.shape, strides, dilation), dw, atol=1e-13)
    np.testing.assert_allclose(module.bias_db(dy), dy.reshape(-1, 2).sum(axis=0), atol=1e-13)


@pytest.mark.parametrize("module", [plain, pytest.param(fused, marks=pytest.mark.jit)], ids=["plain", "fused"])
@pytest.mark.parametrize("C", [1, 32])
def test_equal_windows_have_equal_sums(module, C):
    """Wherever they are: else rounding would choose among them in max pooling. (Of compiled's, BLAS decides.)"""
    rng = np.random.default_rng(0)
    x = np.broadcast_to(rng.random(C, np.float32), (4, 14, 14, C)).copy()
    w, b = (rng.standard_normal(shape).astype(np.float32) for shape in ((3, 3, C, 64), 64))
    y = module.conv2d(x, w, b, (1, 1), (1, 1))
    assert (y == y[0, 0, 0]).all()


@both
@of_windows
@pytest.mark.parametrize(("C", "M"), [(1, 1), (3, 1), (1, 2), (3, 2)])
def test_depthwise_convolution_is_its_formula(module, size, kernel, strides, dilation, C, M):
    out, pairs = meetings(size, kernel, strides, dilation)
    x, w, b, dy = random(2, *size, C), random(*kernel, C, M), random(C * M), random(2, *out, C * M, seed=1)
    y, dx, dw = np.zeros((2, *out, C * M)) + b, np.zeros(x.shape), np.zeros(w.shape)
    for (i, j), (u, v), (p, q) in pairs:
        for c, m in np.ndindex(C, M):
            y[:, i, j, c * M + m] += x[:, p, q, c] * w[u, v, c, m]
            dx[:, p, q, c] += dy[:, i, j, c * M + m] * w[u, v, c, m]
            dw[u, v, c, m] += x[:, p, q, c] @ dy[:, i, j, c * M + m]
    np.testing.assert_allclose(module.depthwise_conv2d(x, w, b, strides, dilation), y, atol=1e-13)
    np.testing.assert_allclose(module.depthwise_conv2d_dx(dy, w, x.shape, strides, dilation), dx, atol=1e-13)
    np.testing.assert_allclose(module.depthwise_conv2d_dw(x, dy, w.shape, strides, dilation), dw, atol=1e-13)


of_pools = pytest.mark.parametrize(
    ("size", "pool", "strides"), [case[:3] for case in WINDOWS.values() if case[3] == (1, 1)]
)


@both
@of_pools
def test_max_pooling_is_its_formula(module, size, pool, strides):
    """Of rounded numbers many are equal: the first of them wins."""
    out, pairs = meetings(size, pool, strides, (1, 1))
    x, dy = np.round(random(2, *size, 3)), random(2, *out, 3, seed=1)
    windows = defaultdict(list)
    for window, _, pixel in pairs:
        windows[window].append(pixel)
    y, winner, dx = np.zeros(dy.shape), np.zeros(dy.shape, int), np.zeros(x.shape)
    for ((i, j), pixels), n, c in ((window, n, c) for window in windows.items() for n, c in np.ndindex(2, 3)):
        values = [x[n, p, q, c] for p, q in pixels]
        y[n, i, j, c] = max(values)
        winner[n, i, j, c] = values.index(max(values))
        dx[(n, *pixels[winner[n, i, j, c]], c)] += dy[n, i, j, c]
    ours, which = module.max_pool2d(x, pool, strides)
    np.testing.assert_array_equal(ours, y)
    np.testing.assert_array_equal(which, winner)
    np.testing.assert_allclose(module.max_pool2d_dx(dy, which, pool, strides, x.shape), dx, atol=1e-14)


@both
@of_pools
def test_sum_pooling_is_its_formula(module, size, pool, strides):
    out, pairs = meetings(size, pool, strides, (1, 1))
    x, dy = random(2, *size, 3), random(2, *out, 3, seed=1)
    y, dx = np.zeros(dy.shape), np.zeros(x.shape)
    for (i, j), _, (p, q) in pairs:
        y[:, i, j] += x[:, p, q]
        dx[:, p, q] += dy[:, i, j]
    np.testing.assert_allclose(module.sum_pool2d(x, pool, strides), y, atol=1e-14)
    np.testing.assert_allclose(module.sum_pool2d_dx(dy, pool, strides, x.shape), dx, atol=1e-14)


@both
def test_pooling_takes_the_first_of_equals_and_drops_the_rest_of_an_odd_image(module):
    x = np.array([[1, 5, 5, 9], [5, 5, 5, 8], [0, 7, 1, 1], [9, 9, 9, 9], [99, 99, 99, 99]], float).reshape(1, 5, 4, 1)
    y, winner = module.max_pool2d(x, (2, 2), (2, 2))
    np.testing.assert_array_equal(y[0, ..., 0], [[5, 9], [9, 9]])
    np.testing.assert_array_equal(winner[0, ..., 0], [[1, 1], [2, 2]])
    dx = module.max_pool2d_dx(np.array([[1.0, 2], [3, 4]]).reshape(1, 2, 2, 1), winner, (2, 2), (2, 2), x.shape)
    expected = [[0, 1, 0, 2], [0, 0, 0, 0], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]]
    np.testing.assert_array_equal(dx[0, ..., 0], expected)


@both
def test_a_window_of_more_places_than_a_byte_counts(module):
    x = np.zeros((1, 20, 20, 1))
    x[0, 19, 18, 0] = 1
    y, winner = module.max_pool2d(x, (20, 20), (20, 20))
    assert (y.item(), winner.item()) == (1, 19 * 20 + 18)


@both
def test_relu_and_its_slope_at_zero(module):
    z = np.array([-2.0, -0.0, 0.0, 3.0, np.nan])
    y = module.relu(z)
    np.testing.assert_array_equal(y, [0, 0, 0, 3, np.nan])
    np.testing.assert_array_equal(module.relu_dz(np.full(5, 7.0), y), [0, 0, 0, 7, 0])


@both
def test_nan_wins_a_window(module):
    x = np.array([1, np.nan, np.inf, 2, 3, 4, np.nan, np.nan], float).reshape(2, 2, 2, 1)
    y, winner = module.max_pool2d(x, (2, 2), (2, 2))
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


@both
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


@both
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


@both
def test_dropout_scales_what_it_keeps(module):
    x, keep = np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([[True, False, False, True]])
    np.testing.assert_array_equal(module.dropout(x, keep, 0.75), [[4, 0, 0, 16]])
