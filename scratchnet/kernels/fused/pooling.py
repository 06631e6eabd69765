"""Max pooling a register of channels at a time: a window's best stays in a register until it is stored, once.

Plain twin: `max_pool2d`, and the same bits. Four comparisons a number keep it from memory's speed. With fewer channels than
lanes, or more places in a window than a byte can name, it is `compiled`'s.
"""

import numpy as np
from numba import uint8

from scratchnet.kernels import compiled
from scratchnet.kernels.compiled.windows import counts
from scratchnet.kernels.jit import jit_inner
from scratchnet.kernels.lanes import BITS, load, spread, store, where, width
from scratchnet.kernels.plain import Pair
from scratchnet.kernels.tasks import GROUPS, run
from scratchnet.typing import Array


def max_pool2d(x: Array, pool_size: Pair, strides: Pair) -> tuple[Array, Array]:
    if x.shape[3] * x.itemsize * 8 < BITS or pool_size[0] * pool_size[1] > 256:
        return compiled.max_pool2d(x, pool_size, strides)
    y = np.empty((len(x), *counts(x.shape, pool_size, strides), x.shape[3]), x.dtype)
    winner = np.empty(y.shape, np.uint8)
    run(_max_pool2d, GROUPS, x, *pool_size, *strides, y, winner)
    return y, winner


@jit_inner
def _max_pool2d(g, x, PH, PW, SH, SW, y, winner):
    for n in range(g * len(x) // GROUPS, (g + 1) * len(x) // GROUPS):
        _max_pool_image(x[n], PH, PW, SH, SW, y[n], winner[n])


@jit_inner
def _max_pool_image(x, PH, PW, SH, SW, y, winner):
    (OH, OW, C), lanes = y.shape, width(x.dtype)
    for i in range(OH):
        for j in range(OW):
            for c_next in range(0, C, lanes):
                c = min(c_next, C - lanes)  # the last register starts early enough to end at the edge
                best = load(x, (i * SH, j * SW, c))
                which = spread(uint8(0), best)
                for u in range(PH):
                    for v in range(PW):
                        value = load(x, (i * SH + u, j * SW + v, c))
                        first_nan = (value != value) & (best == best)  # noqa: PLR0124
                        larger = (value > best) | first_nan  # which wins, as in NumPy
                        best = where(larger, value, best)
                        which = where(larger, uint8(u * PW + v), which)
                store(y, (i, j, c), best)
                store(winner, (i, j, c), which)
