"""The command line of the comparison."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from rich.console import Console

from benchmarks import floor, images, machine, networks, peers, verdicts
from benchmarks.contest import Result, contest, read_json, write_json
from benchmarks.measures import MEASURES, Case, WrongResultError
from benchmarks.rows import ROWS, TRIALS
from benchmarks.trials import Bench
from benchmarks.worker import WorkerError
from scratchnet import kernels
from scratchnet.errors import ScratchnetError


@contextmanager
def _one_message() -> Iterator[None]:
    """A failure ends in one message, and in status 2 where the user can mend it by another command, else 1."""
    try:
        yield
    except (ScratchnetError, WrongResultError, WorkerError) as failure:
        click.echo(f"Error: {failure}", err=True)
        raise SystemExit(2 if isinstance(failure, ScratchnetError) else 1) from None


def _options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Those of every command, and these."""

    def add(command: Any) -> Any:
        for option in reversed([*options, *EVERYWHERE]):
            command = option(command)
        return _one_message()(command)

    return add


FILE = click.Path(path_type=Path, dir_okay=False)
WORK = click.option(
    "--work", type=click.Path(path_type=Path, file_okay=False), help="Keep the trained networks here for a next run."
)
QUICK = click.option(
    "--quick", is_flag=True, help="Little of everything, to try the command: the figures mean nothing."
)
EVERYWHERE = (
    click.option("--rounds", type=click.IntRange(1), default=7, show_default=True, help="Turns of each."),
    click.option("--kernels", type=click.Choice(kernels.NAMES), help="scratchnet's; if not given, its default ones."),
    click.option("--json", "path", type=FILE, help="Add the figures to this file."),
    WORK,
    QUICK,
)
PEERS = click.option(
    "--peers", "names", help="With whom to compare, separated by commas; if not given, all that are installed."
)
THREADS = click.option("--threads", type=click.IntRange(1), help="For each; if not given, one a core.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Time scratchnet side by side with other libraries.

    Each has a process of its own; each must first give the right numbers; then they take turns.
    """


# ---------- one measure
def _measure_command(measure: str, help_text: str) -> None:
    @main.command(measure, help=help_text)
    @_options(
        PEERS,
        THREADS,
        click.option("--batch-size", type=click.IntRange(1), default=128, show_default=True, help="Images in a batch."),
        click.option(
            "--steps", type=click.IntRange(1), default=117, show_default=True, help="Batches in a timed epoch."
        ),
    )
    def command(names: str | None, batch_size: int, steps: int, path: Path | None, **options: Any) -> None:
        chosen, left_out = peers.choose(measure, _split(names))
        on_what = machine.describe()
        case = Case(images="train" if measure == "step" else "test", batch_size=batch_size, steps=steps)
        if measure == "step":
            images.check_count(case.images, batch_size * steps)
        with _bench(path, **options) as bench, ExitStack() as stack:
            case = bench.little(case)
            what = MEASURES[measure](case, bench.trained(case.network)[1])
            gemm = lambda: floor.gemm_rate(bench.threads, floor.SIDE)
            workers = bench.workers(chosen, stack)
            result = contest(what, workers, rounds=bench.rounds, gemm=gemm, say=bench.say)
        if path:
            write_json(path, measure, result.as_json())
        console = _console()
        console.print()
        console.print(result.table())
        console.print(
            "\nratio: scratchnet's over the peer's, of medians and of peaks"
            f"\ndense floor: {result.flop / 1e9:.1f} GFLOP at {result.gemm_rate / 1e9:.0f} GFLOP/s, "
            "the fastest float32 matrix product of this run"
        )
        _print_lines(console, on_what, result.versions, left_out)


_measure_command("step", "One training step, of an epoch by `fit`: the notebook's network with dropout, real MNIST.")
_measure_command("predict", "The answers to 10,000 images, by the notebook's network.")


# ---------- the table
@main.command()
@_options(click.option("--rows", "names", help=f"Only those of these trials: {', '.join(TRIALS)}."))
def table(names: str | None, path: Path | None, **options: Any) -> None:
    """Everything that is to be reached, row by row, with its bar: about an hour.

    A row that can't be measured says so, and why; the others are measured all the same.
    """
    chosen = _split(names) or list(TRIALS)
    if unknown := [name for name in chosen if name not in TRIALS]:
        raise ScratchnetError(
            came=f"--rows {', '.join(unknown)}", expected=f"of {', '.join(TRIALS)}", do="Choose some of these."
        )
    on_what, began = machine.describe(), datetime.now(UTC).isoformat(timespec="seconds")
    results: dict[str, Result] = {}
    notes: list[str] = []
    rows = [row for row in ROWS if row.trial in chosen]
    judged: list[verdicts.Verdict] = []
    with _bench(path, **options) as bench:
        for number, name in enumerate(chosen, 1):
            bench.say(f"\n{name}, {number} of {len(chosen)}")
            try:
                results[name] = TRIALS[name].run(bench)
                notes += [f"{name}: {sentence}" for sentence in results[name].left_out]
            except (WrongResultError, WorkerError, ScratchnetError) as failure:
                notes.append(f"{name} has no figure: {failure}")
                bench.say(notes[-1])
            judged = [verdicts.judge(row, results.get(row.trial)) for row in rows]
            if path:  # after each, as the next may take long
                about = {"machine": on_what, "began": began, "rounds": bench.rounds, "quick": bench.quick}
                about |= {"versions": _versions(results), "notes": notes}
                write_json(path, "table", about | verdicts.as_json(judged, results))
    console = _console()
    console.print()
    console.print(verdicts.table(judged))
    console.print(
        "\nours: medians, as theirs, unless “best” is said; of best: over the other's best time"
        + ("\nMade by --quick: the figures mean nothing" if bench.quick else "")
    )
    _print_lines(console, on_what, _versions(results), list(dict.fromkeys(notes)))
    if len(results) < len(chosen):
        raise SystemExit(1)


# ---------- over the size of a batch
@main.command()
@_options(
    PEERS,
    THREADS,
    click.option("--sizes", default="1,8,32,128,512", show_default=True, help="Images in a batch, by commas."),
    click.option("--plot", type=FILE, help="Draw the figures into this .png, .svg or .pdf."),
)
def batches(names: str | None, sizes: str, plot: Path | None, path: Path | None, **options: Any) -> None:
    """Training and predicting over the size of a batch, as figures and as a picture."""
    from benchmarks import plots  # noqa: PLC0415  # matplotlib takes a while

    numbers = [_batch_size(size) for size in _split(sizes) or ()]
    if plot and plot.suffix not in (".png", ".svg", ".pdf"):
        raise ScratchnetError(came=f"--plot {plot}", expected=".png, .svg or .pdf", do="Choose another name.")
    everyone, left_out = peers.choose("predict", _split(names))
    on_what = machine.describe()
    speeds: dict[str, dict[str, dict[int, float]]] = {measure: {} for measure in MEASURES}
    versions: dict[str, str] = {}
    with _bench(path, **options) as bench, ExitStack() as stack:
        workers = bench.workers(everyone, stack)
        for measure, kind in MEASURES.items():
            able = [worker for worker in workers if measure in worker.entry.measures]
            for size in numbers:
                steps, count = max(12, min(500, 15_000 // size)), min(10_000, 1_000 * size)
                case = Case(images="train" if measure == "step" else "test", batch_size=size, steps=steps, count=count)
                case = case if not bench.quick else Case(images=case.images, batch_size=size, steps=1, count=2 * size)
                what = kind(case, bench.trained(case.network)[1])
                bench.say(f"\n{what.title}")
                result = contest(what, able, rounds=bench.rounds, gemm=None, say=bench.say)
                seen = size if measure == "step" else case.count
                for name, time in result.median.items():
                    speeds[measure].setdefault(name, {})[size] = seen / time * what.factor
                versions |= result.versions
    if path:
        write_json(path, "batches", {"machine": on_what, "versions": versions, "images_per_second": speeds})
    if plot:
        plots.save(plots.over_batch_size(speeds), plot)
    console = _console()
    for measure, curves in speeds.items():
        console.print(f"\n{plots.TITLES[measure]}, images a second at {', '.join(map(str, numbers))} a batch")
        for name, curve in curves.items():
            console.print(f"{name:20}" + "".join(f"{speed:10,.0f}" for speed in curve.values()))
    console.print()
    _print_lines(console, on_what, versions, left_out)


# ---------- Winograd
@main.command()
@click.option("--images", "count", type=click.IntRange(1), default=1024, show_default=True, help="Of each network.")
@WORK
@QUICK
@_one_message()
def decisions(count: int, **options: Any) -> None:
    """What Winograd decides otherwise than direct sums, in trained networks, and how far its sums are off."""
    from benchmarks import decisions as of  # noqa: PLC0415  # Numba takes a while

    found = {}
    with _bench(None, rounds=1, kernels=None, **options) as bench:
        for name in ("dropout", "six convolutions"):
            _, model = bench.trained(name)
            found[name] = of.decisions(model, images.load(networks.NETWORKS[name].images, count)[0])
    _console().print(of.table(found))


# ---------- the explorer
@main.command()
@click.option("--count", type=click.IntRange(1), default=200, show_default=True, help="Movements, clicks and frames.")
@click.option("--json", "path", type=FILE, help="Add the figures to this file.")
@WORK
@QUICK
@_one_message()
def explorer(count: int, path: Path | None, **options: Any) -> None:
    """How long the explorer's page takes in a browser, from a stroke or a click until it is painted."""
    from benchmarks import explorer as of  # noqa: PLC0415  # Numba takes a while

    of.chromium()  # before a network is trained
    on_what = machine.describe()
    with _bench(path, rounds=1, kernels=None, **options) as bench:
        found = of.measure(bench.trained("dropout")[0], min(count, 10) if bench.quick else count, bench.say)
    if path:
        write_json(path, "explorer", {"machine": on_what} | found.as_json())
    console = _console()
    console.print()
    console.print(of.table(found))
    weights = {name: f"{found.weights[name] / 1000:,.0f} KB" for name in ("page", "values", "gradients")}
    console.print(
        f"\nthe page: {found.weights['files']} files, {weights['page']}; a trace: {weights['values']}, "
        f"with gradients {weights['gradients']}"
    )
    _print_lines(console, on_what, {}, [found.browser])


# ---------- shared
@contextmanager
def _bench(
    path: Path | None,
    *,
    rounds: int,
    kernels: str | None,
    work: Path | None,
    quick: bool,
    threads: int | None = None,
) -> Iterator[Bench]:
    """What runs within; trained networks go where they were asked to, all else goes away.

    Raises ScratchnetError for a file that couldn't be written: before time is spent.
    """
    if path:
        read_json(path)
    with TemporaryDirectory() as folder:
        if work:
            work.mkdir(parents=True, exist_ok=True)
        yield Bench(Path(folder), _say, rounds, threads, kernels, quick, networks=work)


def _split(names: str | None) -> list[str] | None:
    return [name.strip() for name in names.split(",")] if names is not None else None


def _batch_size(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise ScratchnetError(came=f"--sizes {text}", expected="whole numbers, 1 or more", do="Give others.")
    return int(text)


def _versions(results: dict[str, Result]) -> dict[str, str]:
    return {name: of for result in results.values() for name, of in result.versions.items()}


def _say(line: str) -> None:
    """How far it has come."""
    click.echo(line, err=True)


def _console() -> Console:
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:  # a file has room
        console.width = max(console.width, 100)
    return console


def _print_lines(console: Console, on_what: str, versions: dict[str, str], notes: list[str]) -> None:
    for line in [on_what, ", ".join(f"{name} {of}" for name, of in versions.items()), *notes]:
        console.print(line, markup=False)
