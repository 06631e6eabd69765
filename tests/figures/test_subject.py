"""What the figures are of: the model of a file or of a run, its data, its epochs."""

import json

import numpy as np
import pytest

from scratchnet.errors import DataError, ModelFileError, RunError
from scratchnet.figures import epochs
from scratchnet.figures.subject import Subject, chosen
from scratchnet.layers import Conv2D, Dense, Dropout, Flatten, Input
from scratchnet.models import Sequential
from tests.runs.examples import write_examples


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_examples(tmp_path_factory.mktemp("data") / "examples.npz")


def network(*, shape=(12, 12, 1), end="softmax", loss=None):
    layers = [Input(shape), Flatten(), Dense(4, activation="relu"), Dropout(0.5), Dense(3, activation=end)]
    model = Sequential(layers, kernels="plain", dtype="float64")
    model.compile("sgd", loss)
    return model


@pytest.fixture
def run(tmp_path, data):
    """A run's folder as `train --checkpoints every` leaves it, and the weights of each epoch."""
    model, kept = network(loss="sparse_categorical_crossentropy"), {}
    (tmp_path / "epochs").mkdir()
    for epoch in 1, 2, 10:
        model.set_weights([np.full(array.shape, epoch / 100) for array in model.get_weights()])
        model.save_weights(tmp_path / f"epochs/epoch-{epoch:04d}.weights.h5")
        kept[epoch] = model.get_weights()
    (tmp_path / "epochs/notes.txt").touch()
    model.save(tmp_path / "model.keras")
    (tmp_path / "run.json").write_text(json.dumps({"scratchnet": "1", "settings": {"data": str(data)}}))
    return tmp_path, kept


def test_a_run_tells_its_data_and_epochs(run, data):
    subject = Subject.load(run[0])
    assert list(subject.epochs) == [1, 2, 10]
    np.testing.assert_array_equal(subject.examples.labels_test, np.load(data)["y_test"])


def test_a_file_has_no_epochs_and_its_data_is_given(run, data):
    subject = Subject.load(run[0] / "model.keras", data, limit=5)
    assert subject.epochs == {}
    assert len(subject.examples.x_test) == 5


def test_each_epoch_has_its_weights_and_in_the_end_the_model_has_its_own(run):
    subject = Subject.load(run[0])
    own = [array * 0 for array in subject.model.get_weights()]
    subject.model.set_weights(own)
    for epoch in subject.after_each_epoch():
        for found, expected in zip(subject.model.get_weights(), run[1][epoch], strict=True):
            np.testing.assert_array_equal(found, expected)
    for found, expected in zip(subject.model.get_weights(), own, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_an_epoch_of_another_model_is_refused_at_once(run):
    other = Sequential([Input((12, 12, 1)), Flatten(), Dense(3)])
    other.compile("sgd", "mse")
    other.save_weights(run[0] / "epochs/epoch-0003.weights.h5")
    with pytest.raises(ModelFileError):
        Subject.load(run[0])


def test_rows_over_epochs(run):
    rows = epochs.over_epochs(Subject.load(run[0]))
    assert rows.epochs == [1, 2, 10]
    assert [{float(array.mean().round(6)) for array in row.values()} for row in rows.weights] == [{0.01}, {0.02}, {0.1}]
    assert [list(row) for row in rows.gradients] == [list(rows.weights[0])] * 3


def test_without_epochs_there_is_one_row(run, data):
    rows = epochs.over_epochs(Subject.load(run[0] / "model.keras", data))
    assert (rows.epochs, len(rows.weights), len(rows.gradients)) == ([], 1, 1)


def test_of_many_epochs_some_are_chosen_the_first_and_the_last_among_them():
    assert chosen(list(range(1, 122))) == [1, 11, 21, 31, 41, 51, 61, 71, 81, 91, 101, 111, 121]
    assert chosen([3, 4]) == [3, 4]


def test_gradients_are_of_the_mean_however_the_images_are_cut(run, monkeypatch):
    subject = Subject.load(run[0])
    x, labels = np.asarray(subject.examples.x_train[:7]), subject.examples.labels_train[:7]
    traced = subject.model.trace(x, labels).layers
    monkeypatch.setattr(epochs, "CHUNK", 3)
    found = epochs.gradients(subject.model, x, labels)
    expected = {layer.name: layer.grads["kernel"] for layer in traced if layer.grads}
    assert list(found) == list(expected)
    for name, gradient in expected.items():
        np.testing.assert_allclose(found[name], gradient, rtol=1e-10, atol=1e-14)


def test_logits_get_a_softmax_and_epochs_fit_all_the_same(tmp_path, data):
    model = network(end="linear", loss="sparse_categorical_crossentropy")
    model.save(tmp_path / "model.keras")
    (tmp_path / "epochs").mkdir()
    model.save_weights(tmp_path / "epochs/epoch-0001.weights.h5")
    subject = Subject.load(tmp_path, data)
    logits = model.predict(subject.examples.x_test)
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(subject.result.probabilities, softmax, rtol=1e-5)
    assert list(subject.after_each_epoch()) == [1]


def test_the_result_is_what_the_model_says(tmp_path, data):
    model = network()
    model.save(tmp_path / "model.h5")
    result = Subject.load(tmp_path / "model.h5", data).result
    answers, labels = result.probabilities, result.labels
    assert result.loss == pytest.approx(-np.log(answers[np.arange(len(labels)), labels]).mean(), rel=1e-6)
    assert result.accuracy == (answers.argmax(axis=1) == labels).mean()


def test_images_without_channels(tmp_path, data):
    network(shape=(12, 12)).save(tmp_path / "model.keras")
    subject = Subject.load(tmp_path / "model.keras", data)
    assert subject.shaped(subject.examples.x_test[:2]).shape == (2, 12, 12)
    assert subject.result.probabilities.shape == (40, 3)


def test_what_cannot_be_drawn_is_refused(tmp_path, data):
    with pytest.raises(RunError, match=r"no model\.keras.*--resume"):
        Subject.load(tmp_path, data)
    network(shape=(9, 9, 1)).save(tmp_path / "small.keras")
    with pytest.raises(DataError, match=r"Images of shape \(12, 12, 1\)"):
        Subject.load(tmp_path / "small.keras", data)
    Sequential([Input((12, 12, 1)), Conv2D(2, 3)]).save(tmp_path / "maps.keras")
    with pytest.raises(DataError, match="one that takes images"):
        Subject.load(tmp_path / "maps.keras", data)


@pytest.mark.parametrize("beyond", ["y_train", "y_test"])
def test_every_label_must_be_a_class_of_the_model(tmp_path, data, beyond):
    Sequential([Input((12, 12, 1)), Flatten(), Dense(2)]).save(tmp_path / "two.keras")
    arrays = dict(np.load(data))
    for name in "y_train", "y_test":
        arrays[name][:5] = 0
    arrays[beyond][3] = 2
    np.savez(tmp_path / "data.npz", **arrays)
    with pytest.raises(DataError, match="Labels up to 2"):
        Subject.load(tmp_path / "two.keras", tmp_path / "data.npz", limit=5)
