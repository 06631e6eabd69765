"""Keras's model files ↔ plain data, without Keras.

A format is a file here: archive.py for .keras, legacy.py for .h5, weights.py for .weights.h5. They know how Keras lays out
what it stores; none knows a layer or an optimizer, or makes one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from scratchnet import durable
from scratchnet.errors import ModelFileError, ScratchnetError
from scratchnet.saving import archive, legacy, weights
from scratchnet.saving.data import Json, ModelData, Variables
from scratchnet.saving.hdf5 import Reader
from scratchnet.saving.refusal import quoted, refusal

__all__ = ["Json", "ModelData", "Variables", "load", "load_weights", "save", "save_weights", "write"]

_ZIP, _HDF5 = b"PK\x03\x04", b"\x89HDF"
_WRITERS = {".keras": archive.to_bytes, ".h5": legacy.to_bytes}


def load(path: str | Path) -> ModelData:
    """The model in a file, .keras or .h5, whatever its name ends in.

    Nothing that the file names is imported or run, nothing outside it is read, and no size in it is believed before it
    is checked. Raises ModelFileError if it can't be read, or holds anything but a Sequential model.
    """
    with _opened(path) as (source, file, kind):
        return (archive.load if kind == _ZIP else legacy.load)(source, file)


def load_weights(path: str | Path, model: ModelData) -> ModelData:
    """The model with the weights in a file: a .weights.h5, .keras or .h5, the last one whole or weights alone.

    Layers go by their order, as in Keras, not by name. The optimizer's state is taken over where the file has one that
    fits, and is None otherwise. Raises ModelFileError if the file can't be read, or has weights of other shapes.
    """
    state: Variables | None = None
    with _opened(path) as (source, file, kind):
        if kind == _ZIP:
            layers, state = archive.load_weights(source, model.config, file)
        else:
            reader = Reader(source.read(), file)
            rows = legacy.load_weights(reader)
            if rows is None:
                layers, state = weights.load(reader, model.config, file)
            else:
                names = [name for name, variables in model.weights.items() if variables]
                if len(rows) != len(names):
                    raise refusal(file, f"it has weights for {len(rows)} layers", f"for {len(names)}, as the model")
                layers = dict(zip(names, rows, strict=True))
    found = replace(model, weights=layers, optimizer=state)
    try:
        return found.named(model.weights, model.optimizer)
    except ModelFileError:
        return found.named(model.weights)


@contextmanager
def _opened(path: str | Path) -> Iterator[tuple[BinaryIO, str, bytes]]:
    """The file, what errors call it, and its first four bytes, which are those of a zip archive or of HDF5."""
    path, file = Path(path), quoted(str(path))
    if not path.is_file():
        what = (
            "it is a folder" if path.is_dir() else "it doesn't exist" if not path.exists() else "it is no regular file"
        )
        raise refusal(file, what, "a model file, .keras or .h5", "Give the path of one.")
    try:
        with path.open("rb") as source:
            kind = source.read(4)
            source.seek(0)
            if kind not in (_ZIP, _HDF5):
                raise refusal(file, "it is neither a zip archive nor HDF5", "a model file, .keras or .h5")
            yield source, file, kind
    except RecursionError as error:
        raise refusal(file, "its configuration is nested too deeply") from error
    except OSError as error:
        raise refusal(file, f"it can't be read ({error})", "a model file", "Check who may read it.") from error


def save(data: ModelData, path: str | Path) -> None:
    """Write a model so that Keras opens it: a .keras or an .h5, by the end of the name.

    A file in its place is replaced as a whole, at the very end: if anything fails, it is untouched. An .h5 has no place
    for the training record. Raises ScratchnetError for another name and where the file can't be written.
    """
    path = Path(path)
    writer = _WRITERS.get(path.suffix)
    if writer is None or path.name.endswith(".weights.h5"):
        raise ScratchnetError(
            came=f"the name {quoted(str(path))} for a model's file",
            expected="one that ends in .keras or .h5, and not in .weights.h5, the end of a file of weights alone",
            do="Use .keras: it holds all that there is.",
        )
    write(path, writer(data))


def save_weights(data: ModelData, path: str | Path) -> None:
    """Write a model's variables, and its optimizer's, without the model, so that Keras opens it: a .weights.h5.

    Else as `save`.
    """
    path = Path(path)
    if not path.name.endswith(".weights.h5"):
        raise ScratchnetError(
            came=f"the name {quoted(str(path))} for a file of weights",
            expected="one that ends in .weights.h5",
            do="Keras goes by it when it reads the file.",
        )
    write(path, weights.to_bytes(data))


def write(path: Path, content: bytes) -> None:
    """Put the content in place of what the file held, as a whole. Raises ScratchnetError where it can't be written."""
    try:
        durable.write(path, content)
    except OSError as error:
        raise ScratchnetError(
            came=f"{quoted(str(path))} can't be written ({error})",
            expected="a folder that exists, may be written to and has room",
            do="Choose another, or make room; a file that was there is untouched.",
        ) from error
