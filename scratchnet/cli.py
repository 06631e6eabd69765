"""The command line: it parses and delegates."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
from click.core import ParameterSource
from rich.console import Console

from scratchnet import __version__, datasets, durable, explorer, figures, kernels, onnx, parity, printed
from scratchnet.architectures import ARCHITECTURES
from scratchnet.errors import ScratchnetError
from scratchnet.losses import SparseCategoricalCrossentropy
from scratchnet.models import Sequential, load_even_uncompiled, load_model
from scratchnet.optimizers import Adadelta
from scratchnet.runs import Examples, Run, Settings, image_shape, load_test, score
from scratchnet.runs.settings import CHECKPOINTS
from scratchnet.utils import to_categorical

PROFILE_NOTE = """
ms: the median of {steps} steps;  GFLOP: what the formulas ask for
skipped: the share of that which wasn't made;  GFLOP/s: of what was made
of peak: of the {peak:.0f} GFLOP/s of a matrix product by BLAS in this run
MB: what must be read and written, wherever it is"""

INTERRUPTED = 130  # exit status: 128 and the signal's number, as a shell has it

FOLDER = click.Path(path_type=Path)
DATA = click.option(
    "--data", metavar="PATH", help="A folder of the four IDX files, or an .npz. Without it, the MNIST that comes along."
)
LIMIT = click.option("--limit", type=int, metavar="N", help="Only the first N training and the first N test images.")
THREADS = click.option("--threads", type=int, metavar="N", help="Of the compiled kernels. Without it, one a core.")
KERNELS = click.option(
    "--kernels",
    type=click.Choice(kernels.NAMES),
    default=Settings.kernels,
    show_default=True,
    help="The arithmetic: the plain text in NumPy, or the same compiled by Numba.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True})
@click.version_option(__version__, prog_name="scratchnet")
def commands() -> None:
    """A convolutional network written from scratch: train it, measure it, ask it."""


@commands.command()
@click.option("--model", type=click.Choice(tuple(ARCHITECTURES)), default=Settings.model, help="Which network.")
@click.option("--epochs", type=int, default=Settings.epochs, help="How often every image is seen.")
@click.option("--batch-size", type=int, default=Settings.batch_size, help="How many images an update sees.")
@click.option("--learning-rate", type=float, default=Settings.learning_rate, help="Adadelta's.")
@click.option("--seed", type=int, default=Settings.seed, help="The same seed gives the same weights, bit for bit.")
@DATA
@LIMIT
@THREADS
@KERNELS
@click.option(
    "--checkpoints",
    type=click.Choice(CHECKPOINTS),
    default=Settings.checkpoints,
    help="every: also keep the weights of each epoch, in the run's folder epochs.",
)
@click.option("--output", type=FOLDER, metavar="DIR", help="The run's folder. Without it, runs/MODEL-NUMBER.")
@click.option("--overwrite", is_flag=True, help="If the output holds a run, lose it.")
@click.option("--resume", type=FOLDER, metavar="DIR", help="Go on with the run in this folder; takes no other option.")
@click.pass_context
def train(
    context: click.Context, /, output: Path | None, overwrite: bool, resume: Path | None, **settings: Any
) -> None:
    """Train a network, measure it, and keep everything in a folder.

    A run that was stopped, however it was, goes on with --resume DIR and ends with the same bits.
    """
    if resume is None:
        run = Run(Settings(**settings), output, overwrite=overwrite)
    else:
        _refuse_options_beside_resume(context)
        run = Run.resume(resume)
    try:
        with run:
            _train(run)
    except KeyboardInterrupt:
        if run.folder.record() is None:
            raise
        command = f"scratchnet train --resume {shlex.quote(str(run.folder))}"
        click.echo(f"\nStopped. To go on: {command}", err=True)
        context.exit(INTERRUPTED)


def _refuse_options_beside_resume(context: click.Context) -> None:
    for option in context.command.params:
        given = context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
        if given and option.name != "resume":
            raise ScratchnetError(
                came=f"{option.opts[0]} beside --resume",
                expected="--resume alone: a run goes on with the settings it began with",
                do="Leave the other options out, or begin a new run without --resume.",
            )


def _train(run: Run) -> None:
    if run.finished:
        click.echo(f"The run in {run.folder} is finished: there is nothing to resume.")
        return
    settings, examples = run.settings, run.examples
    H, W, C = examples.image_shape
    begin = f"going on after epoch {run.progress.epochs}" if run.progress.epochs else "from the start"
    click.echo(
        f"{settings.data or 'MNIST'}: {len(examples.x_train):,} training and {len(examples.x_test):,} test images"
        f" of {H} × {W} × {C}, {examples.classes} classes\n"
        f"{settings.model}, {settings.epochs} epochs, {begin}; seed {settings.seed};"
        f" {_arithmetic(settings.kernels, settings.threads)}\n"
        f"Into {run.folder}\n"
    )
    run.model.summary()
    click.echo()
    result = run.train()
    click.echo()
    printed.measured(result.loss, result.accuracy)
    printed.confusion(result.confusion_matrix)
    printed.mistakes(result.mistakes, len(result.labels))
    click.echo(f"\nThe model, its history, metrics and figures are in {run.folder}")


def _arithmetic(name: str, threads: int | None) -> str:
    number = 1 if name == "plain" else min(threads or kernels.cores(), kernels.cores())
    return f"{name} kernels on {number} thread{'s' * (number > 1)}"


@commands.command()
@click.argument("model")
@DATA
@LIMIT
@THREADS
@KERNELS
def evaluate(model: str, data: str | None, limit: int | None, threads: int | None, kernels: str) -> None:
    """Measure MODEL on the test images.

    MODEL is a .keras or .h5 file. The loss is categorical cross-entropy, however the model was compiled.
    """
    Settings(limit=limit, threads=threads)  # refuses what can't be meant
    network = load_model(model, compile=False, kernels=kernels, threads=threads)
    network.compile(loss="categorical_crossentropy", metrics=["accuracy"])
    x, labels = load_test(data, limit)
    with printed.compilation_told(kernels):
        measured = score(network, x, labels)
    printed.measured(*measured)


@commands.command()
@click.argument("model")
@click.argument("image", nargs=-1, required=True)
def predict(model: str, image: tuple[str, ...]) -> None:
    """Ask MODEL what each IMAGE shows.

    MODEL is a .keras or .h5 file, an IMAGE a PNG or JPEG of any size.
    """
    network = load_model(model, compile=False)
    shape = image_shape(network)
    x = np.stack([datasets.read_image(path, shape, network.dtype) for path in image])
    with printed.compilation_told(network.kernels):
        answers = network.predict(x.reshape(-1, *(network.input_shape or shape)))
    for path, probabilities in zip(image, answers, strict=True):
        click.echo(f"{path}: {probabilities.argmax()}")
        printed.probabilities(probabilities)


@commands.command()
@click.argument("model")
@click.option("--plan", is_flag=True, help="Which kernel runs each layer, forward and backward, and why.")
@KERNELS
def summary(model: str, plan: bool, kernels: str) -> None:
    """Print the layers of MODEL, a .keras or .h5 file, or how they are run."""
    network = load_even_uncompiled(model, kernels=kernels)
    if plan:
        printed.plan(network.explain())
    else:
        network.summary()


@commands.command()
@click.argument("model")
@DATA
@LIMIT
@click.option("--batch-size", type=int, default=Settings.batch_size, help="How many images a step sees.")
@click.option("--steps", type=int, default=20, help="How many steps are timed; the table has medians.")
@THREADS
@KERNELS
@click.option("--json", "path", type=FOLDER, metavar="FILE", help="Write the figures into this file, too.")
def profile(
    model: str,
    data: str | None,
    limit: int | None,
    batch_size: int,
    steps: int,
    threads: int | None,
    kernels: str,
    path: Path | None,
) -> None:
    """Show where the time of a training step of MODEL goes.

    MODEL is a .keras or .h5 file, which stays as it is; if it was never compiled, it is trained as `train` does.
    """
    settings = Settings(data=data, limit=limit, batch_size=batch_size, threads=threads)  # refuses what can't be meant
    if path and not path.parent.is_dir():
        raise ScratchnetError(
            came=f"--json {path}", expected="a folder that is there", do="Make it, or choose another."
        )
    network = load_even_uncompiled(model, kernels=kernels, threads=threads)
    image_shape(network)  # refuses a model of something else
    if network.loss is None:
        network.compile(Adadelta(settings.learning_rate), "categorical_crossentropy")
    examples = Examples.load(data, limit)
    x, y = examples.x_train, examples.labels_train
    if network.input_shape == x.shape[1:3]:
        x = np.asarray(x)[..., 0]
    if not isinstance(network.loss, SparseCategoricalCrossentropy):
        y = to_categorical(y, network.output_shape[0])
    with printed.compilation_told(kernels):
        profiled = network.profile(x, y, batch_size, steps)
    if path:
        durable.write(path, json.dumps(profiled.as_json(), indent=2).encode())
    images, arithmetic = profiled.batch_size, _arithmetic(kernels, threads)
    click.echo(f"\nA training step of {network.name} on {images} images, {arithmetic}\n")
    Console(highlight=False).print(profiled.table())
    click.echo(PROFILE_NOTE.format(steps=steps, peak=1e-9 * profiled.peak))


@commands.command(name="figures")
@click.argument("model")
@click.option("--output", type=FOLDER, metavar="DIR", required=True, help="The folder for the figures.")
@DATA
@LIMIT
def figures_(model: str, output: Path, data: str | None, limit: int | None) -> None:
    """Draw what MODEL has learnt and how it answers the test images.

    MODEL is a .keras or .h5 file, or the folder of a run; its epochs are drawn, too, where train --checkpoints every kept
    them.
    """
    Settings(limit=limit)  # refuses what can't be meant
    with printed.compilation_told(Settings.kernels):
        files = figures.write(model, output, data, limit, print_fn=click.echo)
    click.echo(f"\n{len(files)} figures are in {output}")


@commands.command()
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option("--no-compile", is_flag=True, help="Leave out how the model was trained, and the optimizer's state.")
def convert(source: str, target: str, no_compile: bool) -> None:
    """Write the model in IN anew, as OUT.

    IN is a .keras or .h5 file, of Keras 3 or 2. OUT ends in .keras, .h5, .weights.h5 (without the model) or .onnx (without
    training; needs the extra onnx).
    """
    suffix = next((suffix for suffix in _WRITERS if target.endswith(suffix)), None)
    if suffix is None:
        raise ScratchnetError(
            came=f"OUT={target!r}", expected=f"a name that ends in {', '.join(_WRITERS)}", do="Choose another name."
        )
    network = load_model(source, compile=not no_compile)
    _WRITERS[suffix](network, target)
    click.echo(f"{source} → {target}: {network.count_params():,} parameters")


_WRITERS: dict[str, Callable[[Sequential, str], None]] = {  # the longer of two ends first
    ".keras": Sequential.save,
    ".weights.h5": Sequential.save_weights,
    ".h5": Sequential.save,
    ".onnx": onnx.export,
}


@commands.command(name="parity")
@click.argument("recording")
@KERNELS
@click.pass_context
def parity_(context: click.Context, recording: str, kernels: str) -> None:
    """Compare with the numbers of Keras in RECORDING, tensor by tensor.

    RECORDING is an .npz that `python -m reference.dump` wrote. The exit status is 0 if all is within tolerance, else 1.
    """
    with printed.compilation_told(kernels):
        report = parity.replay(recording, kernels=kernels)
    for line in report.text():
        click.echo(line)
    context.exit(0 if report.ok else 1)


@commands.command()
@click.argument("model")
@DATA
@LIMIT
@click.option(
    "--reference", metavar="FILE", help="What Keras makes of images, by `python -m reference.dump MODEL --whole`."
)
@click.option("--port", type=int, default=explorer.PORT, help="Of the page; 0 for any that is free.")
@click.option("--no-browser", is_flag=True, help="Only print the page's address.")
def explore(
    model: str, data: str | None, limit: int | None, reference: str | None, port: int, no_browser: bool
) -> None:
    """See inside MODEL: every layer's values and gradients, to the last multiplication.

    MODEL is a .keras or .h5 file, or a run's folder. Opens a page in the browser (extra `explorer`), which only this machine
    can reach; Ctrl-C ends it.
    """
    Settings(limit=limit)  # refuses what can't be meant

    def ready(url: str) -> None:
        click.echo(f"{model} is at {url} (Ctrl-C ends it)")

    explorer.serve(model, data=data, limit=limit, reference=reference, port=port, browser=not no_browser, ready=ready)
