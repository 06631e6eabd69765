"""Models with every kind of layer, optimizer and loss, from one library to the other and back."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scratchnet import Sequential, load_model, saving
from scratchnet.typing import Array
from tests.saving.every_kind import KINDS

FORMATS = (".keras", ".h5")


@dataclass
class Written:
    """What Keras wrote of a model before training and after two epochs, what it was then, and after one epoch more."""

    folder: Path
    weights: list[Array]
    optimizer: list[Array]
    x: Array
    y: Array
    answers: Array
    later_answers: Array


@pytest.fixture(scope="module", params=KINDS)
def written(keras: Any, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Written:
    kind, folder = KINDS[request.param], tmp_path_factory.mktemp(request.param)
    model, (x, y) = kind.make(keras), kind.data()
    model.optimizer.build(model.trainable_variables)
    model.save(folder / "untrained.keras")
    train(model, x, y, epochs=2)
    state = {"weights": model.get_weights(), "optimizer": [variable.numpy() for variable in model.optimizer.variables]}
    answers = np.asarray(model(x))
    model.save(folder / "two.keras")
    model.save_weights(folder / "two.weights.h5")
    model.save(folder / "two.h5")
    train(model, x, y, epochs=1)
    return Written(folder, **state, x=x, y=y, answers=answers, later_answers=np.asarray(model(x)))


def train(model: Any, x: Array, y: Array, epochs: int) -> None:
    model.fit(x, y, batch_size=4, epochs=epochs, verbose=0, shuffle=False)


def assert_same(came: list[Array], expected: list[Array]) -> None:
    """Bit for bit, and in the same dtype."""
    assert [(a.dtype, a.shape, a.tobytes()) for a in came] == [(a.dtype, a.shape, a.tobytes()) for a in expected]


def assert_is_the_model(model: Sequential, written: Written) -> None:
    assert_same(model.get_weights(), written.weights)
    assert_same(list(model.optimizer.variables.values()), written.optimizer)
    np.testing.assert_allclose(model.predict(written.x), written.answers, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("suffix", FORMATS)
def test_from_keras_and_back(keras: Any, written: Written, tmp_path: Path, suffix: str) -> None:
    original, copy = written.folder / f"two{suffix}", tmp_path / f"ours{suffix}"
    model = load_model(original)
    assert_is_the_model(model, written)
    model.save(copy)
    assert_is_the_model(load_model(copy), written)
    first, second = (keras.models.load_model(path) for path in (original, copy))
    assert json.dumps(second.get_config()) == json.dumps(first.get_config())
    assert json.dumps(second.get_compile_config()) == json.dumps(first.get_compile_config())
    assert_same(second.get_weights(), written.weights)
    if suffix == ".keras":  # of an .h5 Keras forgets them
        assert_same([variable.numpy() for variable in second.optimizer.variables], written.optimizer)
    assert_same([np.asarray(second(written.x))], [written.answers])


@pytest.mark.parametrize("name", ["two.weights.h5", "two.keras", "two.h5"])
def test_weights_alone(keras: Any, written: Written, tmp_path: Path, name: str) -> None:
    model = load_model(written.folder / "untrained.keras")
    data = saving.load_weights(written.folder / name, model.to_data())
    assert_same([array for layer in data.weights.values() for array in layer.values()], written.weights)
    if name == "two.h5":  # of its state only a whole model is made
        assert data.optimizer is None
        return
    assert_same(list(data.optimizer.values()), written.optimizer)
    saving.save_weights(data, tmp_path / "ours.weights.h5")
    theirs = keras.models.load_model(written.folder / "untrained.keras")
    theirs.load_weights(tmp_path / "ours.weights.h5")
    assert_same(theirs.get_weights(), written.weights)
    assert_same([variable.numpy() for variable in theirs.optimizer.variables], written.optimizer)


@pytest.mark.parametrize("suffix", FORMATS)
def test_two_epochs_there_and_one_here(written: Written, suffix: str) -> None:
    model = load_model(written.folder / f"two{suffix}")
    train(model, written.x, written.y, epochs=1)
    np.testing.assert_allclose(model.predict(written.x), written.later_answers, rtol=0, atol=2e-5)


def test_two_epochs_here_and_one_there(keras: Any, written: Written, tmp_path: Path) -> None:
    ours = load_model(written.folder / "untrained.keras")
    train(ours, written.x, written.y, epochs=2)
    ours.save(tmp_path / "two.keras")
    theirs = keras.models.load_model(tmp_path / "two.keras")
    for model in (ours, theirs):
        train(model, written.x, written.y, epochs=1)
    np.testing.assert_allclose(ours.predict(written.x), np.asarray(theirs(written.x)), rtol=0, atol=2e-5)
    np.testing.assert_allclose(ours.predict(written.x), written.later_answers, rtol=0, atol=2e-5)
