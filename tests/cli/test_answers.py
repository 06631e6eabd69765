"""`scratchnet evaluate`, `predict` and `summary`."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scratchnet import kernels, load_model, saving
from scratchnet.layers import Dense, Flatten, Input
from scratchnet.models import Sequential
from scratchnet.progress import COMPILING


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
