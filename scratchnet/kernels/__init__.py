"""The arithmetic on raw arrays, three times under the same names.

`plain` to read; `compiled`, layer by layer; `fused`, which has steps for several layers besides, and is the default.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib import import_module
from types import ModuleType

from threadpoolctl import ThreadpoolController

from scratchnet.errors import ScratchnetError
from scratchnet.kernels import memory

NAMES = ("plain", "compiled", "fused")


def load(name: str) -> ModuleType:
    """The kernels of that name, imported when first asked for (Numba takes a while)."""
    if name not in NAMES:
        raise ScratchnetError(
            came=f"kernels={name!r}", expected=" or ".join(map(repr, NAMES)), do="Choose one of these names."
        )
    if name == "fused" and os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
        name = "compiled"  # without the JIT there are no registers to write for, and `compiled` runs as Python
    return import_module(f"scratchnet.kernels.{name}")


def fuses(module: ModuleType) -> bool:
    """Whether these kernels have steps for several layers."""
    return module.__name__ == "scratchnet.kernels.fused"


@contextmanager
def use(
    name: str, *, threads: int | None = None, on_compile: Callable[[str], None] | None = None
) -> Iterator[ModuleType]:
    """The kernels of that name, at work: what a loop over batches is held in.

    threads: of compiled and fused kernels (None: one a core; more than there are cores serve nothing, and aren't started).
        A product of BLAS always has one, which makes its bits independent of their number.
    on_compile: called with a kernel's name when its compilation begins; once compiled, it is kept for later processes
    """
    if threads is not None and threads < 1:
        raise ScratchnetError(came=f"threads={threads}", expected="1 or more", do="Leave it out to use every core.")
    module = load(name)
    memory.keep_freed()
    with ExitStack() as stack:
        stack.enter_context(_blas(name).limit(limits=1, user_api="blas"))
        if name != "plain":
            stack.enter_context(import_module("scratchnet.kernels.jit").settings(threads, on_compile))
        yield module


@cache
def _blas(name: str) -> ThreadpoolController:  # noqa: ARG001
    """The libraries found once these kernels are loaded: to look for them takes longer than many a batch."""
    return ThreadpoolController()


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
