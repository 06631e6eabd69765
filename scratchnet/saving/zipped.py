"""What is believed of a zip archive, whatever it holds."""

import zipfile
import zlib

# What zipfile raises for an archive that is damaged, encrypted or of a kind of its own
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# Numbers can hardly be compressed: an honest archive of them unpacks to little more than it is.
_LARGEST_EXPANSION, _ALWAYS_ALLOWED = 20, 2**26


def most(length: int) -> int:
    """The bytes to which an archive of that length may unpack."""
    return max(_ALWAYS_ALLOWED, _LARGEST_EXPANSION * length)
