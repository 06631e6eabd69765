"""`scratchnet …` and `python -m scratchnet …`: a mistake of the user's is one message, not a traceback."""

import io
import os
import sys

import click

from scratchnet.cli import INTERRUPTED, commands
from scratchnet.errors import ScratchnetError


def main() -> None:
    """Run the command line. Exit status: 0; 2 after a mistake of the user's; 130 after Ctrl-C."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that can't show × is no reason to stop
    status = _run()
    if status == INTERRUPTED:
        # Python would end as if the signal had killed it, if that came while a library was at exec()
        sys.stdout.flush()
        os._exit(status)
    sys.exit(status)


def _run() -> int:
    try:
        return commands.main(prog_name="scratchnet", standalone_mode=False) or 0
    except click.Abort:
        click.echo("Stopped.", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
    except (ScratchnetError, OSError) as error:
        click.echo(f"Error: {error}", err=True)
    except MemoryError as error:
        came, do = f"More than fits into memory ({error})", "Give smaller images, or --limit or --batch-size."
        click.echo(f"Error: {ScratchnetError(came=came, expected='less', do=do)}", err=True)
    return 2


if __name__ == "__main__":
    main()
