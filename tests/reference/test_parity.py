"""Both of the notebook's models, models in files and random ones against Keras, and the commands."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import scratchnet
from reference import dump, many, pairs, parity
from reference.random_models import draw
from reference.smaller import smallest
from scratchnet import kernels, layers
from scratchnet.architectures import ARCHITECTURES
from scratchnet.kernels import plain
from scratchnet.parity import compare, replay
from scratchnet.parity.measure import FLOAT32, FLOAT64
from scratchnet.parity.recording import Recording


# ---------- the notebook's
@pytest.mark.parametrize("model", ARCHITECTURES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kernel_set", kernels.NAMES)
def test_all_numbers_are_keras_numbers(comparison, model, dtype, kernel_set):
    """What is compared: tests/parity/test_replay.py."""
    report = comparison(model, steps=2, dtype=dtype, kernels=kernel_set)
    assert report.ok, "\n".join(map(str, report.failures)) or report.verdict
    assert [pair.reference for pair in report.layers if pair.reference] == [320, 18496, 1179776, 1290]
    assert len(report.tensors) == (52 if model == "no-dropout" else 56)
    assert len({pair.ours for pair in report.losses}) == 2
    largest = {line.tolerance for line in report.lines if line.tolerance.difference}
    assert largest == {FLOAT64 if dtype == "float64" else FLOAT32}


def test_a_fault_in_one_weight_in_a_thousand_is_named(comparison, monkeypatch):
    """In float32, too: a single number, off by a ten-thousandth of the largest."""
    dense_dw = plain.dense_dw

    def off(x, dy):
        dw = dense_dw(x, dy)
        dw[1000 % len(dw), 3] += 1e-4 * np.abs(dw).max()
        return dw

    monkeypatch.setattr(plain, "dense_dw", off)
    report = comparison("no-dropout", steps=1, dtype="float32", batch_size=4)
    assert [line.name for line in report.failures][:2] == ["dense_1/dkernel", "dense/dkernel"]
    assert report.tensors["dense/dkernel"].difference > 1e-5


def test_weights_that_do_not_come_back_equal_fail():
    pair = pairs.made("dropout", dtype="float64", kernels="plain", seed=1, batch_size=4)
    weights = pair.ours.weights

    def lossy():
        return {name: w.astype("f4").astype("f8") if name == "dense/kernel" else w for name, w in weights().items()}

    pair.ours.weights = lossy
    report = compare(pair.reference, pair.ours, pair.batches, 1)
    assert [line.name for line in report.carried if line.failed is not None] == ["dense/kernel"]
    assert report.failures[0].name == "dense/kernel"


def test_other_layers_end_the_comparison():
    pair = pairs.made("dropout", dtype="float64", kernels="plain", seed=1, batch_size=4)
    other = ARCHITECTURES["dropout"](classes=11, dtype="float64")
    for layer, like in zip(other.layers, pair.ours.model.layers, strict=True):
        layer.name = like.name
    pair.ours.model = other
    report = compare(pair.reference, pair.ours, pair.batches, 1)
    assert [line.name for line in report.failures] == ["dense_1"]
    assert not report.carried


def test_batches_that_say_nothing_are_told_and_all_of_them_are_no_success(monkeypatch):
    compare_module = sys.modules["scratchnet.parity.compare"]
    answers = iter([1, 0, 2, 0])
    monkeypatch.setattr(compare_module, "undecided", lambda *_: next(answers))
    drawn = draw(3)
    pair = pairs.random(drawn, dtype="float64", kernels="plain")
    report = compare(pair.reference, pair.ours, pair.batches, 2)
    assert report.ok
    assert (len(report.losses), report.left_out) == (2, 2)
    assert report.verdict.endswith("; 2 batches left out (scratchnet/parity/decisions.py)")
    monkeypatch.setattr(compare_module, "undecided", lambda *_: 1)
    monkeypatch.setattr(compare_module, "TRIES", 3)
    report = compare(pair.reference, pair.ours, pair.batches, 1)
    assert not report.ok
    assert report.verdict == "FAIL: 0 of 1 step compared; 3 batches left out (scratchnet/parity/decisions.py)"


def test_a_trajectory_stays(comparison):
    """No chaos: after ten steps the libraries are as near as after one. (After 200: docs/parity.md)"""
    report = comparison("no-dropout", steps=10, kernels="compiled", batch_size=2)
    assert report.ok
    assert max(line.difference for line in report.lines) < 1e-13


# ---------- models in files
@pytest.fixture(scope="module")
def saved(keras, tmp_path_factory):
    """Files that Keras wrote, after two epochs, by name."""
    folder = tmp_path_factory.mktemp("saved")
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(0)
    make = keras.layers
    network = keras.Sequential([
        keras.Input((8, 7, 2)), make.Conv2D(4, 3, padding="same", activation="elu"), make.BatchNormalization(),
        make.MaxPooling2D(2, padding="same"), make.SpatialDropout2D(0.3), make.Flatten(), make.Dense(3, activation="softmax"),
    ])  # fmt: skip
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(0)
    network.fit(rng.random((16, 8, 7, 2)), rng.integers(0, 3, 16), epochs=2, verbose=0)
    network.save(folder / "network.keras")
    network.save(folder / "network.h5")
    return folder


@pytest.mark.filterwarnings("ignore::UserWarning")  # Keras, of the .h5 format
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["network.keras", "network.h5"])
def test_models_in_files(comparison, saved, name, dtype):
    report = comparison(str(saved / name), steps=3, dtype=dtype)
    assert report.ok, "\n".join(map(str, report.failures)) or report.verdict
    assert {"batch_normalization/moving_mean", "conv2d/kernel/velocity", "evaluate/accuracy"} <= report.tensors.keys()
    weights = scratchnet.load_model(saved / name).weights
    assert [line.shape for line in report.carried] == [array.shape for array in weights.values()]


# ---------- random models
def test_random_models_have_everything():
    """In 400 of them: every layer, optimizer, activation, kind of target, and both extremes of a batch."""
    models = [draw(seed) for seed in range(400)]
    found = {layer["class_name"] for model in models for layer in model.layers}
    assert found == layers.LAYERS.keys()
    assert {model.optimizer["class_name"] for model in models} == scratchnet.optimizers.OPTIMIZERS.keys()
    assert {model.targets for model in models} == {"one-hot", "shares", "classes", "binary", "numbers"}
    activations = {layer["config"].get("activation") for model in models for layer in model.layers}
    assert activations >= scratchnet.activations.ACTIVATIONS.keys()
    assert any(max(model.sizes) == 1 for model in models)
    assert any(model.sizes[-1] < model.sizes[0] for model in models)
    text = " ".join(map(str, models))
    for word in ("dilation_rate=[2,", "padding=same", "trainable=False", "L1L2", "CosineDecay", "PiecewiseConstantDecay",
                 "ExponentialDecay", "clipnorm", "clipvalue", "global_clipnorm", "weight_decay", "nesterov", "amsgrad",
                 "centered", "Huber", "mae", "label_smoothing=0.1", "from_logits=True", "weighted", "whole",
                 "VarianceScaling", "TruncatedNormal", "use_bias=False", "depth_multiplier=3", "max_value"):  # fmt: skip
        assert word in text, word


def test_a_seed_is_a_model():
    assert draw(7) == draw(7)
    assert str(draw(7)) != str(draw(8))
    first, again = (next(draw(7).batches((3,))) for _ in range(2))
    np.testing.assert_array_equal(first.x, again.x)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Keras, of models that nobody would make
@pytest.mark.parametrize("seeds", [range(8)])
def test_random_models_hold(seeds):
    for seed, drawn, result in many.results(seeds, dtype="float64", kernels="plain", steps=None):
        assert result.ok, f"{seed}: {result.verdict}: {drawn}"
        assert result.difference < 1e-10


def test_the_smallest_that_fails():
    drawn = next(
        model for model in map(draw, range(100)) if "BatchNormalization" in str(model) and len(model.layers) > 4
    )

    def fails(model):
        return any(layer["class_name"] == "BatchNormalization" for layer in model.layers)

    found = smallest(drawn, fails)
    assert fails(found)
    assert found.possible
    assert [layer["class_name"] for layer in found.layers] == ["BatchNormalization"]
    plainest = "BatchNormalization; SGD(learning_rate=0.0625), mean_squared_error; numbers, batches of"
    assert str(found).partition(" → ")[2] == f"{plainest} {drawn.sizes[0]}"


# ---------- the commands
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
    assert lines[0] == "dropout: batches of 5, seed 3: float64, plain kernels, 2 steps"
    assert lines[-1].startswith("ok: 56 tensors over 2 steps, largest difference ")
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
    assert "first dense/y" in ran.output.splitlines()[-1]


def test_the_command_on_random_models(monkeypatch, tmp_path):
    """A fault of the kind that nobody's own test model had: it shows in some, and is told at its smallest."""
    rescale = layers.Rescaling.forward
    monkeypatch.setattr(layers.Rescaling, "forward", lambda layer, x, run: (rescale(layer, x, run)[0] + 1e-6, None))
    seeds = [seed for seed in range(200) if "Rescaling" in str(draw(seed))]
    first = next(seed for seed in seeds if seed + 1 not in seeds)
    file = tmp_path / "found.json"
    arguments = ["random", "--count", "2", "--seed", str(first), "--json", str(file)]
    ran = CliRunner().invoke(parity.main, arguments)
    assert ran.exit_code == 1
    lines = ran.output.splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [[str(first), "FAIL"], [str(first + 1), "ok"]]
    assert "rescaling/y" in lines[0]
    assert any(line.startswith("1 of 2 random models hold") for line in lines)
    assert "Rescaling" in lines[-1]
    assert lines[-1].startswith("smallest that fails: ")
    found = json.loads(file.read_text())
    assert [model["ok"] for model in found["models"]] == [False, True]
    assert found["models"][0]["smallest"] in lines[-1]


