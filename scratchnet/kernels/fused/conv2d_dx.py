"""The gradient by a convolution's input: a convolution again, or the patches that each gradient sends back, added up."""

import numpy as np

from scratchnet.kernels import choice, compiled
from scratchnet.kernels.fused.convolution import convolve_freely
from scratchnet.kernels.fused.elementwise import pad2d
from scratchnet.kernels.fused.patches import cut_patch, patch_corners
from scratchnet.kernels.jit import jit_inner, part
from scratchnet.kernels.lanes import BITS, REGISTERS, load, store, tile, where, width
from scratchnet.kernels.memory import empty
from scratchnet.kernels.plain import Pair
from scratchnet.kernels.tasks import GROUPS, run
from scratchnet.typing import Array, Shape

# Sums in registers: of ROWS windows, VECTORS registers of their patches. 24 of 32 registers (AVX-512, NEON), 8 of 16
ROWS, VECTORS = (12, 2) if REGISTERS == 32 else (4, 2)
NO_PADDING = ((0, 0), (0, 0))
CACHE = 512 * 1024  # bytes of images and their gradients that a task goes through at a time


def conv2d_dx(dy: Array, w: Array, x_shape: Shape, strides: Pair, dilation: Pair) -> Array:
    return dx_inside(dy, w, x_shape, strides, NO_PADDING, dilation)


def dx_inside(
    dy: Array, w: Array, x_shape: Shape, strides: Pair, padding: tuple[Pair, Pair], dilation: Pair = (1, 1)
) -> Array:
    """dx[n,i·SH+u,j·SW+v,c] = Σ dy[n,i,j,f] · w[u,v,c,f]: summed over f, and over all (i,j,u,v) on that pixel

    Without the rows and columns of `padding`: no window begins or ends outside, so there are less of them than the kernel has.

    Where Winograd's transforms serve, it is a convolution of dy, with zeros around it, with the kernel turned upside down:
    a quarter of the multiplies, of the zeros too, and none for the padding. Those need finite weights. Else patch by patch.
    `choice.input_gradient` says when which; what is left is `compiled`'s. Plain twins: `conv2d_dx`, `crop2d`.

    dy: (N, OH, OW, F), w: (KH, KW, C, F), x_shape: (N, H, W, C), padding included → (N, H − top − bottom, W − left − right, C)
    """
    (OH, OW), (KH, KW), lanes = dy.shape[1:3], w.shape[:2], BITS // (8 * w.itemsize)
    kernel = choice.input_gradient(w.shape, (OH, OW), strides, dilation, w.dtype, lanes, pool=False).kernel
    if kernel == "patches":
        return compiled.crop2d(_add_up(dy, w, x_shape, strides), padding)
    if kernel == "im2col" or not np.isfinite(w).all():
        return compiled.crop2d(compiled.conv2d_dx(dy, w, x_shape, strides, dilation), padding)
    turned, b = np.ascontiguousarray(w[::-1, ::-1].swapaxes(2, 3)), np.zeros(x_shape[3], dy.dtype)
    if min(size - sum(pair) for size, pair in zip(x_shape[1:3], padding, strict=True)) < 4:  # less than a tile
        return compiled.crop2d(convolve_freely(pad2d(dy, ((KH - 1, KH - 1), (KW - 1, KW - 1))), turned, b), padding)
    (top, bottom), (left, right) = padding
    return convolve_freely(pad2d(dy, ((KH - 1 - top, KH - 1 - bottom), (KW - 1 - left, KW - 1 - right))), turned, b)


# ---------- patch by patch
def _add_up(dy: Array, w: Array, x_shape: Shape, strides: Pair) -> Array:
    """A product of (N·OH·OW, F) and (F, KH·KW·C), of which there is never more than a tile: what a window's gradients give its
    patch, a row of it, is added to the image at once. As many multiplies as the formula has, strides or not.

    A row of a patch lies side by side in memory: it is cut into registers, `pieces` (KW·C ≥ lanes). The last may begin before
    the one before it ends; only what is new is added. Windows are taken column by column, so that the next one adds to other
    rows of the image: what has just been stored is slow to load. VECTORS registers of each filter stay in the first-level
    cache for as many images as the second-level one holds.
    """
    (N, _, W, C), (KH, KW, _, F), (_, OH, OW, _), (SH, SW) = x_shape, w.shape, dy.shape, strides
    lanes = BITS // (8 * w.itemsize)
    numbers, new = cut_patch(KH, KW * C, lanes, VECTORS)
    u, vc = np.divmod(numbers[:, 0], KW * C)
    filters = w.reshape(-1, F)[numbers.reshape(-1, VECTORS * lanes)].swapaxes(1, 2)
    corners = patch_corners(OH, OW, SH * W * C, SW * C).reshape(OH, OW)
    dx = empty(x_shape, dy.dtype)
    pieces = u * W * C + vc
    run(_add_patches, GROUPS, N, dy.reshape(-1, F), np.ascontiguousarray(filters), new, pieces, corners, dx.reshape(-1))
    return dx


@jit_inner
def _add_patches(g, N, dy, w, new, pieces, corners, dx):
    (OH, OW), size = corners.shape, len(dx) // N
    images = max(1, CACHE // (dx.itemsize * (OH * OW * dy.shape[1] + size)))
    windows = np.empty((images * OH * OW + ROWS, 2), np.int64)  # their numbers, and where their patches begin
    end = (g + 1) * N // GROUPS
    for first in range(g * N // GROUPS, end, images):
        count = 0
        for n in range(first, min(first + images, end)):
            dx[n * size : (n + 1) * size] = 0
            for j in range(OW):
                for i in range(OH):
                    windows[count, 0], windows[count, 1] = (n * OH + i) * OW + j, n * size + corners[i, j]
                    count += 1
        for k in range(count, count + ROWS):  # the last one fills up the tile
            windows[k, 0], windows[k, 1] = windows[count - 1, 0], windows[count - 1, 1]
        for k in range(len(w)):
            for m in range(0, count, ROWS):
                _add_tile(dy, w, new, pieces, windows, k, m, count, dx)


@jit_inner
def _add_tile(dy, w, new, pieces, windows, k, m, count, dx):
    """dx[corner + pieces[p]] += Σ_f dy[window, f] · w[k, f, …] for ROWS windows from m on, and VECTORS pieces"""
    sums = tile(dx.dtype, ROWS, VECTORS)
    _add_products(sums, dy, w, windows, k, m)
    for r in range(ROWS):
        if m + r < count:
            for v in range(VECTORS):
                p = k * VECTORS + v
                at = windows[m + r, 1] + pieces[p]
                store(dx, at, load(dx, at) + where(load(new, (p, 0), sums[r, v]), sums[r, v], 0))


@part
def _add_products(sums, dy, w, windows, k, m):
    for f in range(w.shape[1]):
        for r in range(ROWS):
            for v in range(VECTORS):
                sums[r, v] += dy[windows[m + r, 0], f] * load(w, (k, f, v * width(w.dtype)))
