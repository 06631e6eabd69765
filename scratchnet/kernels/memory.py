"""Memory that stays between batches, and arrays that begin where a register does."""

import ctypes
from math import prod

import numpy as np
from numpy.typing import DTypeLike

from scratchnet.typing import Array, Shape

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
ARRAY = 1 << 25  # the most that glibc lets it be: larger arrays are mapped each time
HEAP = 1 << 30
LINE = 64  # bytes of a line of the cache, and of the widest register: what lies across two lines is loaded twice


def empty(shape: Shape, dtype: DTypeLike) -> Array:
    """`np.empty` that begins at a line of the cache (NumPy's begin at any 16 bytes)."""
    size = prod(shape) * np.dtype(dtype).itemsize
    room = np.empty(size + LINE, np.uint8)
    start = -room.ctypes.data % LINE
    return room[start : start + size].view(dtype).reshape(shape)


def keep_freed() -> None:
    """Let the process keep the memory of arrays that are gone, for the arrays of the next batch.

    By default glibc hands large ones back to the system, which must then find, zero and map as many pages for every
    batch: a quarter of a training step. Where the C library is another, nothing changes.
    """
    _glibc("mallopt", M_MMAP_THRESHOLD, ARRAY)
    _glibc("mallopt", M_TRIM_THRESHOLD, HEAP)


def hand_back() -> None:
    """Give the system what `keep_freed` has kept: when the batches are done, and something else needs memory."""
    _glibc("malloc_trim", 0)


def _glibc(function: str, *arguments: int) -> None:
    try:
        call = getattr(ctypes.CDLL(None), function)
    except (AttributeError, OSError, TypeError):  # another C library
        return
    call(*arguments)
