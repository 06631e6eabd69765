"""Each word of the vocabulary against NumPy, on this machine's registers, on shorter ones, and in checked mode."""

import operator
import os
import platform

import numpy as np
import pytest
from numba import config, float64, njit, uint8
from numba.core.errors import TypingError

from scratchnet.kernels.jit import jit_inner, part
from scratchnet.kernels.lanes import (
    BITS,
    REGISTERS,
    append,
    count,
    iota,
    load,
    spread,
    store,
    tile,
    total,
    where,
    width,
)

pytestmark = pytest.mark.jit
checked = pytest.mark.skipif(
    not config.BOUNDSCHECK, reason="of checked mode, in which test_cpus.py runs this file again"
)

FLOATS, INTEGERS = ("float32", "float64"), ("uint8", "uint32")
COMPARISONS = (operator.gt, operator.ge, operator.lt, operator.le, operator.eq, operator.ne)


def lanes(dtype):
    return BITS // 8 // np.dtype(dtype).itemsize


def numbers(dtype, size, seed=0):
    """Small ones, so that many are equal, and of floating-point ones some that aren't finite, and both zeros."""
    rng = np.random.default_rng(seed)
    if dtype == "bool":
        return rng.random(size) < 0.5
    if dtype in INTEGERS:
        return rng.choice([0, 1, 2, 3, np.iinfo(dtype).max], size).astype(dtype)
    return rng.choice([0.0, -0.0, 0.5, 1.0, -2.0, 1 / 3, np.nan, np.inf, -np.inf], size).astype(dtype)


def pair(dtype):
    return numbers(dtype, lanes(dtype), 1), numbers(dtype, lanes(dtype), 2)


# ---------- registers
def test_registers_are_the_machines():
    """As the process that runs this file is told to expect, or else any there are."""
    assert (BITS, REGISTERS) in {(512, 32), (256, 16), (128, 16), (128, 32)}
    assert int(os.environ.get("EXPECTED_BITS", BITS)) == BITS
    assert REGISTERS == 32 if BITS == 512 or platform.machine() in ("arm64", "aarch64") else 16


@jit_inner
def widths(x):
    return width(x.dtype), width(float64), width(uint8)


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS, "bool"])
def test_width(dtype):
    assert widths(np.zeros(1, dtype)) == (lanes(dtype), BITS // 64, BITS // 8)


# ---------- arrays
@jit_inner
def copy(x, y, i, j):
    store(y, (i, j), load(x, (i, j)))


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS, "bool"])
def test_load_and_store_from_anywhere_in_an_array(dtype):
    L = lanes(dtype)
    x = numbers(dtype, (3, L + 5))
    for j in range(6):
        y = np.zeros_like(x)
        copy(x, y, 1, j)
        expected = np.zeros_like(x)
        expected[1, j : j + L] = x[1, j : j + L]
        np.testing.assert_array_equal(y, expected)


@jit_inner
def copy_beside(x, x8, y8):
    store(y8, 1, load(x8, 1, load(x, 0)))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("dtype8", ["uint8", "bool"])
def test_load_as_many_lanes_as_another_register(dtype, dtype8):
    x8 = numbers(dtype8, BITS // 8 + 1)
    y8 = np.zeros_like(x8)
    copy_beside(np.zeros(lanes(dtype), dtype), x8, y8)
    expected = np.zeros_like(x8)
    expected[1 : lanes(dtype) + 1] = x8[1 : lanes(dtype) + 1]
    np.testing.assert_array_equal(y8, expected)


@jit_inner
def append_positives(x, y):
    n = 0
    for i in range(0, len(x), width(x.dtype)):
        v = load(x, i)
        n = append(y, n, v, v > 0)
    return n


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS])
@pytest.mark.parametrize("registers", [1, 2, 5])
def test_append_packs_the_lanes_where_the_mask_holds(dtype, registers):
    for x in (numbers(dtype, registers * lanes(dtype)), np.zeros(lanes(dtype), dtype), np.ones(lanes(dtype), dtype)):
        y = np.zeros(len(x) + lanes(dtype), dtype)
        n = append_positives(x, y)
        assert n == (x > 0).sum()
        np.testing.assert_array_equal(y[:n], x[x > 0])


