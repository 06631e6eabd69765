"""scratchnet's numbers beside Keras's, tensor by tensor.

    python -m reference.parity no-dropout
    python -m reference.parity dropout --dtype float32 --kernels plain --steps 5 --json parity.json

Weights are carried over and back. Then both libraries go through the same batches of MNIST: in each step every activation,
the loss and every gradient are compared, and after it every weight and the optimizer's state. Nothing is carried over a
second time: what is compared in the last step has been trained apart since the first.
"""

import json
import sys
from collections.abc import Iterator
from functools import cache
from itertools import cycle, islice
from pathlib import Path

import click
import numpy as np

from reference.compare import EXACT, difference, tolerance
from reference.decisions import undecided
from reference.report import Line, Pair, Report
from reference.scratchnet_side import ScratchnetSide
from reference.sides import Side
from reference.terms import largest_terms
from scratchnet import kernels
from scratchnet.architectures import ARCHITECTURES
from scratchnet.datasets import mnist
from scratchnet.typing import Array

TRIES = 10  # batches for each step, should some be left out


def compare(reference: Side, ours: ScratchnetSide, batches: Iterator[tuple[Array, Array]], steps: int) -> Report:
    """Both sides through so many steps of batches (x, t), which they leave trained."""
    report = Report(steps)
    _compare_layers(report, reference, ours)
    if report.failures:
        return report  # no weights could be carried
    start = _carry(report, reference, ours)
    for x, t in islice(batches, TRIES * steps):
        if len(report.losses) == steps:
            break
        _compare_step(report, reference, ours, (x, t), start)
    return report


def _compare_layers(report: Report, reference: Side, ours: ScratchnetSide) -> None:
    layers, own = reference.layers(), ours.layers()
    for name in layers | own:
        (shape, count), (own_shape, own_count) = layers.get(name, ((), 0)), own.get(name, ((), 0))
        apart = abs(count - own_count) if shape == own_shape else np.inf
        report.layers.append(Pair(count, own_count, Line(name, shape, EXACT).add(0, apart)))


def _carry(report: Report, reference: Side, ours: ScratchnetSide) -> dict[str, Array]:
    """The reference's weights to ours and back, its own wiped out in between → those weights."""
    weights = reference.weights()
    ours.carry(weights)
    reference.carry({name: np.zeros_like(array) for name, array in weights.items()})
    reference.carry(ours.weights())
    back = reference.weights()
    for name, array in weights.items():
        same = array.dtype == back[name].dtype and array.tobytes() == back[name].tobytes()
        report.carried.append(Line(name, array.shape, EXACT).add(0, 0 if same else np.inf))
    return weights


def _compare_step(
    report: Report, reference: Side, ours: ScratchnetSide, data: tuple[Array, Array], start: dict[str, Array]
) -> None:
    """One batch: traced on both sides, then trained on, unless it must be left out."""
    batch, step, dtype = ours.batch(*data), len(report.losses) + 1, ours.model.dtype.name
    traced, came = reference.trace(batch), ours.trace(batch)

    @cache
    def terms() -> dict[str, float]:
        return largest_terms(ours.model.layers, batch, traced)

    def found(name: str) -> float:
        return difference(came.get(name), traced[name], terms=lambda: terms().get(name, 0.0))

    apart = {name: found(name) for name in traced}
    rounding = tolerance("y", dtype).difference
    forward = max(apart[name] for name in traced if name.endswith(("/y", "/z")))
    if forward <= rounding and undecided(ours.model.layers, batch.x, came, traced, rounding):
        report.left_out += 1
        return

    losses = reference.step(batch), ours.step(batch)
    state, own = reference.state(), ours.state()
    apart |= {name: difference(own.get(name), array, start=start.get(name)) for name, array in state.items()}
    for name, array in (traced | state).items():
        line = report.tensors.setdefault(name, Line(name, array.shape, tolerance(name, dtype)))
        line.add(step, apart[name])
    line = Line(f"loss of step {step}", (), tolerance("loss", dtype))
    report.losses.append(Pair(*losses, line.add(step, difference(*np.array(losses)[::-1]))))


def keras_side(model: str, *, dtype: str, seed: int) -> Side:
    """The notebook's model of that name, in Keras."""
    from reference import notebook  # noqa: PLC0415  # Keras and TensorFlow take seconds: only once there is work to do
    from reference.keras_side import KerasSide  # noqa: PLC0415

    side = KerasSide(notebook.MODELS[model][0], dtype=dtype, seed=seed)
    # Biases start at zero, where a forgotten one isn't missed. With others, the blank background is full of pooling
    # windows of equal, positive numbers, too.
    weights, rng = side.weights(), np.random.default_rng(seed)
    for name, array in weights.items():
        if name.endswith("/bias"):
            array[...] = rng.uniform(-0.1, 0.1, array.shape)
    side.carry(weights)
    return side


def scratchnet_side(model: str, names: list[str], *, dtype: str, kernel_set: str, seed: int) -> ScratchnetSide:
    """The architecture of that name, its layers called by these."""
    network = ARCHITECTURES[model](dtype=dtype, kernels=kernel_set, seed=seed)
    network.compile("adadelta", "categorical_crossentropy")
    return ScratchnetSide(network, names)


def mnist_batches(size: int) -> Iterator[tuple[Array, Array]]:
    """Training images, scaled, with one-hot labels, in batches of one size, in order, again and again."""
    (x, y), _ = mnist.load_data()
    for start in cycle(range(0, len(x) - size + 1, size)):
        images = x[start : start + size, ..., np.newaxis] / np.float32(255)
        yield images, np.eye(10)[y[start : start + size]]


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("model", type=click.Choice(list(ARCHITECTURES)))
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float64", help="Of all numbers.")
@click.option("--kernels", "kernel_set", type=click.Choice(kernels.NAMES), default="compiled", help="Ours.")
@click.option("--steps", type=click.IntRange(min=1), default=20, help="Updates.")
@click.option("--batch-size", type=click.IntRange(1, 60_000), default=32, help="Images an update.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, help="Of the weights and of what dropout drops.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the result there.")
def main(
    model: str, dtype: str, kernel_set: str, steps: int, batch_size: int, seed: int, json_file: Path | None
) -> None:
    """Compare scratchnet with Keras, tensor by tensor, and exit with 0 if all is within tolerance, else with 1."""
    if json_file:
        try:
            json_file.open("a").close()  # nothing is lost, should something else be wrong
        except OSError as error:
            raise click.BadParameter(f"{error}. Give a file that can be written.", param_hint="--json") from error
    try:
        reference = keras_side(model, dtype=dtype, seed=seed)
    except ImportError as error:
        raise click.UsageError(f"{error}. The comparison needs Keras: pip install -e '.[test]'") from error
    ours = scratchnet_side(model, list(reference.layers()), dtype=dtype, kernel_set=kernel_set, seed=seed)
    versions = f"{ours.version}, {reference.version}"
    click.echo(f"{model}: {dtype}, {kernel_set} kernels, {steps} steps of {batch_size} images, seed {seed}\n{versions}")
    report = compare(reference, ours, mnist_batches(batch_size), steps)
    for line in report.text():
        click.echo(line)
    if json_file:
        asked = {
            "model": model,
            "dtype": dtype,
            "kernels": kernel_set,
            "steps": steps,
            "batch_size": batch_size,
            "seed": seed,
        }
        json_file.write_text(json.dumps(asked | {"versions": versions} | report.as_json(), indent=2) + "\n")
    sys.exit(0 if report.ok else 1)


if __name__ == "__main__":
    main(prog_name="python -m reference.parity")
