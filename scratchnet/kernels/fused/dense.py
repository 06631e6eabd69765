"""The dense layer over its inputs that aren't zero: behind ReLU, pooling and dropout, four of five are.

    y[n,f] = b[f] + Σ_k x[n,k] · w[k,f]: only the rows of w that a sample's inputs reach; backward likewise

Plain twins: `dense`, `dense_dx`, `dense_dw`. Of N·K·F multiplies, forward and dw do the share of x that isn't zero, and so
does dx where the step below keeps no more. What is left out would add 0 · w: nothing, if w is finite. Where it isn't, where
more than MOST of the inputs live, where samples are FEW (then reading w is all the work) or there are fewer filters than a
tile has, `compiled`'s products by BLAS are right, or faster. Shapes and data alone decide, never the number of threads.

A task has some hundred inputs. It lists those that live, sample by sample, as values and places. Then it goes through w by
blocks of INPUTS rows and VECTORS registers of filters, which stay in the second-level cache while all samples pass: a sample's
sums, VECTORS registers, meet a row of w for each of its inputs in the block, an FMA a register. Blocks that fit into the
first level would be met by so few inputs of a sample that to fetch and store its sums takes longer. Backward it goes
input by input: its row of dw and its row of w stay in registers, and meet a row of dz for each sample in which it lives.
Of memory, each array is read or written once. A register's load for each FMA is all there is to do, so that it must not lie
across two lines of the cache: the arrays begin at a line, w where `initializers` makes it.
"""

from types import ModuleType

import numpy as np
from numba import uint32

from scratchnet.kernels import compiled, plain
from scratchnet.kernels.fused.elementwise import bias_db
from scratchnet.kernels.jit import jit_inner
from scratchnet.kernels.lanes import BITS, append, count, iota, load, store, tile, total, width
from scratchnet.kernels.memory import empty
from scratchnet.kernels.tasks import GROUPS, run
from scratchnet.typing import Array

INPUTS, VECTORS = 144, 8  # of a block of w: 72 KB, where a register has 64 bytes
FEW, MOST = 8, 0.5  # samples, share of inputs alive: for fewer, for more, BLAS
SMALL = 1 << 22  # multiplies: a product of so few is done by one core before another has begun
SOME = 16  # samples by which backward judges that share


# ---------- forward
def dense(x: Array, w: Array, b: Array) -> Array:
    chunks = tasks(x, w.shape[1])
    sums, fits = empty((chunks, len(x), w.shape[1]), x.dtype), np.zeros(chunks, np.bool_)
    if chunks:
        run(_dense, chunks, x, w, sums, fits)
    return sums.sum(axis=0) + b if chunks and fits.all() else _by_blas(w, len(x)).dense(x, w, b)


def dense_relu(x: Array, w: Array, b: Array, keep: Array | None, scale: float) -> Array:
    """y = scale · relu(x · w + b) where dropout keeps it, else 0;  keep: bool of y's shape, or None: no dropout

    x: (N, K), w: (K, F), b: (F,) → (N, F)
    """
    z = dense(x, w, b)
    _relu_dropout(z, keep, z.dtype.type(scale))
    return z


@jit_inner
def _dense(g, x, w, sums, fits):
    """sums[g] = x · w over the inputs of the g-th task, if that fits"""
    (chunks, N, F), lanes, y = sums.shape, width(x.dtype), sums[g]
    first, last = g * len(w) // chunks, (g + 1) * len(w) // chunks
    values, places, ends, fits[g] = _list_alive(x, first, last)
    for f_next in range(0, F if fits[g] else 0, VECTORS * lanes):
        f = min(f_next, F - VECTORS * lanes)  # the last tile starts early enough to end at the edge
        for i in range(ends.shape[1] - 1):
            if not _finite(w, first + i * INPUTS, min(first + (i + 1) * INPUTS, last), f):
                fits[g] = False
                return
            for n in range(N):
                row = tile(x.dtype, VECTORS)
                if i > 0:
                    for k in range(VECTORS):
                        row[k] = load(y, (n, f + k * lanes))
                for p in range(ends[n, i], ends[n, i + 1]):
                    for k in range(VECTORS):
                        row[k] += values[p] * load(w, (places[p], f + k * lanes))
                for k in range(VECTORS):
                    store(y, (n, f + k * lanes), row[k])


