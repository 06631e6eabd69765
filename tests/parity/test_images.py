"""Images alone in a recording: whole tensors, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

from scratchnet import Sequential
from scratchnet.errors import DataError
from scratchnet.layers import BatchNormalization, Dense, Dropout, Input
from scratchnet.parity import Batch, compare, npz, replay
from scratchnet.parity.ours import Ours
from scratchnet.parity.recorder import Recorder
from scratchnet.parity.recording import Recording


def model(*, dtype="float64", last="last"):
    network = Sequential(
        [
            Input((30,)),
            Dense(20, "relu", name="dense"),
            BatchNormalization(name="normalized"),
            Dropout(0.5, name="dropout"),
            Dense(3, "softmax", name=last),
        ],
        "network",
        dtype=dtype,
        kernels="plain",
        seed=3,
    )
    network.compile("sgd", "categorical_crossentropy")
    return network


def images(count=3):
    rng = np.random.default_rng(1)
    for i in range(count):
        yield Batch(rng.standard_normal((1, 30)), np.eye(3)[[i % 3]])


def record(path, steps=0, **given):
    """This library compared with itself, and recorded."""
    recorder = Recorder(Ours(model()))
    training = [replace(batch, size=1) for batch in images(steps)]
    report = compare(recorder, Ours(model()), training, steps, **given)
    assert report.ok, report.verdict
    recorder.write(path, model())
    return path


@pytest.fixture
def whole(tmp_path):
    return record(tmp_path / "whole.npz", images=images())


@pytest.fixture
def digests(tmp_path):
    return record(tmp_path / "digests.npz", steps=2)


# ---------- whole
def test_each_image_has_every_tensor_out_of_training(whole):
    recording = Recording(whole)
    assert recording.images == 3
    for i, image in enumerate(images()):
        x, t, tensors = recording.whole(i)
        np.testing.assert_array_equal(x, image.x)
        np.testing.assert_array_equal(t, image.t)
        expected = Ours(model()).trace(image, training=False)
        assert list(tensors) == list(expected)
        for name, array in expected.items():
            np.testing.assert_array_equal(tensors[name], array, err_msg=name)
        assert tensors["dense/dkernel"].shape == (30, 20)
        np.testing.assert_array_equal(tensors["dropout/y"], tensors["normalized/y"])
        np.testing.assert_allclose(tensors["normalized/y"], tensors["dense/y"] / np.sqrt(1 + 1e-3))  # not by the batch
        assert {"last/z", "last/y", "last/dz", "loss", "dense/dx"} <= tensors.keys()


def test_it_is_replayed_image_by_image(whole):
    report = replay(whole, kernels="plain")
    assert (
        report.verdict == f"ok: {len(report.tensors)} tensors over 3 images, largest difference 0.0e+00 (alone/dense/y)"
    )
    assert report.tensors["alone/dense/dkernel"].shape == (30, 20)
    lines = list(report.text())
    assert any(line.startswith("\nevery tensor at its worst of 3 images ") for line in lines)
    assert not any("losses" in line for line in lines)


def test_images_come_before_the_steps(tmp_path):
    report = replay(record(tmp_path / "both.npz", steps=2, images=images()), kernels="plain")
    assert "tensors over 3 images and 2 steps, largest difference 0.0e+00" in report.verdict
    assert {"alone/dense/dkernel", "dense/dkernel", "dense/kernel", "predict"} <= report.tensors.keys()


def test_an_older_reader_refuses_what_it_would_compare_nothing_of(whole, digests):
    formats = [
        json.loads(npz.from_bytes(path.read_bytes(), "it")["header"].tobytes())["format"] for path in (whole, digests)
    ]
    assert formats == [2, 1]


def test_a_recording_of_nothing_is_no_success(whole, tmp_path):
    held = npz.from_bytes(whole.read_bytes(), "it")
    header = json.loads(held["header"].tobytes()) | {"images": 0}
    kept = {name: array for name, array in held.items() if name.startswith("weights/")}
    path = tmp_path / "empty.npz"
    path.write_bytes(npz.to_bytes({"header": np.frombuffer(json.dumps(header).encode(), np.uint8)} | kept))
    report = replay(path, kernels="plain")
    assert (report.ok, report.verdict) == (False, "FAIL: nothing compared")


# ---------- compared
def changed(path, target, **arrays):
    """The recording with these arrays in place of its own; None takes one away; a function changes one."""
    held = npz.from_bytes(path.read_bytes(), "it")
    for name, array in arrays.items():
        held[name] = array(held[name].copy()) if callable(array) else array
    target.write_bytes(npz.to_bytes({name: array for name, array in held.items() if array is not None}))
    return target


def off(array):
    array.flat[123] += 1e-10
    return array


def test_one_number_of_a_large_tensor_is_seen(whole, tmp_path):
    path = changed(whole, tmp_path / "changed.npz", **{"images/1/trace/dense/dkernel": off})
    report = replay(path, kernels="plain")
    assert [line.name for line in report.failures] == ["alone/dense/dkernel"]
    assert report.verdict.endswith("first alone/dense/dkernel")


@pytest.mark.parametrize(("logit", "ok"), [(1.0, False), (20.0, True)])
def test_rounding_of_an_answer_that_is_nearly_right_is_none_of_its_gradient(logit, ok, tmp_path):
    """y − t is 1e-9 there, so a billionth of it is far below the rounding of y, which is 1e-16."""
    network = Sequential(
        [Input((1,)), Dense(3, "softmax", use_bias=False, name="last")], kernels="plain", dtype="float64"
    )
    network.compile("sgd", "categorical_crossentropy")
    network.weights["last/kernel"][...] = [[logit, 0, 0]]
    recorder = Recorder(Ours(network))
    compare(recorder, Ours(network).twin(), [], 0, images=[Batch(np.ones((1, 1)), np.eye(3)[:1])])
    recorder.write(tmp_path / "right.npz", network)
    gradients = {f"images/0/trace/last/{name}": lambda array: array * (1 + 1e-9) for name in ("dz", "dkernel", "dx")}
    path = changed(tmp_path / "right.npz", tmp_path / "changed.npz", **gradients)
    assert replay(path, kernels="plain").ok == ok


def test_an_image_in_a_near_tie_is_kept_and_left_out_of_the_comparison(tmp_path):
    network = model()
    network.weights["dense/kernel"][...] = 0
    network.weights["dense/bias"][0] = 1e-17
    other = Ours(network).twin()
    recorder = Recorder(Ours(network))
    # Ours takes the reference's weights: what differs by less than rounding is planted in the trace.
    trace = recorder.trace

    def planted(batch, *, training=True):
        tensors = trace(batch, training=training)
        tensors["dense/y"] = np.zeros_like(tensors["dense/y"])
        return tensors

    recorder.trace = planted
    report = compare(recorder, other, [], 0, images=images(1))
    assert (report.left_out, report.images, report.verdict[:22]) == (1, 0, "FAIL: nothing compared")
    recorder.write(tmp_path / "tie.npz", network)
    assert Recording(tmp_path / "tie.npz").images == 1


# ---------- asked for what isn't there
def test_digests_are_no_whole_tensors(digests):
    recording = Recording(digests)
    assert (recording.images, list(recording.alone())) == (0, [])
    with pytest.raises(DataError, match=r"holds digests, and no whole.*python -m reference.dump MODEL --whole"):
        recording.whole(0)


@pytest.mark.parametrize("i", [-1, 3])
def test_an_image_that_is_not_there(whole, i):
    with pytest.raises(DataError, match="holds 3 images alone"):
        Recording(whole).whole(i)


# ---------- whose weights
def test_the_same_weights_are_told_from_others(whole):
    recording = Recording(whole)
    assert recording.differs_in(model()) is None
    other = model()
    other.weights["last/bias"][1] = 1e-300
    assert recording.differs_in(other) == "last/bias"
    other.weights["normalized/moving_mean"][0] += 1
    assert recording.differs_in(other) == "normalized/moving_mean"
    assert recording.differs_in(model(last="other")) == "other/kernel"
    narrow = Sequential([Input((30,)), Dense(2, name="dense")], kernels="plain", dtype="float64")
    assert recording.differs_in(narrow) == "dense/kernel"
    turned = Sequential([Input((20,)), Dense(30, name="dense")], kernels="plain", dtype="float64")
    turned.weights["dense/kernel"].flat = model().weights["dense/kernel"].flat
    assert recording.differs_in(turned) == "dense/kernel"


def test_weights_are_compared_in_the_recordings_dtype(tmp_path):
    """A file's float32 in a recording in float64, and the other way round."""
    for own, theirs in ("float32", "float64"), ("float64", "float32"):
        network, recorded = model(dtype=own), model(dtype=theirs)
        for name, array in recorded.weights.items():
            array[...] = network.weights[name]
        recorder = Recorder(Ours(recorded))
        compare(recorder, Ours(recorded).twin(), [], 0, images=images(1))
        recorder.write(tmp_path / "it.npz", recorded)
        assert Recording(tmp_path / "it.npz").differs_in(network) is None


