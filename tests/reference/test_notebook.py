"""One program, two libraries: what they print and save, step by step."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from reference import notebook

LIMIT = 130
PARTS = ["model", "summary", "fit", "save", "load", "summary of the loaded model"]
STEPS = ["parameters", "data", "scaling", "a digit drawn", "one-hot"]
STEPS += [f"{model}: {part}" for model in ("no-dropout", "dropout") for part in PARTS]
STEPS += ["evaluate", "predict", "confusion matrix", "x_test[0]", "confusion matrix normalised by row"]
STEPS += ["both matrices plotted", "x_test[100]", "x_test[101]", "x_train[100]"]
DIGITS = {f"{name}.png" for name in ("x_train_0", "x_test_0", "x_test_100", "x_test_101", "x_train_100")}
MODELS = {"MNIST-keras-no-drop.h5", "MNIST-keras.h5"}
MATRICES = {"confusion_matrix", "confusion_matrix_normalized"}
FILES = {
    *DIGITS,
    *MODELS,
    "y_pred.npy",
    *(f"{name}{end}" for name in MATRICES for end in (".png", ".npy")),
    "seconds.json",
}


PROGRAM = """
import runpy, sys
try:
    runpy.run_module("reference.notebook", run_name="__main__", alter_sys=True)
finally:
    print("imported", *sys.modules, file=sys.stderr)
