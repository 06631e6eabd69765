"""A patch, what a window sees of an image: where patches begin, where their numbers are, and in which registers."""

from functools import cache

import numpy as np

from scratchnet.kernels.lanes import BITS
from scratchnet.typing import Array, DType


@cache
def cut_patch(KH: int, KWC: int, lanes: int, at_a_time: int) -> tuple[Array, Array]:
    """A patch of KH rows of KWC numbers, cut into registers: which numbers each holds, and which no piece before it holds

    The last piece of a row begins early enough to end with the row. The patch's first piece comes again, with nothing new,
    until they are a multiple of `at_a_time`.
    """
    first = np.arange(0, KWC, lanes)
    numbers = np.minimum(first, KWC - lanes)[:, None] + np.arange(lanes)
    new = np.tile(numbers >= first[:, None], (KH, 1))
    numbers = (np.arange(KH)[:, None, None] * KWC + numbers).reshape(-1, lanes)
    more = -len(numbers) % at_a_time
    return np.append(numbers, numbers[:1].repeat(more, 0), 0), np.append(new, np.zeros((more, lanes), np.bool_), 0)


@cache
def patch_corners(OH: int, OW: int, row: int, column: int) -> Array:
    """Where the patches of an image begin"""
    i, j = np.ogrid[:OH, :OW]
    return (i * row + j * column).ravel()


@cache
def patch_places(KH: int, KW: int, C: int, row: int, column: int) -> Array:
    """Where a patch's numbers are, seen from its first"""
    u, v, c = np.ogrid[:KH, :KW, :C]
    return (u * row + v * column + c).ravel().astype(np.uintp)


@cache
def registers(F: int, dtype: DType, most: int) -> tuple[tuple[int, ...], ...]:
    """The registers for sums over F filters: `most` full ones, or one of F lanes or less.

    A tuple each, with a number a lane: so a kernel is compiled for as many registers, and as many lanes.
    """
    lanes = BITS // (8 * dtype.itemsize)
    return ((0,) * min(F, lanes),) * (most if most * lanes <= F else 1)
