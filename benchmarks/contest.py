"""The turns, and what comes of them."""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table

from benchmarks.measures import Asked, Measure, WrongResultError
from benchmarks.peers import ENTRIES, OWN
from benchmarks.worker import WorkerError
from scratchnet import durable
from scratchnet.errors import ScratchnetError

PAUSE = 0.2  # seconds between turns: threads that spin while they wait for work have then gone to sleep


@dataclass(frozen=True)
class Result:
    """Times of each worker, scratchnet's first.

    times: in `unit`, by name, in the order of the rounds;  peak_mb: memory, by name
    factor: how many of the unit are a second;  flop: of the dense products in one time;  gemm_rate: in flop a second
    versions: of each worker's packages;  left_out: a sentence for each peer that isn't there, and why
    """

    title: str
    unit: str
    factor: float
    times: dict[str, list[float]]
    peak_mb: dict[str, float]
    flop: float = math.nan
    gemm_rate: float = math.nan
    versions: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    @property
    def median(self) -> dict[str, float]:
        return {name: median(times) for name, times in self.times.items()}

    @property
    def best(self) -> dict[str, float]:
        return {name: min(times) for name, times in self.times.items()}

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
            "best": self.best,
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
    gemm: Callable[[], float] | None,
    say: Callable[[str], object],
    pause: float = PAUSE,
    spare: bool = False,
) -> Result:
    """Check every worker, then time them in turns, one at work at a time, so that a noisy moment meets all of them.

    gemm: one measurement of this machine's rate of dense products, a turn of every round too; the highest counts
    spare: go on without a peer that fails its check, which is said; scratchnet must pass
    """
    right, left_out = [], []
    for worker in workers:
        try:
            say(f"{worker.name} is right: {measure.check(worker)}")
            right.append(worker)
        except (WrongResultError, WorkerError) as failure:
            if not spare or worker.name == OWN:
                raise
            left_out.append(f"{worker.name} is left out: {failure}")
            say(left_out[-1])
    workers = right
    times: dict[str, list[float]] = {worker.name: [] for worker in workers}
    rates = []
    for i in range(rounds):
        for worker in workers:
            time.sleep(pause)
            times[worker.name].append(measure.once(worker))
        if gemm:
            time.sleep(pause)
            rates.append(gemm())
        latest = [f"{name} {each[-1]:.2f} {measure.unit}" for name, each in times.items()]
        latest += [f"GEMM {rates[-1] / 1e9:.0f} GFLOP/s"] if gemm else []
        say(f"round {i + 1} of {rounds}: {', '.join(latest)}")
    return Result(
        title=measure.title,
        unit=measure.unit,
        factor=measure.factor,
        times=times,
        peak_mb={worker.name: worker.ask("peak_mb") for worker in workers},
        flop=measure.flop,
        gemm_rate=max(rates, default=math.nan),
        versions={name: of for worker in workers for name, of in _versions(worker).items()},
        left_out=left_out,
    )


def _versions(worker: Asked) -> dict[str, str]:
    """Of its packages, and what else there is to know of it."""
    versions: dict[str, str] = worker.ask("versions", ENTRIES[worker.name].packages)
    about: str = worker.ask("about")
    return versions | ({worker.name: about} if about else {})


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
