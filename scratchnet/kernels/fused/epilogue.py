"""What follows a convolution's sums before anything is stored: bias, ReLU, 2×2 max pooling, dropout."""

from numba import uint8

from scratchnet.kernels.jit import part
from scratchnet.kernels.lanes import load, spread, store, where


@part
def window(z00, z01, z10, z11, b, y, winner, relu, pool, keep, scale, n, i, j, f):
    """The four sums of the outputs (i, j), (i, j+1), (i+1, j), (i+1, j+1), for a register of filters from f on → y

    y[n,i/2,j/2] = the largest of relu(z + b), where pool, and winner which of the four it was, the first of equals; without
    pool each of the four goes where it belongs. A number is dropped where keep is 0, otherwise times scale. What is None
    isn't compiled: each combination is a kernel of its own.

    Plain twin: `conv2d`'s bias, `relu`, `max_pool2d`, `dropout`. The bias comes after the maximum: it is the same for all
    four, and rounding keeps their order. NaN is larger than any number, and ReLU lets it through, as in NumPy.
    """
    if pool is None:
        _finish(z00, b, y, relu, keep, scale, n, i, j, f)
        _finish(z01, b, y, relu, keep, scale, n, i, j + 1, f)
        _finish(z10, b, y, relu, keep, scale, n, i + 1, j, f)
        _finish(z11, b, y, relu, keep, scale, n, i + 1, j + 1, f)
    else:
        largest, which = z00, spread(uint8(0), z00)
        largest, which = _larger(largest, which, z01, uint8(1))
        largest, which = _larger(largest, which, z10, uint8(2))
        largest, which = _larger(largest, which, z11, uint8(3))
        if winner is not None:
            store(winner, (n, i // 2, j // 2, f), which)
        _finish(largest, b, y, relu, keep, scale, n, i // 2, j // 2, f)


@part
def _larger(largest, which, other, place):
    better = (other > largest) | ((other != other) & (largest == largest))  # noqa: PLR0124  # only NaN isn't itself
    return where(better, other, largest), where(better, place, which)


@part
def _finish(z, b, y, relu, keep, scale, n, i, j, f):
    z += load(b, f, z)
    if relu is not None:
        z = where(z <= 0, 0, z)
    if keep is not None:
        z = where(load(keep, (n, i, j, f), z) != 0, z * scale, 0)
    store(y, (n, i, j, f), z)