"""


def start(library, folder, *arguments):
    """The program, at work; in the end it tells on stderr what was imported."""
    arguments = ["--library", library, "--epochs", "1", "--limit", str(LIMIT), "--output", folder, *arguments]
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "80"}
    )


@dataclass
class Ran:
    status: int
    printed: dict[str, str]  # by step
    imported: set[str]
    folder: Path

    def __getitem__(self, array):
        return np.load(self.folder / f"{array}.npy")


def finish(program, folder):
    printed, errors = program.communicate()
    printed = "\n".join(line for line in printed.splitlines() if "\x1b[1m" not in line)  # Keras's progress
    heads, texts = (
        re.findall(r"^## (.*)$", printed, re.MULTILINE),
        re.split(r"^## .*$", printed, flags=re.MULTILINE)[1:],
    )
    imported = set(errors.splitlines()[-1].split())
    return Ran(program.returncode, dict(zip(heads, texts, strict=True)), imported, folder)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """What Keras did, and what scratchnet did."""
    folders = {library: tmp_path_factory.mktemp(library) for library in ("keras", "scratchnet")}
    programs = {library: start(library, folder) for library, folder in folders.items()}
    return [finish(program, folders[library]) for library, program in programs.items()]


def test_the_same_steps_and_files(both):
    for ran in both:
        assert ran.status == 0
        assert list(ran.printed) == STEPS
        assert {file.name for file in ran.folder.iterdir()} == FILES
        seconds = json.loads((ran.folder / "seconds.json").read_text())
        assert list(seconds) == STEPS
        assert all(0 <= value < 600 for value in seconds.values())
        assert seconds["dropout: fit"] > seconds["dropout: model"]


def test_only_keras_needs_keras(both):
    theirs, ours = both
    assert {"keras", "tensorflow"} <= theirs.imported
    assert not {"keras", "tensorflow", "jax", "torch"} & ours.imported


@pytest.mark.parametrize(
    "step", STEPS[:5] + [f"{model}: {part}" for model in ("no-dropout", "dropout") for part in PARTS[:2]]
)
def test_the_same_text_before_training(both, step):
    theirs, ours = (ran.printed[step] for ran in both)
    assert ours == theirs
    words = {"a digit drawn": "\n5\n", "one-hot": "[0. 0. 0. 0. 0. 1. 0. 0. 0. 0.]", "scaling": "(60000, 28, 28, 1)",
             "dropout: summary": "conv2d_2 (Conv2D)", "no-dropout: summary": "1,199,882"}  # fmt: skip
    assert words.get(step, "") in ours


@pytest.mark.parametrize("model", ["no-dropout", "dropout"])
def test_the_same_summary_after_loading_but_for_what_keras_drops(both, model):
    """Keras doesn't read the optimizer's state from an .h5: it counts two variables where the file holds all."""
    theirs, ours = (ran.printed[f"{model}: summary of the loaded model"] for ran in both)
    for keras_has, file_has in (
        ("1,199,884 (4.58 MB)", "3,599,648 (13.73 MB)"),
        ("Optimizer params: 2 (12.00 B)", "Optimizer params: 2,399,766 (9.15 MB)"),
    ):
        assert keras_has in theirs
        theirs = theirs.replace(keras_has, file_has)
    assert ours == theirs


def test_the_same_kind_of_numbers_after_it(both):
    for step in ("evaluate", "x_test[0]", "x_test[100]", "x_test[101]"):
        theirs, ours = (re.sub(r"\d+(\.\d+)?", "0", ran.printed[step]).split() for ran in both)
        assert ours == theirs, step
    for step, label in (("x_test[0]", "7"), ("x_test[100]", "6"), ("x_test[101]", "0")):
        for ran in both:
            assert ran.printed[step].split()[0] == label
            assert ran.printed[step].split()[1] in set("0123456789")


def test_the_same_arrays(both):
    for ran in both:
        y_pred, matrix, normalised = (
            ran[name] for name in ("y_pred", "confusion_matrix", "confusion_matrix_normalized")
        )
        assert (y_pred.shape, y_pred.dtype) == ((LIMIT, 10), np.float32)
        np.testing.assert_allclose(y_pred.sum(axis=1), 1, rtol=1e-5)
        assert matrix.shape == (10, 10)
        np.testing.assert_allclose(normalised, matrix / matrix.sum(axis=1, keepdims=True))
        assert str(matrix) == ran.printed["confusion matrix"].strip()
        accuracy = float(re.search(r"accuracy: (\S+)", ran.printed["evaluate"])[1])
        assert accuracy == pytest.approx(matrix.trace() / LIMIT)
        assert int(ran.printed["x_test[0]"].split()[1]) == y_pred[0].argmax()
    theirs, ours = both
    np.testing.assert_array_equal(*(ran["confusion_matrix"].sum(axis=1) for ran in both))
    assert ours["confusion_matrix"].dtype == theirs["confusion_matrix"].dtype


def test_the_same_figures(both):
    theirs, ours = (ran.folder for ran in both)
    for name in DIGITS:
        assert (ours / name).read_bytes() == (theirs / name).read_bytes()
    for name in MATRICES:
        images = [Image.open(folder / f"{name}.png").convert("RGB") for folder in (theirs, ours)]
        assert [image.size for image in images] == [(1000, 500), (1000, 500)]
        assert all(len(image.getcolors(10**6)) > 50 for image in images)


def tree(path):
    """Groups, attributes, dtypes and shapes of an HDF5 file, and its JSON."""
    found = {}

    def visit(name, node):
        attributes = {
            key: np.asarray(value).tolist() for key, value in node.attrs.items() if not key.endswith("_config")
        }
        found[name] = attributes, getattr(node, "dtype", None), getattr(node, "shape", None)

    with h5py.File(path) as file:
        visit("/", file)
        file.visititems(visit)
        model, training = (json.loads(file.attrs[key]) for key in ("model_config", "training_config"))
    layers = [(layer["class_name"], layer["config"]["name"]) for layer in model["config"]["layers"]]
    # Keras numbers optimizers as it numbers layers; here they are all called adadelta
    found = json.loads(json.dumps(found, default=str).replace("adadelta_1", "adadelta"))
    return found, layers, training["optimizer_config"]["config"]["learning_rate"]


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_same_files_inside(both, name):
    theirs, ours = (tree(ran.folder / name) for ran in both)
    assert ours[0] == theirs[0]
    # An InputLayer's name is Keras's own affair: ours has no such layer
    assert ours[1][1:] == theirs[1][1:]
    assert ours[2] == theirs[2] == 1.0


# ---------- the options
def test_one_model_and_few_images(tmp_path):
    """Fewer than there are classes, and than the digits that are looked at in the end."""
    program = start("scratchnet", tmp_path / "new" / "folder", "--model", "dropout", "--limit", "5")
    ran = finish(program, tmp_path / "new" / "folder")
    assert ran.status == 0
    assert [step for step in ran.printed if "no-dropout" in step] == []
    assert {file.name for file in ran.folder.iterdir()} == FILES - {"MNIST-keras-no-drop.h5"}
    assert ran["y_pred"].shape == (5, 10)
    assert ran["confusion_matrix"].sum() == 5
    assert np.isfinite(ran["confusion_matrix_normalized"]).all()
    assert "conv2d (Conv2D)" in ran.printed["dropout: summary"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--output", "x"], "Missing option '--library'"),
        (["--library", "torch", "--output", "x"], "'torch' is not one of 'keras', 'scratchnet'"),
        (["--library", "keras"], "Missing option '--output'"),
        (["--library", "keras", "--output", "x", "--epochs", "0"], "0 is not in the range x>=1"),
        (["--library", "keras", "--output", "x", "--limit", "-3"], "-3 is not in the range x>=1"),
        (["--library", "keras", "--output", "x", "--model", "big"], "'big' is not one of"),
        (["--library", "keras", "--output", "file"], "Give a folder that can be written"),
        (["--library", "keras", "--output", "file/in"], "Give a folder that can be written"),
    ],
)
def test_mistakes_are_told_before_anything_starts(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("kept")
    monkeypatch.setattr(notebook, "notebook", lambda *_: pytest.fail("started"))
    ran = CliRunner().invoke(notebook.main, arguments)
    assert ran.exit_code == 2
    assert words in ran.output
    assert Path("file").read_text() == "kept"
    assert not Path("x").exists()


def test_a_library_that_is_not_installed_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", None)
    ran = CliRunner().invoke(notebook.main, ["--library", "keras", "--output", str(tmp_path)])
    assert ran.exit_code == 2
    assert "Install the extra" in ran.output
