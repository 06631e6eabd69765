"""HDF5 read from its bytes, in the form that h5py writes: the oldest one, which every HDF5 library knows.

    object     messages: what makes it a group or an array, and its attributes
    group      a tree of nodes of entries: where in a heap the name is, and where the object of that name is
    values     a datatype, a dataspace (their shape) and the place of their bytes; texts of any length lie in a heap

A file can make the HDF5 library loop, crash and fill the memory. Here all that is followed is counted, and lies inside
the file. Source: The HDF Group, “HDF5 File Format Specification Version 3.0”; its sections are named below.
"""

import math
import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

_DATASPACE, _LINKS, _DATATYPE, _EXTERNAL, _LAYOUT, _ATTRIBUTE, _CONTINUATION, _GROUP = 1, 2, 3, 7, 8, 12, 16, 17
_NOWHERE = 2**64 - 1
_LONGEST_NAME = 2**10
_MOST_THINGS = 2**18  # messages, nodes, entries and texts; Keras writes about ten for a variable

# IEEE 754, by its bytes: where the bits begin, how many; place and width of exponent, then of mantissa; bias
_FLOATS = {2: (0, 16, 10, 5, 0, 10, 15), 4: (0, 32, 23, 8, 0, 23, 127), 8: (0, 64, 52, 11, 0, 52, 1023)}


class FormatError(Exception):
    """Bytes that can't be, or that h5py writes only when told to."""


@dataclass(frozen=True)
class Values:
    """What an array or an attribute holds: of which dtype (no kind of number: None), in which shape, and where.

    text: "fixed", "variable" where a value refers to a text of any length, "" where it is none;  width: bytes of a value
    shape: None for no values at all;  start: None where they aren't in one piece in the file;  size: bytes of them all
    """

    dtype: np.dtype[Any] | None
    text: str
    width: int
    shape: tuple[int, ...] | None
    start: int | None
    size: int

    @property
    def count(self) -> int:
        return 0 if self.shape is None else math.prod(self.shape)


@dataclass(eq=False)
class File:
    """The whole of a file. `take`, `unpack` and `text` alone look at it."""

    content: bytes
    _objects: dict[int, "Object"] = field(default_factory=dict, init=False)
    _heaps: dict[int, dict[int, int]] = field(default_factory=dict, init=False)
    _met: int = field(default=0, init=False)

    def check(self, at: int, length: int) -> None:
        if at + length > len(self.content):
            raise FormatError(f"{length} bytes at {at} lie outside of it")

    def take(self, at: int, length: int) -> bytes:
        self.check(at, length)
        return self.content[at : at + length]

    def unpack(self, form: str, at: int) -> tuple[Any, ...]:
        return struct.unpack("<" + form, self.take(at, struct.calcsize("<" + form)))

    def text(self, at: int, longest: int) -> str:
        """The text that starts there and ends before a zero."""
        end = self.content.find(b"\0", at, at + longest + 1)
        if end < 0:
            raise FormatError(f"there is no text of at most {longest} bytes at {at}")
        return self.content[at:end].decode()

    def meet(self) -> None:
        """Count one thing more, so that what goes round in a circle, or is too much, comes to an end."""
        self._met += 1
        if self._met > _MOST_THINGS:
            raise FormatError(f"it goes round in a circle, or has more than {_MOST_THINGS} things in it")

    @property
    def root(self) -> "Object":
        """The group that holds everything. Section II.A"""
        signature, version, sizes, base, end, root = self.unpack("8sB4x2s9xQ8xQ16xQ", 0)
        if (signature, version, sizes, base) != (b"\x89HDF\r\n\x1a\n", 0, b"\x08\x08", 0):
            raise FormatError("it isn't of the form that h5py writes by default")
        if end > len(self.content):
            raise FormatError(f"only {len(self.content)} of its {end} bytes are there")
        return self.object(root)

    def object(self, at: int) -> "Object":
        return self._objects.setdefault(at, Object(self, at))

    def referred(self, at: int) -> tuple[int, int]:
        """Place and length of the text that the 16 bytes there refer to. Sections III.E, VIII.A"""
        length, heap, number = self.unpack("IQI", at)
        if heap not in self._heaps:
            self._heaps[heap] = dict(self._heap(heap))
        if number not in self._heaps[heap]:
            raise FormatError(f"text number {number} isn't in its heap at {heap}")
        return self._heaps[heap][number], length

    def _heap(self, at: int) -> Iterator[tuple[int, int]]:
        signature, version, size = self.unpack("4sB3xQ", at)
        if (signature, version) != (b"GCOL", 1):
            raise FormatError(f"there is no heap of texts at {at}")
        self.check(at, size)
        end, at = at + size, at + 16
        while at + 16 <= end:
            self.meet()
            number, length = self.unpack("H6xQ", at)
            if number == 0:  # all the rest is free
                return
            yield number, at + 16
            at += 16 + _padded(length)


