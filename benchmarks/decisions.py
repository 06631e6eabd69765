"""What Winograd's sums decide otherwise than direct ones in a network, and how much of their margin they use up."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from rich.table import Table

from scratchnet import kernels
from scratchnet.fusion import plan
from scratchnet.fusion.conv_block import ConvBlock
from scratchnet.fusion.conv_norm_block import ConvNormBlock
from scratchnet.fusion.explain import choose
from scratchnet.kernels import plain
from scratchnet.kernels.lanes import BITS
from scratchnet.layers import Run
from scratchnet.models import Sequential
from scratchnet.typing import Array

BATCH = 128


class Decisions(NamedTuple):
    """Of a convolution by Winograd; several batches' can be added.

    live: windows (behind pooling), or outputs, whose answer isn't 0;  gates, winners: that differ from the direct kernel's
    registers, again: of sums that were stored, or pooled, and of these, those that were summed again, directly
    of_margin: largest difference between a sum and the direct kernel's, as a share of its margin
    """

    live: int
    gates: int
    winners: int
    registers: int
    again: int
    of_margin: float

    def __add__(self, other: "Decisions") -> "Decisions":  # type: ignore[override]  # not one tuple behind the other
        counts = [a + b for a, b in zip(self[:-1], other[:-1], strict=True)]
        return Decisions._make([*counts, max(self.of_margin, other.of_margin)])


def decisions(model: Sequential, x: Array) -> dict[str, Decisions]:
    """By layer, over all images, as the network is in use."""
    found: dict[str, Decisions] = {}
    with kernels.use("fused", threads=model.threads) as arithmetic:
        run, steps = Run(arithmetic), plan(model.layers, model.loss, fused=True).steps
        for first in range(0, len(x), BATCH):
            answer = x[first : first + BATCH]
            for step in steps:
                answer, cache = step.forward(answer, run)
                if not isinstance(step, ConvBlock | ConvNormBlock):
                    continue
                if choose(step, arithmetic, answer.dtype, need_dx=False)["y"].kernel == "winograd":
                    here = compare(step, answer, cache, run)
                    found[step.name] = found[step.name] + here if step.name in found else here
    return found


def compare(step: ConvBlock | ConvNormBlock, y: Array, cache: Any, run: Run) -> Decisions:
    """Of step.forward(x) → y, cache"""
    x, w = cache[0], step.params["kernel"]
    b = step.params.get("bias", np.zeros(w.shape[3], w.dtype))
    z = run.kernels.conv2d(x, w, b, (1, 1), (1, 1))
    sums, (norms, margin) = run.kernels.conv_in_doubt(x, w, b)
    error = norms[..., None] * margin
    of_margin = np.divide(abs(sums - z), error, out=np.zeros_like(z), where=error > 0).max()
    if isinstance(step, ConvNormBlock):
        settled, mean, deviation, _ = cache[1]
        line = mean, deviation, step.params.get("gamma"), step.params.get("beta")
        relu: Callable[[Array], Array] = lambda z: run.kernels.batch_normalize(z, *line, relu=True)
        pool = step.pool is not None
        y, winner = _pooled(relu(settled), pool)
        changed = settled != sums
    else:
        relu, pool, winner = plain.relu, step.pool, cache[2]
        changed = y != _pooled(relu(sums), pool)[0]
    direct, expected = _pooled(relu(z), pool)
    gates = (y > 0) != (direct > 0)
    winners = (y > 0) & (direct > 0) & (winner != expected) if pool else np.zeros_like(gates)
    again = changed.reshape(*changed.shape[:3], -1, BITS // 32).any(axis=4)
    live, other_gates, other_winners, redone = (
        int(np.count_nonzero(there)) for there in (direct, gates, winners, again)
    )
    return Decisions(live, other_gates, other_winners, again.size, redone, float(of_margin))


def _pooled(y: Array, pool: bool) -> tuple[Array, Array | None]:
    return plain.max_pool2d(y, (2, 2), (2, 2)) if pool else (y, None)


def table(found: dict[str, dict[str, Decisions]]) -> Table:
    """By network and layer."""
    table = Table(box=None, pad_edge=False)
    for header in ("", "live", "gates", "winners", "summed again", "of the margin"):
        table.add_column(header, justify="right" if header else "left", no_wrap=True)
    for network, layers in found.items():
        for layer, of in layers.items():
            share = f"{of.again / of.registers:.1%}"
            numbers = f"{of.live:,}", f"{of.gates:,}", f"{of.winners:,}", share, f"{of.of_margin:.3f}"
            table.add_row(f"{network}, {layer}", *numbers)
    return table
