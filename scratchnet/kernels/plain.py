"""The arithmetic of the network in NumPy: the text to study, and the oracle that every faster kernel is tested against.

A function is named after what it returns: `conv2d` the output, `conv2d_dx` the loss's gradient by x, and so on. A gradient
is `d` + the name of what it belongs to. Arrays are NHWC, of one dtype (C-contiguous, where `compiled` is to take them), and
are never written to, but for those of `adadelta`.

N images, H × W pixels, C channels, F filters. A window of KH × KW places lies on every DH-th row and DW-th column (dilation),
and the next one lies SH rows or SW columns further (strides): window (i, j) has its place (u, v) on the pixel
(i·SH + u·DH, j·SW + v·DW). Windows lie wholly in x, so OH = (H − (KH−1)·DH − 1) // SH + 1, and OW likewise; rows and columns
that no window reaches count for nothing. Padding comes before, by `pad2d`.
"""

from typing import TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from scratchnet.kernels.random import GAMMA, mix
from scratchnet.typing import Array, Shape

Pair: TypeAlias = tuple[int, int]  # of rows, of columns


def _windows(x: Array, size: Shape, strides: Pair, dilation: Pair = (1, 1)) -> Array:
    """[n,i,j,c,u,v] is x[n,i·SH+u·DH,j·SW+v·DW,c] itself, not a copy;  → (N, OH, OW, C, KH, KW)

    For one (u, v) no pixel comes twice, so `_windows(dx, …)[..., u, v] += …` adds to dx what each window sends back.
    """
    (KH, KW), (SH, SW), (DH, DW) = size, strides, dilation
    reach = (KH - 1) * DH + 1, (KW - 1) * DW + 1
    return sliding_window_view(x, reach, axis=(1, 2), writeable=True)[:, ::SH, ::SW, :, ::DH, ::DW]


# ---------- padding
def pad2d(x: Array, padding: tuple[Pair, Pair], value: float = 0.0) -> Array:
    """x with rows and columns of `value` around it: padding = ((top, bottom), (left, right))

    x: (N, H, W, C) → (N, top+H+bottom, left+W+right, C): x itself, where nothing is added
    """
    if not np.any(padding):
        return x
    return np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=value)


def crop2d(x: Array, padding: tuple[Pair, Pair]) -> Array:
    """x without these rows and columns: the way back from `pad2d`

    x: (N, H, W, C) → (N, H−top−bottom, W−left−right, C)
    """
    (_, H, W, _), ((top, bottom), (left, right)) = x.shape, padding
    return np.ascontiguousarray(x[:, top : H - bottom, left : W - right])


# ---------- convolution
def conv2d(x: Array, w: Array, b: Array, strides: Pair, dilation: Pair) -> Array:
    """y[n,i,j,f] = b[f] + Σ_uvc x[n,i·SH+u·DH,j·SW+v·DW,c] · w[u,v,c,f]

    x: (N, H, W, C), w: (KH, KW, C, F), b: (F,) → (N, OH, OW, F)
    """
    # In double precision: float32's order of adding may depend on the place (OpenBLAS on AVX2), and of windows that are
    # equal, as in a background, one would then seem the largest to max pooling.
    windows = _windows(x.astype(np.float64), w.shape[:2], strides, dilation)
    y = np.einsum("nijcuv,uvcf->nijf", windows, w, optimize=True) + b
    return y.astype(x.dtype)


def conv2d_dx(dy: Array, w: Array, x_shape: Shape, strides: Pair, dilation: Pair) -> Array:
    """dx[n,i·SH+u·DH,j·SW+v·DW,c] = Σ dy[n,i,j,f] · w[u,v,c,f]: summed over f, and over all (i,j,u,v) on that pixel

    dy: (N, OH, OW, F), w: (KH, KW, C, F), x_shape: (N, H, W, C) → (N, H, W, C)
    """
    dx = np.zeros(x_shape, dy.dtype)
    windows = _windows(dx, w.shape[:2], strides, dilation)
    for u, v in np.ndindex(w.shape[:2]):
        windows[..., u, v] += dy @ w[u, v].T
    return dx


