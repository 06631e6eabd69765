"""What can be explored: a model, a run, its epochs, history and images; and what is told of it."""

import json
import shutil
import zipfile

import numpy as np
import pytest

from scratchnet import load_model
from scratchnet.errors import DataError, ModelFileError, RunError, ScratchnetError
from scratchnet.explorer.subject import Subject
from scratchnet.layers import Conv2D, Dense, Input
from scratchnet.models import Sequential
from tests.explorer.models import make
from tests.runs.examples import write_examples


def test_a_run_is_described(run, subject):
    described = json.loads(json.dumps(subject.describe(), allow_nan=False))
    model = load_model(run / "model.keras")
    layers = {layer["name"]: layer for layer in described["layers"]}
    assert list(layers) == [layer.name for layer in model.layers]
    assert {name: described[name] for name in ("source", "dtype", "input_shape", "classes", "loss")} == {
        "source": str(run), "dtype": "float32", "input_shape": [12, 12, 1], "classes": 3, "loss": "categorical_crossentropy",
    }  # fmt: skip
    assert described["parameters"] == model.count_params() == sum(layer["parameters"] for layer in layers.values())
    assert (described["epochs"], described["tests"]) == ([0, 1, 2], 40)
    assert described["history"] == json.loads((run / "history.json").read_text())
    conv = next(iter(layers.values()))
    assert {name: conv[name] for name in conv if name not in ("name", "options")} == {
        "kind": "Conv2D", "activation": "relu", "input_shape": [12, 12, 1], "output_shape": [10, 10, 32],
        "padding": [[0, 0], [0, 0]], "weights": {"kernel": [3, 3, 1, 32], "bias": [32]}, "parameters": 320,
    }  # fmt: skip
    assert conv["options"] == model.layers[0].get_config()


def test_padding_is_told_of_every_layer_that_adds_it(saved):
    padding = {
        layer["kind"]: layer["padding"]
        for name in ("47 classes", "wide windows")
        for layer in Subject(saved(make(name))).describe()["layers"]
    }
    assert padding["ZeroPadding2D"] == ((2, 2), (2, 2))
    assert padding["MaxPooling2D"] == ((7, 7), (7, 7))
    assert padding["Flatten"] is None


def test_an_optimizer_that_is_not_ours_does_not_matter(saved, tmp_path):
    source, foreign = saved(make("logits")), tmp_path / "foreign.keras"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(foreign, "w") as new:
        for member in old.namelist():
            new.writestr(member, old.read(member).replace(b'"Adam"', b'"Ftrl"').replace(b'"adam"', b'"ftrl"'))
    with pytest.raises(ModelFileError):
        load_model(foreign)
    kernel = load_model(source).layers[-1].weights["kernel"]
    np.testing.assert_array_equal(Subject(foreign).model.layers[-1].weights["kernel"], kernel)


def test_a_run_that_is_not_finished_is_explored_by_its_checkpoint(copy, run):
    (copy / "model.keras").rename(copy / "checkpoint.keras")
    (copy / "history.json").unlink()
    described = Subject(copy).describe()
    assert described["history"] is None
    assert described["layers"] == Subject(run).describe()["layers"]


@pytest.mark.parametrize(("text", "history"), [
    ('{"loss": [1.5, NaN, Infinity]}', {"loss": [1.5, None, None]}), ("not JSON", None), (b"\xff", None),
])  # fmt: skip
def test_a_history_is_json_or_none(text, history, copy):
    (copy / "history.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert Subject(copy).describe()["history"] == history


def test_a_run_whose_data_have_gone_is_explored_without(copy):
    record = json.loads((copy / "run.json").read_text())
    record["settings"]["data"] = str(copy / "gone.npz")
    (copy / "run.json").write_text(json.dumps(record))
    subject = Subject(copy)
    assert (subject.tests, subject.describe()["tests"]) == (None, 0)
    with pytest.raises(ScratchnetError, match=r"test=0\. Expected a test image below 0"):
        subject.image(0)


def test_what_else_a_record_says_does_not_matter(copy):
    (copy / "run.json").write_text('{"scratchnet": "9.9", "settings": {"later": 1}}')
    assert Subject(copy).describe()["tests"] == 0  # MNIST's images don't fit


@pytest.mark.parametrize("files", [[], ["run.json"], ["model.keras"]])
def test_a_folder_without_a_run_is_refused(files, run, tmp_path):
    for name in files:
        shutil.copy(run / name, tmp_path)
    with pytest.raises(RunError, match="a folder without a run that has done an epoch"):
        Subject(tmp_path)


def test_what_is_no_model_of_images_is_refused(saved, tmp_path):
    for shape, layers in ((5,), [Dense(2)]), ((8, 8, 1), [Conv2D(2, 3)]):
        with pytest.raises(DataError, match="Expected one that takes images"):
            Subject(saved(Sequential([Input(shape), *layers])))
    for name, content in ("broken.keras", b"PK\x03\x04broken"), ("broken.h5", b"\x89HDF"), ("other.txt", b"text"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelFileError, match=name):
            Subject(tmp_path / name)
    with pytest.raises(ModelFileError, match=r"none\.keras"):
        Subject(tmp_path / "none.keras")


def test_images_that_do_not_fit_are_refused_only_if_asked_for(saved, tmp_path, data):
    path = saved(make("colours, two classes"))
    assert Subject(path).tests is None
    with pytest.raises(DataError, match=r"Test images of shape \(12, 12, 1\) in 3 classes\. Expected \(9, 8, 3\) in 2"):
        Subject(path, data=data)
    with pytest.raises(DataError, match="nothing.npz"):
        Subject(path, data=tmp_path / "nothing.npz")


def test_limit_and_data(run, tmp_path):
    other = write_examples(tmp_path / "other.npz", seed=8)
    x, y = Subject(run, data=other, limit=7).tests
    np.testing.assert_array_equal(x[..., 0], np.load(other)["x_test"][:7].astype("float32") / 255)
    np.testing.assert_array_equal(y, np.load(other)["y_test"][:7])
