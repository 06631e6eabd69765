"""Keras's side of a comparison into a file, which `scratchnet parity FILE` compares with later, without Keras.

    python -m reference.dump no-dropout --output no-dropout.npz --steps 2 --batch-size 2
    python -m reference.dump model.keras --whole --output model.npz

What is recorded is compared on the way.
"""

import sys
from pathlib import Path

import click

from reference import pairs
from reference.command import DTYPE, check_writable, mistakes_told
from scratchnet.parity import compare
from scratchnet.parity.recorder import Recorder

IMAGES = 10


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("model")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file, an .npz.")
@DTYPE
@click.option("--steps", type=click.IntRange(min=1), help="Updates. [20; of a random model 3; with --whole none]")
@click.option("--batch-size", type=click.IntRange(1, 60_000), default=4, help="Images an update.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, help="Of weights and dropout.")
@click.option("--whole", is_flag=True, help="Record test images, each alone out of training, with whole tensors.")
@click.option("--images", type=click.IntRange(1, 100), help="How many, with --whole. [10]")
@click.option("--data", metavar="PATH", help="Whose, with --whole: a folder of IDX files, or an .npz. [MNIST]")
def main(
    model: str,
    output: Path,
    dtype: str,
    steps: int | None,
    batch_size: int,
    seed: int,
    whole: bool,
    images: int | None,
    data: str | None,
) -> None:
    """Record what Keras computes of MODEL: every tensor of some steps of training, large ones as a digest.

    With --whole it is every tensor of some images, each alone, at the weights that the model has, none as a digest.

    MODEL is no-dropout, dropout, a .keras or .h5 file, or random:SEED. Exits with 1 if scratchnet computes something else;
    the file is written all the same.
    """
    if (images or data) and not whole:
        raise click.UsageError("--images and --data say which images are recorded whole. Give --whole, too.")
    check_writable(output, "--output")
    with mistakes_told():
        pair = pairs.made(model, dtype=dtype, kernels="fused", seed=seed, batch_size=batch_size)
        alone = pairs.alone(pair.ours.model, data, images or IMAGES) if whole else ()
        recorder = Recorder(pair.reference)
        steps = steps or (0 if whole else pair.steps)
        report = compare(recorder, pair.ours, pair.batches, steps, images=alone, tolerance=pair.tolerance)
        recorder.write(output, pair.ours.model, pair.spreads)
    recorded = f"{recorder.images} images alone" if whole else f"{len(report.losses)} steps"
    click.echo(f"{output}: {recorder.version}, {recorded}, {output.stat().st_size:,} bytes")
    click.echo(report.verdict)
    sys.exit(0 if report.ok else 1)


if __name__ == "__main__":
    main(prog_name="python -m reference.dump")
