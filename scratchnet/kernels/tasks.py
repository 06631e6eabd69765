"""A kernel's tasks, on the cores there are."""

from collections.abc import Callable
from itertools import count
from queue import SimpleQueue
from threading import Thread
from typing import Any

import numba

GROUPS = 16  # tasks of a kernel: enough for as many cores, and few enough that their partial sums are added in no time

_jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
_workers: list[Thread] = []


def run(task: Callable[..., None], tasks: int, *arguments: Any) -> None:
    """task(t, *arguments) for every t < tasks, on as many threads as `use` was told: who is done takes the next one.

    `task` is compiled, so that it lets go of Python's lock; what it writes depends on t alone. Numba's own `prange` takes
    three times as long to compile: it optimises all that a loop's body calls four times over. A ThreadPoolExecutor's futures
    take 0.1 ms a call, a queue a quarter of it. Raises what a task raises, when all have come to rest.
    """
    others = min(numba.get_num_threads(), tasks) - 1
    while len(_workers) < others:
        _workers.append(Thread(target=_serve, daemon=True))
        _workers[-1].start()
    following, done = count().__next__, SimpleQueue[BaseException | None]()

    def work() -> None:
        try:
            while (t := following()) < tasks:
                task(t, *arguments)
        except BaseException as error:  # noqa: BLE001  # handed on below
            done.put(error)
        else:
            done.put(None)

    for _ in range(others):
        _jobs.put(work)
    work()
    for error in [done.get() for _ in range(others + 1)]:
        if error is not None:
            raise error


def _serve() -> None:
    while True:
        _jobs.get()()
