"""Recordings of Keras, replayed: on any machine, in seconds, without TensorFlow."""

import json
from pathlib import Path

import numpy as np
import pytest

from scratchnet.kernels import plain
from scratchnet.parity import replay

DATA = Path(__file__).parent / "data"
SMALL = ["adadelta", "adagrad", "adamw", "normalized", "ties", "windows"]
WEIGHTS = {f"{layer}/{name}" for layer in ("conv2d", "conv2d_1", "dense", "dense_1") for name in ("kernel", "bias")}
both_kernels = pytest.mark.parametrize("kernel_set", ["plain", pytest.param("compiled", marks=pytest.mark.jit)])


def tensors(dropout):
    """The names of all that is compared of the notebook's networks."""
    stack = ["conv2d", "conv2d_1", "max_pooling2d", "flatten", "dense", "dense_1"]
    masks = {"dropout/mask", "dropout_1/mask"} if dropout else set()
    stack += ["dropout", "dropout_1"] if dropout else []
    slots = {f"{weight}/{slot}" for weight in WEIGHTS for slot in ("accumulated_grad", "accumulated_delta_var")}
    return {
        *(f"{layer}/{kind}" for layer in stack for kind in ("y", "dx")), "dense_1/z", "dense_1/dz", "loss",
        *(f"{weight.replace('/', '/d')}" for weight in WEIGHTS), *WEIGHTS, *slots, *masks,
        "iteration", "learning_rate", "predict", "evaluate/loss", "evaluate/accuracy",
    }  # fmt: skip


@both_kernels
@pytest.mark.parametrize("name", ["no-dropout", "dropout"])
def test_the_notebooks_networks(name, kernel_set):
    report = replay(DATA / f"{name}.npz", kernels=kernel_set)
    assert report.ok, "\n".join(map(str, report.failures)) or report.verdict
    assert (len(report.losses), report.left_out) == (2, 0)
    assert [pair.ours for pair in report.layers if pair.ours] == [320, 18496, 1179776, 1290]
    assert {line.name for line in report.carried} == WEIGHTS
    assert report.tensors.keys() == tensors(dropout=name == "dropout")
    assert report.tensors["dense/dkernel"].shape == (9216, 128)
    assert max(line.difference for line in report.lines) < 1e-14


@both_kernels
@pytest.mark.parametrize("name", SMALL)
def test_small_networks_of_everything_else(name, kernel_set):
    report = replay(DATA / f"{name}.npz", kernels=kernel_set)
    assert report.ok, "\n".join(map(str, report.failures)) or report.verdict
    assert (len(report.losses), report.left_out) == (3, 0)
    assert max(line.difference for line in report.lines) < 1e-13


def test_they_are_small():
    sizes = {path.stem: path.stat().st_size for path in DATA.glob("*.npz")}
    assert sizes.keys() == {*SMALL, "no-dropout", "dropout"}
    assert sum(sizes.values()) < 600_000


def test_a_report_is_lines_and_json(monkeypatch):
    monkeypatch.setattr(plain, "dense", lambda x, w, b: x @ w)
    report = replay(DATA / "adadelta.npz", kernels="plain")
    lines = list(report.text())
    assert lines[-1].strip() == report.verdict
    assert report.verdict.startswith("FAIL: ")
    assert "first dense/y" in report.verdict
    assert next(line for line in lines if line.startswith("dense/y ")).endswith("FAIL from step 1")
    found = json.loads(json.dumps(report.as_json()))
    assert (found["ok"], found["failures"][0]) == (False, "dense/y")
    by_name = {tensor["name"]: tensor for tensor in found["tensors"]}
    assert by_name["dense/y"]["difference"] == report.tensors["dense/y"].difference > 1e-3
    assert by_name["dense/y"]["shape"] == [4, 4]


def test_what_is_not_a_number_fails(monkeypatch):
    monkeypatch.setattr(plain, "dense_dx", lambda dy, w: np.full((len(dy), len(w)), np.nan))
    report = replay(DATA / "adadelta.npz", kernels="plain")
    assert report.failures[0].name == "dense_1/dx"
    assert report.tensors["dense_1/dx"].as_json()["difference"] is None


def test_one_weight_in_a_million_is_seen(monkeypatch):
    """Of a large tensor a recording has only a digest: a millionth of the largest, in one place, shows in it."""
    dense_dw = plain.dense_dw

    def off(x, dy):
        dw = dense_dw(x, dy)
        if dw.size > 1e6:
            dw[1000, 3] += 1e-6 * np.abs(dw).max()
        return dw

    monkeypatch.setattr(plain, "dense_dw", off)
    report = replay(DATA / "no-dropout.npz", kernels="plain")
    assert report.failures[0].name == "dense/dkernel"
    assert 1e-10 < report.tensors["dense/dkernel"].difference < 1e-8


def test_other_masks_are_told(monkeypatch):
    monkeypatch.setattr(plain, "dropout_keep", lambda keys, size, rate: np.ones((len(keys), size), bool))
    report = replay(DATA / "dropout.npz", kernels="plain")
    assert report.failures[0].name == "dropout/mask"
