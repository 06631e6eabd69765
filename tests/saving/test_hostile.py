"""Files made to do harm: each is refused in 5 seconds and 1 GB, with the reason, and nothing is changed by it.

Each is a model's file in which one thing was changed, by a maker of the tables below, and is opened by `load_model`.
"""

import base64
import io
import json
import marshal
import pickle
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from scratchnet import saving
from scratchnet.saving import ModelData

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="confined.py asks Linux for the memory in use")

Edit = Callable[[Any], Any]
BOTH = (".keras", ".h5")


# ---------- each file opened in a process of its own
class Confined:
    def __init__(self) -> None:
        program = [sys.executable, str(Path(__file__).with_name("confined.py"))]
        root = Path(__file__).parents[2]
        self.process = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root, env={"PYTHONPATH": str(root)}
        )

    def load(self, path: Path) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(path, file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="module")
def confined() -> Iterator[Confined]:
    confined = Confined()
    yield confined
    assert confined.process.communicate() == ("", None)


@pytest.fixture
def refused(confined: Confined, tmp_path: Path) -> Callable[[Path], str]:
    """Has a file opened, sees to it that it is refused and nothing else happens, and gives the reason."""

    def refused(path: Path) -> str:
        before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
        outcome = confined.load(path)
        assert (outcome["error"], outcome["imported"]) == ("ModelFileError", []), outcome
        assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before
        assert outcome["message"].isprintable()
        assert len(outcome["message"]) < 1000
        return outcome["message"]

    return refused


def test_the_file_is_loaded_if_nothing_is_changed(data: ModelData, tmp_path: Path, confined: Confined) -> None:
    for name in ("model.keras", "model.h5"):
        saving.save(data, tmp_path / name)
        assert confined.load(tmp_path / name)["error"] == ""