def test_a_model_with_more_weights_or_fewer_is_another(whole):
    more = Sequential([Input((30,)), *model().layers, Dense(2, name="more")], kernels="plain", dtype="float64")
    fewer = Sequential([Input((30,)), *model().layers[:-1]], kernels="plain", dtype="float64")
    for network in more, fewer:
        for name, array in network.weights.items():
            array[...] = model().weights.get(name, array)
    recording = Recording(whole)
    assert recording.differs_in(more) == "more/kernel"
    assert recording.differs_in(fewer) == "last/kernel"


# ---------- refused
ARRAYS = {
    "no x": ({"images/1/x": None}, "has no x of image 1"),
    "no targets": ({"images/1/t": None}, "has no t of image 1"),
    "no loss": ({"images/2/trace/loss": None}, "has no loss of image 2"),
    "a layer's answer is missing": ({"images/0/trace/normalized/y": None}, "has no normalized/y of image 0"),
    "two images in one": ({"images/0/x": np.zeros((2, 30))}, "has x of (2, 30)"),
    "an image of another shape": ({"images/0/x": np.zeros((1, 31))}, "has x of (1, 31)"),
    "two targets": ({"images/0/t": np.zeros((2, 3))}, "t of (2, 3) for image 0"),
    "targets without a row": ({"images/0/t": np.array(1.0)}, "t of () for image 0"),
    "a digest": ({"images/0/trace/dense/dkernel": np.zeros(69)}, "has dense/dkernel of (69,) in float64 for image 0"),
    "another shape": ({"images/0/trace/last/dz": np.zeros((1, 4))}, "has last/dz of (1, 4)"),
    "whole numbers": ({"images/0/trace/last/z": np.zeros((1, 3), int)}, "has last/z of (1, 3) in int64"),
    "a tensor of no layer": ({"images/0/trace/other/y": np.zeros((1, 3))}, "has other/y of (1, 3)"),
    "one beside the trace": ({"images/0/state": np.zeros(1)}, "has state of (1,)"),
    "an image more": ({"images/3/x": np.zeros((1, 30))}, "tells of 3 images alone, and holds 4"),
    "an image under another name": (
        dict.fromkeys(("images/2/x", "images/2/t")) | {"images/02/x": np.zeros((1, 30))},
        "tells of 3 images alone, and holds 4",
    ),
}


