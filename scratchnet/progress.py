"""How far training has come, on the terminal."""

import shutil
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.constrain import Constrain
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from scratchnet.callbacks import Callback, Logs

COMPILING = "Compiling the kernels: once on this machine, if the result can be kept."


class _Bar(Progress):
    def get_renderables(self) -> Iterable[RenderableType]:
        """The bar, and room for the ^C that a terminal shows: on a line of its own, it would keep the bar from going."""
        yield Constrain(self.make_tasks_table(self.tasks), shutil.get_terminal_size().columns - 3)


class ProgressBar(Callback):
    """One line an epoch, which stays; in a terminal also a live bar while the epoch runs, which doesn't.

    Held in a `with`, so that the bar is put away whatever ends the training.

    live: False leaves the bar out
    """

    def __init__(self, console: Console | None = None, *, live: bool = True) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self.bar = _Bar(
            TextColumn("Epoch {task.fields[epoch]}"),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TextColumn("{task.fields[says]}"),
            TimeRemainingColumn(compact=True),
            console=self.console,
            expand=True,
            transient=True,
            refresh_per_second=8,
            disable=not (live and self.console.is_terminal),
        )
        self.task = self.bar.add_task("", start=False, epoch="", says="")
        self.began = 0.0
        self.trained = 0.0  # seconds that the epoch took, without its validation
        self.compiled = False

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.bar.stop()

    def on_compile(self, kernel: str) -> None:
        if not self.compiled:
            self.console.print(COMPILING)
        self.compiled = True
        self.bar.update(self.task, says=f"compiling {kernel}")

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: ARG002
        self.began = time.perf_counter()
        numbers = f"{epoch + 1}/{self.params['epochs']}"
        self.bar.reset(self.task, total=self.params["steps"], epoch=numbers, says="")

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        seen = (batch + 1) / self.params["steps"] * self.params["samples"]
        speed = seen / (time.perf_counter() - self.began)
        self.bar.update(self.task, completed=batch + 1, says=f"{_numbers(logs)} {speed:,.0f} images/s")

    def on_test_begin(self, logs: Logs | None = None) -> None:  # noqa: ARG002
        self.trained = time.perf_counter() - self.began
        self.bar.update(self.task, says="validating")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        seconds = time.perf_counter() - self.began
        speed = self.params["samples"] / (self.trained or seconds)
        head = f"Epoch {epoch + 1}/{self.params['epochs']} - {seconds:.1f} s - {speed:,.0f} images/s"
        self.console.print(f"{head} - {_numbers(logs, ': ', ' - ')}")


def _numbers(logs: Logs | None, of: str = " ", between: str = " ") -> str:
    return between.join(f"{name}{of}{value:.4f}" for name, value in (logs or {}).items())
