"""The gradient by a convolution's kernel, and by its bias, where most of the output's gradient lives."""

import numpy as np
from numba import uint8, uintp

from scratchnet.kernels import choice
from scratchnet.kernels.fused.patches import patch_places, registers
from scratchnet.kernels.fused.winograd_dw import winograd_dw_db
from scratchnet.kernels.jit import jit_inner, part
from scratchnet.kernels.lanes import BITS, REGISTERS, load, store, tile, where, width
from scratchnet.kernels.plain import Pair
from scratchnet.kernels.tasks import GROUPS, run
from scratchnet.typing import Array, Shape

# Sums in registers: PLACES numbers of a patch × VECTORS registers of filters. A position of the output brings VECTORS
# registers of its gradient, which meet PLACES pixels: 18 multiply-adds for 11 loads (AVX-512, NEON), 10 for 7 (AVX2, SSE).
# Fewer filters are in one register, which has no more lanes than there are filters.
PLACES, VECTORS = (9, 2) if REGISTERS == 32 else (5, 2)


def conv2d_dw(x: Array, dy: Array, w_shape: Shape, strides: Pair, dilation: Pair) -> Array:
    return conv2d_dw_db(x, dy, None, None, 1, w_shape, strides, dilation)[0]


def conv2d_dw_db(
    x: Array,
    dy: Array,
    y: Array | None,
    winner: Array | None,
    scale: float,
    w_shape: Shape,
    strides: Pair,
    dilation: Pair = (1, 1),
) -> tuple[Array, Array]:
    """dw[u,v,c,f] = Σ_nij x[n,i·SH+u·DH,j·SW+v·DW,c] · dz[n,i,j,f] and db[f] = Σ_nij dz[n,i,j,f]

    dz, the gradient by the convolution's output, isn't stored but made where it is loaded: it is dy · scale; given the y
    that followed, only where y > 0 (ReLU, dropout); given a winner too, only there in its 2×2 window (max pooling).

    Where `choice.kernel_gradient` says so, it is made by Winograd's transforms, unless something isn't finite. Here:
    a product of (KH·KW·C, N·OH·OW) and (N·OH·OW, F), all of it, that copies neither: no im2col. It runs as fast as a GEMM
    can: an image and its dz come from the second-level cache once for 9 × 32 sums. A task keeps its sums there, too.
    With more filters than registers hold, the last ones' lanes beyond F take what comes next in dz; those columns of the sums
    are dropped.
    Plain twins: `conv2d_dw`, `bias_db`, `relu_dz`, `max_pool2d_dx`.

    x: (N, H, W, C), dy: (N, OH, OW, F), y and winner as dy, which with a winner is (N, OH // 2, OW // 2, F)
    → (KH, KW, C, F), (F,)
    """
    (N, _, W, C), (KH, KW, _, F), (SH, SW), (DH, DW) = x.shape, w_shape, strides, dilation
    place = w_shape, dy.shape[1:3], strides, dilation, x.dtype, BITS // (8 * x.itemsize)
    if choice.kernel_gradient(*place, pool=winner is not None, need_dx=False).kernel == "winograd":
        dw, db = winograd_dw_db(x, dy, y, scale)
        if np.isfinite(dw).all():
            return dw, db
    filters, places = registers(F, x.dtype, VECTORS), patch_places(KH, KW, C, DH * W * C, DW * C)
    places = np.pad(places, (0, -len(places) % PLACES))
    step = len(filters) * len(filters[0])
    sums = np.zeros((GROUPS, len(places), F + -F % step), x.dtype)
    biases = np.zeros((GROUPS, F + -F % step), x.dtype)
    flat = [None if a is None else one_row(a, step) for a in (dy, y, winner)]
    windows, PW = dy.shape[1] * dy.shape[2], dy.shape[2]
    run(_conv2d_dw, GROUPS, x.reshape(N, -1), *flat, x.dtype.type(scale), filters, places, SH * W * C, SW * C, windows, PW, F,
                    sums, biases)  # fmt: skip
    dw, db = sums[:, : KH * KW * C, :F].sum(axis=0), biases[:, :F].sum(axis=0)
    return dw.reshape(w_shape), db


def one_row(array: Array, filters: int) -> Array:
    """As one long row, with room behind the last for as many filters"""
    return np.append(array, np.zeros(filters, array.dtype)) if array.shape[3] % filters else array.reshape(-1)


@jit_inner
def _conv2d_dw(g, x, dy, y, winner, scale, filters, places, row, column, windows, PW, F, sums, biases):
    N = len(x)
    for n in range(g * N // GROUPS, (g + 1) * N // GROUPS):
        first = n * windows
        _add_image(x[n], dy, y, winner, scale, filters, places, row, column, first, windows, PW, F, sums[g], biases[g])


@jit_inner
def _add_image(x, dy, y, winner, scale, filters, places, row, column, first, windows, PW, F, sums, biases):
    """sums[k, f] += Σ_ij x[i·row + j·column + places[k]] · dz[i, j, f], biases[f] += Σ_ij dz[i, j, f]

    x: one image, flat;  its first window is the `first` of all
    """
    like = load(dy, 0, filters[0])
    lanes = width(like)
    for f in range(0, sums.shape[1], len(filters) * lanes):
        for k in range(0, len(places), PLACES):
            products, bias = tile(like, PLACES, len(filters)), tile(like, len(filters))
            here = places[k : k + PLACES]
            if k == 0:
                _add_products(
                    products, bias, x, dy, y, winner, scale, filters, here, row, column, first, windows, PW, F, f
                )
                for v in range(len(filters)):
                    store(biases, f + v * lanes, load(biases, f + v * lanes, like) + bias[v])
            else:
                _add_products(
                    products, None, x, dy, y, winner, scale, filters, here, row, column, first, windows, PW, F, f
                )
            for p in range(PLACES):
                for v in range(len(filters)):
                    at = k + p, f + v * lanes
                    store(sums, at, load(sums, at, like) + products[p, v])


@part
def _add_products(products, bias, x, dy, y, winner, scale, filters, places, row, column, first, windows, PW, F, f):
    like = load(dy, 0, filters[0])
    dz = tile(like, len(filters))
    for i in range(windows // PW if winner is None else 2 * (windows // PW)):
        for j in range(PW if winner is None else 2 * PW):
            for v in range(len(filters)):
                dz[v] = _gradient(like, dy, y, winner, scale, first, PW, i, j, F, f + v * width(like))
                if bias is not None:
                    bias[v] += dz[v]
            for p in range(PLACES):
                pixel = x[uintp(i * row + j * column) + places[p]]
                for v in range(len(filters)):
                    products[p, v] += pixel * dz[v]


@part
def _gradient(like, dy, y, winner, scale, first, PW, i, j, F, f):
    """dz[i, j, f] of the image whose first window is the `first` of all"""
    if winner is None:
        at = (first + i * PW + j) * F + f
        dz = load(dy, at, like)
    else:
        at = (first + i // 2 * PW + j // 2) * F + f
        dz = load(dy, at, like)
        dz = where(load(winner, at, dz) == uint8(i % 2 * 2 + j % 2), dz, 0)
    return dz * scale if y is None else where(load(y, at, like) > 0, dz * scale, 0)
