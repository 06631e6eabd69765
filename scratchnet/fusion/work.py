"""How many multiplies a step's formula asks for, how many its kernels make, and what must come from memory and go there."""

from collections.abc import Iterable
from importlib import import_module
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from scratchnet.activations import ACTIVATIONS
from scratchnet.fusion.conv_block import ConvBlock
from scratchnet.fusion.conv_norm_block import ConvNormBlock
from scratchnet.fusion.fused_step import FusedStep
from scratchnet.kernels import load, plain
from scratchnet.kernels.choice import Choice
from scratchnet.kernels.plain import Pair
from scratchnet.layers import Conv2D, Layer, Run, Step
from scratchnet.typing import Array, Shape


class Work(NamedTuple):
    """dense: multiplies that the formula asks for;  done: those that were made;  nbytes: read and written at least, in all"""

    dense: int = 0
    done: int = 0
    nbytes: int = 0

    def __add__(self, other: "Work") -> "Work":  # type: ignore[override]  # not one tuple behind the other
        return Work(*(a + b for a, b in zip(self, other, strict=True)))


def dense_multiplies(layer: Layer) -> int:
    """Of one sample, forward: each weight of the kernel meets a number at each position of the output."""
    return layer.params["kernel"].size * prod(layer.output_shape[:-1]) if "kernel" in layer.params else 0


def forward_work(step: Step, choices: dict[str, Choice], x: Array, y: Array, cache: Any) -> Work:
    """Of step.forward(x) → y, cache."""
    layer = _with_kernel(step)
    moved = 0 if np.may_share_memory(x, y) else _nbytes([x, step.params, y, cache])
    if layer is None:
        return Work(nbytes=moved)
    dense = len(x) * dense_multiplies(layer)
    if isinstance(layer, Conv2D):
        pool = isinstance(step, ConvBlock) and step.pool
        shapes = layer.params["kernel"].shape, layer.strides, layer.windows.counts
        return Work(dense, _convolved(choices["y"].kernel, cache[0], *shapes, pool=pool), moved)
    if choices["y"].kernel == "non-zero inputs":
        return Work(dense, _over_inputs(x, layer.params["kernel"]), moved)
    return Work(dense, dense, moved)


def backward_work(
    step: Step, choices: dict[str, Choice], dy: Array, cache: Any, dx: Array | None, grads: dict[str, Array]
) -> Work:
    """Of step.backward(dy, cache) → dx, grads: as much as forward for the kernel's gradient, and again for the input's."""
    layer = _with_kernel(step)
    moved = 0 if dx is not None and np.may_share_memory(dy, dx) else _nbytes([dy, cache, step.params, dx, grads])
    if layer is None:
        return Work(nbytes=moved)
    once = len(dy) * dense_multiplies(layer)
    made = ["dw"] if dx is None else ["dw", "dx"]
    done = [once] * len(made)
    if isinstance(layer, Conv2D):
        dz = _conv_dz(step, dy, cache)
        inside = layer.windows.padding if isinstance(step, FusedStep) else ((0, 0), (0, 0))
        done = [_conv_gradient(product, choices[product].kernel, dz, layer, inside) for product in made]
    elif choices["dw"].kernel == "non-zero inputs":
        listed = _over_samples(cache[0], layer.params["kernel"], dy)
        done = [listed if choices[product].kernel == "non-zero inputs" else once for product in made]
    return Work(once * len(made), sum(done), moved)


def _with_kernel(step: Step) -> Layer | None:
    layer = step.covers[0] if isinstance(step, FusedStep) else step
    return layer if isinstance(layer, Layer) and "kernel" in layer.params else None


# ---------- convolution
def _convolved(kernel: str, x: Array, w_shape: Shape, strides: Shape, counts: Shape, *, pool: bool = False) -> int:
    """Of x: (N, H, W, C), padded, with w_shape = (KH, KW, C, F), for (OH, OW) windows"""
    KH, KW, C, F = w_shape
    if kernel == "winograd":  # 4×4 outputs are made of 6×6 products of transformed numbers, a channel and filter
        return 36 * C * F * _tiles(x, w_shape, (1, 1), counts, 4, pool=pool)
    if kernel == "direct":
        return 4 * KH * KW * C * F * _tiles(x, w_shape, strides, counts, 2, pool=pool)
    return len(x) * prod(counts) * KH * KW * C * F


