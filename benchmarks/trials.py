"""How a row's figures are come by: a contest of workers, or whole processes, from their start to their end."""

import json
import os
import re
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks import floor, networks, peers
from benchmarks.contest import Result, contest
from benchmarks.measures import MEASURES, Case, WrongResultError
from benchmarks.peers import ENTRIES, OWN
from benchmarks.worker import Worker, WorkerError

ROOT = Path(__file__).parents[1]
ALIKE = 1e-4  # of a test loss, relative


@dataclass(frozen=True)
class Bench:
    """Where and how all trials of one run are made.

    folder: for whatever a command writes;  networks: for trained networks, None for the same
    kernels: scratchnet's, None for its default
    quick: little of everything, on networks hardly trained, to try the command: its figures mean nothing
    """

    folder: Path
    say: Callable[[str], object]
    rounds: int = 7
    threads: int | None = None
    kernels: str | None = None
    quick: bool = False
    networks: Path | None = None
    number: Iterator[int] = field(default_factory=count)  # of the next folder

    def workers(self, names: Iterable[str], stack: ExitStack, *, avx2: bool = False) -> list[Worker]:
        """A process for each, which ends with the stack."""
        return [
            stack.enter_context(Worker(name, self.entry(name), self.threads, ENTRIES[name].avx2 if avx2 else None))
            for name in names
        ]

    def entry(self, name: str) -> peers.Entry:
        entry = ENTRIES[name]
        return replace(entry, options={"kernels": self.kernels}) if name == OWN and self.kernels else entry

    def trained(self, network: str) -> tuple[Path, Any]:
        return networks.trained(network, self.networks or self.folder, quick=self.quick, threads=self.threads)

    def little(self, case: Case) -> Case:
        """The case, or a small one of its kind where all is to be quick."""
        return replace(case, batch_size=min(case.batch_size, 16), steps=2, count=200) if self.quick else case

    def new_folder(self) -> Path:
        folder = self.folder / f"run-{next(self.number)}"
        folder.mkdir()
        return folder


class Trial(ABC):
    @abstractmethod
    def run(self, bench: Bench) -> Result:
        """Raises WrongResultError, WorkerError or ScratchnetError where scratchnet has no figure."""


@dataclass(frozen=True)
class Contest(Trial):
    """A measure by workers in turns.

    peers: scratchnet's; those not installed, and those that fail their check, are left out, and named
    avx2: hold all to that instruction set;  gemm: measure the dense floor too
    """

    measure: str
    case: Case = Case()  # noqa: RUF009  # frozen
    peers: tuple[str, ...] = ("keras-tensorflow",)
    avx2: bool = False
    gemm: bool = False

    def run(self, bench: Bench) -> Result:
        there, left_out = peers.installed(list(self.peers))
        if self.avx2:
            free = [name for name in there if ENTRIES[name].avx2 is None]
            left_out += [f"{name} is left out: nothing holds it to AVX2." for name in free]
            there = [name for name in there if name not in free]
        case = bench.little(self.case)
        measure = MEASURES[self.measure](case, bench.trained(case.network)[1])
        with ExitStack() as stack:
            workers = bench.workers([OWN, *there], stack, avx2=self.avx2)
            gemm = (lambda: floor.gemm_rate(bench.threads, floor.SIDE)) if self.gemm else None
            result = contest(measure, workers, rounds=bench.rounds, gemm=gemm, say=bench.say, spare=True)
        return replace(result, left_out=[*left_out, *result.left_out])


@dataclass(frozen=True)
class Commands(Trial):
    """A command of scratchnet's, and the peer's that does the same; in turns, after one of each that isn't counted.

    ours, theirs: arguments of Python;  {run} stands for a new folder, {model} for the file of a trained network
    quick: arguments that make both do little
    rounds: at most;  new_cache: scratchnet compiles its kernels anew each time, and nothing goes uncounted
    accuracy: that both must say they have reached;  alike: if both must say the same
    """

    title: str
    ours: str
    theirs: str = ""
    peer: str = "keras-tensorflow"
    quick: str = ""
    rounds: int = 1
    new_cache: bool = False
    accuracy: float = 0.0
    alike: bool = False

    def run(self, bench: Bench) -> Result:
        there, left_out = peers.installed([self.peer] if self.theirs else [])
        sides = {OWN: self.ours, **dict.fromkeys(there, self.theirs)}
        model, _ = bench.trained("dropout") if "{model}" in self.ours else (None, None)
        times: dict[str, list[float]] = {name: [] for name in sides}
        peak_mb = dict.fromkeys(sides, 0.0)
        rounds = min(self.rounds, bench.rounds)
        for i in range(rounds + (not self.new_cache)):
            said: dict[str, str] = {}
            for name, command in sides.items():
                extra = self.quick if bench.quick else ""
                folder = bench.new_folder()
                arguments = [part.format(run=folder / "run", model=model) for part in f"{command} {extra}".split()]
                if name == OWN and bench.kernels:
                    arguments += ["--kernels", bench.kernels]
                variables = {"NUMBA_CACHE_DIR": str(folder / "cache")} if self.new_cache else {}
                seconds, peak, said[name] = launch(arguments, variables)
                if self.new_cache or i:
                    times[name].append(seconds)
                    peak_mb[name] = max(peak_mb[name], peak)
            self._check(said, quick=bench.quick)
            bench.say(f"turn {i + 1}: {', '.join(f'{name} {each[-1]:.1f} s' for name, each in times.items() if each)}")
        return Result(self.title, "s", 1.0, times, peak_mb, left_out=left_out)

    def _check(self, said: dict[str, str], *, quick: bool) -> None:
        measured = {name: dict(re.findall(r"Test (loss|accuracy): (\S+)", text)) for name, text in said.items()}
        for name, of in measured.items():
            if self.accuracy and not quick and not float(of.get("accuracy", "nan")) >= self.accuracy:
                raise WrongResultError(f"{name} says “{of}”: an accuracy of {self.accuracy} or more is expected")
        if self.alike:
            losses = [float(of.get("loss", "nan")) for of in measured.values()]
            if not max(losses) - min(losses) <= ALIKE * min(losses):
                raise WrongResultError(f"The test losses are not alike: {measured}")


def launch(arguments: list[str], variables: Mapping[str, str]) -> tuple[float, float, str]:
    """Run Python with these arguments, in the checkout → seconds, the most memory that it held in MB, what it printed

    Raises WorkerError if it fails.
    """
    launcher = [sys.executable, "-I", "-S", str(Path(__file__).with_name("launch.py"))]
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [*launcher, sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    error, _, line = done.stderr.rstrip().rpartition("\n")
    told = json.loads(line)
    if told["status"]:
        raise WorkerError(f"python {' '.join(arguments)} ended with {told['status']}\n{error}")
    return told["seconds"], told["peak_mb"], done.stdout