@jit_inner
def _finite(w, first, last, f):
    """Whether a block is, which brings it into the second-level cache"""
    zeros = tile(w.dtype, VECTORS)
    for row in range(first, last):
        for k in range(VECTORS):
            zeros[k] += load(w, (row, f + k * width(w.dtype))) * 0  # ∞ · 0 is NaN
    bad = 0
    for k in range(VECTORS):
        bad += count(zeros[k] != 0)
    return bad == 0


@jit_inner
def _relu_dropout(z, keep, scale):
    (N, F), zero = z.shape, z.dtype.type(0)
    for n in range(N):
        for f in range(F):
            y = max(z[n, f], zero)  # NaN stays NaN
            if keep is not None:
                y = y * scale if keep[n, f] else zero
            z[n, f] = y


# ---------- backward
def dense_dx(dy: Array, w: Array) -> Array:
    return _by_blas(w, len(dy)).dense_dx(dy, w)


def dense_dw(x: Array, dy: Array) -> Array:
    dw = empty((x.shape[1], dy.shape[1]), x.dtype)
    return dw if _back_fits(x, dy, None, dw, None) else _by_blas(dw, len(x)).dense_dw(x, dy)


def dense_back(
    dy: Array, y: Array, scale: float, x: Array, w: Array, *, need_dx: bool, only_where_x: bool
) -> tuple[Array | None, Array, Array]:
    """dx, dw, db of `dense_relu`, from the loss's gradient by its answer y: dz = scale · dy where y > 0, else 0

    only_where_x: dx only matters where x > 0, since the step below gates by that: where x is 0, it may be 0, or right
    """
    dz = np.empty_like(dy)
    _gate(dy, y, dy.dtype.type(scale), dz)
    if not (need_dx and only_where_x):
        return dense_dx(dz, w) if need_dx else None, dense_dw(x, dz), bias_db(dz)
    dx, dw = empty(x.shape, x.dtype), empty(w.shape, w.dtype)
    if not _back_fits(x, dz, w, dw, dx):
        dx, dw = dense_dx(dz, w), _by_blas(dw, len(x)).dense_dw(x, dz)
    return dx, dw, bias_db(dz)


def _back_fits(x: Array, dz: Array, w: Array | None, dw: Array, dx: Array | None) -> bool:
    """Fill dw and, unless it is None, dx, and say whether that was right"""
    chunks = tasks(x, dz.shape[1])
    if not chunks or not few_live(x) or not np.isfinite(dz).all():
        return False
    run(_back, chunks, chunks, x, _by_tiles(dz), w, dw, dx)
    return True


@jit_inner
def _gate(dy, y, scale, dz):
    (N, F), zero = dy.shape, dy.dtype.type(0)
    for n in range(N):
        for f in range(F):
            dz[n, f] = dy[n, f] * scale if y[n, f] > zero else zero


