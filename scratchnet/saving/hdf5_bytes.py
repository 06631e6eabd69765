"""The bytes of an HDF5 file, from which nothing is taken that isn't there, and of which no more is followed than there can be."""

import struct
from dataclasses import dataclass, field
from typing import Any

_MOST_THINGS = 2**18  # messages, nodes, entries and texts; Keras writes about ten for a variable


class FormatError(Exception):
    """Bytes that can't be, or that h5py writes only when told to."""


@dataclass(eq=False)
class Bytes:
    """A whole file. Its numbers are little-endian, its addresses and lengths have eight bytes."""

    content: bytes
    _met: int = field(default=0, init=False)

    def check(self, at: int, length: int) -> None:
        if at + length > len(self.content):
            raise FormatError(f"{length} bytes at {at} lie outside of it")

    def take(self, at: int, length: int) -> bytes:
        self.check(at, length)
        return self.content[at : at + length]

    def unpack(self, form: str, at: int) -> tuple[Any, ...]:
        """Numbers and bytes, as `struct` names them: x for one to pass over, B H I Q for 1, 2, 4, 8 bytes."""
        return struct.unpack("<" + form, self.take(at, struct.calcsize("<" + form)))

    def text(self, at: int, longest: int) -> str:
        """The text that starts there and ends before a zero."""
        end = self.content.find(b"\0", at, at + longest + 1)
        if end < 0:
            raise FormatError(f"there is no text of at most {longest} bytes at {at}")
        return self.content[at:end].decode()

    def meet(self) -> None:
        """Count one thing more, so that what goes round in a circle, or branches without end, comes to an end."""
        self._met += 1
        if self._met > _MOST_THINGS:
            raise FormatError(f"it goes round in a circle, or has more than {_MOST_THINGS} things in it")