def test_what_keras_raises_is_a_failure_too(monkeypatch, keras):
    monkeypatch.setattr(pairs, "random", lambda *_, **__: keras.layers.Dense(-1))
    result = many.compare_drawn(draw(1), dtype="float64", kernels="plain", steps=None)
    assert not result.ok
    assert result.verdict.startswith("FAIL: ValueError")
    assert result.as_json()["difference"] is None


def test_ctrl_c_is_quiet_and_tells_what_was_found(monkeypatch):
    def stopped(*_, **__):
        yield 4, draw(4), many.Result(ok=True, difference=1e-15, tensor="dense/y", verdict="ok")
        raise KeyboardInterrupt

    monkeypatch.setattr(many, "results", stopped)
    ran = CliRunner().invoke(parity.main, ["random", "--seed", "4"])
    assert ran.exit_code == 130
    assert "1 of 1 random models hold" in ran.output
    assert ran.output.endswith("Stopped.\n")


def test_a_dump_is_replayed_without_keras(saved, tmp_path):
    file = tmp_path / "network.npz"
    arguments = [str(saved / "network.keras"), "--output", str(file), "--steps", "2", "--batch-size", "3"]
    ran = CliRunner().invoke(dump.main, arguments)
    assert ran.exit_code == 0, ran.output
    assert f"{file.stat().st_size:,} bytes" in ran.output
    program = (
        "import sys; sys.modules['keras'] = sys.modules['tensorflow'] = None\n"
        f"from scratchnet.parity import replay; print(replay({str(file)!r}).verdict)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("ok: ")
    assert "over 2 steps" in ran.stdout


def test_a_dump_of_whole_tensors_of_images_alone(saved, tmp_path):
    """Of a model of one's own, with a layer and targets that the notebook's don't have, on data of its shape."""
    rng = np.random.default_rng(0)
    arrays = {f"x_{name}": rng.random((4, 8, 7, 2)) for name in ("train", "test")}
    np.savez(tmp_path / "data.npz", **arrays, y_train=[0, 1, 2, 0], y_test=[2, 0, 1, 2])
    file, model = tmp_path / "whole.npz", saved / "network.keras"
    arguments = [str(model), "--whole", "--images", "3", "--data", str(tmp_path / "data.npz"), "--output", str(file)]
    ran = CliRunner().invoke(dump.main, arguments)
    assert ran.exit_code == 0, ran.output
    assert "3 images alone, " in ran.output
    assert "ok: 21 tensors over 3 images" in ran.output
    assert replay(file, kernels="plain").ok
    recording = Recording(file, kernels="plain")
    own = scratchnet.load_model(model)
    assert (recording.images, recording.model.dtype, recording.differs_in(own)) == (3, np.float64, None)
    for i in range(3):
        x, t, tensors = recording.whole(i)
        np.testing.assert_array_equal(x[0], arrays["x_test"][i].astype(np.float32))
        assert t.tolist() == [[2], [0], [1]][i]
        np.testing.assert_allclose(tensors["dense/y"], own.predict(x), rtol=1e-5)
        assert tensors["loss"][0] == pytest.approx(-np.log(tensors["dense/y"][0, t[0]]))
        assert tensors["conv2d/dkernel"].shape == (3, 3, 2, 4)
        np.testing.assert_array_equal(tensors["spatial_dropout2d/y"], tensors["max_pooling2d/y"])


def test_whole_tensors_of_images_that_the_model_does_not_take(saved, tmp_path):
    ran = CliRunner().invoke(dump.main, [str(saved / "network.keras"), "--whole", "--output", str(tmp_path / "it.npz")])
    assert ran.exit_code == 2
    assert "Images of shape (28, 28, 1). Expected (8, 7, 2)" in ran.output


@pytest.mark.parametrize("option", [["--images", "3"], ["--data", "data.npz"]])
def test_images_without_whole_tensors_are_a_mistake(option, tmp_path):
    ran = CliRunner().invoke(dump.main, ["dropout", *option, "--output", str(tmp_path / "it.npz")])
    assert ran.exit_code == 2
    assert "Give --whole, too" in ran.output
    assert list(tmp_path.iterdir()) == []


def test_a_dump_of_what_differs_is_written_and_told(monkeypatch, tmp_path):
    monkeypatch.setattr(sys.modules["scratchnet.parity.compare"], "undecided", lambda *_: 0)
    with monkeypatch.context() as patch:
        patch.setattr(plain, "dense", lambda x, w, b: x @ w)
        patch.setattr(kernels, "load", lambda name: plain)
        ran = CliRunner().invoke(dump.main, ["random:16", "--output", str(tmp_path / "it.npz")])
    assert ran.exit_code == 1
    assert "FAIL" in ran.output
    assert replay(tmp_path / "it.npz", kernels="plain").ok


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["both"], "'both' as a model"),
        ([], "Missing argument"),
        (["dropout", "--dtype", "float16"], "'float16' is not one of 'float32', 'float64'"),
        (["dropout", "--steps", "0"], "0 is not in the range x>=1"),
        (["dropout", "--batch-size", "60001"], "60001 is not in the range 1<=x<=60000"),
        (["dropout", "--json", "no/such/folder/file.json"], "Give a file that can be written"),
        (["random:", "--count", "3"], "a whole number behind the colon"),
        (["random:x"], "a whole number behind the colon"),
        (["random", "--count", "0"], "0 is not in the range x>=1"),
        (["missing.keras"], "it doesn't exist"),
        ([__file__], "neither a zip archive nor HDF5"),
    ],
)
def test_mistakes_are_told_at_once(arguments, words):
    ran = CliRunner().invoke(parity.main, arguments)
    assert ran.exit_code == 2
    assert words in ran.output


def test_a_dump_needs_a_place(tmp_path):
    ran = CliRunner().invoke(dump.main, ["dropout", "--output", str(tmp_path / "no" / "file.npz")])
    assert ran.exit_code == 2
    assert "Give a file that can be written" in ran.output
    assert Path("dropout").exists() is False


def test_without_keras_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "reference.keras_side", None)
    ran = CliRunner().invoke(parity.main, ["dropout"])
    assert ran.exit_code == 2
    assert "The comparison needs Keras" in ran.output
