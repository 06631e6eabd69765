"""IDX files are read as they were written, and every broken one is refused before memory is spent on it."""

import gzip
import struct
import tracemalloc

import numpy as np
import pytest

from scratchnet.datasets import read_idx
from scratchnet.errors import DataError

CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}
RNG = np.random.default_rng(0)


def idx(array):
    """The format's description, written the other way round."""
    header = struct.pack(f">HBB{array.ndim}I", 0, CODES[array.dtype.name], array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


IMAGES = idx(RNG.integers(0, 256, (3, 4, 5), dtype=np.uint8))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("shape", [(), (7,), (0,), (2, 3), (4, 3, 2), (2, 3, 4, 5), (1,) * 64])
@pytest.mark.parametrize("dtype", CODES)
def test_reads_every_dtype_and_rank_gzipped_or_not(tmp_path, dtype, shape, packed):
    written = np.asarray(RNG.standard_normal(shape) * 100).astype(dtype)
    path = tmp_path / "no-suffix-tells"
    path.write_bytes(gzip.compress(idx(written)) if packed else idx(written))
    read = read_idx(path)
    np.testing.assert_array_equal(read, written, strict=True)
    assert read.dtype.isnative
    assert read.flags.writeable
    assert read.flags.c_contiguous


def test_reads_a_gzip_file_of_several_members(tmp_path):
    (tmp_path / "a").write_bytes(gzip.compress(IMAGES[:30]) + gzip.compress(IMAGES[30:]))
    assert read_idx(tmp_path / "a").tobytes() == IMAGES[16:]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "begins with nothing"),
        (b"\0\0\x08", "begins with 00 00 08"),
        (b"\x89PNG\r\n", "begins with 89 50 4e 47"),
        (b"\0\0\x0a\x01" + bytes(9), "begins with 00 00 0a 01"),  # no dtype
        (b"\0\1\x08\x01\0\0\0\1\0", "begins with 00 01 08 01"),
        (IMAGES[:11], "ends after 7 bytes of its sizes.*4 bytes for each of 3 axes"),
        (IMAGES[:-1], r"holds 59 bytes of values. Expected 60 bytes, as its sizes \(3, 4, 5\) say"),
        (IMAGES + b"\0", "more follow. Expected 60 bytes"),
        (idx(np.zeros(3, np.float32))[:-1], "holds 11 bytes of values. Expected 12"),
        (gzip.compress(IMAGES[:-1]), "holds 59 bytes"),
        (gzip.compress(IMAGES + b"\0"), "more follow"),
        (gzip.compress(IMAGES)[:-9], "can't be read"),  # cut short
        (gzip.compress(IMAGES)[:-8] + bytes(8), "can't be read.*CRC"),
        (gzip.compress(IMAGES)[:10] + b"\xff" * 60, "can't be read.*invalid block type"),
        (b"\x1f\x8b", "can't be read"),
        (struct.pack(">HBB", 0, 8, 65) + struct.pack(">65I", *[1] * 65) + b"\0", "NumPy can hold"),
        (struct.pack(">HBB4I", 0, 8, 4, 0, *[2**32 - 1] * 3), "NumPy can hold"),
    ],
)
def test_refuses_a_malformed_file(tmp_path, content, says):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(DataError, match=says) as caught:
        read_idx(path)
    assert str(path) in caught.value.came
    assert caught.value.do


def test_refuses_what_is_no_file(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_idx(tmp_path / "missing")
    with pytest.raises(DataError, match="Is a directory"):
        read_idx(tmp_path)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "content", [struct.pack(">HBB3I", 0, 14, 3, *[2**31] * 3), idx(np.zeros(9, np.uint8)) + bytes(1 << 26)]
)
def test_takes_no_memory_for_a_promise_nor_for_what_is_too_long(tmp_path, content, packed):
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(content) if packed else content)
    tracemalloc.start()
    with pytest.raises(DataError):
        read_idx(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20
