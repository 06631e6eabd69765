"""The groups and arrays of an HDF5 file, in the form that h5py writes: the oldest one, which every HDF5 library knows.

    object     messages: what makes it a group or an array, and its attributes
    group      a tree of nodes of entries: where in a heap the name is, and where the object of that name is
    values     a datatype, a dataspace (their shape) and the place of their bytes; texts of any length lie in a heap

They are read here, and not by h5py, because a file can make the HDF5 library loop, crash and fill the memory.
Source: The HDF Group, “HDF5 File Format Specification Version 3.0”; its sections are named below.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from scratchnet.saving.hdf5_bytes import Bytes, FormatError
from scratchnet.saving.hdf5_values import Values

_DATASPACE, _LINKS, _DATATYPE, _EXTERNAL, _LAYOUT, _ATTRIBUTE, _CONTINUATION, _GROUP = 1, 2, 3, 7, 8, 12, 16, 17
_COMPACT, _CONTIGUOUS, _NOWHERE = 0, 1, 2**64 - 1
_SOFT_LINK = 2
_LONGEST_NAME = 2**10


@dataclass(eq=False)
class File(Bytes):
    """A file and what was found in it so far, by address."""

    _objects: dict[int, "Object"] = field(default_factory=dict, init=False)
    _heaps: dict[int, dict[int, int]] = field(default_factory=dict, init=False)

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
            self._heaps[heap] = dict(self._texts(heap))
        if number not in self._heaps[heap]:
            raise FormatError(f"text number {number} isn't in its heap at {heap}")
        return self._heaps[heap][number], length

    def _texts(self, heap: int) -> Iterator[tuple[int, int]]:
        """Number and place of each."""
        signature, version, size = self.unpack("4sB3xQ", heap)
        if (signature, version) != (b"GCOL", 1):
            raise FormatError(f"there is no heap of texts at {heap}")
        self.check(heap, size)
        at = heap + 16
        while at + 16 <= heap + size:
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
        """What a group holds by name, None for a soft link; None for what is no group. Sections III.A.1, III.D"""
        if self._message(_LINKS) is not None:
            raise FormatError("a group is of a newer form, as for links out of the file")
        group = self._message(_GROUP)
        if group is None:
            return None
        tree, heap = self.file.unpack("QQ", group)
        signature, names = self.file.unpack("4s20xQ", heap)
        if signature != b"HEAP":
            raise FormatError(f"there is no heap of names at {heap}")
        entries: dict[str, Object | None] = {}
        for at, address, kind in self._entries(tree):
            name = self.file.text(names + at, _LONGEST_NAME)
            if name in entries:
                raise FormatError("a group has two things of one name")
            entries[name] = None if kind == _SOFT_LINK else self.file.object(address)
        return entries

    @cached_property
    def attributes(self) -> dict[str, Values]:
        return dict(self._attribute(at, size) for kind, at, size in self._messages if kind == _ATTRIBUTE)

    @cached_property
    def array(self) -> Values | None:
        """The numbers; None for what has none. Sections IV.A.2.h, IV.A.2.i"""
        layout, datatype, dataspace = (self._message(kind) for kind in (_LAYOUT, _DATATYPE, _DATASPACE))
        if layout is None or datatype is None or dataspace is None:
            return None
        version, kind = self.file.unpack("BB", layout)
        start, size = None, 0
        if (version, kind) == (3, _COMPACT):  # in this very message
            start, (size,) = layout + 4, self.file.unpack("H", layout + 2)
        elif (version, kind) == (3, _CONTIGUOUS):
            start, size = self.file.unpack("QQ", layout + 2)
            if start == _NOWHERE:  # never written
                size = 0
        if self._message(_EXTERNAL) is not None:
            start = None
        return Values.read(self.file, datatype, dataspace, start, size)

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
                if at + size > end or flags & 2:  # kept with another object
                    raise FormatError(f"a message at {at} isn't whole")
                if kind == _CONTINUATION:
                    blocks.append(self.file.unpack("QQ", at))
                found.append((kind, at, size))
                at += size
        return found

    def _message(self, wanted: int) -> int | None:
        return next((at for kind, at, _ in self._messages if kind == wanted), None)

    def _entries(self, tree: int) -> Iterator[tuple[int, int, int]]:
        """The name's place in the heap, the object's address and the kind of each entry. Sections III.A.1, III.B, III.C"""
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
        """Section IV.A.2.m"""
        version, flags, *sizes = self.file.unpack("BBHHH", at)
        if version not in (1, 2, 3) or (version > 1 and flags):  # a part of it is kept with another object
            raise FormatError(f"an attribute at {at} isn't whole")
        name_size, datatype_size, dataspace_size = map(_padded, sizes) if version == 1 else sizes
        name = at + (9 if version == 3 else 8)
        datatype = name + name_size
        dataspace = datatype + datatype_size
        start = dataspace + dataspace_size
        return self.file.text(name, name_size), Values.read(self.file, datatype, dataspace, start, at + size - start)


def _padded(length: int) -> int:
    return length + -length % 8