@dataclass(eq=False)
class Object:
    """A group or an array, from the messages at an address."""

    file: File
    address: int

    @cached_property
    def entries(self) -> dict[str, "Object | None"] | None:
        """What a group holds by name, None for a link; None for what is no group. Sections III.A.1, III.B to III.D"""
        if self._message(_LINKS) is not None:
            raise FormatError("a group is of a newer form, as for links out of the file")
        if self._message(_LINKS) is not None:
            raise FormatError("a group is of a newer form, as for links out of the file")
        group = self._message(_GROUP)
        if group is None:
            return None
        tree, heap = self.file.unpack("QQ", group)
        signature, length, names = self.file.unpack("4s4xQ8xQ", heap)
        if signature != b"HEAP":
            raise FormatError(f"there is no heap of names at {heap}")
        entries: dict[str, Object | None] = {}
        for name, address, kind in self._entries(tree):
            text = self.file.text(names + name, _LONGEST_NAME)
            if text in entries or name >= length:
                raise FormatError("a group has two things of one name, or one without a name")
            entries[text] = None if kind == 2 else self.file.object(address)
        return entries

    @cached_property
    def attributes(self) -> dict[str, Values]:
        """Section IV.A.2.m"""
        return dict(self._attribute(at, size) for kind, at, size in self._messages if kind == _ATTRIBUTE)

    @cached_property
    def array(self) -> Values | None:
        """The numbers; None for what has none. Sections IV.A.2.h, IV.A.2.i"""
        layout, datatype, dataspace = (self._message(kind) for kind in (_LAYOUT, _DATATYPE, _DATASPACE))
        if layout is None or datatype is None or dataspace is None:
            return None
        version, kind = self.file.unpack("BB", layout)
        start, size = None, 0
        if version == 3 and kind == 0:  # among the messages
            start, (size,) = layout + 4, self.file.unpack("H", layout + 2)
        elif version == 3 and kind == 1:  # in one piece elsewhere in the file
            start, size = self.file.unpack("QQ", layout + 2)
            if start == _NOWHERE:  # never written
                size = 0
        if self._message(_EXTERNAL) is not None:
            start = None
        return Values(*_datatype(self.file, datatype), _shape(self.file, dataspace), start, size)

    @cached_property
    def _messages(self) -> list[tuple[int, int, int]]:
        """Kind, place and size of each. Section IV.A.1.a"""
        version, length = self.file.unpack("B7xI", self.address)
        if version != 1:
            raise FormatError(f"there is no object of the form that h5py writes by default at {self.address}")
        blocks, found = deque([(self.address + 16, length)]), []
        while blocks:
            at, length = blocks.popleft()
            end = at + length
            while at + 8 <= end:
                self.file.meet()
                kind, size, flags = self.file.unpack("HHB", at)
                at += 8
                if at + size > end or (flags & 2 and kind):  # shared: kept with another object
                    raise FormatError(f"a message at {at} isn't whole")
                if kind == _CONTINUATION:
                    blocks.append(self.file.unpack("QQ", at))
                found.append((kind, at, size))
                at += size
        return found

    def _message(self, wanted: int) -> int | None:
        return next((at for kind, at, _ in self._messages if kind == wanted), None)

    def _entries(self, tree: int) -> Iterator[tuple[int, int, int]]:
        """Name's place in the heap, object's address and kind of each entry."""
        nodes = deque([(tree, self.file.unpack("5xB", tree)[0])])
        while nodes:
            at, level = nodes.popleft()
            signature, own_level, count = self.file.unpack("5sBH", at)
            if signature != b"TREE\0" or own_level != level:
                raise FormatError(f"there is no node of a group at {at}")
            for number in range(count):
                self.file.meet()
                (below,) = self.file.unpack("Q", at + 32 + 16 * number)
                if level:
                    nodes.append((below, level - 1))
                else:
                    yield from self._leaf(below)

    def _leaf(self, at: int) -> Iterator[tuple[int, int, int]]:
        signature, count = self.file.unpack("5sxH", at)
        if signature != b"SNOD\1":
            raise FormatError(f"there are no entries of a group at {at}")
        for number in range(count):
            self.file.meet()
            yield self.file.unpack("QQI", at + 8 + 40 * number)

    def _attribute(self, at: int, size: int) -> tuple[str, Values]:
        version, flags, *sizes = self.file.unpack("BBHHH", at)
        if version not in (1, 2, 3) or (version > 1 and flags):
            raise FormatError(f"an attribute at {at} isn't whole")
        name_size, datatype_size, dataspace_size = map(_padded, sizes) if version == 1 else sizes
        name = at + (9 if version == 3 else 8)
        datatype = name + name_size
        dataspace = datatype + datatype_size
        start = dataspace + dataspace_size
        values = Values(*_datatype(self.file, datatype), _shape(self.file, dataspace), start, at + size - start)
        return self.file.text(name, name_size), values


def _padded(length: int) -> int:
    return length + -length % 8


def _shape(file: File, at: int) -> tuple[int, ...] | None:
    """Section IV.A.2.b"""
    version, rank, _, kind = file.unpack("BBBB", at)
    if version == 2 and kind == 2:
        return None
    return file.unpack(f"{rank}Q", at + (8 if version == 1 else 4))


def _datatype(file: File, at: int) -> tuple[np.dtype[Any] | None, str, int]:
    """dtype, text and width of Values; neither dtype nor text for what a model doesn't need. Section IV.A.2.d"""
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
