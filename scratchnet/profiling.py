"""Where the time of a training step goes: measured part by part in real steps, beside the work that there was to do."""

import statistics
import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, TypeVar

import numpy as np
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from scratchnet import kernels
from scratchnet.fusion.explain import explain
from scratchnet.fusion.work import Work, backward_work, forward_work
from scratchnet.kernels.choice import Choice
from scratchnet.layers import Draw, Run, Step
from scratchnet.layers.base import Gradients
from scratchnet.optimizers import Optimizer
from scratchnet.training import Samples, Task, train_step
from scratchnet.typing import Array, DType

WARM = 3  # steps before the first that counts: the kernels are compiled, the memory is there
# Of the matrices whose product tells the peak: large enough for it, short enough that one of so many tries, half of them
# before the steps and half after, meets a moment in which nobody else wants the cores
SIDE, TRIES = 1536, 10

Part = tuple[str, str]  # a step's name and the way through it; or what belongs to none
GATHER, MASKS, LOSS, REST = ("the batch", "gather"), ("dropout", "masks"), ("loss", ""), ("the rest", "")


@dataclass(frozen=True)
class Row:
    """A part of a training step.

    seconds: the median;  work: of one batch, the last; None where there is nothing to count
    """

    name: str
    way: str
    seconds: float
    work: Work | None

    @property
    def skipped(self) -> float | None:
        """The share of the formula's multiplies that weren't made; below 0 where there were more, at the edges of tiles."""
        return 1 - self.work.done / self.work.dense if self.work and self.work.dense else None

    @property
    def rate(self) -> float | None:
        """Floating-point operations a second, of those that were made: a multiply and an add each."""
        return 2 * self.work.done / self.seconds if self.work and self.work.dense else None


@dataclass(frozen=True)
class Profile:
    """rows: bottom up, then what belongs to no layer;  whole: a step;  peak: a matrix product's operations a second"""

    rows: list[Row]
    whole: Row
    peak: float
    batch_size: int
    steps: int

    def table(self) -> Table:
        """For a terminal of 80 columns or more."""
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
        table.add_column("layer", overflow="fold")
        table.add_column("", no_wrap=True)
        for header in ("ms", "share", "GFLOP", "skipped", "GFLOP/s", "of peak", "MB"):
            table.add_column(header, justify="right", no_wrap=True)
        names = [row.name for row in self.rows]
        for row, before, after in zip(self.rows, ["", *names], [*names[1:], ""], strict=False):
            first, _, others = row.name.partition(", ")  # one beside the way forward, the others beside the way back
            name = first if row.name == after else row.name if row.name != before else others and f"+ {others}"
            table.add_row(name, row.way, *self._cells(row))
        table.add_row(self.whole.name, self.whole.way, *self._cells(self.whole), style="bold")
        return table

    def _cells(self, row: Row) -> list[str]:
        work, skipped, rate = row.work, row.skipped, row.rate
        return [
            f"{1e3 * row.seconds:.2f}",
            f"{row.seconds / self.whole.seconds:.0%}",
            f"{2e-9 * work.dense:.3f}" if work and work.dense else "",
            "" if skipped is None else f"{skipped:.1%}",
            "" if rate is None else f"{1e-9 * rate:.1f}",
            "" if rate is None else f"{rate / self.peak:.0%}",
            f"{1e-6 * work.nbytes:.1f}" if work else "",
        ]

    def as_json(self) -> dict[str, Any]:
        """The same as plain data, in seconds, operations and bytes."""
        rows = [
            {
                "name": row.name,
                "way": row.way,
                "seconds": row.seconds,
                "skipped": row.skipped,
                "flop_per_second": row.rate,
            }
            | ({"dense_flop": 2 * row.work.dense, "bytes": row.work.nbytes} if row.work else {})
            for row in [*self.rows, self.whole]
        ]
        return {"batch_size": self.batch_size, "steps": self.steps, "peak_flop_per_second": self.peak, "rows": rows}

    def __str__(self) -> str:
        console = Console(highlight=False, force_terminal=False, color_system=None)
        with console.capture() as text:
            console.print(self.table())
        return text.get()


def profile(task: Task, optimizer: Optimizer, data: Samples, *, seed: int, steps: int, threads: int | None) -> Profile:
    """Train the task's parameters for so many steps, each part timed, after some that only warm up.

    What is trained is changed: hand in copies. Work is counted in one more step, which isn't timed.
    """
    peak = gemm_rate(threads, SIDE, task.dtype, TRIES)
    clock, works = _Clock(), dict[Part, Work]()
    size, order = min(task.batch_size, len(data.x)), np.random.default_rng(seed).permutation(len(data.x))
    own, gather = _timed_optimizer(optimizer, task.params, clock), clock.timed(GATHER, data.take)

    def step(task: Task, number: int) -> None:
        places = np.take(order, np.arange(number * size, (number + 1) * size), mode="wrap")
        batch = gather(places, task.dtype)
        train_step(task, own, batch, Draw(seed, own.iterations, places))

    timed, timed_step = _timed_task(task, clock), clock.timed(REST, step)
    times = []
    for number in range(WARM + steps):
        clock.spent = {}
        timed_step(timed, number)
        times.append(clock.spent)
    step(_counted_task(task, works), WARM + steps)
    for name, w in task.params.items():
        slots = [array for key, array in optimizer.slots.items() if key.rpartition("/")[0] == name]
        works[_update(name)] = Work(nbytes=3 * w.nbytes + 2 * sum(slot.nbytes for slot in slots))
    rows = _rows(task, times[WARM:], works)
    total = statistics.median(sum(spent.values()) for spent in times[WARM:])
    whole = Row("a step", "", total, sum(works.values(), Work()))
    return Profile(rows, whole, max(peak, gemm_rate(threads, SIDE, task.dtype, TRIES)), size, steps)