def _by_tiles(dz: Array) -> Array:
    """dz by tiles of filters, (tiles, N, filters). The last one ends at the edge; what the one before has too is 0 in it."""
    (N, F), filters = dz.shape, _filters(dz)
    tiles = empty((-(-F // filters), N, filters), dz.dtype)
    tiles[-1] = 0
    for t in range(len(tiles)):
        f = min(t * filters, F - filters)
        tiles[t, :, t * filters - f :] = dz[:, t * filters : f + filters]
    return tiles


@jit_inner
def _back(g, chunks, x, tiles, w, dw, dx):
    """dw[k,f] = Σ_n x[n,k] · dz[n,f] and, unless it is None, dx[n,k] = Σ_f dz[n,f] · w[k,f] where x[n,k] isn't 0

    By blocks of INPUTS: of each the samples that live are listed, and each brings its row of dz, which meets the input's
    sums of dw and its row of w, all in registers: a load for two FMAs. dx is made in the second-level cache, and moved on
    when the block is done: written number by number, each would be on a page of its own.
    """
    first, last = g * len(dw) // chunks, (g + 1) * len(dw) // chunks
    N, lanes = len(x), width(x.dtype)
    alive, places = np.empty(INPUTS + lanes, x.dtype), np.empty(INPUTS + lanes, np.uint32)  # of one sample
    values, samples = np.empty((INPUTS, N), x.dtype), np.empty((INPUTS, N), np.uint32)
    living = np.empty(INPUTS, np.int64)
    block = np.empty((N, INPUTS), x.dtype)  # of dx
    for begin in range(first, last, INPUTS):
        end = min(begin + INPUTS, last)
        _list_samples(x, begin, end, alive, places, values, samples, living)
        block[:] = 0
        for i in range(end - begin):
            _back_input(values[i], samples[i], living[i], tiles, w, begin + i, i, dw, None if dx is None else block)
        if dx is not None:
            for n in range(N):
                there, here = dx[n, begin:end], block[n]
                for i in range(len(there)):  # counted from 0: an index that might be negative isn't vectorised
                    there[i] = here[i]


@jit_inner
def _list_samples(x, begin, end, alive, places, values, samples, living):
    """Of each input from begin to end the samples in which it isn't zero: their values, their numbers, how many they are"""
    for i in range(len(living)):
        living[i] = 0
    for n in range(len(x)):
        for p in range(_append_alive(x, n, begin, end, alive, places, 0)):
            i = places[p] - begin
            values[i, living[i]], samples[i, living[i]] = alive[p], n
            living[i] += 1


@jit_inner
def _back_input(values, samples, living, tiles, w, k, i, dw, dx):
    F, lanes, filters = dw.shape[1], width(dw.dtype), VECTORS * width(dw.dtype)
    for t in range(len(tiles) - 1, -1, -1):  # downwards: what the last tile has of the one before is written over
        f = min(t * filters, F - filters)
        row, sums = tile(dw.dtype, VECTORS), tile(dw.dtype, VECTORS)
        if dx is not None:
            for q in range(VECTORS):
                row[q] = load(w, (k, f + q * lanes))
        for p in range(living):
            n, value = samples[p], values[p]
            products = tile(dw.dtype, 2)  # two: an addition needn't wait for the one before
            for q in range(VECTORS):
                d = load(tiles, (t, n, q * lanes))
                sums[q] += value * d
                if dx is not None:
                    products[q % 2] += row[q] * d
            if dx is not None:
                dx[n, i] += total(products[0] + products[1])
        for q in range(VECTORS):
            store(dw, (k, f + q * lanes), sums[q])


# ---------- what lives
def few_live(x: Array) -> bool:
    """Whether few enough inputs live for lists backward, by SOME of the samples"""
    some = x[:: -(-len(x) // SOME)]
    return bool(np.count_nonzero(some != 0) <= MOST * some.size)


def tasks(x: Array, F: int) -> int:
    """Into how many tasks x's inputs are cut (fewer than 256 aren't worth a start); 0, where BLAS is better anyway"""
    N, K = x.shape
    return 0 if N < FEW or K < 256 or _filters(x) > F else min(GROUPS, K // 256)


def _by_blas(w: Array, samples: int) -> ModuleType:
    """Products as wholes: too few to be shared among cores are NumPy's, and nothing is compiled for them"""
    return plain if w.size * max(samples, FEW) < SMALL else compiled


def _filters(a: Array) -> int:
    """Of a tile"""
    return VECTORS * BITS // (a.itemsize * 8)


@jit_inner
def _list_alive(x, first, last):
    """The inputs first … last − 1 that aren't zero, sample by sample: values, places, their ends; whether they are few

    Those of sample n that lie in block i are ends[n, i] … ends[n, i + 1] − 1.
    """
    N = len(x)
    most = int(MOST * N * (last - first))
    room = most + last - first + width(x.dtype)
    values, places = np.empty(room, x.dtype), np.empty(room, np.uint32)
    ends = np.empty((N, (last - first + INPUTS - 1) // INPUTS + 1), np.int64)
    listed = 0
    for n in range(N):
        ends[n, 0] = listed
        for i in range(ends.shape[1] - 1):
            begin = first + i * INPUTS
            listed = _append_alive(x, n, begin, min(begin + INPUTS, last), values, places, listed)
            ends[n, i + 1] = listed
        if listed > most:
            return values, places, ends, False
    return values, places, ends, True


@jit_inner
def _append_alive(x, n, begin, end, values, places, listed):
    """Of x[n, begin:end] what isn't zero: values and places from `listed` on → how many are listed then"""
    lanes = width(x.dtype)
    whole = end - (end - begin) % lanes
    for k in range(begin, whole, lanes):
        v = load(x, (n, k))
        append(places, listed, iota(v) + uint32(k), v != 0)
        listed = append(values, listed, v, v != 0)
    for k in range(whole, end):
        values[listed], places[listed] = x[n, k], k
        listed += x[n, k] != 0  # if it is zero, the next one takes its place
    return listed
