"""The command line as people meet it: what it prints, where, and with which exit status."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scratchnet import __main__, cli, kernels, load_model, plots, printed, saving
from scratchnet.errors import ScratchnetError
from scratchnet.figures import subject
from scratchnet.kernels import plain
from scratchnet.layers import Conv2D, Dense, Flatten, Input
from scratchnet.models import Sequential
from scratchnet.progress import COMPILING
from scratchnet.runs import Mistake, Run, Settings
from tests.runs.examples import write_examples

FAST = ["--kernels", "plain", "--epochs", "2", "--batch-size", "16"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return str(write_examples(tmp_path_factory.mktemp("data") / "examples.npz"))


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """A finished run's folder."""
    path = tmp_path_factory.mktemp("runs") / "trained"
    with Run(Settings(data=data, kernels="plain", epochs=2, batch_size=16), path) as run:
        run.train(verbose=0)
    return path


@pytest.fixture
def scratchnet(monkeypatch, capsys, tmp_path):
    """Run a command in an empty folder → exit status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["scratchnet", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            __main__.main()
        return ended.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def quick_figures(monkeypatch):
    for name in "training_curves", "confusion_matrix", "misclassified", "samples":
        monkeypatch.setattr(plots, name, lambda *arguments, **options: plots.digit([[0.0, 1.0]]))


# ---------- train
def test_train_prints_what_comes_then_what_came_out(scratchnet, data, tmp_path):
    status, out, err = scratchnet("train", "--data", data, "--output", "run", "--limit", "36", *FAST)
    assert (status, err) == (0, "")
    metrics = json.loads((tmp_path / "run/metrics.json").read_text())
    parts = [
        f"{data}: 36 training and 36 test images of 12 × 12 × 1, 3 classes\n",
        "dropout, 2 epochs, from the start; seed 0; plain kernels on 1 thread\nInto run\n",
        'Model: "sequential',
        "conv2d",
        "Total params: 150,403 (587.51 KB)",
        "Epoch 1/2 - ",
        "Epoch 2/2 - ",
        f"Test loss: {metrics['test_loss']:.6g}\nTest accuracy: {metrics['test_accuracy']:.4f}\n",
        "Confusion matrix, counts: observed down, predicted across\n",
        "Confusion matrix, shares of each row: observed down, predicted across\n",
        "in 36 test images\n",
        "The model, its history, metrics and figures are in run\n",
    ]
    places = [out.index(part) for part in parts]
    assert places == sorted(places)
    assert out.count("\nEpoch ") == 2
    assert re.search(
        r"\nEpoch 2/2 - [\d.]+ s - [\d,]+ images/s - loss: \d.\d{4} - accuracy: .* - val_accuracy: \d.\d{4}\n", out
    )
    assert "\x1b" not in out


def test_every_option_reaches_the_run(scratchnet, data, tmp_path, quick_figures):
    options = {"model": "no-dropout", "epochs": 1, "batch_size": 9, "learning_rate": 0.25, "seed": 3}
    options |= {"data": data, "limit": 20, "threads": 1, "kernels": "plain", "checkpoints": "every"}
    arguments = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
    assert scratchnet("train", *arguments)[0] == 0
    assert json.loads((tmp_path / "runs/no-dropout-1/run.json").read_text())["settings"] == options


def test_defaults_are_those_of_settings(scratchnet, data, tmp_path):
    asked = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "_train", lambda run: asked.update(vars(run.settings)))
        assert scratchnet("train", "--limit", "5")[0] == 0
    assert asked == vars(Settings(limit=5))


def test_overwrite_must_be_asked_for(scratchnet, data, quick_figures):
    arguments = ["train", "--data", data, "--output", "run", *FAST]
    assert scratchnet(*arguments, "--seed", "1")[0] == 0
    status, out, err = scratchnet(*arguments)
    assert (status, out) == (2, "")
    assert err == (
        "Error: The output run holds a finished run. Expected a new or an empty folder."
        " Choose another with --output, or give --overwrite to lose that run.\n"
    )
    assert scratchnet(*arguments, "--overwrite")[0] == 0


def test_resume_goes_on_and_says_when_there_is_nothing_left(scratchnet, data, tmp_path, quick_figures):
    with Run(Settings(data=data, kernels="plain", epochs=2), tmp_path / "run"):
        pass
    status, out, _ = scratchnet("train", "--resume", "run")
    assert (status, out.count("\nEpoch ")) == (0, 2)
    assert scratchnet("train", "--resume", "run") == (
        0,
        "The run in run is finished: there is nothing to resume.\n",
        "",
    )


@pytest.mark.parametrize("option", [["--epochs", "12"], ["--output", "other"], ["--overwrite"], ["--seed", "0"]])
def test_resume_takes_no_other_option(scratchnet, trained, option):
    status, out, err = scratchnet("train", "--resume", trained, *option)
    assert (status, out) == (2, "")
    assert f"{option[0]} beside --resume" in err


# ---------- the tables
def print_confusion(capsys, matrix):
    printed.confusion(np.array(matrix))
    return capsys.readouterr().out


def test_both_matrices(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert print_confusion(capsys, [[41, 3, 0], [0, 0, 0], [1, 1, 6]]) == (
        "\nConfusion matrix, counts: observed down, predicted across\n"
        "    0  1  2\n"
        "0  41  3  .\n"
        "1   .  .  .\n"
        "2   1  1  6\n"
        "\nConfusion matrix, shares of each row: observed down, predicted across\n"
        "       0      1      2\n"
        "0  0.932  0.068      .\n"
        "1      .      .      .\n"
        "2  0.125  0.125  0.750\n"
    )


@pytest.mark.parametrize("columns", ["20", "80"])
def test_a_matrix_is_never_cut_where_there_is_no_terminal(capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    out = print_confusion(capsys, np.arange(1600).reshape(40, 40))
    assert "…" not in out
    assert all(str(number) in out.split() for number in range(1, 1600))


def test_where_a_matrix_has_no_room_the_commonest_confusions_stand(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    matrix = np.diag([50] * 60)
    matrix[59, 3], matrix[7, 8], matrix[1, 2] = 25, 10, 5
    assert print_confusion(capsys, matrix) == (
        "\nThe confusion matrix of 60 classes has no room here. Most often confused:\n"
        "observed  predicted  images  share\n"
        "      59          3      25  0.333\n"
        "       7          8      10  0.167\n"
        "       1          2       5  0.091\n"
    )


def test_a_terminal_that_is_too_narrow_gets_the_commonest_confusions(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    assert "Most often confused" in print_confusion(capsys, np.full((10, 10), 3))


def test_mistakes(capsys, trained):
    printed.mistakes([Mistake(123, 4, 9, 0.99994), *[Mistake(n, 0, 1, 0.5) for n in range(11)]], 3000)
    out = capsys.readouterr().out
    assert out.startswith(
        "\nMistaken with the greatest confidence, of 12 in 3,000 test images\n"
        "image  label  answer  probability\n"
        "  123      4       9       0.9999\n"
    )
    assert len(out.splitlines()) == 3 + 10
    printed.mistakes([], 3000)
    assert capsys.readouterr().out == "\nNo mistake in 3,000 test images\n"


# ---------- evaluate, predict, summary
@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_evaluate(scratchnet, data, trained, name):
    metrics = json.loads((trained / "metrics.json").read_text())
    status, out, err = scratchnet("evaluate", trained / name, "--data", data, "--kernels", "plain")
    assert (status, err) == (0, "")
    assert out == f"Test loss: {metrics['test_loss']:.6g}\nTest accuracy: {metrics['test_accuracy']:.4f}\n"


def test_evaluate_limits_and_takes_a_model_that_was_never_compiled(scratchnet, tmp_path):
    model = Sequential([Input((28, 28)), Flatten(), Dense(10, activation="softmax")])
    model.set_weights([np.zeros((784, 10)), np.eye(10)[7]])  # it always says 7
    model.save(tmp_path / "model.keras")
    loss = -np.log(np.exp(1) / (np.exp(1) + 9))
    for limit, accuracy in (1, 1), (2, 0.5), (100, 0.15):
        status, out, _ = scratchnet("evaluate", "model.keras", "--limit", limit, "--threads", "1")
        assert status == 0
        assert f"Test accuracy: {accuracy:.4f}\n" in out
        assert limit > 1 or f"Test loss: {loss:.6g}\n" in out


def test_predict_prints_ten_probabilities_and_the_answer(scratchnet, tmp_path):
    model = Sequential([Input((28, 28, 1)), Flatten(), Dense(10, activation="softmax")])
    model.set_weights([np.zeros((784, 10)), np.log([0.01] * 3 + [0.9] + [0.01] * 4 + [0.0299, 0.0001])])
    model.save(tmp_path / "model.keras")
    for name, size in ("a.png", (50, 40)), ("b.jpg", (30, 90)):
        pixels = np.zeros((size[1], size[0]), np.uint8)
        pixels[10:20, 12:15] = 255
        Image.fromarray(pixels).save(name)
    status, out, err = scratchnet("predict", "model.keras", "a.png", "b.jpg")
    assert (status, err) == (0, "")
    table = (
        "class  probability\n"
        "    0       0.0100\n    1       0.0100\n    2       0.0100\n    3       0.9000  ██████████████████\n"
        "    4       0.0100\n    5       0.0100\n    6       0.0100\n    7       0.0100\n    8       0.0299  █\n"
        "    9       0.0001\n"
    )
    assert [line.rstrip() for line in out.splitlines()] == f"a.png: 3\n{table}b.jpg: 3\n{table}".splitlines()


def test_predict_says_which_image_is_bad(scratchnet, trained):
    Image.fromarray(np.eye(20, dtype=np.uint8) * 255).save("good.png")
    Path("bad.png").write_text("no picture")
    status, out, err = scratchnet("predict", trained / "model.keras", "good.png", "bad.png", "missing.png")
    assert (status, out) == (2, "")
    assert "bad.png" in err
    assert "good.png" not in err


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_summary_is_the_models(scratchnet, trained, capsys, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "100")
    load_model(trained / name).summary()
    expected = capsys.readouterr().out
    assert scratchnet("summary", trained / name) == (0, expected, "")


def test_summary_of_a_model_with_an_optimizer_that_only_keras_has(scratchnet, trained, tmp_path):
    data = saving.load(trained / "model.keras")
    nadam = {"class_name": "Nadam", "config": {"name": "nadam"}}
    saving.save(replace(data, compile=data.compile | {"optimizer": nadam}), tmp_path / "nadam.keras")
    status, out, _ = scratchnet("summary", "nadam.keras")
    assert status == 0
    assert "Total params: 150,403 (" in out


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("kernels", ["plain", "compiled", "fused"])
def test_summary_of_the_plan(scratchnet, trained, monkeypatch, kernels, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    status, out, err = scratchnet("summary", trained / "model.keras", "--plan", "--kernels", kernels)
    assert (status, err) == (0, "")
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= columns
    said = {"plain": "plain.py", "compiled": "compiled/", "fused": "pooling"}
    assert said[kernels] in out
    for layer in load_model(trained / "model.keras").layers:
        assert re.search(rf"^{layer.name} ", out, re.MULTILINE)
    assert "y: forward;  dw: the gradients of its parameters;  dx: of its input\n" in out


@pytest.mark.jit
def test_the_plan_is_of_fused_kernels_unless_asked_otherwise(scratchnet, trained):
    assert "ConvBlock" in scratchnet("summary", trained / "model.keras", "--plan")[1]


# ---------- profile
PROFILED = ("--kernels", "plain", "--steps", "2", "--batch-size", "16")


@pytest.fixture
def small_products(monkeypatch):
    monkeypatch.setattr("scratchnet.profiling.SIDE", 64)


def test_profile(scratchnet, data, trained, small_products, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    before = (trained / "model.keras").read_bytes()
    command = ["profile", trained / "model.keras", "--data", data, *PROFILED, "--json", "figures.json"]
    status, out, err = scratchnet(*command)
    assert (status, err) == (0, "")
    assert re.match(
        r"\nA training step of sequential\w* on 16 images, plain kernels on 1 thread\n\nlayer +ms +share", out
    )
    for layer in load_model(trained / "model.keras").layers:
        assert re.search(rf"^{layer.name} +forward +\d+\.\d\d +\d+% .*\n +backward ", out, re.MULTILINE)
    assert re.search(r"^a step +\d+\.\d\d +100% +\d\.\d{3} .*\n\nms: the median of 2 steps;", out, re.MULTILINE)
    assert re.search(r"^of peak: of the \d+ GFLOP/s of a matrix product by BLAS in this run$", out, re.MULTILINE)
    assert max(map(len, out.splitlines())) <= 80
    figures = json.loads(Path("figures.json").read_text())
    assert (figures["batch_size"], figures["steps"], figures["rows"][-1]["name"]) == (16, 2, "a step")
    assert (trained / "model.keras").read_bytes() == before


def test_profile_limits(scratchnet, data, trained, small_products):
    _, out, _ = scratchnet("profile", trained / "model.keras", "--data", data, "--limit", "7", *PROFILED)
    assert " on 7 images, " in out


@pytest.mark.parametrize("loss", [None, "sparse_categorical_crossentropy", "mse"])
def test_profile_of_whatever_it_was_compiled_with(scratchnet, data, small_products, loss):
    model = Sequential([Input((12, 12)), Flatten(), Dense(3, activation="softmax")])
    if loss:
        model.compile("sgd", loss)
    model.save("model.keras")
    status, out, err = scratchnet("profile", "model.keras", "--data", data, *PROFILED)
    assert (status, err) == (0, "")
    assert re.search(r"^update dense\w* +kernel ", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("layers", "option", "words"),
    [
        ([Input((12, 12, 3)), Flatten(), Dense(3)], [], "x has shape (80, 12, 12, 1). Expected (N, 12, 12, 3)."),
        ([Input((12, 12, 1)), Flatten(), Dense(2)], [], "Expected labels from 0 to 1."),
        ([Input((7,)), Dense(3)], [], "Expected one that takes images, (H, W, C), and gives a number for each class."),
        ([Input((12, 12, 1)), Flatten(), Dense(3)], ["--steps", "0"], "steps=0"),
        ([Input((12, 12, 1)), Flatten(), Dense(3)], ["--batch-size", "0"], "batch_size=0"),
        ([Input((12, 12, 1)), Flatten(), Dense(3)], ["--json", "no/such.json"], "no/such.json"),
    ],
)
def test_what_can_not_be_profiled(scratchnet, data, small_products, layers, option, words):
    Sequential(layers).save("model.keras")
    status, out, err = scratchnet("profile", "model.keras", "--data", data, *PROFILED, *option)
    assert (status, out) == (2, "")
    assert words in err
    assert "Traceback" not in err


# ---------- figures
def test_figures_of_a_run_with_its_own_data(scratchnet, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(subject, "load_model", partial(load_model, kernels="plain"))
    status, out, err = scratchnet("figures", trained, "--output", "new/figures", "--limit", "30")
    assert (status, err) == (0, "")
    *lines, end = out.rstrip().splitlines()
    drawn = [line.partition(": ")[0] for line in lines if ".png: " in line]
    assert drawn == [str(Path("new/figures") / f"{name}.png") for name in (
        "filters_1", "filters_2", "activations", "saliency", "embedding", "weights", "gradients", "calibration", "classes",
        *(["confused"] if "confused.png: " in out else []),
    )]  # fmt: skip
    assert sorted(drawn) == sorted(str(file.relative_to(tmp_path)) for file in (tmp_path / "new/figures").iterdir())
    assert "embedding.png: 30 test images by the 128 units of dense" in out
    assert end == f"{len(drawn)} figures are in new/figures"


def test_figures_of_two_classes_in_three_colours(scratchnet, tmp_path, monkeypatch):
    monkeypatch.setattr(subject, "load_model", partial(load_model, kernels="plain"))
    write_examples(tmp_path / "colours.npz", classes=2, channels=3)
    model = Sequential([Input((12, 12, 3)), Conv2D(2, 3), Flatten(), Dense(2, activation="softmax")])
    model.save("model.h5")
    status, out, err = scratchnet("figures", "model.h5", "--data", "colours.npz", "--output", ".")
    assert (status, err) == (0, "")
    assert "filters_1.png: the kernels of conv2d" in out
    assert "embedding.png left out: no hidden Dense layer" in out
    assert "classes.png: precision and recall of 2 classes" in out
    assert "give the folder of a run trained with --checkpoints every" in out


# ---------- convert
def test_convert_there_and_back(scratchnet, trained, tmp_path):
    source = trained / "model.keras"
    assert scratchnet("convert", source, "model.h5") == (0, f"{source} → model.h5: 150,403 parameters\n", "")
    assert scratchnet("convert", "model.h5", "again.keras")[0] == 0
    assert Path("again.keras").read_bytes() == source.read_bytes()
    model = load_model("again.keras", compile=False)
    before = model.get_weights()
    assert scratchnet("convert", "again.keras", "model.weights.h5")[0] == 0
    model.set_weights([0 * array for array in before])
    model.load_weights("model.weights.h5")
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_convert_without_training(scratchnet, trained):
    assert scratchnet("convert", "--no-compile", trained / "model.h5", "model.keras")[0] == 0
    assert load_model("model.keras").optimizer is None


def test_convert_to_onnx(scratchnet, trained):
    import onnxruntime

    assert scratchnet("convert", trained / "model.keras", "model.onnx")[0] == 0
    x = np.random.default_rng(0).uniform(size=(3, 12, 12, 1)).astype("float32")
    (answer,) = onnxruntime.InferenceSession("model.onnx").run(None, {"input": x})
    np.testing.assert_allclose(answer, load_model(trained / "model.keras").predict(x), atol=1e-5)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("model.txt", "OUT='model.txt'. Expected a name that ends in .keras, .weights.h5, .h5, .onnx"),
        ("no/model.keras", "'no/model.keras' can't be written"),
    ],
)
def test_convert_into_what_can_not_be(scratchnet, trained, target, words):
    status, out, err = scratchnet("convert", trained / "model.keras", target)
    assert (status, out) == (2, "")
    assert words in err
    assert "Traceback" not in err
    assert list(Path().iterdir()) == []


# ---------- parity
RECORDED = Path(__file__).parent / "parity/data"


def test_parity_with_a_recording(scratchnet):
    status, out, err = scratchnet("parity", RECORDED / "dropout.npz", "--kernels", "plain")
    assert (status, err) == (0, "")
    assert re.search(r"\nok: \d+ tensors over 2 steps, largest difference \d\.\de-1\d \(", out)


def test_a_difference_is_the_exit_status(scratchnet, monkeypatch):
    monkeypatch.setattr(plain, "dense", lambda x, w, b: x @ w)
    status, out, _ = scratchnet("parity", RECORDED / "dropout.npz", "--kernels", "plain")
    assert status == 1
    assert "first dense" in out.splitlines()[-1]


def test_parity_of_what_is_no_recording(scratchnet, trained):
    status, out, err = scratchnet("parity", trained / "model.keras")
    assert (status, out) == (2, "")
    assert "Expected a recording, as python -m reference.dump writes it" in err


@pytest.mark.parametrize("command", [["evaluate"], ["predict"]])
def test_compiling_is_told_once(scratchnet, data, trained, monkeypatch, command):
    use, model = kernels.use, trained / "model.keras"
    Image.fromarray(np.eye(20, dtype=np.uint8) * 255).save("eye.png")
    arguments = {"evaluate": ["--data", data], "predict": ["eye.png"]}[command[0]]

    def use_new(name, *, threads=None, on_compile=None):
        if on_compile:
            on_compile("conv2d")
            on_compile("dense")
        return use(name, threads=threads)

    monkeypatch.setattr(kernels, "use", use_new)
    _, out, _ = scratchnet(*command, model, *arguments)
    assert out.startswith(f"{COMPILING}\n")
    assert out.count(COMPILING) == 1


# ---------- mistakes
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--epochs", "0"], "epochs=0. Expected a whole number, 1 or more. The default is 12."),
        (["train", "--epochs", "many"], "'many' is not a valid integer"),
        (["train", "--batch-size", "-1"], "batch_size=-1"),
        (["train", "--learning-rate", "nan"], "learning_rate=nan"),
        (["train", "--learning-rate", "-1"], "learning_rate=-1.0"),
        (["train", "--seed", "-1"], "seed=-1"),
        (["train", "--limit", "0"], "limit=0"),
        (["train", "--threads", "0"], "threads=0"),
        (["train", "--model", "lenet"], "'lenet' is not one of 'dropout', 'no-dropout'"),
        (["train", "--kernels", "fast"], "'fast' is not one of 'plain', 'compiled'"),
        (["train", "--data", "nowhere"], "nowhere"),
        (["train", "--data", "folder"], "train-images"),
        (["train", "--data", "file"], "file"),
        (["train", "--limit", "5", "--output", "file"], "The output file is no folder"),
        (["train", "--limit", "5", "--output", "file/run"], "file/run can't be written to (Not a directory)"),
        (
            ["train", "--limit", "5", "--output", "folder", "--overwrite"],
            "The output folder holds photo.png, and no run",
        ),
        (["train", "--resume", "nowhere"], "nowhere holds no run"),
        (["train", "--resume", "folder"], "folder holds no run"),
        (["evaluate", "nowhere"], "nowhere"),
        (["evaluate", "file"], "file"),
        (["evaluate", "MODEL", "--limit", "0"], "limit=0"),
        (["evaluate", "MODEL", "--threads", "-1"], "threads=-1"),
        (["evaluate", "MODEL", "--limit", "5"], "Images of shape (28, 28, 1). Expected (12, 12, 1)"),
        (["predict", "MODEL"], "Missing argument 'IMAGE...'"),
        (["predict", "MODEL", "nowhere.png"], "nowhere.png"),
        (["summary", "folder"], "folder"),
        (["figures", "MODEL"], "Missing option '--output'"),
        (["figures", "MODEL", "--output", "new", "--limit", "0"], "limit=0"),
        (["figures", "MODEL", "--output", "new", "--limit", "5"], "Images of shape (28, 28, 1). Expected (12, 12, 1)"),
        (["figures", "nowhere.keras", "--output", "new"], "nowhere.keras"),
        (["figures", "folder", "--output", "new"], "The folder folder, which holds no model.keras"),
        (["dream"], "No such command 'dream'"),
        (["train", "--colour"], "No such option '--colour'"),
    ],
)
def test_a_mistake_is_one_message_and_status_2(scratchnet, trained, tmp_path, arguments, said):
    (tmp_path / "file").write_text("precious")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "photo.png").touch()
    status, out, err = scratchnet(*(trained / "model.keras" if word == "MODEL" else word for word in arguments))
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("Error: ") == 1
    assert "Traceback" not in err
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["file", "folder", "photo.png"]


def test_errors_of_the_system_are_messages_too(scratchnet, monkeypatch):
    for error, said in [
        (PermissionError(13, "Permission denied", "secret"), "Error: [Errno 13] Permission denied: 'secret'\n"),
        (MemoryError("Unable to allocate 3 TiB"), "Error: More than fits into memory (Unable to allocate 3 TiB)."),
        (ScratchnetError(came="A", expected="B", do="C."), "Error: A. Expected B. C.\n"),
    ]:

        def fail(*arguments, problem=error, **options):
            raise problem

        monkeypatch.setattr(cli, "load_model", fail)
        status, out, err = scratchnet("evaluate", "model.keras")
        assert (status, out) == (2, "")
        assert err.startswith(said)


def test_help_and_version(scratchnet):
    assert scratchnet("--version") == (0, "scratchnet, version 0.1.0\n", "")
    _, out, _ = scratchnet("--help")
    assert re.findall(r"^  (\w+)  ", out, re.MULTILINE) == [
        "convert", "evaluate", "explore", "figures", "parity", "predict", "profile", "summary", "train",
    ]  # fmt: skip
    _, out, _ = scratchnet("train", "--help")
    assert re.findall(r"^  (--[\w-]+)", out, re.MULTILINE) == [
        "--model",
        "--epochs",
        "--batch-size",
        "--learning-rate",
        "--seed",
        "--data",
        "--limit",
        "--threads",
        "--kernels",
        "--checkpoints",
        "--output",
        "--overwrite",
        "--resume",
    ]
    assert "[default: 12]" in out
    status, _, err = scratchnet()
    assert status == 2
    assert "Usage: scratchnet" in err


# ---------- the process
def test_help_loads_nothing_heavy():
    script = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "try:\n    from scratchnet.__main__ import main; main()\n"
        "finally:\n    print([name for name in ('numba', 'matplotlib', 'h5py', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\n[]\n")


def test_a_terminal_without_blocks_gets_question_marks(tmp_path):
    model = Sequential([Input((9, 9, 1)), Flatten(), Dense(2, activation="softmax")])
    model.save(tmp_path / "model.keras")
    Image.fromarray(np.eye(20, dtype=np.uint8) * 255).save(tmp_path / "eye.png")
    command = [sys.executable, "-m", "scratchnet", "predict", tmp_path / "model.keras", tmp_path / "eye.png"]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"  ???" in done.stdout


def test_a_closed_pipe_is_no_traceback(data, tmp_path):
    command = [sys.executable, "-m", "scratchnet", "train", "--data", data, "--output", tmp_path / "run", *FAST]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 1
