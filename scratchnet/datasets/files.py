"""A data set of one's own: a folder of four IDX files, or an .npz."""

import re
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile

from scratchnet.datasets.arrays import Dataset, check_dataset
from scratchnet.datasets.idx import read_idx
from scratchnet.errors import DataError
from scratchnet.typing import Array

# An array's name in an .npz, and how the IDX file that holds it begins
NAMES = {"x_train": "train-images", "y_train": "train-labels", "x_test": "t10k-images", "y_test": "t10k-labels"}


def load(path: str | Path) -> Dataset:
    """(x_train, y_train), (x_test, y_test) from a folder of four IDX files or from an .npz.

    A folder holds train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each
    with or without .gz (where both are there, the one without is read). A dot may stand before idx; images with channels are
    idx4. An .npz holds x_train, y_train, x_test and y_test; it may hold more, but no pickled objects are read.

    Shapes and dtypes: see `check_dataset`. Pixels come as they were stored: `scale_images` prepares them.
    Raises DataError, which names the file or the array, if anything is missing, unreadable or doesn't fit together.
    """
    path = Path(path)
    return check_dataset(**(_read_folder(path) if path.is_dir() else _read_npz(path)))


def _read_folder(folder: Path) -> dict[str, Array]:
    present = sorted((file.name for file in folder.iterdir()), key=len)  # a name comes before the same with .gz
    files = {
        name: [f for f in present if re.fullmatch(rf"{stem}[-.]idx\d-\w+(\.gz)?", f)] for name, stem in NAMES.items()
    }
    if missing := [f"{NAMES[name]}-idx{3 if name[0] == 'x' else 1}-ubyte" for name in NAMES if not files[name]]:
        raise DataError(
            came=f"{folder}, a folder without {' and '.join(missing)}",
            expected="four IDX files under MNIST's names, each with or without .gz",
            do="Put the missing files there, or give the path of an .npz.",
        )
    for spellings in files.values():
        if len({spelling.removesuffix(".gz") for spelling in spellings}) > 1:
            raise DataError(
                came=f"{folder}, a folder with {' and '.join(spellings)}",
                expected="one of them",
                do="Keep the one you mean.",
            )
    return {name: read_idx(folder / spellings[0]) for name, spellings in files.items()}


def _read_npz(path: Path) -> dict[str, Array]:
    try:
        with path.open("rb") as file, NpzFile(file, allow_pickle=False) as archive:
            missing, held = [name for name in NAMES if name not in archive], list(archive)
            if not missing:
                return {name: np.asarray(archive[name]) for name in NAMES}
    except (OSError, EOFError, ValueError, MemoryError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            came=f"{path}, which can't be read ({error})",
            expected="a folder of four IDX files, or an .npz without pickled objects",
            do="Check the path, or write the file again with np.savez.",
        ) from error
    raise DataError(
        came=f"{path}, which has no {' and no '.join(missing)}, but {', '.join(held) or 'nothing'}",
        expected=f"the arrays {', '.join(NAMES)}",
        do="Write it with np.savez(path, x_train=…, y_train=…, x_test=…, y_test=…).",
    )
