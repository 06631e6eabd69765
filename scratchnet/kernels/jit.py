"""How Numba compiles and runs the kernels, said once."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numba
from numba.core import event

from scratchnet.kernels.cache import Cache

# A step has a dozen parallel regions of about a millisecond. GNU's OpenMP, which runs them on Linux, lets a thread that
# waits for the others spin for milliseconds. Where there are fewer free cores than threads, it spins until its time
# slice ends, while the one it waits for has no core. So it sleeps after 2,000 turns. docs/lanes.md has figures.
if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} & os.environ.keys():
    os.environ["GOMP_SPINCOUNT"] = "2000"


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile `function`, its `prange` loops for all cores; IEEE arithmetic in the order that the text says.

    The result is kept for the next process. Where neither the package's folder nor the user's can be written, nothing
    is kept, and each process compiles anew.
    """
    return _njit(function, parallel=True)


def jit_inner(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for one core: a task (see `tasks`), or what it calls."""
    return _njit(function)


def part(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same, and written out wherever it is called: for what is handed a tile (see `lanes`)."""
    return _njit(function, forceinline=True)


def _njit(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    options |= {"error_model": "numpy", "nogil": True}  # x / 0 is inf, as in NumPy, and no branch checks x
    compiled = numba.njit(function, **options)
    if not numba.config.DISABLE_JIT:  # type: ignore[attr-defined]  # from the environment
        with suppress(RuntimeError):  # "no locator available": Numba found no folder that it may write
            compiled._cache = Cache(function)  # noqa: SLF001  # where cache=True puts Numba's own
    return compiled


@contextmanager
def settings(threads: int | None, on_compile: Callable[[str], None] | None) -> Iterator[None]:
    """Within: so many threads (None: one a core), and a call for each kernel that isn't in the cache."""
    before = numba.get_num_threads()
    most = int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]  # from the environment
    numba.set_num_threads(min(threads or most, most))
    try:
        if on_compile is None:
            yield
        else:
            with event.install_listener("numba:compile", _CompileListener(on_compile)):
                yield
    finally:
        numba.set_num_threads(before)


class _CompileListener(event.Listener):
    def __init__(self, on_compile: Callable[[str], None]) -> None:
        self.on_compile = on_compile

    def on_start(self, event: Any) -> None:
        self.on_compile(event.data["dispatcher"].py_func.__name__.lstrip("_"))

    def on_end(self, event: Any) -> None:
        """Nothing to say: the next kernel follows, or the first batch."""
