"""The turns, and what comes of them."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table

from benchmarks.measures import Asked, Measure
from benchmarks.peers import OWN
from scratchnet import durable
from scratchnet.errors import ScratchnetError

PAUSE = 0.2  # seconds between turns: threads that spin while they wait for work have then gone to sleep


@dataclass(frozen=True)
class Result:
    """Times of each worker, scratchnet's first.

    times: in `unit`, by name, in the order of the rounds;  peak_mb: memory, by name
    factor: how many of the unit are a second;  flop: of the dense products in one time;  gemm_rate: in flop a second
    """

    title: str
    unit: str
    factor: float
    times: dict[str, list[float]]
    peak_mb: dict[str, float]
    flop: float
    gemm_rate: float

    @property
    def median(self) -> dict[str, float]:
        return {name: median(times) for name, times in self.times.items()}

    @property
    def ratio(self) -> dict[str, float]:
        """scratchnet's median over each peer's: below 1, scratchnet is faster."""
        return _over(self.median)

    @property
    def floor(self) -> float:
        """The time of the dense products, done as fast as this machine was seen to do any."""
        return self.flop / self.gemm_rate * self.factor

    def as_json(self) -> dict[str, Any]:
        return {
            "unit": self.unit,
            "median": self.median,
            "ratio": self.ratio,
            "floor": self.floor,
            "peak_mb": self.peak_mb,
        }

    def table(self) -> Table:
        """For people. The ratios are scratchnet's over the peer's."""
        table = Table(title=self.title, title_justify="left", title_style="bold", box=None, pad_edge=False)
        table.add_column()
        for heading in (f"median {self.unit}", "min – max", "ratio", "peak MB", "ratio"):
            table.add_column(heading, justify="right")
        memory_ratio = _over(self.peak_mb)
        for name, times in self.times.items():
            ratios = [f"{ratio[name]:.2f}" if name in ratio else "" for ratio in (self.ratio, memory_ratio)]
            spread = f"{min(times):.2f} – {max(times):.2f}"
            peak = f"{self.peak_mb[name]:.0f}"
            table.add_row(name, f"{self.median[name]:.2f}", spread, ratios[0], peak, ratios[1])
        table.add_row("dense floor", f"{self.floor:.2f}")
        return table


def contest(
    measure: Measure,
    workers: Sequence[Asked],
    *,
    rounds: int,
    gemm: Callable[[], float],
    say: Callable[[str], object],
    pause: float = PAUSE,
) -> Result:
    """Check every worker, then time them in turns, one at work at a time, so that a noisy moment meets all of them.

    gemm: one measurement of this machine's rate of dense products, a turn of every round too; the highest counts
    """
    for worker in workers:
        say(f"{worker.name} is right: {measure.check(worker)}")
    times: dict[str, list[float]] = {worker.name: [] for worker in workers}
    rates = []
    for i in range(rounds):
        for worker in workers:
            time.sleep(pause)
            times[worker.name].append(measure.once(worker))
        time.sleep(pause)
        rates.append(gemm())
        latest = ", ".join(f"{name} {each[-1]:.2f} {measure.unit}" for name, each in times.items())
        say(f"round {i + 1} of {rounds}: {latest}, GEMM {rates[-1] / 1e9:.0f} GFLOP/s")
    return Result(
        title=measure.title,
        unit=measure.unit,
        factor=measure.factor,
        times=times,
        peak_mb={worker.name: worker.ask("peak_mb") for worker in workers},
        flop=measure.flop,
        gemm_rate=max(rates),
    )


def _over(values: dict[str, float]) -> dict[str, float]:
    """scratchnet's value over each peer's."""
    return {name: values[OWN] / value for name, value in values.items() if name != OWN}


def read_json(path: Path) -> dict[str, Any]:
    """What earlier measurements wrote there; nothing, if the file isn't there yet.

    Raises ScratchnetError if nothing could be added to it: asked for before minutes are spent.
    """
    if not path.parent.is_dir() or path.is_dir():
        raise ScratchnetError(
            came=f"--json {path}", expected="a file in a folder that exists", do="Make the folder, or choose another."
        )
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_bytes())
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ScratchnetError(
            came=f"--json {path}, which holds something else",
            expected="a new file, or one that this command wrote",
            do="Choose another name.",
        )
    return content


def write_json(path: Path, key: str, value: dict[str, Any]) -> None:
    """Put the value under its key; what else the file holds stays."""
    durable.write(path, json.dumps(read_json(path) | {key: value}, indent=2).encode() + b"\n")
