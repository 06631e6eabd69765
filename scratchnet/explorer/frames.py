"""Tensors on their way to the page: one header, then the numbers as they are.

    8 bytes     the length of the header, little-endian
    header      JSON, filled up with blanks to a multiple of 8: {"tensors": [{"name", "shape", "dtype", "offset"}, …], …}
    numbers     of each tensor from its offset on (counted from here, a multiple of 8), little-endian, in row-major order

Tensors keep the model's dtype: fewer digits wouldn't add up. Those that share their memory are sent once.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from scratchnet.typing import Array

ALIGNED = 8


def frame(tensors: Mapping[str, Array], **header: Any) -> bytes:
    """One frame of these tensors, by name;  header: what else the page is to know, as JSON"""
    entries, offsets, end = [], {}, 0
    parts: list[Any] = []
    for name, tensor in tensors.items():
        array = np.ascontiguousarray(tensor, np.uint8 if tensor.dtype == bool else tensor.dtype.newbyteorder("<"))
        where = array.ctypes.data, array.nbytes
        if where not in offsets:
            offsets[where] = end
            parts += [array, bytes(-array.nbytes % ALIGNED)]  # which also keeps its memory from being another's
            end += array.nbytes + len(parts[-1])
        entries.append({"name": name, "shape": tensor.shape, "dtype": array.dtype.name, "offset": offsets[where]})
    text = json.dumps({"tensors": entries, **header}, allow_nan=False).encode()
    text += b" " * (-len(text) % ALIGNED)
    return b"".join([len(text).to_bytes(ALIGNED, "little"), text, *parts])
