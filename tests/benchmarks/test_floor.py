"""The count of operations, against figures worked out by hand from the notebook's shapes."""

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
