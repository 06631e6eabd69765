"""HDF5: the one place that knows h5py, and where a file is hostile until shown otherwise.

The format can do more than a model needs: links out of the file, data that lies elsewhere, shapes that nothing backs. So
reading goes one path at a time, accepts plain numbers and strings that lie in the file itself, and allocates for arrays
no more than the file is long.
"""

import io
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, TypeAlias

import numpy as np

from scratchnet.errors import ModelFileError
from scratchnet.saving.refusal import quoted, refusal
from scratchnet.typing import Array

Attributes: TypeAlias = Mapping[str, str | bytes | list[bytes]]  # HDF5 notes str as UTF-8 and bytes as ASCII


def to_bytes(groups: Mapping[str, Attributes], arrays: Mapping[str, Array]) -> bytes:
    """A whole file, from the attributes of its groups and its arrays, each by path; the same content, the same bytes."""
    target = io.BytesIO()
    with _h5py().File(target, "w") as file:
        for path, attributes in groups.items():
            file.require_group(path).attrs.update(attributes)
        for path, array in arrays.items():
            file.create_dataset(path, data=array)
    return target.getvalue()


class Reader:
    """Gives what is asked for by path; a ModelFileError for what is missing, linked, kept elsewhere or not backed."""

    def __init__(self, file: Any, name: str, length: int) -> None:
        self._file, self._name, self._room = file, name, length

    @classmethod
    @contextmanager
    def open(cls, source: BinaryIO, name: str) -> Iterator["Reader"]:
        """Read from the source while the context lasts; `name` is what errors call it."""
        with _damage_refused(name):
            file = _h5py().File(source, "r")
        with file:
            yield cls(file, name, length=source.seek(0, io.SEEK_END))

    def names(self, path: str) -> list[str]:
        """What the group holds; nothing where there is no such group."""
        with _damage_refused(self._name):
            group = self._find(path)
            return [] if group is None else list(group.keys())

    def texts(self, path: str, attribute: str) -> list[str] | None:
        """The strings, or the one string, of a group's attribute; None where there is no such group or attribute."""
        with _damage_refused(self._name):
            group = self._find(path)
            if group is None or attribute not in group.attrs:
                return None
            kept = group.attrs.get_id(attribute)  # h5py, and so Keras, writes an empty list as one of numbers
            if kept.shape != (0,) and not _h5py().check_string_dtype(kept.dtype):
                raise refusal(self._name, f"{quoted(attribute)} of {quoted(path)} isn't text")
            values = np.asarray(group.attrs[attribute], dtype=object).ravel()
            return [value.decode() if isinstance(value, bytes) else str(value) for value in values]

    def array(self, path: str) -> Array:
        """The numbers of a dataset, all of them, in the dtype they have in the file."""
        with _damage_refused(self._name):
            dataset, h5d = self._find(path), _h5py().h5d
            if not isinstance(dataset, _h5py().Dataset):
                raise refusal(self._name, f"there is no array {quoted(path)}")
            # Before the shape: to ask a virtual dataset for that opens other files.
            kept = dataset.id.get_create_plist()
            if kept.get_layout() not in (h5d.CONTIGUOUS, h5d.COMPACT) or kept.get_external_count():
                raise refusal(self._name, f"the numbers of {quoted(path)} aren't in one piece inside the file")
            shape, dtype = dataset.shape, dataset.dtype
            if shape is None or dtype.kind not in "fiu":
                raise refusal(self._name, f"{quoted(path)} holds {dtype}", "floating-point or whole numbers")
            size = math.prod(shape) * dtype.itemsize
            if size != dataset.id.get_storage_size() or size > self._room:
                raise refusal(self._name, f"{quoted(path)} is to have the shape {shape}, but fewer numbers are there")
            self._room -= size
            return np.asarray(dataset[()])

    def _find(self, path: str) -> Any:
        """The group or dataset at a path of hard links; None where there is nothing."""
        place = self._file
        for part in filter(None, path.split("/")):
            if not isinstance(place, _h5py().Group) or not place.id.links.exists(part.encode()):
                return None
            if place.id.links.get_info(part.encode()).type != _h5py().h5l.TYPE_HARD:
                raise refusal(self._name, f"{quoted(path)} is a link", "everything in its place")
            place = place[part]
        return place


@contextmanager
def _damage_refused(name: str) -> Iterator[None]:
    try:
        yield
    except ModelFileError:
        raise
    except Exception as error:  # h5py has many ways to say it
        raise refusal(name, f"its HDF5 can't be read ({error})") from error


def _h5py() -> Any:
    import h5py  # a tenth of a second that `import scratchnet` needn't take

    return h5py
