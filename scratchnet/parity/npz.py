"""Arrays by name in NumPy's .npz, of which nothing is believed before it is checked."""

import io
import zipfile
from collections.abc import Mapping
from math import prod

import numpy as np
from numpy.lib import format as npy

from scratchnet.errors import DataError
from scratchnet.saving import zipped
from scratchnet.typing import Array


def to_bytes(arrays: Mapping[str, Array]) -> bytes:
    """A compressed .npz; the same arrays, the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            npy.write_array(member, np.asarray(array, order="C"), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy")  # whose date is 1980 unless told otherwise
            archive.writestr(entry, member.getvalue(), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def from_bytes(content: bytes, file: str) -> dict[str, Array]:
    """All the arrays, of booleans, integers and floats; `file` is what errors call it. Raises DataError."""
    allowed = zipped.most(len(content))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if any(member.compress_type not in zipped.METHODS for member in members):
                raise refusal(file, "is compressed in a way of its own")
            if sum(member.file_size for member in members) > allowed:
                raise refusal(file, f"would unpack to more than {allowed} bytes")
            return {member.filename.removesuffix(".npy"): _array(archive.read(member), file) for member in members}
    except zipped.UNREADABLE as error:
        raise refusal(file, f"is no .npz that can be read ({error})") from error


def refusal(file: str, came: str) -> DataError:
    """The error for a file."""
    return DataError(
        came=f"{file} {came}",
        expected="a recording, as python -m reference.dump writes it",
        do="It is damaged, cut short or something else: get it again, or record anew.",
    )


def _array(content: bytes, file: str) -> Array:
    """One .npy: what its header promises must be there, byte for byte, before an array is made of it."""
    source = io.BytesIO(content)
    try:
        version = npy.read_magic(source)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran_order, dtype = read(source)
    except ValueError as error:
        raise refusal(file, f"holds an array that can't be read ({error})") from error
    held = content[source.tell() :]
    if dtype.kind not in "biuf" or fortran_order or len(held) != prod(shape) * dtype.itemsize:
        raise refusal(file, f"holds {len(held)} bytes for an array of {dtype} and shape {shape}")
    return np.frombuffer(held, dtype).reshape(shape)
