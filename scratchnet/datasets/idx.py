"""The IDX format: a magic number, the sizes, the values, all big-endian."""

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from scratchnet.errors import DataError
from scratchnet.typing import Array

DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
CHUNK = 1 << 20


def read_idx(path: str | Path) -> Array:
    """The array that an IDX file holds, gzipped or not (its content tells, not its name), in native byte order.

    The file: two zero bytes, one byte for the dtype, one for the rank, a uint32 for each axis, the values in C order.
    The result is C-contiguous, writable and of the file's rank and dtype (uint8, int8, int16, int32, float32, float64).
    Memory is taken only as the file's own bytes come in, whatever size its header promises.

    Raises DataError if the file can't be read, isn't IDX, or holds fewer or more values than it promises.
    Source: "The IDX file format", on the MNIST page of Y. LeCun, C. Cortes and C. J. C. Burges.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            gzipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if not gzipped:
                return _read(file, path)
            with gzip.open(file) as unzipped:
                return _read(unzipped, path)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            came=f"{path}, which can't be read ({error})",
            expected="a readable IDX file, gzipped or not",
            do="Check the path, or fetch the file again: the download may have been cut short.",
        ) from error


def _read(file: BinaryIO | gzip.GzipFile, path: Path) -> Array:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in DTYPES:
        raise DataError(
            came=f"{path}, which begins with {magic.hex(' ') or 'nothing: it is empty'}",
            expected=f"an IDX file: 00 00, a dtype ({', '.join(f'{code:02x}' for code in DTYPES)}), the rank",
            do="Give the path of a file in IDX form, such as MNIST's train-images-idx3-ubyte.",
        )
    dtype, rank = np.dtype(DTYPES[magic[2]]), magic[3]
    sizes = file.read(4 * rank)
    if len(sizes) < 4 * rank:
        raise _wrong_length(path, f"ends after {len(sizes)} bytes of its sizes", f"4 bytes for each of {rank} axes")
    shape = struct.unpack(f">{rank}I", sizes)
    promised = math.prod(shape) * dtype.itemsize
    # One byte more than promised: it shows a file that is too long, and makes gzip compare its checksum.
    data = bytearray()
    while chunk := file.read(min(CHUNK, promised + 1 - len(data))):
        data += chunk
    if len(data) != promised:
        came = "more follow" if len(data) > promised else f"holds {len(data)} bytes of values"
        raise _wrong_length(path, came, f"{promised} bytes, as its sizes {shape} say")
    try:
        array = np.frombuffer(data, dtype).reshape(shape)
    except ValueError as error:  # NumPy stops at 64 axes, and at 2⁶³ bytes even where one size is 0
        raise DataError(
            came=f"{path}, of sizes {shape}", expected="sizes that NumPy can hold", do="Check how the file was written."
        ) from error
    return array.astype(dtype.newbyteorder("="), copy=False)


def _wrong_length(path: Path, came: str, expected: str) -> DataError:
    return DataError(
        came=f"{path}, which {came}", expected=expected, do="Fetch the file again, or check how it was written."
    )