def _tiles(x: Array, w_shape: Shape, strides: Shape, counts: Shape, side: int, *, pool: bool) -> int:
    """How many tiles of side × side outputs are multiplied; the last ones end at the edge

    A tile of a row begins at the first two columns, not in the tile before, that see anything but background.
    """
    blank = background(x, w_shape[:2])[:, :: strides[0], :: strides[1]]
    OH, OW = (count // 2 * 2 for count in counts) if pool else counts
    rows, columns = (np.minimum(np.arange(0, count, k), max(count - k, 0)) for count, k in ((OH, side), (OW, 2)))
    seen = sliding_window_view(blank, (min(side, OH), 2), axis=(1, 2))[:, rows][:, :, columns]
    begins = ~np.logical_and.reduce(seen, axis=(3, 4))
    for q in range(1, len(columns) if side == 4 else 0):
        begins[:, :, q] &= ~begins[:, :, q - 1]
    return int(begins.sum())


def background(x: Array, size: Shape) -> Array:
    """(N, H−KH+1, W−KW+1) bool: whether a window sees only pixels like its image's first, as `fused.background` asks"""
    like_the_first = np.logical_and.reduce(x == x[:, :1, :1], axis=3)
    return np.logical_and.reduce(sliding_window_view(like_the_first, size, axis=(1, 2)), axis=(3, 4))


def _conv_dz(step: Step, dy: Array, cache: Any) -> Array:
    """The gradient by the convolution's sums"""
    if isinstance(step, Conv2D):
        return ACTIVATIONS[step.activation].backward(plain, dy, cache[1])
    if isinstance(step, ConvNormBlock):
        return step.backward_to_sums(dy, cache, Run(load("fused")))[0]  # type: ignore[return-value]
    assert isinstance(step, ConvBlock)
    dz = plain.relu_dz(dy, cache[1])
    sums_shape = (len(dy), *step.conv.windows.counts, step.conv.filters)
    return plain.max_pool2d_dx(dz, cache[2], (2, 2), (2, 2), sums_shape) if step.pool else dz


def _conv_gradient(product: str, kernel: str, dz: Array, conv: Conv2D, inside: tuple[Pair, Pair]) -> int:
    """inside: what padding dx isn't made for"""
    KH, KW, C, F = conv.params["kernel"].shape
    match product, kernel:
        case _, "lists":  # each that lives meets a patch
            return np.count_nonzero(dz) * KH * KW * C
        case _, "im2col":  # windows in which one lives
            return int(dz.any(axis=3).sum()) * KH * KW * C * F
        case "dw", "winograd":  # all tiles, those of background too
            return len(dz) * prod(-(-count // 4) for count in conv.windows.counts) * 36 * C * F
        case "dx", "winograd":
            return _turned(dz, (KH, KW, F, C), inside)
    return len(dz) * prod(conv.windows.counts) * KH * KW * C * F


def _turned(dz: Array, w_shape: Shape, inside: tuple[Pair, Pair]) -> int:
    """Of a convolution of dz by Winograd, with zeros around it, with a kernel turned: w_shape = (KH, KW, F, C)"""
    sizes = zip(w_shape[:2], inside, strict=True)
    (top, bottom), (left, right) = ((size - 1 - before, size - 1 - after) for size, (before, after) in sizes)
    padded = np.pad(dz, ((0, 0), (top, bottom), (left, right), (0, 0)))
    counts = padded.shape[1] - w_shape[0] + 1, padded.shape[2] - w_shape[1] + 1
    return _convolved("winograd", padded, w_shape, (1, 1), counts)


# ---------- dense
def _over_inputs(x: Array, w: Array) -> int:
    """What `fused.dense` makes forward: of the inputs that aren't zero, if each of its tasks finds few of them"""
    kernel, x = import_module("scratchnet.kernels.fused.dense"), x.reshape(-1, len(w))
    tasks = kernel.tasks(x, w.shape[1])
    parts = [x[:, g * len(w) // tasks : (g + 1) * len(w) // tasks] for g in range(tasks)]
    few = all(np.count_nonzero(part) <= kernel.MOST * part.size for part in parts)
    return (np.count_nonzero(x) if tasks and few and np.isfinite(w).all() else x.size) * w.shape[1]


def _over_samples(x: Array, w: Array, dy: Array) -> int:
    """And for dw or dx: of the inputs that aren't zero, if some of the samples have few of them"""
    kernel, x = import_module("scratchnet.kernels.fused.dense"), x.reshape(-1, len(w))
    listed = kernel.tasks(x, w.shape[1]) and kernel.few_live(x) and np.isfinite(dy).all()
    return (np.count_nonzero(x) if listed else x.size) * w.shape[1]


# ---------- memory
def _nbytes(things: Any) -> int:
    """Of all arrays in these, each counted once"""
    return sum({array.__array_interface__["data"][0]: array.nbytes for array in _arrays(things)}.values())


def _arrays(things: Any) -> Iterable[Array]:
    if isinstance(things, np.ndarray):
        yield things
    elif isinstance(things, dict | list | tuple):
        for thing in things.values() if isinstance(things, dict) else things:
            yield from _arrays(thing)