def conv2d_dw(x: Array, dy: Array, w_shape: Shape, strides: Pair, dilation: Pair) -> Array:
    """dw[u,v,c,f] = Σ_nij x[n,i·SH+u·DH,j·SW+v·DW,c] · dy[n,i,j,f]

    x: (N, H, W, C), dy: (N, OH, OW, F), w_shape: (KH, KW, C, F) → (KH, KW, C, F)
    """
    windows = _windows(x, w_shape[:2], strides, dilation)
    return np.einsum("nijcuv,nijf->uvcf", windows, dy, optimize=True)


def bias_db(dy: Array) -> Array:
    """db[f] = Σ dy[…,f]: a bias is added at every position of every image

    dy: (N, …, F) → (F,)
    """
    return dy.sum(axis=tuple(range(dy.ndim - 1)))


# ---------- depthwise convolution
def depthwise_conv2d(x: Array, w: Array, b: Array, strides: Pair, dilation: Pair) -> Array:
    """y[n,i,j,c·M+m] = b[c·M+m] + Σ_uv x[n,i·SH+u·DH,j·SW+v·DW,c] · w[u,v,c,m]: M filters for each channel alone

    x: (N, H, W, C), w: (KH, KW, C, M), b: (C·M,) → (N, OH, OW, C·M)
    """
    y = np.einsum("nijcuv,uvcm->nijcm", _windows(x, w.shape[:2], strides, dilation), w)
    return y.reshape(*y.shape[:3], len(b)) + b


def depthwise_conv2d_dx(dy: Array, w: Array, x_shape: Shape, strides: Pair, dilation: Pair) -> Array:
    """dx[n,i·SH+u·DH,j·SW+v·DW,c] = Σ dy[n,i,j,c·M+m] · w[u,v,c,m]: over m, and over all (i,j,u,v) on that pixel

    dy: (N, OH, OW, C·M), w: (KH, KW, C, M), x_shape: (N, H, W, C) → (N, H, W, C)
    """
    dx = np.zeros(x_shape, dy.dtype)
    windows = _windows(dx, w.shape[:2], strides, dilation)
    for u, v in np.ndindex(w.shape[:2]):
        windows[..., u, v] += np.einsum("nijcm,cm->nijc", dy.reshape(*dy.shape[:3], *w.shape[2:]), w[u, v])
    return dx


def depthwise_conv2d_dw(x: Array, dy: Array, w_shape: Shape, strides: Pair, dilation: Pair) -> Array:
    """dw[u,v,c,m] = Σ_nij x[n,i·SH+u·DH,j·SW+v·DW,c] · dy[n,i,j,c·M+m]

    x: (N, H, W, C), dy: (N, OH, OW, C·M), w_shape: (KH, KW, C, M) → (KH, KW, C, M)
    """
    windows = _windows(x, w_shape[:2], strides, dilation)
    return np.einsum("nijcuv,nijcm->uvcm", windows, dy.reshape(*dy.shape[:3], *w_shape[2:]))


# ---------- pooling
def max_pool2d(x: Array, pool_size: Pair, strides: Pair) -> tuple[Array, Array]:
    """y[n,i,j,c] = max_uv x[n,i·SH+u,j·SW+v,c], and which u·PW + v it was: the first, where several are largest

    x: (N, H, W, C), windows of PH × PW → y, winner: (N, OH, OW, C)
    """
    windows = _windows(x, pool_size, strides)
    windows = windows.reshape(*windows.shape[:4], pool_size[0] * pool_size[1])
    winner = windows.argmax(axis=-1)
    y = np.take_along_axis(windows, winner[..., None], axis=-1)[..., 0]
    return y, winner.astype(np.min_scalar_type(windows.shape[-1] - 1))


def max_pool2d_dx(dy: Array, winner: Array, pool_size: Pair, strides: Pair, x_shape: Shape) -> Array:
    """dx[n,i·SH+u,j·SW+v,c] = Σ dy[n,i,j,c]: over all windows (i,j) whose winner (u,v) is on that pixel

    dy, winner: (N, OH, OW, C), x_shape: (N, H, W, C) → (N, H, W, C)
    """
    dx = np.zeros(x_shape, dy.dtype)
    windows = _windows(dx, pool_size, strides)
    for u, v in np.ndindex(pool_size):
        windows[..., u, v] += np.where(winner == u * pool_size[1] + v, dy, 0)
    return dx


