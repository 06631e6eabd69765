"""What is counted of Winograd's decisions."""

import numpy as np
import pytest

from benchmarks.decisions import compare, decisions, table
from scratchnet import kernels
from scratchnet.fusion import plan
from scratchnet.kernels import plain
from scratchnet.layers import BatchNormalization, Conv2D, Input, MaxPooling2D, ReLU, Run
from scratchnet.models import Sequential

pytestmark = pytest.mark.jit
F = 32  # filters: whole registers everywhere


def model(*layers):
    return Sequential([Input((10, 10, 16)), *layers], seed=0)


def images(count):
    return np.random.default_rng(0).random((count, 10, 10, 16)).astype("float32")


def test_a_network():
    network = model(
        Conv2D(8, 5, activation="relu"), Conv2D(F, 3, activation="relu", name="a"), Conv2D(F, 1, activation="relu")
    )
    x = images(130)  # more than a batch
    found = decisions(network, x)
    assert found.keys() == {"a"}  # the others aren't Winograd's
    (of,) = found.values()
    z = x
    for layer in network.layers[:2]:
        z = plain.relu(plain.conv2d(z, *layer.params.values(), (1, 1), (1, 1)))
    assert of.live == pytest.approx(np.count_nonzero(z), abs=3)
    assert (of.gates, of.winners) == (0, 0)
    assert 0 < of.of_margin < 0.1
    assert 0 <= of.again < of.registers / 4
    assert "a" in str([cell for column in table({"n": found}).columns for cell in column.cells])


def stepped(*layers):
    """A step, its answer and its cache"""
    (step,) = plan(model(*layers).layers, None, fused=True).steps
    run = Run(kernels.load("fused"))
    y, cache = step.forward(images(2), run)
    return step, y, cache, run


def test_what_a_block_decides_otherwise_is_counted():
    """Decisions turned by hand, where the kernel has none of its own"""
    step, y, (x, _, winner, scale), run = stepped(Conv2D(F, 3, activation="relu"), MaxPooling2D())
    assert compare(step, y, (x, y, winner, scale), run)[1:3] == (0, 0)
    before = compare(step, y, (x, y, winner, scale), run)
    live, winner = np.argwhere(y > 0), winner.copy()
    y[tuple(live[0])] = 0  # shut
    for place in live[0], live[1], live[2]:
        winner[tuple(place)] ^= 1
    after = compare(step, y, (x, y, winner, scale), run)
    assert (after.gates, after.winners) == (1, 2)  # whose gate is shut has no winner
    assert (after.live, after.registers) == (before.live, before.registers)
    assert before.again <= after.again <= before.again + 1


@pytest.mark.parametrize("pooling", [[], [MaxPooling2D()]], ids=["", "pooled"])
def test_what_is_decided_behind_batch_normalisation_is_counted(pooling):
    step, y, (x, (z, *line), of_pool), run = stepped(Conv2D(F, 3), BatchNormalization(), ReLU(), *pooling)
    assert compare(step, y, (x, (z, *line), of_pool), run)[1:3] == (0, 0)
    (n, i, j, f), z = np.argwhere(y > 0)[0], z.copy()
    if pooling:
        window = z[n, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, f]
        window[np.unravel_index(window.argmin(), (2, 2))] = 100
    else:
        z[n, i, j, f], z[tuple(np.argwhere(y == 0)[0])] = -1, 1
    after = compare(step, y, (x, (z, *line), of_pool), run)
    assert (after.gates, after.winners) == ((0, 1) if pooling else (2, 0))
