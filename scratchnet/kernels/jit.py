"""How Numba compiles and runs the kernels, said once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numba
from numba.core import event


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile `function`, its `prange` loops for all cores; IEEE arithmetic in the order that the text says.

    The result is kept for the next process. Where neither the package's folder nor the user's can be written, nothing
    is kept, and each process compiles anew.
    """
    return _njit(function, parallel=True)


def jit_inner(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for what a task calls: one core."""
    return _njit(function)


def _njit(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    options["error_model"] = "numpy"  # x / 0 is inf, as in NumPy, and loops stay free of branches
    try:
        return numba.njit(function, cache=True, **options)
    except RuntimeError:  # "no locator available": Numba found no folder that it may write
        return numba.njit(function, **options)


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
