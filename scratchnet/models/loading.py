"""A model out of a file."""

from pathlib import Path
from typing import Any

from scratchnet import saving
from scratchnet.errors import ModelFileError
from scratchnet.models.sequential import Sequential


def load_model(path: str | Path, *, compile: bool = True, **options: Any) -> Sequential:  # noqa: A002
    """The model in a `.keras` or `.h5` file, whichever library wrote it, with its optimizer's state.

    compile: False leaves out how it was trained;  options: kernels, threads and seed of `Sequential`
    Raises ModelFileError for a file that holds no such model.
    """
    return Sequential.from_data(saving.load(path), compile=compile, **options)


def load_even_uncompiled(path: str | Path, **options: Any) -> Sequential:
    """The model in a file as `load_model` has it, but not compiled where it was with what this library doesn't have."""
    try:
        return load_model(path, **options)
    except ModelFileError:  # may be only the optimizer, of which Keras has more
        return load_model(path, compile=False, **options)