def sum_pool2d(x: Array, pool_size: Pair, strides: Pair) -> Array:
    """y[n,i,j,c] = Σ_uv x[n,i·SH+u,j·SW+v,c];  x: (N, H, W, C), windows of PH × PW → (N, OH, OW, C)"""
    return np.einsum("nijcuv->nijc", _windows(x, pool_size, strides))


def sum_pool2d_dx(dy: Array, pool_size: Pair, strides: Pair, x_shape: Shape) -> Array:
    """dx[n,i·SH+u,j·SW+v,c] = Σ dy[n,i,j,c]: over all windows (i,j) that hold the pixel

    dy: (N, OH, OW, C), x_shape: (N, H, W, C) → (N, H, W, C)
    """
    dx = np.zeros(x_shape, dy.dtype)
    windows = _windows(dx, pool_size, strides)
    for u, v in np.ndindex(pool_size):
        windows[..., u, v] += dy
    return dx


# ---------- dense
def dense(x: Array, w: Array, b: Array) -> Array:
    """y[n,f] = b[f] + Σ_k x[n,k] · w[k,f];  x: (N, K), w: (K, F), b: (F,) → (N, F)"""
    return x @ w + b


def dense_dx(dy: Array, w: Array) -> Array:
    """dx[n,k] = Σ_f dy[n,f] · w[k,f];  dy: (N, F), w: (K, F) → (N, K)"""
    return dy @ w.T


def dense_dw(x: Array, dy: Array) -> Array:
    """dw[k,f] = Σ_n x[n,k] · dy[n,f];  x: (N, K), dy: (N, F) → (K, F)"""
    return x.T @ dy


# ---------- activation
def relu(z: Array) -> Array:
    """y = max(z, 0);  any shape"""
    return np.maximum(z, 0)


def relu_dz(dy: Array, y: Array) -> Array:
    """dz is dy where the output y was positive, else 0: at z = 0 the slope is taken as 0, as TensorFlow takes it"""
    return np.where(y > 0, dy, 0)


# ---------- dropout
def dropout_keep(keys: Array, size: int, rate: float) -> Array:
    """Which of a sample's numbers are kept: each with probability 1 − rate, as a function of its key and place alone.

    The number in place k has the bits mix(key + (k + 1) · GAMMA), and is kept where their upper half, as an integer, is
    at least rate · 2³²: neither the dtype nor the split of a batch changes a mask.

    keys: (N,) uint64, one a sample → (N, size) bool
    """
    places = np.arange(1, size + 1, dtype=np.uint64)
    return mix(keys[:, None] + places * GAMMA) >> np.uint64(32) >= np.uint64(rate * 2**32)


def dropout(x: Array, keep: Array, rate: float) -> Array:
    """y = x / (1 − rate) where kept, else 0, so that the mean stays what it was; backward is the same on dy

    x: any shape, keep: bool of as many numbers → x's shape. Srivastava et al., “Dropout”, 2014, section 10 (inverted).
    """
    return np.where(keep.reshape(x.shape), x * x.dtype.type(1 / (1 - rate)), 0)


# ---------- optimizer
def adadelta(w: Array, g: Array, a: Array, d: Array, learning_rate: float, rho: float, epsilon: float) -> None:
    """One step of Adadelta, written into w, a and d (Zeiler, “ADADELTA”, 2012, algorithm 1, with Keras's learning rate).

    a ← ρ a + (1−ρ) g²;  Δ = g · √(d + ε) / √(a + ε);  d ← ρ d + (1−ρ) Δ²;  w ← w − learning_rate · Δ
    w: weights, g: their gradient, a: mean of g², d: mean of Δ², all of one shape
    """
    a[...] = rho * a + (1 - rho) * (g * g)
    delta = np.sqrt(d + epsilon) * g / np.sqrt(a + epsilon)
    d[...] = rho * d + (1 - rho) * (delta * delta)
    w -= learning_rate * delta
