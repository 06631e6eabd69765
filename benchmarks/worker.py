"""A process for each peer, which lives through the whole run and does what it is asked, one thing at a time."""

import multiprocessing
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import Any, Self

from benchmarks import images
from benchmarks.peers import Entry
from benchmarks.peers.base import Peer, Trainer
from scratchnet.typing import Array


class Session:
    """A peer and its data: all that may be asked for. Seconds are of wall time, and of the peer's own call alone."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    def load(self, name: str, count: int) -> None:
        """Hold these images from now on."""
        self.x, self.y = images.load(name, count)

    def build(self, config: dict[str, Any], weights: Sequence[Array]) -> None:
        self.peer.build(config, weights)

    def fit(self, count: int, batch_size: int) -> float:
        """Train on the first `count` images → seconds"""
        assert isinstance(self.peer, Trainer)
        began = time.perf_counter()
        self.peer.fit(self.x[:count], self.y[:count], batch_size)
        return time.perf_counter() - began

    def predict(self, count: int, batch_size: int) -> tuple[float, Array]:
        """Predict the first `count` images → seconds, probabilities"""
        began = time.perf_counter()
        answers = self.peer.predict(self.x[:count], batch_size)
        return time.perf_counter() - began, answers

    def get_weights(self) -> list[Array]:
        assert isinstance(self.peer, Trainer)
        return self.peer.get_weights()

    def set_weights(self, weights: Sequence[Array]) -> None:
        assert isinstance(self.peer, Trainer)
        self.peer.set_weights(weights)

    def peak_mb(self) -> float:
        """The most memory that this process has held at any time, libraries included, in millions of bytes."""
        status = Path("/proc/self/status")
        if status.exists():  # Linux's ru_maxrss begins with what the parent held
            [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
            return int(line.split()[1]) * 1024 / 1e6
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes, on macOS

    def versions(self, packages: Sequence[str]) -> dict[str, str]:
        return {package: import_module(package).__version__ for package in packages}

    def about(self) -> str:
        """What else is to be known of the peer."""
        return self.peer.about


class WorkerError(Exception):
    """A worker that couldn't do what it was asked."""


class Worker:
    """The process of one peer, from outside. `ask` hands a question to its `Session` and waits for the answer."""

    def __init__(
        self, name: str, entry: Entry, threads: int | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        """environment: variables that only this process is to have"""
        self.name, self.entry = name, entry
        context = multiprocessing.get_context("spawn")
        self.connection, far_end = context.Pipe()
        self.log = NamedTemporaryFile()  # what its libraries print  # noqa: SIM115  # closed in __exit__
        self.process = context.Process(target=_serve, args=(far_end, self.log.name, entry, threads), daemon=True)
        with _environment(environment or {}):
            self.process.start()
        far_end.close()  # so that the end of the process is the end of the pipe

    def ask(self, question: str, *arguments: Any) -> Any:
        """What the `Session`'s method of this name returns.

        Raises WorkerError, with the worker's traceback, if it fails, or if the process is gone.
        """
        try:
            self.connection.send((question, arguments))
            good, answer = self.connection.recv()
        except (EOFError, OSError) as error:
            self.process.join(10)
            log = self.log.read().decode(errors="replace")
            raise WorkerError(
                f"The process of {self.name} ended with {self.process.exitcode}\n{log}".rstrip()
            ) from error
        if not good:
            raise WorkerError(f"{self.name} failed at {question}:\n{answer}")
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Whatever it is doing: nothing of it is needed any more."""
        self.process.kill()
        self.process.join()
        self.connection.close()
        self.log.close()


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """These variables for whatever starts within."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _serve(connection: Connection, log: str, entry: Entry, threads: int | None) -> None:
    """The life of a worker: it ends with the pipe, or at the first failure."""
    with Path(log).open("wb") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends its workers
    session = None
    try:
        while True:
            question, arguments = connection.recv()
            session = session or Session(entry.load(threads))  # now, when somebody hears if it can't be loaded
            connection.send((True, getattr(session, question)(*arguments)))
    except EOFError:
        return
    except Exception:  # noqa: BLE001  # whatever it is, the parent is to tell
        connection.send((False, traceback.format_exc()))
