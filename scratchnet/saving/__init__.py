"""Keras's model files ↔ plain data, without Keras.

A format is a file here: archive.py for .keras, legacy.py for .h5. Both know how Keras lays out what it stores; neither
knows a layer or an optimizer, or makes one.
"""

from pathlib import Path

from scratchnet import durable
from scratchnet.errors import ScratchnetError
from scratchnet.saving import archive, legacy
from scratchnet.saving.data import Json, ModelData, Variables
from scratchnet.saving.refusal import quoted, refusal

__all__ = ["Json", "ModelData", "Variables", "load", "save"]

_LOADERS = {b"PK\x03\x04": archive.load, b"\x89HDF": legacy.load}  # by the first four bytes
_WRITERS = {".keras": archive.to_bytes, ".h5": legacy.to_bytes}


def load(path: str | Path) -> ModelData:
    """The model in a file, .keras or .h5, whatever its name ends in.

    Nothing that the file names is imported or run, nothing outside it is read, and no size in it is believed before it
    is checked. Raises ModelFileError if it can't be read, or holds anything but a Sequential model.
    """
    path, file = Path(path), quoted(str(path))
    if not path.is_file():
        what = (
            "it is a folder" if path.is_dir() else "it doesn't exist" if not path.exists() else "it is no regular file"
        )
        raise refusal(file, what, "a model file, .keras or .h5", "Give the path of one.")
    try:
        with path.open("rb") as source:
            loader = _LOADERS.get(source.read(4))
            if loader is not None:
                source.seek(0)
                return loader(source, file)
    except RecursionError as error:
        raise refusal(file, "its configuration is nested too deeply") from error
    except OSError as error:
        raise refusal(file, f"it can't be read ({error})", "a model file", "Check who may read it.") from error
    raise refusal(file, "it is neither a zip archive nor HDF5", "a model file, .keras or .h5")


def save(data: ModelData, path: str | Path) -> None:
    """Write a model so that Keras opens it: a .keras or an .h5, by the end of the name.

    A file in its place is replaced as a whole, at the very end: if anything fails, it is untouched. An .h5 has no place
    for the training record. Raises ScratchnetError for another name and where the file can't be written.
    """
    path = Path(path)
    writer = _WRITERS.get(path.suffix)
    if writer is None:
        raise ScratchnetError(
            came=f"the name {quoted(str(path))} for a model's file",
            expected="one that ends in .keras or .h5",
            do="Use .keras: it holds all that there is.",
        )
    content = writer(data)
    try:
        durable.write(path, content)
    except OSError as error:
        raise ScratchnetError(
            came=f"{quoted(str(path))} can't be written ({error})",
            expected="a folder that exists, may be written to and has room",
            do="Choose another, or make room; a file that was there is untouched.",
        ) from error
