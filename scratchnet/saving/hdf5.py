"""HDF5: what is written, by h5py, and what is believed of a file.

The format can do more than a model needs: links out of the file, data that lies elsewhere, shapes that nothing backs. So
reading goes one path at a time, accepts plain numbers and texts that lie in the file itself, and gives no more of them
than the file is long.
"""

import io
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np

from scratchnet.errors import ModelFileError
from scratchnet.saving.hdf5_bytes import FormatError
from scratchnet.saving.hdf5_objects import File, Object
from scratchnet.saving.hdf5_values import Values
from scratchnet.saving.refusal import quoted, refusal
from scratchnet.typing import Array

Attributes: TypeAlias = Mapping[str, str | bytes | list[bytes]]  # HDF5 notes str as UTF-8 and bytes as ASCII


def to_bytes(groups: Mapping[str, Attributes], arrays: Mapping[str, Array]) -> bytes:
    """A whole file, from the attributes of its groups and its arrays, each by path; the same content, the same bytes."""
    import h5py  # a tenth of a second that `import scratchnet`, and reading, needn't take

    target = io.BytesIO()
    with h5py.File(target, "w") as file:
        for path, attributes in groups.items():
            file.require_group(path).attrs.update(attributes)
        for path, array in arrays.items():
            file.create_dataset(path, data=array)
    return target.getvalue()


class Reader:
    """Gives what is asked for by path; a ModelFileError for what is missing, linked, kept elsewhere or not backed.

    content: a whole file;  name: what errors call it
    """

    def __init__(self, content: bytes, name: str) -> None:
        self._file, self._name, self._room = File(content), name, len(content)

    def names(self, path: str) -> list[str]:
        """What the group holds, sorted; nothing where there is no such group."""
        with self._damage_refused():
            place = self._find(path)
            return [] if place is None else sorted(place.entries or ())

    def texts(self, path: str, attribute: str) -> list[str] | None:
        """The strings, or the one string, of a group's attribute; None where there is no such group or attribute."""
        with self._damage_refused():
            place, what = self._find(path), f"{quoted(attribute)} of {quoted(path)}"
            values = None if place is None else place.attributes.get(attribute)
            if values is None:
                return None
            if values.shape == (0,):  # h5py, and so Keras, writes an empty list as one of numbers
                return []
            if not values.text or values.shape is None or values.start is None:
                raise refusal(self._name, f"{what} isn't text")
            self._check(what, values, padding=7)
            places = [(values.start + number * values.width, values.width) for number in range(values.count)]
            if values.text == "variable":
                places = [self._file.referred(at) for at, _ in places]
            self._spend(what, sum(length for _, length in places))
            return [self._file.take(at, length).rstrip(b"\0").decode() for at, length in places]

    def array(self, path: str) -> Array:
        """The numbers of a dataset, all of them, in the dtype they have in the file."""
        with self._damage_refused():
            place, what = self._find(path), quoted(path)
            values = None if place is None else place.array
            if values is None:
                raise refusal(self._name, f"there is no array {what}")
            if values.dtype is None or values.shape is None:
                raise refusal(self._name, f"{what} holds no numbers", "floating-point or whole numbers")
            if values.start is None:
                raise refusal(self._name, f"the numbers of {what} aren't in one piece inside the file")
            self._check(what, values)
            self._spend(what, values.size)
            numbers = self._file.take(values.start, values.size) if values.size else b""
            return np.frombuffer(numbers, values.dtype).reshape(values.shape).astype(values.dtype.newbyteorder("="))

    def _find(self, path: str) -> Object | None:
        """The group or array at a path; None where there is nothing."""
        place = self._file.root
        for part in filter(None, path.split("/")):
            if place.entries is None or part not in place.entries:
                return None
            found = place.entries[part]
            if found is None:
                raise refusal(self._name, f"{quoted(path)} is a link", "everything in its place")
            place = found
        return place

    def _check(self, what: str, values: Values, padding: int = 0) -> None:
        if not 0 <= values.size - values.count * values.width <= padding:
            raise refusal(self._name, f"{what} is to have the shape {values.shape}, but not as many values are there")

    def _spend(self, what: str, size: int) -> None:
        """However often they are asked for, there are no more values than the file has bytes."""
        self._room -= size
        if self._room < 0:
            raise refusal(self._name, f"{what} is used more often than it is there")

    @contextmanager
    def _damage_refused(self) -> Iterator[None]:
        try:
            yield
        except ModelFileError:
            raise
        except (FormatError, struct.error, OverflowError, ValueError) as error:
            raise refusal(self._name, f"its HDF5 can't be read ({error})") from error
