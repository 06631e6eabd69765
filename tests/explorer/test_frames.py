import numpy as np
import pytest

from scratchnet.explorer.frames import frame
from tests.explorer.frames import unpack


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "uint16", "int32", ">f4", "bool"])
@pytest.mark.parametrize("shape", [(), (1,), (3,), (5, 3, 2), (0, 4)])
def test_a_tensor_comes_back_as_it_was(dtype, shape):
    tensor = np.random.default_rng(0).normal(size=shape).astype(dtype)
    _, tensors = unpack(frame({"other": np.arange(3, dtype=np.uint8), "it": tensor}))
    assert tensors["other"].tolist() == [0, 1, 2]
    assert tensors["it"].dtype == (np.uint8 if dtype == "bool" else np.dtype(dtype).newbyteorder("<"))
    np.testing.assert_array_equal(tensors["it"], tensor)


def test_every_part_begins_where_any_number_may():
    body = frame({"a": np.zeros(3, np.uint8), "b": np.zeros(1, np.uint16), "c": np.zeros(2)}, x="é")
    header, _ = unpack(body)
    assert int.from_bytes(body[:8], "little") % 8 == 0
    assert [tensor["offset"] for tensor in header["tensors"]] == [0, 8, 16]
    assert header["x"] == "é"
    assert len(body) == 8 + int.from_bytes(body[:8], "little") + 32


def test_what_shares_its_memory_is_sent_once():
    y = np.arange(1000.0)
    header, tensors = unpack(body := frame({"y": y, "flat": y.reshape(10, 100), "turned": y.reshape(10, 100).T}))
    assert [tensor["offset"] for tensor in header["tensors"]] == [0, 0, 8000]
    assert len(body) < 16_500
    np.testing.assert_array_equal(tensors["flat"], y.reshape(10, 100))
    np.testing.assert_array_equal(tensors["turned"], y.reshape(10, 100).T)


def test_copies_do_not_take_the_place_of_one_another():
    tensors = {str(n): np.full((8, 4), n, np.float32).T for n in range(50)}  # each made contiguous, then let go
    _, found = unpack(frame(tensors))
    assert [found[name].max() for name in tensors] == [float(name) for name in tensors]


def test_what_is_no_number_stays_so():
    x = np.array([np.nan, np.inf, -np.inf, -0.0], np.float32)
    assert unpack(frame({"x": x}))[1]["x"].tobytes() == x.tobytes()
    with pytest.raises(ValueError, match="JSON"):
        frame({"x": x}, loss=float("nan"))