@jit_inner
def positions(x, y):
    n = 0
    for i in range(0, len(x), width(x.dtype)):
        v = load(x, i)
        n = append(y, n, iota(v) + i, v != 0)
    return n


@pytest.mark.parametrize("dtype", FLOATS)
def test_iota_numbers_the_lanes(dtype):
    x = numbers(dtype, 3 * lanes(dtype))
    y = np.zeros(4 * lanes(dtype), np.uint32)
    n = positions(x, y)
    np.testing.assert_array_equal(y[:n], np.flatnonzero(x))


# ---------- operators
def of_two(function):
    """A kernel of two registers, and of a register and a scalar on either side of it."""

    @jit_inner
    def kernel(x, y, z):
        store(z, (0, 0), function(load(x, 0), load(y, 0)))
        store(z, (1, 0), function(load(x, 0), y[1]))
        store(z, (2, 0), function(x[1], load(y, 0)))

    return kernel


def check(function, dtype, result):
    x, y = pair(dtype)
    z = np.empty((3, len(x)), result)
    of_two(function)(x, y, z)
    with np.errstate(all="ignore"):
        expected = np.array([function(x, y), function(x, y[1]), function(x[1], y)]).astype(result)
    np.testing.assert_array_equal(z, expected)


ARITHMETIC = (operator.add, operator.sub, operator.mul)
BITWISE = (operator.and_, operator.or_, operator.xor)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("function", [*ARITHMETIC, operator.truediv], ids=lambda f: f.__name__)
def test_arithmetic_of_floating_point_lanes(function, dtype):
    check(function, dtype, dtype)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("function", [*ARITHMETIC, *BITWISE], ids=lambda f: f.__name__)
def test_arithmetic_of_integer_lanes_wraps(function, dtype):
    check(function, dtype, dtype)


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS])
@pytest.mark.parametrize("function", COMPARISONS, ids=lambda f: f.__name__)
def test_comparisons_with_nan_too(function, dtype):
    check(function, dtype, "bool")


@jit_inner
def in_place(x, y, z, shift):
    v = load(x, 0)
    v += load(y, 0)
    v *= 3
    v -= load(y, 0)
    v ^= v >> shift
    v &= 0xF7
    v |= 2
    v >>= 1
    store(z, 0, v)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_in_place_and_shifts(dtype):
    x, y = pair(dtype)
    z = np.empty_like(x)
    in_place(x, y, z, 2)
    v = (x + y) * np.array(3, dtype) - y
    v ^= v >> 2
    np.testing.assert_array_equal(z, (v & 0xF7 | 2) >> 1)


@jit_inner
def halve(x, y):
    v = load(x, 0)
    v /= 2
    store(y, 0, v)


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_scalar_takes_the_lanes_dtype(dtype):
    x = numbers(dtype, lanes(dtype))
    y = np.empty_like(x)
    halve(x, y)
    np.testing.assert_array_equal(y, x / 2)


@jit_inner
def shift_signed(x, y):
    store(y, 0, load(x, 0) >> 1)


