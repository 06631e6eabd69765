"""Memory that stays between batches."""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
ARRAY = 1 << 25  # the most that glibc lets it be: larger arrays are mapped each time
HEAP = 1 << 30


def keep_freed() -> None:
    """Let the process keep the memory of arrays that are gone, for the arrays of the next batch.

    By default glibc hands large ones back to the system, which must then find, zero and map as many pages for every
    batch: a quarter of a training step. Where the C library is another, nothing changes.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # no glibc
        return
    mallopt(M_MMAP_THRESHOLD, ARRAY)
    mallopt(M_TRIM_THRESHOLD, HEAP)
