"""The worked example of docs/lanes.md: a matrix product three times, on one core.

python -m benchmarks.lanes
"""

# Kernels take the types that Numba meets.
# mypy: disallow-untyped-defs=false, disallow-untyped-calls=false, check-untyped-defs=false
import time
from typing import Any

import click
import numba
import numpy as np

from scratchnet.kernels.jit import jit_inner, part
from scratchnet.kernels.lanes import BITS, REGISTERS, load, store, tile, width

ROWS, VECTORS = (12, 2) if REGISTERS == 32 else (4, 2)  # 24 sums of 32 registers, or 8 of 16


@jit_inner
def by_formula(x, w, y):
    """y[i, j] = Σ_k x[i, k] · w[k, j]: each sum waits for itself, and w is read down its columns."""
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            s = x.dtype.type(0)
            for k in range(x.shape[1]):
                s += x[i, k] * w[k, j]
            y[i, j] = s


@jit_inner
def by_rows(x, w, y):
    """The same with the loops in another order: LLVM fills registers, but each sum is loaded and stored at every step."""
    for i in range(y.shape[0]):
        y[i] = 0
        for k in range(x.shape[1]):
            for j in range(y.shape[1]):
                y[i, j] += x[i, k] * w[k, j]


@jit_inner
def by_tiles(x, w, y):
    """The same, ROWS × VECTORS registers of sums at a time. y must be as large as a tile; the last tiles overlap."""
    (I, J), columns = y.shape, VECTORS * width(y.dtype)
    for j in range(0, J, columns):
        j = min(j, J - columns)  # noqa: PLW2901
        for i in range(0, I, ROWS):
            i = min(i, I - ROWS)  # noqa: PLW2901
            sums = tile(y.dtype, ROWS, VECTORS)
            add_products(sums, x, w, i, j)
            for r in range(ROWS):
                for v in range(VECTORS):
                    store(y, (i + r, j + v * width(y.dtype)), sums[r, v])


@part
def add_products(sums, x, w, i, j):
    """sums[r, v] += Σ_k x[i + r, k] · w[k, j + v · lanes …]"""
    for k in range(x.shape[1]):
        for r in range(ROWS):
            for v in range(VECTORS):
                sums[r, v] += x[i + r, k] * load(w, (k, j + v * width(w.dtype)))


def main() -> None:
    I, K, J = 576, 288, 64  # conv2 of the notebook's network, one image: windows, numbers a window, filters
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((I, K)).astype("float32"), rng.standard_normal((K, J)).astype("float32")
    expected, y = x.astype(float) @ w.astype(float), np.empty((I, J), "float32")
    click.echo(f"{I} × {K} × {J} of float32, {BITS} bits a register, one core, the best of 200 in turns")
    best: dict[Any, float] = dict.fromkeys((by_formula, by_rows, by_tiles, np.matmul), np.inf)
    for _ in range(200):
        for product, least in best.items():
            start = time.perf_counter()
            product(x, w, y)
            best[product] = min(least, time.perf_counter() - start)
            np.testing.assert_allclose(y, expected, atol=1e-4)
    for product, seconds in best.items():
        click.echo(f"{product.__name__:12}{seconds * 1e6:8.0f} µs {2e-9 * I * K * J / seconds:6.1f} GFLOP/s")


if __name__ == "__main__":
    numba.set_num_threads(1)
    main()
