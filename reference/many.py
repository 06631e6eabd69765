"""Random models, one after the other: a line each, and of a failure the smallest stack that still fails."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from reference import pairs
from reference.drawn import Drawn
from reference.random_models import draw
from reference.smaller import smallest
from scratchnet.parity import compare


class Result(NamedTuple):
    """What became of one model.

    difference: the largest or, in a failure, the first that was too large, and the tensor that had it
    """

    ok: bool
    difference: float
    tensor: str
    verdict: str
    raised: str = ""  # by either library

    def __str__(self) -> str:
        return f"{'ok  ' if self.ok else 'FAIL'} {self.difference:8.1e}  {self.tensor:<40}"

    def as_json(self) -> dict[str, Any]:
        return self._asdict() | {"difference": self.difference if np.isfinite(self.difference) else None}


def compare_drawn(drawn: Drawn, *, dtype: str, kernels: str, steps: int | None) -> Result:
    """A random model in both libraries. What one of them raises is a failure, too."""
    try:
        pair = pairs.random(drawn, dtype=dtype, kernels=kernels)
        report = compare(pair.reference, pair.ours, pair.batches, steps or pair.steps, tolerance=pair.tolerance)
    except Exception as error:  # noqa: BLE001  # whatever it is, the model is to be told
        raised = f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[-1]}"
        return Result(ok=False, difference=np.inf, tensor="", verdict=f"FAIL: {raised}", raised=raised)
    lines = report.failures[:1] or sorted(report.tensors.values(), key=lambda line: -line.difference)
    return Result(report.ok, lines[0].difference, lines[0].name, report.verdict)


def results(seeds: Iterable[int], **options: Any) -> Iterator[tuple[int, Drawn, Result]]:
    """Of the models of these seeds;  options: of `compare_drawn`"""
    for seed in seeds:
        drawn = draw(seed)
        yield seed, drawn, compare_drawn(drawn, **options)


def smallest_failure(drawn: Drawn, result: Result, **options: Any) -> Drawn:
    """Of a model that fails the smallest that fails in the same way."""

    def fails(candidate: Drawn) -> bool:
        found = compare_drawn(candidate, **options)
        return not found.ok and found.raised == result.raised

    return smallest(drawn, fails)
