"""What a comparison found, as lines to read and as JSON."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scratchnet.parity.measure import Tolerance
from scratchnet.typing import Shape


@dataclass
class Line:
    """What was found of one thing, over all the steps."""

    name: str
    shape: Shape
    tolerance: Tolerance
    difference: float = 0.0  # the largest
    step: int = 0  # in which it was so large
    failed: int | None = None  # the first step in which it was too large

    def add(self, step: int, difference: float) -> "Line":
        if difference > self.difference:
            self.difference, self.step = difference, step
        if difference > self.tolerance.difference and self.failed is None:
            self.failed = step
        return self

    @property
    def verdict(self) -> str:
        return "ok" if self.failed is None else f"FAIL from step {self.failed}" if self.failed else "FAIL"

    def __str__(self) -> str:
        numbers = f"{self.difference:>10.1e} {self.tolerance.difference:>10.0e}"
        return f"{self.name:<38}{_shown(self.shape):>18} {numbers}  {self.verdict}"

    def as_json(self) -> dict[str, Any]:
        """Plain values; a difference that isn't finite is None."""
        return {
            "name": self.name,
            "shape": list(self.shape),
            "difference": self.difference if np.isfinite(self.difference) else None,
            "tolerance": self.tolerance.difference,
            "reason": self.tolerance.reason,
            "ok": self.failed is None,
            "step": self.step,
            "failed_from_step": self.failed,
        }


@dataclass
class Pair:
    """A line about two single numbers, which are worth seeing: the reference's and ours."""

    reference: float
    ours: float
    line: Line

    def as_json(self) -> dict[str, Any]:
        return {**self.line.as_json(), "reference": self.reference, "scratchnet": self.ours}


@dataclass
class Report:
    """What a comparison found, in the order of cause and effect.

    layers: their output shapes and numbers of parameters
    carried: the weights, there and back
    tensors: all that was computed, by name, over all steps
    losses: one a step
    steps: how many there should be;  images: how many were compared alone
    left_out: batches, and images, that `decisions` tells of
    """

    steps: int
    layers: list[Pair] = field(default_factory=list)
    carried: list[Line] = field(default_factory=list)
    tensors: dict[str, Line] = field(default_factory=dict)
    losses: list[Pair] = field(default_factory=list)
    images: int = 0
    left_out: int = 0

    @property
    def lines(self) -> list[Line]:
        layers, losses = ([pair.line for pair in pairs] for pairs in (self.layers, self.losses))
        return [*layers, *self.carried, *self.tensors.values(), *losses]

    @property
    def failures(self) -> list[Line]:
        """The lines that failed, the cause first: a fault shows downstream, and in later steps, as well."""
        failed = [(line.failed, line) for line in self.lines if line.failed is not None]
        return [line for _, line in sorted(failed, key=lambda pair: pair[0])]

    @property
    def ok(self) -> bool:
        return not self.failures and len(self.losses) == self.steps and bool(self.tensors)

    @property
    def verdict(self) -> str:
        left_out = (
            f"; {_count(self.left_out, 'batch', 'es')} left out (scratchnet/parity/decisions.py)"
            if self.left_out
            else ""
        )
        if failures := self.failures:
            return f"FAIL: {len(failures)} of {len(self.lines)} lines, first {failures[0].name}{left_out}"
        if not self.ok:
            missing = f"{len(self.losses)} of {_count(self.steps, 'step')}" if self.steps else "nothing"
            return f"FAIL: {missing} compared{left_out}"
        worst = max(self.tensors.values(), key=lambda line: line.difference)
        found = f"{len(self.tensors)} tensors over {self._over}"
        return f"ok: {found}, largest difference {worst.difference:.1e} ({worst.name}){left_out}"

    @property
    def _over(self) -> str:
        compared = {"image": self.images, "step": len(self.losses)}
        return " and ".join(_count(number, thing) for thing, number in compared.items() if number)

    def text(self) -> Iterator[str]:
        """Line by line, the verdict last."""
        yield f"\n{'parameters':<38}{'output shape':>18} {'Keras':>10} {'scratchnet':>10}"
        for pair in self.layers:
            counts = f"{pair.reference:>10,} {pair.ours:>10,}"
            yield f"{pair.line.name:<38}{_shown(pair.line.shape):>18} {counts}  {pair.line.verdict}"

        heading = f"{'shape':>18} {'difference':>10} {'tolerance':>10}"
        yield f"\n{'weights from Keras to here and back':<38}{heading}"
        yield from map(str, self.carried)
        yield f"\n{f'every tensor at its worst of {self._over}':<38}{heading}"
        yield from map(str, self.tensors.values())

        if self.losses:
            yield f"\n{'losses':<8}{'Keras':>24}{'scratchnet':>24} {'difference':>10} {'tolerance':>10}"
        for pair in self.losses:
            numbers = f"{pair.line.difference:>10.1e} {pair.line.tolerance.difference:>10.0e}"
            name = pair.line.name.removeprefix("loss of ")
            yield f"{name:<8}{pair.reference:>24.16f}{pair.ours:>24.16f} {numbers}  {pair.line.verdict}"

        yield "\ntolerances"
        kinds: dict[Tolerance, dict[str, None]] = {}
        for name, line in self.tensors.items():
            kinds.setdefault(line.tolerance, {})[name.rpartition("/")[2]] = None
        for (largest, reason), names in kinds.items():
            what = ", ".join(names) if len(names) < 6 else "all others"
            yield f"{largest:.0e}  {what}: {reason}"
        yield f"\n{self.verdict}"

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "verdict": self.verdict,
            "failures": [line.name for line in self.failures],
            "left_out": self.left_out,
            "parameters": [pair.as_json() for pair in self.layers],
            "carried": [line.as_json() for line in self.carried],
            "tensors": [line.as_json() for line in self.tensors.values()],
            "losses": [pair.as_json() for pair in self.losses],
        }


def _shown(shape: Shape) -> str:
    return str(shape).replace(" ", "")


def _count(number: int, thing: str, plural: str = "s") -> str:
    return f"{number} {thing}{plural if number != 1 else ''}"
