"""Both models against Keras, and what the comparison says where something is wrong."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from reference.compare import FLOAT32

from reference import parity
from scratchnet import kernels
from scratchnet.activations import softmax
from scratchnet.architectures import ARCHITECTURES
from scratchnet.kernels import plain
from scratchnet.layers import Flatten

FORWARD = ["conv2d/y", "conv2d_1/y", "max_pooling2d/y", "flatten/y", "dense/y", "dense_1/z", "dense_1/y", "loss"]
BACKWARD = ["dense_1/dz", "dense_1/dkernel", "dense_1/dbias", "dense_1/dx", "dense/dkernel", "dense/dbias", "dense/dx"]
BACKWARD += ["flatten/dx", "max_pooling2d/dx", "conv2d_1/dkernel", "conv2d_1/dbias", "conv2d_1/dx"]
BACKWARD += ["conv2d/dkernel", "conv2d/dbias", "conv2d/dx"]
WEIGHTS = [f"{layer}/{weight}" for layer in ("conv2d", "conv2d_1", "dense", "dense_1") for weight in ("kernel", "bias")]
SLOTS = [f"{weight}/{slot}" for weight in WEIGHTS for slot in ("accumulated_grad", "accumulated_delta_var")]


# ---------- right
@pytest.mark.parametrize("model", ARCHITECTURES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kernel_set", kernels.NAMES)
def test_all_numbers_are_keras_numbers(comparison, model, dtype, kernel_set):
    report = comparison(model, dtype).run(kernel_set, steps=2, batch_size=7)
    assert report.ok, "\n".join(map(str, report.failures)) or report.verdict
    assert [pair.reference for pair in report.layers if pair.reference] == [320, 18496, 1179776, 1290]
    assert [line.name for line in report.carried] == WEIGHTS
    names = {*FORWARD, *BACKWARD, *WEIGHTS, *SLOTS, "iteration", "learning_rate"}
    if model == "dropout":
        names |= {"dropout/y", "dropout/dx", "dropout_1/y", "dropout_1/dx"}
    assert set(report.tensors) == names
    assert len(report.losses) == 2
    assert len({pair.ours for pair in report.losses}) == 2
    largest = {line.tolerance.difference for line in report.lines if line.tolerance.difference}
    assert largest == ({1e-12} if dtype == "float64" else {tolerance.difference for tolerance in FLOAT32.values()})


# ---------- wrong, on purpose
def flipped(x, w, b, conv2d=plain.conv2d):
    return conv2d(x, w[::-1, ::-1], b)


def not_turned(dy, w):
    KH, KW, C, _ = w.shape
    dy = np.pad(dy, ((0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1), (0, 0)))
    return plain.conv2d(dy, np.ascontiguousarray(w.swapaxes(2, 3)), np.zeros(C, dy.dtype))


def ties_to_the_last(x, pool_size, max_pool2d=plain.max_pool2d):
    y, winner = max_pool2d(x[:, ::-1, ::-1], pool_size)
    return y[:, ::-1, ::-1], pool_size[0] * pool_size[1] - 1 - winner[:, ::-1, ::-1]


def adadelta(*, outside=False, after=False, sign=-1):
    def step(w, g, a, d, learning_rate, rho, epsilon):
        old = a.copy()
        a[...] = rho * a + (1 - rho) * g**2
        under = old if after else a
        delta = g * (np.sqrt(d) + epsilon) / (np.sqrt(under) + epsilon) if outside else None
        delta = g * np.sqrt(d + epsilon) / np.sqrt(under + epsilon) if delta is None else delta
        d[...] = rho * d + (1 - rho) * delta**2
        w += sign * learning_rate * delta

    return step


def accumulated_without_rho(w, g, a, d, learning_rate, rho, epsilon, adadelta=plain.adadelta):
    adadelta(w, g, a, d, learning_rate, rho, epsilon)
    a += rho * g**2


def kernel(name, function):
    return lambda patch: patch.setattr(plain, name, function)


KERNEL_FAULTS = {
    "the window is turned": (kernel("conv2d", flipped), "conv2d/y"),
    "the window isn't turned on the way back": (kernel("conv2d_dx", not_turned), "conv2d_1/dx"),
    "the kernel's gradient is turned": (
        kernel("conv2d_dw", lambda x, dy, dw=plain.conv2d_dw: dw(x, dy)[::-1].copy()), "conv2d_1/dkernel"),
    "the bias's gradient is a mean": (
        kernel("bias_db", lambda dy: dy.mean(axis=tuple(range(dy.ndim - 1)))), "dense_1/dbias"),
    "equals in a window: the last wins": (kernel("max_pool2d", ties_to_the_last), "max_pooling2d/dx"),
    "ReLU is open at 0": (kernel("relu_dz", lambda dy, y: np.where(y >= 0, dy, 0)), "dense/dkernel"),
    "dense forgets the bias": (kernel("dense", lambda x, w, b: x @ w), "dense/y"),
    "dropout forgets the scale": (
        kernel("dropout", lambda x, keep, rate: np.where(keep.reshape(x.shape), x, 0)), "dropout/y"),
    "dropout keeps what it should drop": (
        kernel("dropout", lambda x, keep, rate, f=plain.dropout: f(x, ~keep, rate)), "dropout/y"),
    "ε outside the root": (kernel("adadelta", adadelta(outside=True)), "conv2d/kernel/accumulated_delta_var"),
    "the step takes the mean before its update": (
        kernel("adadelta", adadelta(after=True)), "conv2d/kernel/accumulated_delta_var"),
    "the mean of squares forgets 1 − ρ": (kernel("adadelta", accumulated_without_rho), "conv2d/kernel/accumulated_grad"),
    "uphill": (kernel("adadelta", adadelta(sign=1)), "conv2d/kernel"),
}  # fmt: skip


@pytest.mark.parametrize(("plant", "named"), KERNEL_FAULTS.values(), ids=KERNEL_FAULTS)
def test_a_fault_in_a_kernel_is_named(comparison, monkeypatch, plant, named):
    plant(monkeypatch)
    report = comparison("dropout", "float64").run("plain", steps=1, batch_size=4)
    assert report.failures[0].name == named
    assert report.verdict.startswith("FAIL: ")
    assert f"first {named}" in report.verdict
    assert report.left_out == 0


def test_a_fault_in_one_weight_in_a_thousand_is_named(comparison, monkeypatch):
    """In float32, too: a single number, off by a ten-thousandth of the largest."""
    dense_dw = plain.dense_dw

    def off(x, dy):
        dw = dense_dw(x, dy)
        dw[1000 % len(dw), 3] += 1e-4 * np.abs(dw).max()
        return dw

    monkeypatch.setattr(plain, "dense_dw", off)
    report = comparison("no-dropout", "float32").run("plain", steps=1, batch_size=4)
    assert [line.name for line in report.failures][:2] == ["dense_1/dkernel", "dense/dkernel"]
    assert 0.9e-4 < report.tensors["dense/dkernel"].difference < 1.1e-4


def gradient_of_a_sum(ours):
    loss = ours.model.loss
    on_logits = replace(loss.on_logits, gradient=lambda t, z: len(z) * (softmax(z) - t))
    ours.model.loss = replace(loss, on_logits=on_logits)


def slow(ours):
    ours.model.optimizer.learning_rate = 0.001


def eleven_classes(ours):
    model = ARCHITECTURES["dropout"](classes=11)
    for layer, like in zip(model.layers, ours.model.layers, strict=True):
        layer.name = like.name
    ours.model = model


@pytest.mark.parametrize(
    ("change", "named"),
    [(gradient_of_a_sum, "dense_1/dz"), (slow, "learning_rate"), (eleven_classes, "dense_1")],
)
def test_a_fault_in_a_model_is_named(comparison, change, named):
    report = comparison("dropout", "float64").run("plain", steps=1, batch_size=4, change=change)
    assert report.failures[0].name == named


def test_a_fault_in_a_layer_is_named(comparison, monkeypatch):
    """Channels first, as other libraries flatten: the shapes are right."""
    monkeypatch.setattr(Flatten, "forward", lambda _, x, run: (x.transpose(0, 3, 1, 2).reshape(len(x), -1), x.shape))
    report = comparison("dropout", "float64").run("plain", steps=1, batch_size=4)
    assert report.failures[0].name == "flatten/y"


def test_what_is_not_a_number_fails(comparison, monkeypatch):
    monkeypatch.setattr(plain, "dense_dx", lambda dy, w: np.full((len(dy), len(w)), np.nan))
    report = comparison("dropout", "float64").run("plain", steps=1, batch_size=4)
    assert report.failures[0].name == "dense_1/dx"
    assert report.tensors["dense_1/dx"].as_json()["difference"] is None


def test_weights_that_do_not_come_back_equal_fail(comparison):
    def lossy(ours):
        ours.weights = lambda: {
            name: array.astype("float32").astype("float64") if name == "dense/kernel" else array.copy()
            for name, array in ours.model.params.items()
        }

    report = comparison("dropout", "float64").run("plain", steps=1, batch_size=4, change=lossy)
    assert [line.name for line in report.carried if line.failed is not None] == ["dense/kernel"]
    assert report.failures[0].name == "dense/kernel"


def test_batches_that_say_nothing_are_told_and_all_of_them_are_no_success(comparison, monkeypatch):
    answers = iter([1, 0, 2, 0])
    monkeypatch.setattr(parity, "undecided", lambda *_: next(answers))
    report = comparison("dropout", "float64").run("plain", steps=2, batch_size=4)
    assert report.ok
    assert (len(report.losses), report.left_out) == (2, 2)
    assert report.verdict.endswith("; 2 batches left out (reference/decisions.py)")
    monkeypatch.setattr(parity, "undecided", lambda *_: 1)
    monkeypatch.setattr(parity, "TRIES", 3)
    report = comparison("dropout", "float64").run("plain", steps=1, batch_size=4)
    assert not report.ok
    assert report.verdict == "FAIL: 0 of 1 step compared; 3 batches left out (reference/decisions.py)"


# ---------- the command
def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "reference.parity", *arguments], capture_output=True, text=True, check=False
    )


def test_the_command(tmp_path):
    file = tmp_path / "parity.json"
    ran = command(
        "dropout", "--steps", "2", "--batch-size", "5", "--kernels", "plain", "--seed", "3", "--json", str(file)
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert lines[0] == "dropout: float64, plain kernels, 2 steps of 5 images, seed 3"
    assert lines[-1].startswith("ok: 53 tensors over 2 steps, largest difference ")
    found = json.loads(file.read_text())
    assert (found["ok"], found["verdict"], found["dtype"], found["steps"]) == (True, lines[-1], "float64", 2)
    for tensor in found["tensors"]:
        assert 0 <= tensor["difference"] <= tensor["tolerance"] <= 1e-12
        shape = str(tuple(tensor["shape"])).replace(" ", "")
        assert any(line.split()[:2] == [tensor["name"], shape] and line.endswith("  ok") for line in lines)
    losses = [line.split() for line in lines if line.startswith("step ")]
    told = [[float(number) for number in line[2:4]] for line in losses]
    np.testing.assert_allclose(told, [[loss["reference"], loss["scratchnet"]] for loss in found["losses"]], rtol=1e-15)


def test_a_failure_is_the_exit_status(monkeypatch):
    monkeypatch.setattr(plain, "dense", lambda x, w, b: x @ w)
    ran = CliRunner().invoke(parity.main, ["no-dropout", "--steps", "1", "--batch-size", "4", "--kernels", "plain"])
    assert ran.exit_code == 1
    lines = ran.output.splitlines()
    assert next(line for line in lines if line.startswith("dense/y ")).endswith("FAIL from step 1")
    assert next(line for line in lines if line.startswith("flatten/y ")).endswith("ok")
    assert lines[-1].startswith("FAIL: ")
    assert "first dense/y" in lines[-1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["both"], "'both' is not one of 'dropout', 'no-dropout'"),
        ([], "Missing argument"),
        (["dropout", "--dtype", "float16"], "'float16' is not one of 'float32', 'float64'"),
        (["dropout", "--steps", "0"], "0 is not in the range x>=1"),
        (["dropout", "--batch-size", "60001"], "60001 is not in the range 1<=x<=60000"),
        (["dropout", "--json", "no/such/folder/file.json"], "Give a file that can be written"),
    ],
)
def test_mistakes_are_told_at_once(arguments, words):
    ran = CliRunner().invoke(parity.main, arguments)
    assert ran.exit_code == 2
    assert words in ran.output
