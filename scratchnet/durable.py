"""Files that are either the old ones or the new ones, whatever happens while they are written."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Put the content in place of the file, if there is one, in a single step that outlives a loss of power.

    It goes to a new file in the same folder, then to the disk, and only then takes the name. If anything fails, the old
    file is as it was and the new one gone; if the process is killed, that one stays: `.<name>.<random>.tmp`.
    Raises OSError.
    """
    path = path.resolve()  # a link stays, and what it points to is replaced
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with new.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    # The new name, too, is to outlive a loss of power. Not every system can sync a folder; the file is in place anyway.
    with suppress(OSError, AttributeError):
        folder = os.open(path.parent, os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
