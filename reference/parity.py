"""scratchnet's numbers beside Keras's, tensor by tensor.

    python -m reference.parity no-dropout
    python -m reference.parity dropout --dtype float32 --kernels plain --steps 5 --json parity.json
    python -m reference.parity model.keras
    python -m reference.parity random:1017
    python -m reference.parity random --count 60 --seed 1000

How a comparison goes: scratchnet/parity/compare.py. How random models are drawn: reference/random_models.py.
"""

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import click

from reference import many, pairs
from reference.command import DTYPE, check_writable, mistakes_told
from scratchnet import kernels
from scratchnet.parity import compare


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("model")
@DTYPE
@click.option(
    "--kernels", "kernel_set", type=click.Choice(kernels.NAMES), help="Ours. [fused; plain for random models]"
)
@click.option("--steps", type=click.IntRange(min=1), help="Updates. [20; 3 for random models]")
@click.option(
    "--batch-size", type=click.IntRange(1, 60_000), default=32, help="Images an update; random models have their own."
)
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, help="Of weights and dropout, or of the first random model."
)
@click.option("--count", type=click.IntRange(min=1), default=60, help="How many random models.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the result there.")
def main(
    model: str,
    dtype: str,
    kernel_set: str | None,
    steps: int | None,
    batch_size: int,
    seed: int,
    count: int,
    json_file: Path | None,
) -> None:
    """Compare scratchnet with Keras, tensor by tensor, and exit with 0 if all is within tolerance, else with 1.

    MODEL is no-dropout, dropout, a .keras or .h5 file, random:SEED, or random for as many as --count says.
    """
    check_writable(json_file, "--json")
    with mistakes_told():
        if model == pairs.RANDOM:
            options = {"dtype": dtype, "kernels": kernel_set or "plain", "steps": steps}
            ok, found = _many(range(seed, seed + count), options)
        else:
            ok, found = _one(model, dtype, kernel_set or "fused", steps, batch_size, seed)
    if json_file:
        json_file.write_text(json.dumps({"model": model, "dtype": dtype} | found, indent=2) + "\n")
    sys.exit(0 if ok else 1)


def _one(
    model: str, dtype: str, kernel_set: str, steps: int | None, batch_size: int, seed: int
) -> tuple[bool, dict[str, Any]]:
    pair = pairs.made(model, dtype=dtype, kernels=kernel_set, seed=seed, batch_size=batch_size)
    steps = steps or pair.steps
    versions = f"{pair.ours.version}, {pair.reference.version}"
    click.echo(f"{pair.title}: {dtype}, {kernel_set} kernels, {steps} steps\n{versions}")
    report = compare(pair.reference, pair.ours, pair.batches, steps, tolerance=pair.tolerance)
    for line in report.text():
        click.echo(line)
    asked = {"kernels": kernel_set, "steps": steps, "batch_size": batch_size, "seed": seed, "versions": versions}
    return report.ok, asked | report.as_json()


def _many(seeds: range, options: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
    """A line each, then the failures at their smallest, then the verdict."""
    found, start = [], time.perf_counter()
    warnings.simplefilter("ignore")  # Keras has something to say of softmax over one number
    try:
        for seed, drawn, result in many.results(seeds, **options):
            found.append((seed, drawn, result))
            click.echo(f"{seed:>6}  {result} {drawn.kinds if result.ok else drawn}")
    finally:  # after Ctrl-C, too
        seconds = (time.perf_counter() - start) / max(1, len(found))
        failures = [(seed, drawn, result) for seed, drawn, result in found if not result.ok]
        worst = max((entry for entry in found if entry[2].ok), key=lambda entry: entry[2].difference, default=None)
        if worst:
            click.echo(
                f"\nworst that holds: {worst[2].difference:.1e}, {worst[2].tensor} of random:{worst[0]}: {worst[1]}"
            )
        click.echo(f"{len(found) - len(failures)} of {len(found)} random models hold, in {seconds:.2f} s each")
    smallest = {}
    for seed, drawn, result in failures:
        click.echo(f"\nrandom:{seed} {result.verdict}\nsmallest that fails: ", nl=False)
        smallest[seed] = str(many.smallest_failure(drawn, result, **options))
        click.echo(smallest[seed])
    models = [
        {"seed": seed, "model": str(drawn), **result.as_json(), "smallest": smallest.get(seed)}
        for seed, drawn, result in found
    ]
    return not failures, {"ok": not failures, **options, "models": models}


if __name__ == "__main__":
    main(prog_name="python -m reference.parity")