def test_shift_of_signed_lanes_keeps_the_sign():
    x = np.resize(np.array([-5, 4, -1], np.int32), BITS // 32)
    y = np.empty_like(x)
    shift_signed(x, y)
    np.testing.assert_array_equal(y, x >> 1)


@jit_inner
def multiply_add(x, y):
    store(y, 0, load(x, 0) * load(x, 0) - 1)


@pytest.mark.parametrize("dtype", FLOATS)
def test_product_and_sum_are_rounded_once_where_the_machine_can(dtype):
    """(1 + ε)² − 1 is 2ε + ε² in one instruction, 2ε in two: exact either way but for ε²."""
    epsilon = np.finfo(dtype).eps
    x = np.full(lanes(dtype), 1 + epsilon, dtype)
    y = np.empty_like(x)
    multiply_add(x, y)
    fused = BITS > 128 or platform.machine() in ("arm64", "aarch64")
    np.testing.assert_array_equal(y, np.full_like(x, 2 * epsilon + (epsilon**2 if fused else 0)))


# ---------- masks
@jit_inner
def choose(mask, x, y, z):
    m = load(mask, 0, load(x, 0))
    store(z, (0, 0), where(m, load(x, 0), load(y, 0)))
    store(z, (1, 0), where(m, load(x, 0), y[1]))
    store(z, (2, 0), where(m, x[1], load(y, 0)))
    store(z, (3, 0), where(m, spread(x[0], m), 0))


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS])
def test_where_and_spread(dtype):
    x, y = pair(dtype)
    mask = numbers("bool", len(x))
    z = np.empty((4, len(x)), dtype)
    choose(mask, x, y, z)
    for row, expected in zip(z, [(x, y), (x, y[1]), (x[1], y), (x[0], 0)], strict=True):
        np.testing.assert_array_equal(row, np.where(mask, *expected).astype(dtype))


@jit_inner
def masks(x, y, z):
    a, b = load(x, 0) > 0, load(y, 0) > 0
    store(z, (0, 0), a & b)
    store(z, (1, 0), a | b)
    store(z, (2, 0), a ^ b)
    return count(a), count(a & b), count(a ^ a)


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS])
def test_masks_and_count(dtype):
    x, y = pair(dtype)
    z = np.empty((3, len(x)), bool)
    a, b = x > 0, y > 0
    assert masks(x, y, z) == (a.sum(), (a & b).sum(), 0)
    np.testing.assert_array_equal(z, [a & b, a | b, a ^ b])


@jit_inner
def total_of(x):
    return total(load(x, 0))


