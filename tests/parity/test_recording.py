"""Recordings as files: what is written, and what is refused."""

import io
import json
import pickle
import resource
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from scratchnet import Sequential
from scratchnet.errors import DataError, ScratchnetError
from scratchnet.layers import Dense, Dropout, Input
from scratchnet.optimizers import Adam
from scratchnet.parity import Batch, compare, npz, replay
from scratchnet.parity.ours import Ours
from scratchnet.parity.recorder import Recorder
from scratchnet.parity.recording import Recording

DATA = Path(__file__).parent / "data"


# ---------- written and read
def model(seed=3):
    network = Sequential(
        [Input((30,)), Dense(20, "relu", name="dense"), Dropout(0.5, name="dropout"), Dense(3, name="last")],
        "network",
        dtype="float64",
        kernels="plain",
        seed=seed,
    )
    network.compile(Adam(name="adam"), "mse", metrics=["mae"])
    return network


def batches():
    rng = np.random.default_rng(0)
    for size in (4, 4, 3):
        yield Batch(rng.standard_normal((size, 30)), rng.standard_normal((size, 3)), rng.random(size), size=4)


@pytest.fixture
def recorded(tmp_path):
    """This library compared with itself, and recorded."""
    recorder = Recorder(Ours(model()))
    report = compare(recorder, Ours(model()), batches(), 3)
    assert report.ok
    recorder.write(tmp_path / "recorded.npz", model())
    return tmp_path / "recorded.npz"


def test_what_was_recorded_is_what_is_replayed(recorded):
    report = replay(recorded, kernels="plain")
    assert report.ok
    assert len(report.losses) == 3
    assert max(line.difference for line in report.lines) == 0
    assert {"dropout/mask", "predict", "evaluate/mae", "dense/kernel/velocity"} <= report.tensors.keys()
    again = Recording(recorded)
    assert again.version == Ours.version
    assert [(len(batch.x), batch.size) for batch in again.batches()] == [(4, 4), (4, 4), (3, 4)]
    np.testing.assert_array_equal(again.weights()["dense/kernel"], model().weights["dense/kernel"])
    np.testing.assert_array_equal(next(again.batches()).sample_weight, next(batches()).sample_weight)


def test_the_same_recording_is_the_same_bytes(recorded, tmp_path):
    recorder = Recorder(Ours(model()))
    compare(recorder, Ours(model()), batches(), 3)
    recorder.write(tmp_path / "again.npz", model())
    assert (tmp_path / "again.npz").read_bytes() == recorded.read_bytes()


def test_a_recording_is_an_npz(recorded):
    with np.load(recorded) as arrays:
        assert json.loads(arrays["header"].tobytes())["steps"] == 3
        assert arrays["1/trace/dense/y"].shape == (4, 20)
        assert arrays["1/trace/dense/dkernel"].shape == (69,)  # its digest


def test_steps_that_are_asked_for_and_not_there_are_no_success(recorded):
    recording = Recording(recorded)
    report = compare(recording, Ours(recording.model), recording.batches(), 4)
    assert report.verdict.startswith("FAIL: 3 of 4 steps compared")


# ---------- refused
def changed(path, target, **arrays):
    """The recording with these arrays in place of its own; None takes one away."""
    held = npz.from_bytes(path.read_bytes(), "it") | arrays
    target.write_bytes(npz.to_bytes({name: array for name, array in held.items() if array is not None}))
    return target


def header(path, **options):
    own = json.loads(npz.from_bytes(path.read_bytes(), "it")["header"].tobytes()) | options
    return np.frombuffer(json.dumps(own).encode(), np.uint8)


def members(*members, compression=zipfile.ZIP_STORED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


def array_bytes(shape, dtype="<f8", content=b""):
    target = io.BytesIO()
    np.lib.format.write_array_header_1_0(target, {"descr": dtype, "fortran_order": False, "shape": shape})
    return target.getvalue() + content


class Evil:
    def __reduce__(self):
        return (pytest.fail, ("it was unpickled",))


def pickled():
    target = io.BytesIO()
    np.save(target, np.array([Evil()], object), allow_pickle=True)
    return target.getvalue()


FILES = {
    "nothing": (b"", "is no .npz"),
    "text": (b"a recording", "is no .npz"),
    "a pickle": (pickle.dumps(Evil()), "is no .npz"),
    "no header": (members(("x.npy", array_bytes((1,), content=bytes(8)))), "has no header"),
    "a header that isn't JSON": (members(("header.npy", array_bytes((3,), "|u1", b"{,}"))), "has no header in JSON"),
    "a header nested deeply": (members(("header.npy", array_bytes((10**6,), "|u1", b"[" * 10**6))), "has no header in JSON"),
    "a header that is a list": (members(("header.npy", array_bytes((2,), "|u1", b"[]"))), "another format"),
    "objects": (members(("header.npy", pickled())), "bytes for an array of object"),
    "a shape bomb": (members(("header.npy", array_bytes((2**40,)))), "holds 0 bytes"),
    "a negative shape": (members(("header.npy", array_bytes((-8,)))), "holds 0 bytes"),
    "a shape that overflows": (members(("header.npy", array_bytes((2**63, 4)))), "holds 0 bytes"),
    "a compression bomb": (
        members(("header.npy", bytes(2**28)), compression=zipfile.ZIP_DEFLATED), "would unpack to more than"),
    "another compression": (
        members(("header.npy", b"x"), compression=zipfile.ZIP_BZIP2), "compressed in a way of its own"),
    "no array": (members(("header.npy", b"NUMPY")), "can't be read"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "words"), FILES.values(), ids=FILES)
def test_hostile_files(content, words, tmp_path):
    path = tmp_path / "hostile.npz"
    path.write_bytes(content)
    start, peak = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DataError) as refused:
        replay(path)
    assert words in str(refused.value)
    assert str(refused.value).startswith(repr(str(path)))
    assert time.perf_counter() - start < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 2**20  # KB


