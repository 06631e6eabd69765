"""The arithmetic of the network in NumPy: the text to study, and the oracle that every faster kernel is tested against.

A function is named after what it returns: `conv2d` the output, `conv2d_dx` the loss's gradient by x, and so on. A gradient
is `d` + the name of what it belongs to. Arrays are NHWC, of one dtype (C-contiguous, where `compiled` is to take them), and
are never written to, but for those of `adadelta`. N images, H × W pixels, C channels, F filters, KH × KW a filter's window.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from scratchnet.kernels.random import GAMMA, mix
from scratchnet.typing import Array, Shape


# ---------- convolution
def conv2d(x: Array, w: Array, b: Array) -> Array:
    """y[n,i,j,f] = b[f] + Σ_uvc x[n,i+u,j+v,c] · w[u,v,c,f]

    x: (N, H, W, C), w: (KH, KW, C, F), b: (F,) → (N, H−KH+1, W−KW+1, F)
    """
    windows = sliding_window_view(x, w.shape[:2], axis=(1, 2))  # (N, OH, OW, C, KH, KW)
    return np.einsum("nijcuv,uvcf->nijf", windows, w, optimize=True) + b


def conv2d_dx(dy: Array, w: Array) -> Array:
    """dx[n,i,j,c] = Σ_uvf dy[n,i−u,j−v,f] · w[u,v,c,f]: a pixel met w turned by 180°

    dy: (N, OH, OW, F), w: (KH, KW, C, F) → (N, OH+KH−1, OW+KW−1, C)
    """
    KH, KW, C, _ = w.shape
    dy = np.pad(dy, ((0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1), (0, 0)))
    return conv2d(dy, w[::-1, ::-1].swapaxes(2, 3), np.zeros(C, dy.dtype))


def conv2d_dw(x: Array, dy: Array) -> Array:
    """dw[u,v,c,f] = Σ_nij x[n,i+u,j+v,c] · dy[n,i,j,f]: a weight met x through a window of dy's size

    x: (N, H, W, C), dy: (N, OH, OW, F) → (H−OH+1, W−OW+1, C, F)
    """
    windows = sliding_window_view(x, dy.shape[1:3], axis=(1, 2))  # (N, KH, KW, C, OH, OW)
    return np.einsum("nuvcij,nijf->uvcf", windows, dy, optimize=True)


def bias_db(dy: Array) -> Array:
    """db[f] = Σ dy[…,f]: a bias is added at every position of every image

    dy: (N, …, F) → (F,)
    """
    return dy.sum(axis=tuple(range(dy.ndim - 1)))


# ---------- pooling
def max_pool2d(x: Array, pool_size: tuple[int, int]) -> tuple[Array, Array]:
    """y[n,i,j,c] = max_uv x[n,i·PH+u,j·PW+v,c], and which u·PW + v it was: the first, where several are largest

    x: (N, H, W, C), windows of PH × PW side by side; rows and columns that fill no window are left out
    → y, winner: (N, H//PH, W//PW, C)
    """
    (N, H, W, C), (PH, PW) = x.shape, pool_size
    OH, OW = H // PH, W // PW
    windows = x[:, : OH * PH, : OW * PW].reshape(N, OH, PH, OW, PW, C).transpose(0, 1, 3, 5, 2, 4)
    windows = windows.reshape(N, OH, OW, C, PH * PW)
    winner = windows.argmax(axis=-1)
    y = np.take_along_axis(windows, winner[..., None], axis=-1)[..., 0]
    return y, winner.astype(np.min_scalar_type(PH * PW - 1))


def max_pool2d_dx(dy: Array, winner: Array, pool_size: tuple[int, int], x_shape: Shape) -> Array:
    """dx is dy at each window's winner, and 0 elsewhere

    dy, winner: (N, OH, OW, C), x_shape: (N, H, W, C) → (N, H, W, C)
    """
    (N, OH, OW, C), (PH, PW) = dy.shape, pool_size
    windows = np.where(np.arange(PH * PW) == winner[..., None], dy[..., None], 0)  # (N, OH, OW, C, PH·PW)
    windows = windows.reshape(N, OH, OW, C, PH, PW).transpose(0, 1, 4, 2, 5, 3)
    dx = np.zeros(x_shape, dy.dtype)
    dx[:, : OH * PH, : OW * PW] = windows.reshape(N, OH * PH, OW * PW, C)
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
