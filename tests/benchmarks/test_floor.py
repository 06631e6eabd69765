"""The count of operations, against figures worked out by hand from the notebook's shapes."""

import numpy as np
import pytest

from benchmarks import floor
from scratchnet import architectures
from scratchnet.layers import Conv2D, Dense, Flatten, Input
from scratchnet.models import Sequential

CONV1, CONV2 = 2 * 26 * 26 * 9 * 32, 2 * 24 * 24 * 9 * 32 * 64
DENSE1, DENSE2 = 2 * 9216 * 128, 2 * 128 * 10


def test_the_notebooks_network():
    model = architectures.dropout()
    assert floor.predict_flop(model) == CONV1 + CONV2 + DENSE1 + DENSE2
    assert floor.step_flop(model) == 2 * CONV1 + 3 * (CONV2 + DENSE1 + DENSE2)
    assert 128 * floor.step_flop(model) == pytest.approx(9.2e9, rel=0.01)
    assert 10_000 * floor.predict_flop(model) == pytest.approx(240e9, rel=0.01)


def test_it_follows_the_layers():
    model = Sequential([Input((4, 5, 3)), Conv2D(2, (3, 2)), Flatten(), Dense(7)])
    conv, dense = 2 * (2 * 4) * (3 * 2 * 3) * 2, 2 * (2 * 4 * 2) * 7
    assert floor.predict_flop(model) == conv + dense
    assert floor.step_flop(model) == 2 * conv + 3 * dense


def test_the_rate_counts_a_multiply_and_an_add_for_each_of_n_cubed_in_the_better_try(monkeypatch):
    clock = iter([0.0, 2.0, 10.0, 10.5])
    monkeypatch.setattr(floor.time, "perf_counter", lambda: next(clock))
    assert floor.gemm_rate(1, side=100) == 2 * 100**3 / 0.5


def test_the_product_is_of_float32(monkeypatch):
    seen = []
    real = np.matmul
    monkeypatch.setattr(floor.np, "matmul", lambda a, b, out: seen.append((a.dtype, out.dtype)) or real(a, b, out=out))
    floor.gemm_rate(None, side=8)
    assert seen == [(np.float32, np.float32)] * 2