@pytest.mark.parametrize(("arrays", "words"), ARRAYS.values(), ids=ARRAYS)
def test_arrays_that_can_not_be(arrays, words, whole, tmp_path):
    path = changed(whole, tmp_path / "changed.npz", **arrays)
    with pytest.raises(DataError) as refused:
        Recording(path)
    assert words in str(refused.value)


@pytest.mark.parametrize("count", [2, 4, -1, 10**18, 3.0, "3", None, [3]])
def test_a_count_that_can_not_be(count, whole, tmp_path):
    def told(header):
        return np.frombuffer(json.dumps(json.loads(header.tobytes()) | {"images": count}).encode(), np.uint8)

    path = changed(whole, tmp_path / "changed.npz", header=told)
    with pytest.raises(DataError, match="images alone, and holds 3"):
        Recording(path)


def test_too_large_a_layer_is_refused_by_its_images(whole, tmp_path):
    """As by the batches of steps: before the model, which has no memory for it."""

    def told(header):
        own = json.loads(header.tobytes())
        own["config"]["layers"][0]["config"]["units"] = 2**40
        return np.frombuffer(json.dumps(own).encode(), np.uint8)

    with pytest.raises(DataError, match="numbers at once"):
        Recording(changed(whole, tmp_path / "changed.npz", header=told))