@pytest.mark.parametrize("dtype", FLOATS)
def test_total_adds_half_to_half(dtype):
    for seed in range(20):
        x = np.random.default_rng(seed).standard_normal(lanes(dtype)).astype(dtype)
        halves = x
        while len(halves) > 1:
            halves = halves[: len(halves) // 2] + halves[len(halves) // 2 :]
        assert total_of(x) == halves[0]
    x[2 % len(x)] = np.nan
    assert np.isnan(total_of(x))
    assert np.signbit(total_of(np.full_like(x, -0.0)))


# ---------- tiles
@part
def add_row(sums, x, i):
    for r in range(2):
        for k in range(3):
            sums[r, k] += (r + 1) * load(x, (i, k * width(x.dtype)))


@jit_inner
def sum_rows(x, y):
    for _ in range(2):  # a tile made again is zero again
        sums = tile(x.dtype, 2, 3)
        for i in range(len(x)):
            add_row(sums, x, i)
        for r in range(2):
            for k in range(3):
                store(y, (r, k * width(x.dtype)), sums[r, k])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("rows", [0, 1, 7])
def test_a_tile_sums_in_the_functions_it_is_handed_to(dtype, rows):
    x = np.arange(rows * 3 * lanes(dtype)).reshape(rows, 3 * lanes(dtype)).astype(dtype)
    y = np.full((2, 3 * lanes(dtype)), -1, dtype)
    sum_rows(x, y)
    np.testing.assert_array_equal(y, [x.sum(0), 2 * x.sum(0)])


@jit_inner
def sum_few(x, few, y):
    v = load(x, 0, few)
    sums = tile(v, 1)
    for i in range(0, len(x), width(v)):
        sums[0] += where(load(x, i, v) > 0, load(x, i, v), 0)
    store(y, 0, sums[0])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("few", [1, 3, 6, 13])
def test_registers_of_fewer_lanes(dtype, few):
    """As many as a tuple has numbers: nothing beyond is read or written"""
    x, y = np.arange(-7, 5 * few - 7).astype(dtype), np.full(few + 1, -1, dtype)
    sum_few(x, (0,) * few, y[:few])
    np.testing.assert_array_equal(y, [*x.clip(0).reshape(5, few).sum(0), -1])
    assert config.BOUNDSCHECK or not on_the_stack(sum_few, x, (0,) * few, y)


def on_the_stack(kernel, *arguments):
    """What the kernel, compiled anew, keeps there. What LLVM dissolves isn't in the text any more."""
    compiled = njit(kernel.py_func)
    compiled(*arguments)
    (result,) = compiled.overloads.values()
    (function,) = (f for f in result.library._final_module.functions if f.name == result.fndesc.llvm_func_name)
    return [i for block in function.blocks for i in block.instructions if i.opcode == "alloca"]


def test_a_tile_stays_in_registers_of_a_kernel_and_its_parts():
    x, y = np.ones((3, 3 * lanes("float32")), "float32"), np.empty((2, 3 * lanes("float32")), "float32")
    assert config.BOUNDSCHECK or not on_the_stack(sum_rows, x, y)


# ---------- what is refused
@jit_inner
def returns_a_tile(x):
    return tile(x.dtype, 2)


@jit_inner
def tile_of_any_size(x, n):
    return tile(x.dtype, n)[0] > 0


@jit_inner
def load_flat(x):
    return count(load(x, 0) > 0)


@jit_inner
def store_other(x, y):
    store(y, 0, load(x, 0))


@jit_inner
def mixed(x, y):
    return count(load(x, 0) + load(y, 0, load(x, 0)) > 0)


@jit_inner
def half_an_index(x):
    return count(tile(x.dtype, 2, 2)[0] > 0)


@jit_inner
def product_of_masks(x):
    return count((load(x, 0) > 0) * (load(x, 0) > 1))


@jit_inner
def no_mask(x):
    return count(load(x, 0))


def readonly():
    y = np.zeros(64, "float32")
    y.flags.writeable = False
    return y


@pytest.mark.parametrize(
    ("kernel", "arguments", "why"),
    [
        (returns_a_tile, (np.zeros(64),), "a tile dies with the function"),
        (tile_of_any_size, (np.zeros(64), 2), "expected sizes that are constants"),
        (load_flat, (np.zeros((64, 64)),), "an index for each axis"),
        (load_flat, (np.zeros(128)[::2],), "a C-contiguous array"),
        (store_other, (np.zeros(64, "float32"), np.zeros(64)), "lanes of a C-contiguous array's dtype"),
        (store_other, (np.zeros(64, "float32"), readonly()), "lanes of a C-contiguous array's dtype"),
        (mixed, (np.zeros(64, "float32"), np.zeros(64, "uint32")), "No implementation of function"),
        (half_an_index, (np.zeros(64),), "No implementation of function"),
        (product_of_masks, (np.zeros(64),), "No implementation of function"),
        (no_mask, (np.zeros(64),), "expected a mask"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_means_nothing_is_refused_when_it_is_compiled(kernel, arguments, why):
    with pytest.raises((TypingError, NotImplementedError), match=why):
        kernel(*arguments)


# ---------- checked mode
@jit_inner
def outside_a_tile(x, k):
    return count(tile(x.dtype, 2, 2)[1, k] > 0)


@jit_inner
def load_at(x, i, j):
    return count(load(x, (i, j)) > 0)


@checked
@pytest.mark.parametrize(("i", "j"), [(2, 0), (-1, 0), (0, 1), (0, 10**6), (0, -1), (2**62, 0)])
def test_what_reaches_outside_an_array_raises(i, j):
    x = np.ones((2, lanes("float32")), "float32")
    assert load_at(x, 1, 0) == lanes("float32")
    with pytest.raises(IndexError):
        load_at(x, i, j)
    with pytest.raises(IndexError):
        copy(x, x.copy(), i, j)


@checked
def test_what_reaches_outside_a_tile_raises():
    assert outside_a_tile(np.zeros(1), 1) == 0
    for k in (2, -1):
        with pytest.raises(IndexError):
            outside_a_tile(np.zeros(1), k)


@checked
def test_append_without_room_for_a_register_raises():
    x = np.ones(lanes("float32"), "float32")
    assert append_positives(x, np.empty_like(x)) == len(x)
    with pytest.raises(IndexError):
        append_positives(x, x[:-1].copy())