def _rows(task: Task, times: list[dict[Part, float]], works: dict[Part, Work]) -> list[Row]:
    """Bottom up, forward before backward, then what belongs to no layer."""
    layers = {part: ", ".join(layers) for part, layers in _parts(task).items()}
    known = [*layers, GATHER, MASKS, LOSS, *map(_update, task.params), REST]
    return [
        Row(layers.get(part, part[0]), part[1], statistics.median(spent[part] for spent in times), works.get(part))
        for part in known
        if part in times[0]
    ]


def _update(name: str) -> Part:
    """Of the parameter "layer/variable"; beside the layer's name there is room for the variable's."""
    layer, _, variable = name.rpartition("/")
    return f"update {layer}", variable


def _parts(task: Task) -> dict[Part, tuple[str, ...]]:
    """Both ways through each step of the plan, and the layers that it stands for."""
    pairs = zip(task.plan.steps, explain(task.plan, task.kernels, task.dtype), strict=True)
    return {(step.name, way): explained.layers for step, explained in pairs for way in ("forward", "backward")}


# ---------- the same step, watched
T = TypeVar("T")


def _with(thing: T, **methods: Callable[..., Any]) -> T:
    """A copy, which shares all arrays, with these methods in place of its own"""
    twin = copy(thing)
    vars(twin).update(methods)
    return twin


class _Clock:
    """spent: seconds of each part, without the parts within it"""

    def __init__(self) -> None:
        self.spent: dict[Part, float] = {}
        self._within = [0.0]

    def timed(self, part: Part, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self._within.append(0.0)
            began = time.perf_counter()
            result = function(*arguments, **options)
            took = time.perf_counter() - began
            self.spent[part] = self.spent.get(part, 0.0) + took - self._within.pop()
            self._within[-1] += took
            return result

        return call


def _timed_task(task: Task, clock: _Clock) -> Task:
    steps = [
        _with(
            step,
            forward=clock.timed((step.name, "forward"), step.forward),
            backward=clock.timed((step.name, "backward"), step.backward),
        )
        for step in task.plan.steps
    ]
    plan = _with(
        replace(task.plan, steps=tuple(steps)),
        loss_gradient=clock.timed(LOSS, task.plan.loss_gradient),
        penalty=clock.timed(LOSS, task.plan.penalty),
    )
    kernels = ModuleType(task.kernels.__name__)
    vars(kernels).update(vars(task.kernels))
    vars(kernels)["dropout_keep"] = clock.timed(MASKS, task.kernels.dropout_keep)
    return _with(replace(task, plan=plan, kernels=kernels), measure=clock.timed(LOSS, task.measure))


def _timed_optimizer(optimizer: Optimizer, params: dict[str, Array], clock: _Clock) -> Optimizer:
    names = {id(w): name for name, w in params.items()}

    def update(w: Array, *others: Any) -> None:
        clock.timed(_update(names[id(w)]), optimizer.update)(w, *others)

    return _with(optimizer, update=update)


def _counted_task(task: Task, works: dict[Part, Work]) -> Task:
    explained = explain(task.plan, task.kernels, task.dtype)
    steps = [_counted(step, choices, works) for step, (*_, choices) in zip(task.plan.steps, explained, strict=True)]
    return replace(task, plan=replace(task.plan, steps=tuple(steps)))


def _counted(step: Step, choices: dict[str, Choice], works: dict[Part, Work]) -> Step:
    def forward(x: Array, run: Run) -> tuple[Array, Any]:
        y, cache = step.forward(x, run)
        works[step.name, "forward"] = forward_work(step, choices, x, y, cache)
        return y, cache

    def backward(dy: Array, cache: Any, run: Run, *, need_dx: bool = True) -> Gradients:
        dx, grads = step.backward(dy, cache, run, need_dx=need_dx)
        works[step.name, "backward"] = backward_work(step, choices, dy, cache, dx, grads)
        return dx, grads

    return _with(step, forward=forward, backward=backward)


# ---------- the peak
def gemm_rate(threads: int | None, side: int, dtype: DType | str = "float32", tries: int = 2) -> float:
    """Floating-point operations a second in a product of matrices by NumPy's BLAS, the best of the tries.

    threads: None for every core
    """
    a = np.full((side, side), 0.5, dtype)
    product = np.empty_like(a)
    seconds = []
    with threadpool_limits(threads or kernels.cores(), user_api="blas"):
        for _ in range(tries):
            began = time.perf_counter()
            np.matmul(a, a, out=product)
            seconds.append(time.perf_counter() - began)
    return 2.0 * side**3 / min(seconds)
