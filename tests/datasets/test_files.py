"""A data set of one's own is found under every name it may have; what is missing, unreadable or unfit is told by name."""

import gzip
import io
import struct
import zipfile

import numpy as np
import pytest

from scratchnet.datasets import load
from scratchnet.errors import DataError

RNG = np.random.default_rng(0)
X_TRAIN, X_TEST = RNG.integers(0, 256, (6, 5, 4), np.uint8), RNG.integers(0, 256, (4, 5, 4), np.uint8)
Y_TRAIN, Y_TEST = np.array([0, 1, 2, 0, 1, 2], np.uint8), np.array([2, 0, 1, 1], np.uint8)
DATA = {"x_train": X_TRAIN, "y_train": Y_TRAIN, "x_test": X_TEST, "y_test": Y_TEST}
PLAIN = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_folder(folder, names=PLAIN, data=DATA):
    for name, array in zip(names, data.values(), strict=True):
        (folder / name).write_bytes(gzip.compress(idx(array)) if name.endswith(".gz") else idx(array))


def write_npz(path, **changes):
    np.savez(path, **{name: array for name, array in (DATA | changes).items() if array is not None})
    return path


def assert_same(loaded, data=DATA):
    for array, expected in zip((*loaded[0], *loaded[1]), data.values(), strict=True):
        np.testing.assert_array_equal(array, expected, strict=True)


@pytest.mark.parametrize("change", [str, "{}.gz".format, lambda name: name.replace("-idx", ".idx")])
def test_a_folder_under_every_spelling(tmp_path, change):
    write_folder(tmp_path, [change(name) for name in PLAIN])
    (tmp_path / "README").write_text("something else")
    assert_same(load(tmp_path))
    assert_same(load(str(tmp_path)))


def test_a_folder_of_images_with_channels(tmp_path):
    data = DATA | {"x_train": RNG.integers(0, 256, (6, 5, 4, 3), np.uint8), "x_test": np.zeros((4, 5, 4, 3), np.uint8)}
    write_folder(tmp_path, [name.replace("idx3", "idx4") for name in PLAIN], data)
    assert_same(load(tmp_path), data)


def test_of_a_file_and_its_gz_the_file_is_read(tmp_path):
    write_folder(tmp_path)
    (tmp_path / f"{PLAIN[0]}.gz").write_bytes(b"an interrupted gzip")
    assert_same(load(tmp_path))


def test_two_files_for_one_array_are_refused(tmp_path):
    write_folder(tmp_path)
    (tmp_path / "train-images.idx3-ubyte").write_bytes(idx(X_TRAIN))
    with pytest.raises(
        DataError, match=r"train-images[-.]idx3-ubyte and train-images[-.]idx3-ubyte. Expected one of them"
    ):
        load(tmp_path)


def test_an_npz_with_more_in_it_and_without_its_suffix(tmp_path):
    write_npz(tmp_path / "a.npz", names=np.array(["zero", "one", "two"]))
    assert_same(load((tmp_path / "a.npz").rename(tmp_path / "data")))


def test_whole_floats_are_labels(tmp_path):
    (_, y_train), _ = load(write_npz(tmp_path / "a.npz", y_train=Y_TRAIN.astype(float)))
    np.testing.assert_array_equal(y_train, Y_TRAIN.astype(np.int64), strict=True)


def test_an_empty_folder_names_all_four_files_and_one_gap_only_itself(tmp_path):
    with pytest.raises(DataError, match=f"without {' and '.join(PLAIN)}"):
        load(tmp_path)
    write_folder(tmp_path)
    (tmp_path / PLAIN[3]).unlink()
    with pytest.raises(DataError, match=f"a folder without {PLAIN[3]}. Expected"):
        load(tmp_path)


def test_a_broken_file_in_the_folder_is_named(tmp_path):
    write_folder(tmp_path)
    (tmp_path / PLAIN[2]).write_bytes(b"")
    with pytest.raises(DataError, match=f"{PLAIN[2]}, which begins with nothing"):
        load(tmp_path)


def test_arrays_missing_in_an_npz_are_named(tmp_path):
    with pytest.raises(DataError, match="has no y_train and no y_test, but x_train, x_test. Expected"):
        load(write_npz(tmp_path / "a.npz", y_train=None, y_test=None))


def npz_of(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


HUGE = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (9999999, 9999999, 9999)}".ljust(
    118
)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "can't be read"),
        (b"label,pixel0\n", "not a zip file"),
        (npz_of(), "has no x_train and no y_train and no x_test and no y_test, but nothing"),
        (npz_of(**dict.fromkeys(DATA, HUGE)), "can't be read"),
        (npz_of(**dict.fromkeys(DATA, b"\x93NUMPY\x01\x00")), "can't be read"),
        (npz_of(**dict.fromkeys(DATA, b"no array")), r"x_train of shape \(\)"),
        (npz_of(**dict.fromkeys(DATA, HUGE))[:-30], "can't be read"),
    ],
)
def test_a_broken_npz(tmp_path, content, says):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match=says) as caught:
        load(tmp_path / "a.npz")
    assert caught.value.do


def test_no_pickle_is_opened(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path / "sprung").touch, ()

    with pytest.raises(DataError, match="allow_pickle=False"):
        load(write_npz(tmp_path / "a.npz", x_train=np.array([Trap()])))
    assert not (tmp_path / "sprung").exists()


def test_a_missing_path(tmp_path):
    with pytest.raises(DataError, match="nowhere, which can't be read .*No such file"):
        load(tmp_path / "nowhere")


def test_what_does_not_fit_is_refused(tmp_path):
    with pytest.raises(DataError, match="y_train of shape"):
        load(write_npz(tmp_path / "a.npz", y_train=Y_TRAIN[1:]))
