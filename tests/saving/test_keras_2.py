"""What Keras 2 wrote, as tf-keras still does: answers and the optimizer's state are taken over."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scratchnet import load_model, saving

NAMES = [
    "sgd", "momentum", "adam", "amsgrad", "adamw", "rmsprop", "adagrad", "adadelta",
    "old_sgd", "old_momentum", "old_adam", "old_amsgrad", "old_rmsprop", "old_adagrad", "old_adadelta",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keras_2")
    program = [sys.executable, str(Path(__file__).with_name("keras_2.py")), str(folder)]
    made = subprocess.run(program, env=os.environ, capture_output=True, text=True, timeout=300, check=False)
    assert made.returncode == 0, made.stderr
    return folder


@pytest.mark.parametrize("file", [f"{name}.h5" for name in NAMES] + [f"{name}.keras" for name in NAMES[:8]])
def test_reads_a_model(folder: Path, file: str) -> None:
    model = load_model(folder / file)
    with np.load((folder / file).with_suffix(".npz")) as kept:
        expected = dict(kept)
    x, answers = expected.pop("x"), expected.pop("answers")
    weights = [expected.pop(key) for key in sorted(expected) if key.startswith("weight ")]
    np.testing.assert_allclose(model.predict(x), answers, rtol=0, atol=1e-6)
    assert [array.tobytes() for array in model.get_weights()] == [array.tobytes() for array in weights]
    assert model.optimizer.iterations == 2
    assert model.optimizer.slots.keys() == expected.keys()
    for key, array in expected.items():
        assert np.array_equal(model.optimizer.slots[key], array), key
    assert [layer.trainable for layer in model.layers] == [layer.name != "dense" for layer in model.layers]
    assert [metric.name for metric in model.metrics] == ["accuracy"]


def test_options_by_their_old_names(folder: Path) -> None:
    model = load_model(folder / "adam.h5")
    assert model.get_layer("leaky_re_lu").negative_slope == pytest.approx(0.2)
    assert model.get_layer("batch_normalization").axis == 3
    assert model.input_shape == (6, 6, 1)
    assert model.loss.label_smoothing == 0.1
    assert [model.optimizer.learning_rate(step) for step in (0, 10)] == pytest.approx([0.1, 0.09])


def test_trains_on_and_is_saved(folder: Path, tmp_path: Path) -> None:
    model = load_model(folder / "old_adam.h5")
    model.save(tmp_path / "now.keras")
    again = load_model(tmp_path / "now.keras")
    assert all(np.array_equal(again.optimizer.slots[key], slot) for key, slot in model.optimizer.slots.items())
    x, y = np.ones((4, 6, 6, 1)), np.eye(3)[[0, 1, 2, 0]]
    for one in (model, again):
        one.fit(x, y, verbose=0)
    assert np.array_equal(model.predict(x), again.predict(x))


def test_reads_weights_alone(folder: Path) -> None:
    model = load_model(folder / "sgd.h5")
    expected = [array.copy() for array in model.get_weights()]
    model.set_weights([np.zeros_like(array) for array in expected])
    data = saving.load_weights(folder / "sgd.weights-alone.h5", model.to_data())
    found = [array for layer in data.weights.values() for array in layer.values()]
    assert [array.tobytes() for array in found] == [array.tobytes() for array in expected]
