"""Which files are taken for what, which are refused and why, and what becomes of a file that was there."""

import errno
import io
import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from scratchnet import saving
from scratchnet.errors import ModelFileError, ScratchnetError
from scratchnet.saving import ModelData


@pytest.mark.parametrize(("written", "read"), [("a.keras", "a.h5"), ("a.h5", "a.keras"), ("a.keras", "plain")])
def test_the_content_decides_what_a_file_is(data: ModelData, tmp_path: Path, written: str, read: str) -> None:
    saving.save(data, tmp_path / written)
    (tmp_path / written).rename(tmp_path / read)
    kernel, bias = saving.load(str(tmp_path / read)).weights["dense"].values()
    assert np.array_equal(kernel, data.weights["dense"]["kernel"])
    assert np.array_equal(bias, data.weights["dense"]["bias"])


@pytest.mark.parametrize("name", ["model", "model.hdf5", "model.keras.zip", "model.H5", "model.weights.h5"])
def test_refuses_to_write_another_format(data: ModelData, tmp_path: Path, name: str) -> None:
    with pytest.raises(ScratchnetError, match=r"ends in \.keras or \.h5"):
        saving.save(data, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["model.h5", "model.keras", "weights.h5"])
def test_refuses_to_write_weights_into_another_format(data: ModelData, tmp_path: Path, name: str) -> None:
    with pytest.raises(ScratchnetError, match=r"ends in \.weights\.h5"):
        saving.save_weights(data, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def other(data: ModelData) -> ModelData:
    """A like model with other numbers."""
    weights = {name: {key: array + 1 for key, array in own.items()} for name, own in data.weights.items()}
    return replace(data, weights=weights, optimizer={name: array + 1 for name, array in data.optimizer.items()})


def test_weights_alone_hold_all_numbers(data: ModelData, tmp_path: Path) -> None:
    saving.save_weights(other(data), tmp_path / "a.weights.h5")
    read = saving.load_weights(tmp_path / "a.weights.h5", data)
    assert (read.config, read.compile) == (data.config, data.compile)
    assert {name: list(own) for name, own in read.weights.items()} == {"flatten": [], "dense": ["kernel", "bias"]}
    assert np.array_equal(read.weights["dense"]["kernel"], data.weights["dense"]["kernel"] + 1)
    assert list(read.optimizer) == list(data.optimizer)
    assert all(np.array_equal(read.optimizer[name], array + 1) for name, array in data.optimizer.items())


@pytest.mark.parametrize("write", [saving.save_weights, saving.save])
def test_weights_come_without_a_state_that_is_not_the_optimizers(data: ModelData, tmp_path: Path, write: Any) -> None:
    path = tmp_path / ("a.weights.h5" if write is saving.save_weights else "a.keras")
    write(replace(other(data), optimizer={**data.optimizer, "more": np.zeros(3)}), path)
    read = saving.load_weights(path, data)
    assert read.optimizer is None
    assert np.array_equal(read.weights["dense"]["bias"], data.weights["dense"]["bias"] + 1)


def test_refuses_the_weights_of_another_model(data: ModelData, tmp_path: Path) -> None:
    bias = {"bias": data.weights["dense"]["bias"]}
    for name in ("a.keras", "a.h5"):
        saving.save(replace(data, weights={"flatten": {}, "dense": bias}), tmp_path / name)
        with pytest.raises(ModelFileError, match=r"'dense', 1 variables\. Expected 2: kernel, bias"):
            saving.load_weights(tmp_path / name, data)
    saving.save(replace(data, weights={"flatten": bias, "dense": data.weights["dense"]}), tmp_path / "a.h5")
    with pytest.raises(ModelFileError, match=r"a\.h5.*weights for 2 layers\. Expected for 1"):
        saving.load_weights(tmp_path / "a.h5", data)


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_full_disk_leaves_the_old_file(
    data: ModelData, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    path.write_bytes(b"old")

    def fsync(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(ScratchnetError, match=r"No space left.*untouched"):
        saving.save(data, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_refuses_a_folder_that_is_not_there(data: ModelData, tmp_path: Path) -> None:
    with pytest.raises(ScratchnetError, match=r"No such file.*a folder that exists"):
        saving.save(data, tmp_path / "nowhere" / "model.keras")


def test_refuses_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="doesn't exist"):
        saving.load(tmp_path / "model.keras")
    with pytest.raises(ModelFileError, match="is a folder"):
        saving.load(tmp_path)
    os.mkfifo(tmp_path / "pipe")  # to open it would be to wait
    with pytest.raises(ModelFileError, match="no regular file"):
        saving.load(tmp_path / "pipe")


def test_refuses_what_may_not_be_read(data: ModelData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saving.save(data, tmp_path / "model.h5")

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ModelFileError, match=r"Permission denied.*Check who may read it"):
        saving.load(tmp_path / "model.h5")


@pytest.mark.parametrize("content", [b"", b"PK", b"no model", b"\x89PNG\r\n\x1a\n"])
def test_refuses_what_is_neither_zip_nor_hdf5(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"model\.keras.*neither a zip archive nor HDF5"):
        saving.load(path)


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_refuses_a_file_cut_short_anywhere(data: ModelData, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    saving.save(data, path)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 1, 97):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError):
            saving.load(path)


def repacked(path: Path, **members: bytes | None) -> None:
    """The archive with other members: `config` for config.json, and so on; None leaves one out."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    names = {"config": "config.json", "weights": "model.weights.h5", "training": "training.json"}
    content |= {names[key]: value for key, value in members.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in content.items():
            if value is not None:
                archive.writestr(name, value)


def test_reads_an_archive_that_someone_compressed(data: ModelData, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    saving.save(data, path)
    repacked(path)
    assert np.array_equal(saving.load(path).weights["dense"]["0"], data.weights["dense"]["kernel"])


@pytest.mark.parametrize(
    ("member", "content", "message"),
    [
        ("config", None, r"no config\.json"),
        ("weights", None, r"no model\.weights\.h5"),
        ("config", b"{", r"config\.json is no JSON"),
        ("config", b"[]", r"config\.json is no JSON object"),
        ("config", b"[" * 5000 + b"]" * 5000, r"nested too deeply"),
        ("config", b'{"class_name": "Sequential", "config": ' + b"[" * 800 + b"]" * 800 + b"}", r"nested too deeply"),
        ("config", b" " * (2**24 + 1) + b"{}", r"no JSON object of at most"),
        ("config", b"\xff", r"config\.json is no JSON"),
        ("weights", b"no HDF5", r"HDF5 can't be read"),
        ("weights", bytes(2**27), r"would unpack to 134217728 bytes"),
        ("training", b"7", r"training\.json is no JSON object"),
    ],
)
def test_refuses_members_of_an_archive(
    data: ModelData, tmp_path: Path, member: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / "model.keras"
    saving.save(data, path)
    repacked(path, **{member: content})
    with pytest.raises(ModelFileError, match=message):
        saving.load(path)


def test_refuses_another_compression(data: ModelData, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    saving.save(data, path)
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(tmp_path / "lzma.keras", "w", zipfile.ZIP_LZMA) as archive:
        for name in whole.namelist():
            archive.writestr(name, whole.read(name))
    with pytest.raises(ModelFileError, match="compressed by method 14"):
        saving.load(tmp_path / "lzma.keras")


def changed(model: Any, place: str, value: Any) -> Any:
    """The configuration with another value at a place such as "config/layers/1/class_name"."""
    *way, last = (int(part) if part.isdigit() else part for part in place.split("/"))
    item = model
    for part in way:
        item = item[part]
    item[last] = value
    return model


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("class_name", "Functional", r"a model of the class 'Functional'\. Expected a Sequential"),
        ("config", [], r"no layers"),
        ("config/layers", "Dense", r"no layers"),
        ("config/layers/1", "Dense", r"without class and options"),
        ("config/layers/1/class_name", 7, r"without class and options"),
        ("config/layers/1/config", None, r"without class and options"),
        ("config/name", None, r"names the model and its layers \[None, 'flatten', 'dense'\]"),
        ("config/layers/1/config/name", 7, r"names the model"),
        (
            "config/layers/1/config/name",
            "dense",
            r"names the model.*'dense', 'dense'\]. Expected strings, each layer's",
        ),
        ("config/layers/1/module", "os", r"names 'Flatten' of the module 'os'\. Expected Keras's own"),
        ("config/layers/1/module", None, r"of the module None"),
        ("config/layers/1/module", "kerasmalware", r"of the module 'kerasmalware'"),
        ("config/layers/1/config/kernel_initializer", {"module": "os", "class_name": "x", "config": {}}, r"'x' of the"),
        ("config/layers/0/config/batch_shape", [None, 2.5], r"input shape is \[None, 2\.5\]"),
        ("config/layers/0/config/batch_shape", [None, -2], r"input shape is \[None, -2\]"),
        ("config/layers/0/config/batch_shape", [None, True], r"input shape is \[None, True\]"),
        ("config/layers/0/config/batch_shape", [None], r"input shape is \[None\]"),
        ("config/layers/0/config/batch_shape", "8", r"input shape is '8'"),
        ("config/layers/2/config/dtype", "float64", r"compute in 'float32' and 'float64'"),
    ],
)
def test_refuses_configurations(
    data: ModelData, tmp_path: Path, name: str, place: str, value: Any, message: str
) -> None:
    path = tmp_path / name
    saving.save(data, path)
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            model = json.loads(archive.read("config.json"))
        repacked(path, config=json.dumps(changed(model, place, value)).encode())
    else:
        with h5py.File(path, "a") as file:
            file.attrs["model_config"] = json.dumps(changed(json.loads(file.attrs["model_config"]), place, value))
    with pytest.raises(ModelFileError, match=message):
        saving.load(path)


@pytest.mark.parametrize(
    ("compiled", "message"),
    [
        ([7], r"compiled with is \[7\]"),
        ({"optimizer": "adadelta"}, r"optimizer is 'adadelta'"),
        ({"optimizer": {"class_name": "Adadelta", "config": 7}}, r"optimizer is "),
        ({"loss": {"module": "os", "class_name": "system", "config": {}}}, r"'system' of the module 'os'"),
    ],
)
def test_refuses_what_a_model_was_compiled_with(data: ModelData, tmp_path: Path, compiled: Any, message: str) -> None:
    path = tmp_path / "model.keras"
    saving.save(data, path)
    with zipfile.ZipFile(path) as archive:
        model = json.loads(archive.read("config.json"))
    repacked(path, config=json.dumps({**model, "compile_config": compiled}).encode())
    with pytest.raises(ModelFileError, match=message):
        saving.load(path)


def test_what_a_file_says_is_printed_short_and_escaped(data: ModelData, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    saving.save(data, path)
    repacked(path, config=json.dumps({"class_name": "\x1b[31m" + "x" * 10**6}).encode())
    with pytest.raises(ModelFileError) as refused:
        saving.load(path)
    assert len(str(refused.value)) < 500
    assert str(refused.value).isprintable()


def weights_in(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read("model.weights.h5")


def test_refuses_numbers_with_a_gap(data: ModelData, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    saving.save(data, path)
    weights = io.BytesIO(weights_in(path))
    with h5py.File(weights, "a") as file:
        file.move("layers/dense/vars/1", "layers/dense/vars/2")
    repacked(path, weights=weights.getvalue())
    with pytest.raises(ModelFileError, match="layers/dense aren't numbered from 0"):
        saving.load(path)


def test_damage_is_refused_or_does_not_matter(data: ModelData, tmp_path: Path) -> None:
    """Five bytes in the HDF5 of an archive changed at random, and its checksum put right: h5py then fails in many ways."""
    path = tmp_path / "model.keras"
    saving.save(data, path)
    whole, rng, refused = weights_in(path), np.random.default_rng(1), 0
    for _ in range(300):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 5):
            damaged[place] = rng.integers(0, 256)
        repacked(path, weights=bytes(damaged))
        try:
            saving.load(path)
        except ModelFileError:
            refused += 1
    assert 50 < refused < 250


def test_what_has_no_state_is_written_without(data: ModelData, tmp_path: Path) -> None:
    for name in ("model.keras", "model.h5"):
        saving.save(replace(data, compile=None, optimizer=None, training=None), tmp_path / name)
        read = saving.load(tmp_path / name)
        assert (read.compile, read.optimizer, read.training) == (None, None, None)
