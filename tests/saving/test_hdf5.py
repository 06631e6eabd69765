"""What the reader of HDF5 takes and what it doesn't, whatever the file has been made to promise."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from scratchnet.errors import ModelFileError
from scratchnet.saving import hdf5
from scratchnet.saving.hdf5 import Reader


def written(make: Callable[[Any], None], **options: Any) -> bytes:
    source = io.BytesIO()
    with h5py.File(source, "w", **options) as file:
        make(file)
    return source.getvalue()


def reading(make: Callable[[Any], None], **options: Any) -> Reader:
    return Reader(written(make, **options), "this file")


def test_reads_back_what_it_writes() -> None:
    groups = {"/": {"utf8": "é", "ascii": b"a"}, "a/b": {"list": [b"x", b"yz"], "none": []}, "empty": {}}
    arrays = {"a/b/c": np.arange(6, dtype="f4").reshape(2, 3), "d": np.asarray(7), "none": np.zeros((0, 3))}
    reader = Reader(hdf5.to_bytes(groups, arrays), "this file")
    assert reader.texts("/", "utf8") == ["é"]
    assert reader.texts("", "ascii") == ["a"]
    assert reader.texts("a/b", "list") == ["x", "yz"]
    assert reader.texts("a/b", "none") == []
    for path, array in arrays.items():
        came = reader.array(path)
        assert (came.dtype, came.shape, came.tobytes()) == (array.dtype, array.shape, array.tobytes())
    assert (reader.names("/"), reader.names("empty")) == (["a", "d", "empty", "none"], [])


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", "i1", "i2", "i4", "i8", "u1", "u8", ">i8"])
def test_every_kind_of_number(dtype: str) -> None:
    values = np.array([[1, 100, 7]], dtype) - np.array(3, dtype)
    came = reading(lambda file: file.create_dataset("x", data=values)).array("x")
    assert came.dtype == values.dtype.newbyteorder("=")
    assert np.array_equal(came, values)
    assert came.flags.writeable


def test_more_than_one_block_of_everything() -> None:
    """Entries that take a tree of nodes, messages that go on elsewhere, and texts of several heaps."""
    texts = {f"text {number}": f"{number}" * 300 for number in range(100)}

    def make(file: Any) -> None:
        file.attrs.update(texts)
        for number in range(2000):
            file.create_dataset(f"group/{number}", data=number)

    reader = reading(make)
    assert {name: reader.texts("/", name) for name in texts} == {name: [text] for name, text in texts.items()}
    assert reader.names("group") == sorted(map(str, range(2000)))
    assert all(reader.array(f"group/{number}") == number for number in range(2000))


def test_numbers_among_the_messages() -> None:
    def make(file: Any) -> None:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple((3,))
        h5py.h5d.create(file.id, b"x", h5py.h5t.IEEE_F32LE, space, dcpl=properties).write(
            h5py.h5s.ALL, h5py.h5s.ALL, np.arange(3, dtype="f4")
        )

    assert reading(make).array("x").tolist() == [0, 1, 2]


def test_what_is_not_there() -> None:
    reader = reading(lambda file: file.create_dataset("a/b", data=[1.0]))
    assert reader.names("c") == reader.names("a/b/c") == []
    assert reader.texts("c", "x") is reader.texts("a", "x") is None
    for path in ("c", "a", "a/c", "a/b/c"):
        with pytest.raises(ModelFileError, match=f"this file: there is no array '{path}'"):
            reader.array(path)


def test_texts_of_other_programs() -> None:
    def make(file: Any) -> None:
        file.attrs["fixed"] = np.array([b"a", b"bc"])
        file.attrs["one"] = np.bytes_(b"abc")

    reader = reading(make)
    assert (reader.texts("/", "fixed"), reader.texts("/", "one")) == (["a", "bc"], ["abc"])


@pytest.mark.parametrize("value", [7, [1.0, 2.0], h5py.Empty("f"), np.bytes_(b"\xff")])
def test_refuses_attributes_that_are_no_text(value: Any) -> None:
    with pytest.raises(ModelFileError, match="this file: "):
        reading(lambda file: file.attrs.update(x=value)).texts("/", "x")


def soft(file: Any) -> None:
    file["x"] = h5py.SoftLink("/real")


def external(file: Any) -> None:
    file["x"] = h5py.ExternalLink("other.h5", "/real")


def soft_to_external(file: Any) -> None:
    file["out"] = h5py.ExternalLink("other.h5", "/")
    file["x"] = h5py.SoftLink("/out/real")


def in_a_raw_file(file: Any) -> None:
    file.create_dataset("x", (2,), "f4", external=[("other.raw", 0, 8)])


def virtual(file: Any) -> None:
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "real", (2,))
    file.create_virtual_dataset("x", layout)


def virtual_without_end(file: Any) -> None:
    layout = h5py.VirtualLayout((2,), "f4", maxshape=(None,))
    source = h5py.VirtualSource("other.h5", "real", (2,), maxshape=(None,))
    layout[: h5py.h5s.UNLIMITED] = source[: h5py.h5s.UNLIMITED]
    file.create_virtual_dataset("x", layout)


def shape_bomb(file: Any) -> None:
    file.create_dataset("x", (2**40,), "f4")


def never_written(file: Any) -> None:
    file.create_dataset("x", (2,), "f4")


def compression_bomb(file: Any) -> None:
    file.create_dataset("x", (2**20,), "f4", chunks=True, compression="gzip", fillvalue=0)


def pointers(file: Any) -> None:
    file.create_dataset("x", data=[file.ref], dtype=h5py.ref_dtype)


def texts(file: Any) -> None:
    file.create_dataset("x", data=["a"])


def complex_numbers(file: Any) -> None:
    file.create_dataset("x", data=[1j])


def no_numbers(file: Any) -> None:
    file.create_dataset("x", data=h5py.Empty("f4"))


def a_type(file: Any) -> None:
    file["x"] = np.dtype("f4")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (soft, "'x' is a link"),
        (external, "a group is of a newer form, as for links out of the file"),
        (soft_to_external, "a group is of a newer form, as for links out of the file"),
        (in_a_raw_file, "the numbers of 'x' aren't in one piece inside the file"),
        (virtual, "the numbers of 'x' aren't in one piece inside the file"),
        (virtual_without_end, "the numbers of 'x' aren't in one piece inside the file"),
        (compression_bomb, "the numbers of 'x' aren't in one piece inside the file"),
        (shape_bomb, r"'x' is to have the shape \(1099511627776,\), but not as many values are there"),
        (never_written, r"'x' is to have the shape \(2,\), but not as many values are there"),
        (pointers, "'x' holds no numbers"),
        (texts, "'x' holds no numbers"),
        (complex_numbers, "'x' holds no numbers"),
        (no_numbers, "'x' holds no numbers"),
        (a_type, "there is no array 'x'"),
    ],
)
def test_refuses_arrays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Any], None], message: str
) -> None:
    monkeypatch.chdir(tmp_path)  # where what the file points to lies, ready to be read
    (tmp_path / "other.raw").write_bytes(bytes(8))
    with h5py.File("other.h5", "w") as file:
        file.create_dataset("real", data=np.ones(2, "f4"), maxshape=(None,))
    with pytest.raises(ModelFileError, match=f"this file: .*{message}"):
        reading(make).array("x")


def test_gives_no_more_numbers_than_the_file_has() -> None:
    """However often they are asked for: a list of names can name the same array a million times."""
    reader = reading(lambda file: file.create_dataset("x", data=np.ones(10**4)))
    reader.array("x")
    with pytest.raises(ModelFileError, match="'x' is used more often than it is there"):
        reader.array("x")


def test_gives_no_more_text_than_the_file_has() -> None:
    def make(file: Any) -> None:
        file.attrs["x"] = "a" * 10**4

    reader = reading(make)
    reader.texts("/", "x")
    with pytest.raises(ModelFileError, match="'x' of '/' is used more often than it is there"):
        reader.texts("/", "x")


@pytest.mark.parametrize("path", ["./x", "a/../x", "loop/./x", "\0", "\udcff"])
def test_odd_paths(path: str) -> None:
    def make(file: Any) -> None:
        file["x"] = 1.0
        file["a/loop"] = file["/"]

    with pytest.raises(ModelFileError):
        reading(make).array(path)
