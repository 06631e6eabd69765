"""Beside another library: the tensors of its recording, as the explorer hands them out."""

import numpy as np
import pytest
from starlette.testclient import TestClient

from scratchnet import load_model
from scratchnet.errors import DataError, ScratchnetError
from scratchnet.explorer.app import app
from scratchnet.explorer.subject import Question, Subject
from scratchnet.layers import Dense, Flatten, Input
from scratchnet.models import Sequential
from scratchnet.parity.measure import FLOAT32
from tests.explorer.frames import unpack
from tests.explorer.recordings import record


@pytest.fixture(scope="module")
def recording(run, tmp_path_factory):
    return record(run / "model.keras", tmp_path_factory.mktemp("recordings") / "keras.npz")


@pytest.fixture(scope="module")
def beside(run, recording):
    return Subject(run, reference=recording)


def test_an_image_of_the_recording_has_both_sides(beside):
    told = beside.describe()["reference"]
    assert (told["images"], told["dtype"], told["differs"]) == (3, "float32", None)
    assert told["tolerance"] == FLOAT32.difference
    for index in range(3):
        x, label, theirs = beside.recorded(index)
        assert (x.shape, label) == (beside.image_shape, index)
        ours = beside.trace(x, Question(label=label))
        for layer in beside.model.layers:
            np.testing.assert_array_equal(theirs[f"{layer.name}/y"], ours.trace[layer.name].y[0])
            np.testing.assert_array_equal(theirs[f"{layer.name}/dx"], ours.trace[layer.name].dx[0])
            for name, grad in ours.trace[layer.name].grads.items():
                np.testing.assert_array_equal(theirs[f"{layer.name}/d{name}"], grad)
        assert theirs["loss"] == ours.trace.loss[0]


def test_gradients_are_relative_to_an_answer_that_cancels(beside):
    _, _, theirs = beside.recorded(0)
    last = beside.model.layers[-1].name
    terms, y, dz = beside.cancelled(theirs), np.abs(theirs[f"{last}/y"]).max(), np.abs(theirs[f"{last}/dz"]).max()
    assert terms["loss"] == pytest.approx(y)
    assert terms[f"{last}/dz"] == pytest.approx(y)
    kernel = np.abs(theirs[f"{last}/dkernel"]).max()
    assert terms[f"{last}/dkernel"] == pytest.approx(kernel * y / dz)


def test_the_server_hands_them_out(beside):
    url = "http://127.0.0.1:8642"
    page = TestClient(app(beside, 8642), base_url=url, headers={"Origin": url})
    _, theirs = unpack(page.get("/api/reference/1").content)
    header, ours = unpack(page.post("/api/trace?reference=1&backward=1").content)
    assert header["label"] == 1
    first = beside.model.layers[0].name
    np.testing.assert_array_equal(theirs[f"{first}/y"], ours[f"{first}/y"])
    assert page.get("/api/reference/3").status_code == 422
    assert "Start with --reference" in without_one(beside).get("/api/reference/0").json()["error"]


def without_one(subject):
    url = "http://127.0.0.1:8642"
    return TestClient(app(Subject(subject.source), 8642), base_url=url, headers={"Origin": url})


def test_other_weights_are_told_and_other_layers_refused(run, recording, tmp_path):
    model = load_model(run / "model.keras")
    model.layers[0].params["kernel"].flat[0] += 1
    model.save(tmp_path / "moved.keras")
    differs = Subject(tmp_path / "moved.keras", reference=recording).describe()["reference"]["differs"]
    assert differs == f"{model.layers[0].name}/kernel"
    other = Sequential([Input(model.input_shape), Flatten(), Dense(3, "softmax")])
    other.save(tmp_path / "other.keras")
    with pytest.raises(DataError, match=r"a recording of other layers.*reference\.dump"):
        Subject(tmp_path / "other.keras", reference=recording)
    with pytest.raises(ScratchnetError, match="can't be read"):
        Subject(run, reference=tmp_path / "missing.npz")
