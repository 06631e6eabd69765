"""What an array or an attribute of an HDF5 file holds."""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from scratchnet.saving.hdf5_bytes import Bytes

# IEEE 754, by its bytes: where the bits begin, how many; place and width of exponent, then of mantissa; bias
_FLOATS = {2: (0, 16, 10, 5, 0, 10, 15), 4: (0, 32, 23, 8, 0, 23, 127), 8: (0, 64, 52, 11, 0, 52, 1023)}


@dataclass(frozen=True)
class Values:
    """Of which kind, in which shape, and where.

    dtype: None for what is no kind of number
    text: "fixed", "variable" where a value refers to a text of any length, "" where it is none
    width: bytes of a value
    shape: None for no values at all
    start: None where they aren't in one piece in the file;  size: bytes of them all
    """

    dtype: np.dtype[Any] | None
    text: str
    width: int
    shape: tuple[int, ...] | None
    start: int | None
    size: int

    @classmethod
    def read(cls, file: Bytes, datatype: int, dataspace: int, start: int | None, size: int) -> Self:
        """From the two messages that describe them, by their places."""
        return cls(*_datatype(file, datatype), _shape(file, dataspace), start, size)

    @property
    def count(self) -> int:
        return 0 if self.shape is None else math.prod(self.shape)


def _shape(file: Bytes, at: int) -> tuple[int, ...] | None:
    """Section IV.A.2.b"""
    version, rank, _, kind = file.unpack("BBBB", at)
    if version == 2 and kind == 2:
        return None
    return file.unpack(f"{rank}Q", at + (8 if version == 1 else 4))


def _datatype(file: Bytes, at: int) -> tuple[np.dtype[Any] | None, str, int]:
    """dtype, text and width; neither dtype nor text for what a model doesn't need. Section IV.A.2.d"""
    kind, bits, width = file.unpack("BB2xI", at)
    order = ">" if bits & 1 else "<"
    match kind & 15:
        case 0 if width in (1, 2, 4, 8) and file.unpack("HH", at + 8) == (0, 8 * width):
            return np.dtype(f"{order}{'i' if bits & 8 else 'u'}{width}"), "", width
        case 1 if file.unpack("HHBBBBI", at + 8) == _FLOATS.get(width) and not bits & 64:
            return np.dtype(f"{order}f{width}"), "", width
        case 3:
            return None, "fixed", width
        case 9 if bits & 15 == 1 and width == 16:
            return None, "variable", width
    return None, "", width
