"""The command line of the comparison."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
from rich.console import Console

from benchmarks import floor, machine, peers
from benchmarks.contest import Result, contest, read_json, write_json
from benchmarks.measures import Measure, Predict, Step, WrongResultError
from benchmarks.worker import Worker, WorkerError
from scratchnet.errors import ScratchnetError

MEASURES: dict[str, type[Measure]] = {measure.name: measure for measure in (Step, Predict)}


@contextmanager
def _one_message() -> Iterator[None]:
    """A failure ends in one message, and in status 2 where the user can mend it by another command, else 1."""
    try:
        yield
    except (ScratchnetError, WrongResultError, WorkerError) as failure:
        click.echo(f"Error: {failure}", err=True)
        raise SystemExit(2 if isinstance(failure, ScratchnetError) else 1) from None


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("measure", type=click.Choice(list(MEASURES)))
@click.option(
    "--peers", "names", help="With whom to compare, separated by commas; if not given, all that are installed."
)
@click.option("--json", "path", type=click.Path(path_type=Path), help="Add the figures to this file.")
@click.option("--rounds", type=click.IntRange(1), default=7, show_default=True, help="Turns of each.")
@click.option("--batch-size", type=click.IntRange(1), default=128, show_default=True, help="Images in a batch.")
@click.option("--steps", type=click.IntRange(1), default=117, show_default=True, help="Batches in a timed epoch.")
@click.option("--threads", type=click.IntRange(1), help="For each; if not given, one a core.")
@_one_message()
def main(
    measure: str, names: str | None, path: Path | None, rounds: int, batch_size: int, steps: int, threads: int | None
) -> None:
    """Time scratchnet side by side with other libraries, on the notebook's network with dropout and real MNIST.

    step: one training step, of an epoch by `fit`. predict: the answers to 10,000 images.

    Each library has a process of its own; each must first give the right numbers; then they take turns.
    """
    asked = [name.strip() for name in names.split(",")] if names is not None else None
    chosen, left_out = peers.choose(measure, asked)
    if path:
        read_json(path)
    on_what = machine.describe()
    _say("Training a network for all to start from")
    what = MEASURES[measure](batch_size, steps, threads)
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(name, peers.ENTRIES[name], threads)) for name in chosen]
        result = contest(what, workers, rounds=rounds, gemm=lambda: floor.gemm_rate(threads, floor.SIDE), say=_say)
        versions = [worker.ask("versions", worker.entry.packages) for worker in workers]
    if path:
        write_json(path, measure, result.as_json())
    _show(result, [on_what, ", ".join(f"{name} {of}" for each in versions for name, of in each.items()), *left_out])


def _say(line: str) -> None:
    """How far it has come."""
    click.echo(line, err=True)


def _show(result: Result, lines: list[str]) -> None:
    console = Console(highlight=False, soft_wrap=True, markup=False)
    console.print()
    console.print(result.table())
    console.print(
        "\nratio: scratchnet's over the peer's, of medians and of peaks"
        f"\ndense floor: {result.flop / 1e9:.1f} GFLOP at {result.gemm_rate / 1e9:.0f} GFLOP/s, "
        "the fastest float32 matrix product of this run"
    )
    for line in lines:
        console.print(line)
