"""A frame taken apart, by its description alone."""

import json

import numpy as np


def unpack(body):
    """→ the header, and each tensor as little-endian numbers"""
    length = int.from_bytes(body[:8], "little")
    header = json.loads(body[8 : 8 + length])
    tensors = {}
    for tensor in header["tensors"]:
        dtype = np.dtype(tensor["dtype"]).newbyteorder("<")
        count = int(np.prod(tensor["shape"], dtype=int))
        tensors[tensor["name"]] = np.frombuffer(body, dtype, count, 8 + length + tensor["offset"]).reshape(
            tensor["shape"]
        )
    return header, tensors
