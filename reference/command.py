"""What the commands share: options, and how mistakes are told."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from scratchnet.cli import INTERRUPTED
from scratchnet.errors import ScratchnetError

DTYPE = click.option(
    "--dtype", type=click.Choice(["float32", "float64"]), default="float64", show_default=True, help="Of all numbers."
)


def check_writable(path: Path | None, option: str) -> None:
    """A mistake told before anything starts: nothing is lost, should something else be wrong."""
    if path is not None:
        try:
            path.open("a").close()
        except OSError as error:
            raise click.BadParameter(f"{error}. Give a file that can be written.", param_hint=option) from error


@contextmanager
def mistakes_told() -> Iterator[None]:
    """In one sentence, with exit status 2; Ctrl-C ends quietly, with 130."""
    try:
        yield
    except ImportError as error:
        raise click.UsageError(f"{error}. The comparison needs Keras: pip install -e '.[test]'") from error
    except ScratchnetError as error:
        raise click.UsageError(str(error)) from error
    except KeyboardInterrupt:
        click.echo("\nStopped.", err=True)
        raise SystemExit(INTERRUPTED) from None
