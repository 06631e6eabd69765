"""`scratchnet profile`."""

import json
import re
from pathlib import Path

import pytest

from scratchnet import load_model
from scratchnet.layers import Dense, Flatten, Input
from scratchnet.models import Sequential

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