def test_a_recording_cut_short(recorded, tmp_path):
    content = recorded.read_bytes()
    for length in range(0, len(content) - 1, 4999):
        (tmp_path / "cut.npz").write_bytes(content[:length])
        with pytest.raises(DataError):
            replay(tmp_path / "cut.npz")


def bomb(class_name, input_shape=(3,), **options):
    layer = {"class_name": class_name, "config": {"name": "bomb", **options}}
    return {"name": "a", "dtype": "float64", "input_shape": list(input_shape), "layers": [layer]}


HEADERS = {
    "another format": ({"format": 3}, "another format"),
    "no steps": ({"steps": None}, "has no steps"),
    "steps that aren't a number": ({"steps": "3"}, "has no steps"),
    "layers that aren't": ({"layers": {"dense": 3}}, "has other layers"),
    "a layer of another library": (
        {"config": {"name": "a", "dtype": "float64", "input_shape": [3],
                    "layers": [{"class_name": "Lambda", "config": {"function": "x"}}]}}, "Lambda"),
    "a layer without options": (
        {"config": {"name": "a", "dtype": "float64", "input_shape": [3], "layers": ["Dense"]}}, "describes no model"),
    "no config": ({"config": {}}, "describes no model"),
    "no optimizer": ({"compile": {"optimizer": 3, "loss": "mse", "metrics": []}}, "describes no model"),
    "another loss": ({"compile": {"optimizer": None, "loss": "os.system", "metrics": []}}, "os.system"),
    "spreads of nothing": ({"spreads": {}}, "how its weights are drawn"),
    "spreads that aren't": ({"spreads": [1]}, "how its weights are drawn"),
    "a seed below 0": ({"seed": -1}, "seed"),
    "a bomb of weights": ({"config": bomb("Dense", units=2**40), "spreads": {}}, "numbers at once"),
    "a bomb of weights, not drawn": ({"config": bomb("Dense", units=2**40)}, "numbers at once"),
    "a bomb of pixels": (
        {"config": bomb("ZeroPadding2D", (3, 3, 1), padding=[[2**20, 0], [0, 2**20]])}, "numbers at once"),
}  # fmt: skip


@pytest.mark.parametrize(("options", "words"), HEADERS.values(), ids=HEADERS)
def test_headers_that_can_not_be(options, words, recorded, tmp_path):
    path = changed(recorded, tmp_path / "changed.npz", header=header(recorded, **options))
    with pytest.raises(ScratchnetError) as refused:
        replay(path)
    assert words in str(refused.value)


ARRAYS = {
    "a weight is missing": ({"weights/dense/kernel": None}, "has no dense/kernel of shape (30, 20)"),
    "a weight of another shape": (
        {"weights/dense/kernel": np.zeros((20, 30))},
        "has no dense/kernel of shape (30, 20)",
    ),
    "a weight in another dtype": ({"weights/dense/kernel": np.zeros((30, 20), "f4")}, "in float64"),
    "a batch is missing": ({"2/x": None}, "has no x of step 2"),
    "a loss is missing": ({"1/loss": None}, "has no loss of step 1"),
    "a name that a terminal would obey": ({"1/trace/\x1b[2J": np.zeros(1)}, "names an array"),
    "images of another shape": ({"1/x": np.zeros((4, 31))}, "(4, 31)"),
    "targets of another shape": ({"1/t": np.zeros((4, 2))}, "(4, 2)"),
    "a size of nothing": ({"1/size": np.array(-1)}, "size"),
}


@pytest.mark.parametrize(("arrays", "words"), ARRAYS.values(), ids=ARRAYS)
def test_arrays_that_can_not_be(arrays, words, recorded, tmp_path):
    path = changed(recorded, tmp_path / "changed.npz", **arrays)
    with pytest.raises(ScratchnetError) as refused:
        replay(path)
    assert words in str(refused.value)


WRONG = {
    "a tensor of another shape": ({"1/trace/dense/y": np.zeros((2, 20))}, "dense/y"),
    "a tensor that ours has not": ({"1/trace/dense/q": np.zeros(2)}, "dense/q"),
    "a tensor that is missing": ({"1/trace/dense/y": None}, "dense/y"),
    "a mask that isn't ours": ({"1/masks/dropout": np.zeros((4, 20), bool)}, "dropout/mask"),
    "a loss that isn't ours": ({"1/loss": np.array(0.5)}, "loss of step 1"),
}


@pytest.mark.parametrize(("arrays", "named"), WRONG.values(), ids=WRONG)
def test_what_is_read_and_differs_is_named(arrays, named, recorded, tmp_path):
    report = replay(changed(recorded, tmp_path / "changed.npz", **arrays), kernels="plain")
    assert report.failures[0].name == named


@pytest.mark.parametrize("place", ["missing.npz", "."])
def test_files_that_are_not_there(place, tmp_path):
    with pytest.raises(DataError, match="can't be read"):
        replay(tmp_path / place)