def unpacked(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: dict[str, Any], compression: int = zipfile.ZIP_DEFLATED, **others: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in (*members.items(), *others.items()):
            archive.writestr(name, content)
    return target.getvalue()


def npz() -> bytes:
    target = io.BytesIO()
    np.savez(target, x=np.array([print], object))
    return target.getvalue()


# ---------- what its JSON says, in both formats
def changed(place: str, value: Any) -> Edit:
    """The model's JSON with another value at a place such as "config/layers/1/class_name"."""

    def change(model: Any) -> str:
        *way, last = (int(part) if part.isdigit() else part for part in place.split("/"))
        item = model
        for part in way:
            item = item[part]
        item[last] = value
        return json.dumps(model)

    return change


def layer(value: dict[str, Any]) -> Edit:
    return changed("config/layers/2", value)


def option(name: str, value: Any) -> Edit:
    return changed(f"config/layers/2/config/{name}", value)


def code(text: str) -> str:
    return base64.b64encode(marshal.dumps(compile(text, "<model>", "exec"))).decode()


CODE = code("open('harm', 'w')")
LAMBDA = {"name": "dense", "function": {"class_name": "__lambda__", "config": {"code": CODE}}}
OLD_LAMBDA = {"name": "dense", "function": [CODE, None, None], "function_type": "lambda"}
REGULARIZER = {
    "module": "os",
    "class_name": "system",
    "config": {"command": "touch harm"},
    "registered_name": "os>system",
}


def nested(depth: int) -> Edit:
    """As text: json.dumps would give up."""
    return lambda model: json.dumps(model).replace('"flatten"', "[" * depth + "]" * depth, 1)


def in_text(old: str, new: str) -> Edit:
    return lambda model: json.dumps(model).replace(old, new, 1)


IN_JSON: list[tuple[str, Edit, str]] = [
    ("code in a Lambda", layer({"class_name": "Lambda", "module": "keras.layers", "config": LAMBDA}), "Lambda"),
    ("code in a Lambda of Keras 2", layer({"class_name": "Lambda", "config": OLD_LAMBDA}), "Lambda"),
    ("a layer of a module", changed("config/layers/1/module", "subprocess"), "of the module 'subprocess'"),
    ("a module that isn't Keras's", changed("config/layers/1/module", "keras_evil.layers"), "'keras_evil.layers'"),
    ("an option of a module", option("kernel_regularizer", REGULARIZER), "'system' of the module 'os'"),
    ("a function", option("activation", {"class_name": "function", "config": "exec", "module": "builtins"}), "'exec'"),
    ("a model as a layer", layer({"class_name": "Sequential", "config": {"name": "dense", "layers": []}}), "Sequential"),
    ("a file to read", layer({"class_name": "TFSMLayer", "config": {"name": "dense", "filepath": "/etc"}}), "TFSMLayer"),
    ("a shape bomb", option("units", 10**12), "kernel as float32 .* 1000000000000"),
    ("a large shape bomb", option("units", 2**62), "too large"),
    ("an input bomb", changed("config/layers/0/config/batch_shape", [None, 2**40, 2**40, 1]), "too large|[Mm]aximum"),
    ("a negative size", option("units", -3), "units=-3"),
    ("a fractional size", option("units", 2.5), "units=2.5"),
    ("a size that is none", option("units", True), "units=True"),
    ("a negative input", changed("config/layers/0/config/batch_shape", [None, -2, 2, 1]), "input shape"),
    ("a fractional input", changed("config/layers/0/config/batch_shape", [None, 2.5, 2, 1]), "input shape"),
    ("not a number", option("units", float("nan")), "'NaN' for a number"),
    ("infinite", option("units", float("inf")), "'Infinity' for a number"),
    ("too large a number", in_text('"units": 3', '"units": 1e999'), "'1e999' for a number"),
    ("too long a number", in_text('"units": 3', '"units": ' + "9" * 10**6), "for a number"),
    ("nested deeply", nested(10**5), "nested too deeply"),
    ("nested less deeply", nested(900), "nested too deeply|names the model"),
    ("too long", lambda model: json.dumps(model) + " " * 2**23, "at most 4194304 characters"),
    ("said twice", in_text('"units": 3', '"units": 3, "units": 4'), "says something twice"),
    ("a name that is a path", changed("config/layers/2/config/name", "../../harm"), "'../../harm'"),
    ("a name for a terminal", changed("class_name", "\x1b]0;harm\x07" + "x" * 10**6), "'.x1b]0;harm"),
    ("no JSON", lambda model: "{" + json.dumps(model), "no JSON"),
    ("other JSON", lambda model: "[]", "no JSON object"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("edit", "reason"),
    [pytest.param(*row[1:], id=row[0]) for row in IN_JSON],
)
@pytest.mark.parametrize("suffix", BOTH)
def test_what_its_json_says(
    data: ModelData, tmp_path: Path, refused: Callable[[Path], str], suffix: str, edit: Edit, reason: str
) -> None:
    path = tmp_path / f"model{suffix}"
    saving.save(data, path)
    if suffix == ".keras":
        members = unpacked(path)
        path.write_bytes(packed(members | {"config.json": edit(json.loads(members["config.json"]))}))
    else:
        with h5py.File(path, "a") as file:
            file.attrs["model_config"] = edit(json.loads(file.attrs["model_config"]))
    assert re.search(reason, refused(path))


# ---------- what its HDF5 says, in both formats: `path` is where the kernel was
def in_place_of_it(make: Callable[[Any, str], None]) -> Callable[[Any, str], None]:
    def edit(file: Any, path: str) -> None:
        del file[path]
        make(file, path)

    return edit


def linked(link: Any) -> Callable[[Any, str], None]:
    return in_place_of_it(lambda file, path: file.__setitem__(path, link))


def dataset(*shape: int, **options: Any) -> Callable[[Any, str], None]:
    return in_place_of_it(lambda file, path: file.create_dataset(path, shape, **options))


def a_link_loop(file: Any, path: str) -> None:
    folder = path.rpartition("/")[0]
    del file[folder]
    file[folder] = h5py.SoftLink(f"/{folder}")


def a_group_in_itself(file: Any, path: str) -> None:
    folder, _, name = path.rpartition("/")
    del file[path]
    file[folder][name] = file[folder]


@in_place_of_it
def a_virtual_array(file: Any, path: str) -> None:
    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[:] = h5py.VirtualSource("/etc/hostname", "x", (4, 3))
    file.create_virtual_dataset(path, layout)


@in_place_of_it
def references(file: Any, path: str) -> None:
    file.create_dataset(path, data=np.full((4, 3), file.ref, dtype=h5py.ref_dtype), dtype=h5py.ref_dtype)


@in_place_of_it
def numbers_with_names(file: Any, path: str) -> None:
    file.create_dataset(path, data=np.zeros((4, 3), [("a", "f4"), ("b", "f4")]))


@in_place_of_it
def texts(file: Any, path: str) -> None:
    file.create_dataset(path, data=np.full((4, 3), "x", object), dtype=h5py.string_dtype())


def another_shape(file: Any, path: str) -> None:
    kernel = file[path][()]
    del file[path]
    file[path] = kernel.T


def one_too_few(file: Any, path: str) -> None:
    group = file[path.rpartition("/")[0]].parent
    del file[path]
    if "model_weights" in file:
        file["model_weights/dense"].attrs["weight_names"] = [b"sequential/dense/bias"]
    else:
        group["vars"].move("1", "0")


IN_HDF5: list[tuple[str, Callable[[Any, str], None], str]] = [
    ("an external file", dataset(4, 3, dtype="f4", external=[("/etc/hostname", 0, 48)]), "aren't in one piece inside"),
    ("a virtual array", a_virtual_array, "aren't in one piece inside"),
    ("an external link", linked(h5py.ExternalLink("/etc/hostname", "/x")), "newer form, as for links out of the file"),
    ("a soft link", linked(h5py.SoftLink("/layers/flatten")), "is a link"),
    ("a link loop", a_link_loop, "is a link"),
    ("a group in itself", a_group_in_itself, "there is no array"),
    ("a shape bomb", dataset(2**40, dtype="f4"), "not as many values are there"),
    ("a shape bomb of many sides", dataset(*[2**20] * 30, dtype="f4", chunks=(1,) * 30), "aren't in one piece|shape"),
    ("a compression bomb", dataset(2**28, dtype="f4", chunks=(2**20,), compression="gzip"), "aren't in one piece"),
    ("references", references, "holds no numbers"),
    ("numbers with names", numbers_with_names, "holds no numbers"),
    ("texts", texts, "holds no numbers"),
    ("another shape", another_shape, r"kernel as float32 \(3, 4\)"),
    ("a variable too few", one_too_few, "1 variables. Expected 2"),
]


@pytest.mark.parametrize(("edit", "reason"), [row[1:] for row in IN_HDF5], ids=[row[0] for row in IN_HDF5])
@pytest.mark.parametrize("suffix", BOTH)
def test_what_its_hdf5_says(
    data: ModelData, tmp_path: Path, refused: Callable[[Path], str], suffix: str, edit: Any, reason: str
) -> None:
    path = tmp_path / f"model{suffix}"
    saving.save(data, path)
    if suffix == ".keras":
        members = unpacked(path)
        weights = io.BytesIO(members["model.weights.h5"])
        with h5py.File(weights, "a") as file:
            edit(file, "layers/dense/vars/0")
        path.write_bytes(packed(members | {"model.weights.h5": weights.getvalue()}))
    else:
        with h5py.File(path, "a") as file:
            edit(file, "model_weights/dense/sequential/dense/kernel")
    assert re.search(reason, refused(path))


# ---------- what makes the HDF5 library loop, crash or fill the memory
def number(value: int) -> bytes:
    return value.to_bytes(8, "little")


def overwritten(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


def a_tree_in_itself(content: bytes) -> bytes:
    at = content.index(b"TREE")
    return overwritten(overwritten(content, at + 5, b"\1"), at + 32, number(at))


def a_tree_of_many_branches(content: bytes) -> bytes:
    """255 levels of a node each, which has the node below four times: 4²⁵⁵ ways down."""
    at, first = content.index(b"TREE"), len(content)
    below = [first + 96 * place for place in range(1, 255)]
    nodes = [
        b"TREE\0" + bytes([level, 4, 0]) + bytes(16) + 4 * (bytes(8) + number(child)) + bytes(8)
        for level, child in zip(range(254, 0, -1), below, strict=True)
    ]
    content = overwritten(overwritten(content, at + 5, b"\xff"), at + 32, number(first))
    return overwritten(content, 40, number(first + 96 * 254)) + b"".join(nodes)


def a_header_in_a_circle(content: bytes) -> bytes:
    """The first message of the root group goes on where it is itself."""
    root = int.from_bytes(content[64:72], "little") + 16
    return overwritten(content, root, b"\x10\0\x10\0" + bytes(4) + number(root) + number(24))


def a_name_without_end(content: bytes) -> bytes:
    heap = content.index(b"HEAP")
    length, start = (int.from_bytes(content[heap + at : heap + at + 8], "little") for at in (8, 24))
    return overwritten(content, start, b"x" * length)


def a_heap_that_does_not_end(content: bytes) -> bytes:
    """A text so long that, counted in 64 bits, the next one is where this one is: the HDF5 library looks for it for ever."""
    return overwritten(content, content.index(b"GCOL") + 24, number(2**64 - 16))


def a_heap_of_any_size(content: bytes) -> bytes:
    return overwritten(content, content.index(b"GCOL") + 8, number(2**63))


def texts_from_nowhere(content: bytes) -> bytes:
    return content.replace(b"GCOL", b"LOCG")


def one_text_many_times(content: bytes) -> bytes:
    """Of a list of 4000 texts each becomes the longest one in the file."""
    file = io.BytesIO(content)
    with h5py.File(file, "a") as made:
        made.attrs["large"] = "x" * 10**6
        made["model_weights/dense"].attrs["weight_names"] = np.full(4000, "?", object)
    content = file.getvalue()
    large = content.index((10**6).to_bytes(4, "little"))
    small = re.search(rb"(\x01\0\0\0.{12}){4000}", content, re.DOTALL)
    assert small
    return overwritten(content, small.start(), content[large : large + 16] * 4000)


HEAP = "lies? outside of it|isn't in its heap|no heap of texts|goes round in a circle"
IN_BYTES: list[tuple[str, tuple[str, ...], Callable[[bytes], bytes], str]] = [
    ("a tree in itself", BOTH, a_tree_in_itself, "no node of a group"),
    ("a tree of many branches", BOTH, a_tree_of_many_branches, "goes round in a circle, or has more than"),
    ("a header in a circle", BOTH, a_header_in_a_circle, "goes round in a circle, or has more than"),
    ("a name without end", BOTH, a_name_without_end, "0 variables|no weight_names"),
    ("an end too far", BOTH, lambda content: overwritten(content, 40, number(2**62)), "of its 4611686018427387904 bytes"),
    ("a version to come", BOTH, lambda content: overwritten(content, 8, b"\3"), "isn't of the form that h5py writes"),
    ("a heap that doesn't end", (".h5",), a_heap_that_does_not_end, HEAP),
    ("a heap of any size", (".h5",), a_heap_of_any_size, HEAP),
    ("texts from nowhere", (".h5",), texts_from_nowhere, HEAP),
    ("one text many times", (".h5",), one_text_many_times, "is used more often than it is there"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("suffix", "edit", "reason"),
    [pytest.param(suffix, *row[2:], id=f"{row[0]}{suffix}") for row in IN_BYTES for suffix in row[1]],
)
def test_what_its_bytes_say(
    data: ModelData, tmp_path: Path, refused: Callable[[Path], str], suffix: str, edit: Any, reason: str
) -> None:
    path = tmp_path / f"model{suffix}"
    saving.save(data, path)
    if suffix == ".keras":
        members = unpacked(path)
        path.write_bytes(packed(members | {"model.weights.h5": edit(members["model.weights.h5"])}))
    else:
        path.write_bytes(edit(path.read_bytes()))
    assert re.search(reason, refused(path))


@pytest.mark.parametrize("suffix", BOTH)
def test_cut_off_anywhere(data: ModelData, tmp_path: Path, refused: Callable[[Path], str], suffix: str) -> None:
    path = tmp_path / f"model{suffix}"
    saving.save(data, path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 1000):
        path.write_bytes(whole[:length])
        assert re.search("neither a zip archive nor HDF5|bytes are there|can't be read", refused(path))


@pytest.mark.parametrize("suffix", BOTH)
def test_damaged_anywhere(data: ModelData, tmp_path: Path, confined: Confined, suffix: str) -> None:
    """A few bytes, or an address, changed at random: refused, or of no importance."""
    path, rng = tmp_path / f"model{suffix}", np.random.default_rng(1)
    saving.save(data, path)
    whole = path.read_bytes() if suffix == ".h5" else unpacked(path)["model.weights.h5"]
    found = []
    for _ in range(150):
        damaged = bytearray(whole)
        for at in rng.integers(0, len(whole), 3):
            damaged[at] = rng.choice([0, 1, 255, rng.integers(256)])
        at = 8 * rng.integers(0, len(whole) // 8)
        damaged[at : at + 8] = number(int(rng.choice([0, 1, 16, 2**62, rng.integers(len(whole))])))
        if suffix == ".h5":
            path.write_bytes(damaged)
        else:
            path.write_bytes(packed(unpacked(path) | {"model.weights.h5": bytes(damaged)}))
        found.append(confined.load(path)["error"])
    assert set(found) == {"", "ModelFileError"}
    assert 20 < found.count("") < 130


# ---------- what its zip archive says
def lying(members: dict[str, Any]) -> bytes:
    """An archive whose directory says that the configuration has 4 GB."""
    content = packed(members)
    directory = content.index(b"PK\1\2", content.index(b"PK\1\2") + 1)
    assert content[directory + 46 :].startswith(b"config.json")
    return overwritten(content, directory + 24, b"\xfe\xff\xff\xff")


def encrypted(members: dict[str, Any]) -> bytes:
    content = packed(members)
    for entry in re.finditer(b"PK\1\2", content):
        content = overwritten(content, entry.start() + 8, b"\1")
    return content


def twice(members: dict[str, Any]) -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return packed(members, **{"config.json": members["config.json"]})


IN_ZIP: list[tuple[str, Callable[[dict[str, Any]], bytes], str]] = [
    ("a path upwards", lambda members: packed(members, **{"../../harm": b"x"}), "'../../harm', a path out of it"),
    ("a path from the root", lambda members: packed(members, **{"/etc/harm": b"x"}), "'/etc/harm', a path out of it"),
    ("a path of Windows", lambda members: packed(members, **{"assets\\..\\..\\x": b"x"}), "a path out of it"),
    ("a name twice", twice, "two members of one name"),
    ("a compression bomb", lambda members: packed(members | {"model.weights.h5": bytes(2**28)}), "would unpack to"),
    ("a bomb of text", lambda members: packed(members | {"config.json": b" " * 2**27}), "would unpack to"),
    ("a size that isn't so", lying, "would unpack to 4294967294 bytes"),
    ("a password", encrypted, "encrypted"),
    ("another compression", lambda members: packed(members, zipfile.ZIP_LZMA), "compressed by method 14"),
    ("no configuration", lambda members: packed({"model.weights.h5": b""}), "no config.json"),
    ("a pickle", lambda members: pickle.dumps(print), "neither a zip archive nor HDF5"),
    ("an array with pickles", lambda members: npz(), "no config.json"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "reason"), [row[1:] for row in IN_ZIP], ids=[row[0] for row in IN_ZIP])
def test_what_its_zip_archive_says(
    data: ModelData, tmp_path: Path, refused: Callable[[Path], str], make: Any, reason: str
) -> None:
    path = tmp_path / "model.keras"
    saving.save(data, path)
    path.write_bytes(make(unpacked(path)))
    assert re.search(reason, refused(path))
