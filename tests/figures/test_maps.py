"""What layers answer, which of them is the last hidden one, and where its answers lie."""

import numpy as np
import pytest

from scratchnet.figures import embedding, maps
from scratchnet.layers import Conv2D, Dense, Dropout, Flatten, Input, LeakyReLU
from scratchnet.models import Sequential

X = np.random.default_rng(0).random((3, 6, 6, 1))


@pytest.fixture
def model():
    layers = [
        Input((6, 6, 1)),
        Conv2D(2, 3, name="conv"),
        LeakyReLU(name="leaky"),
        Dropout(0.5, name="drop"),
        Flatten(name="flat"),
        Dense(5, name="hidden"),
        Dense(3, activation="softmax", name="answer"),
    ]
    return Sequential(layers, dtype="float64", kernels="plain")


def test_each_layer_that_changes_something_answers(model):
    model.compile(loss="sparse_categorical_crossentropy")
    answers = maps.activations(model, X[:1])
    assert [(name, y.shape) for name, y in answers] == [
        ("conv", (4, 4, 2)), ("leaky", (4, 4, 2)), ("hidden", (5,)), ("answer", (3,)),
    ]  # fmt: skip
    np.testing.assert_allclose(answers[1].y, np.where(answers[0].y > 0, answers[0].y, 0.3 * answers[0].y))
    np.testing.assert_allclose(answers[-1].y, model.predict(X[:1])[0])  # no logits


def test_the_last_hidden_layer_is_below_the_one_that_answers(model):
    assert maps.last_hidden(model) == "hidden"
    assert maps.last_hidden(Sequential([Input((6, 6, 1)), Flatten(), Dense(3)])) is None
    assert maps.last_hidden(Sequential([Input((6, 6, 1)), Conv2D(2, 6), Flatten()])) is None


def test_units_are_the_layer_s_answers_however_they_are_cut(model, monkeypatch):
    expected = next(layer.y for layer in model.trace(X).layers if layer.name == "hidden")
    monkeypatch.setattr(maps, "CHUNK", 2)
    np.testing.assert_allclose(maps.units(model, X, "hidden"), expected)


def test_principal_components_keep_what_lies_in_a_plane():
    rng = np.random.default_rng(0)
    plane, turn = rng.normal(size=(40, 2)) * [5, 1], np.linalg.qr(rng.normal(size=(7, 7)))[0][:2]
    places, shares = embedding.principal_components(plane @ turn)
    assert shares.sum() == pytest.approx(1)
    distances = np.linalg.norm(plane[:, None] - plane, axis=2)
    np.testing.assert_allclose(np.linalg.norm(places[:, None] - places, axis=2), distances, atol=1e-9)


def test_neighbours_stay_neighbours():
    rng = np.random.default_rng(0)
    rows = np.vstack([rng.normal(size=(20, 8)), rng.normal(size=(20, 8)) + 20])
    places = embedding.neighbours(rows)
    distances = np.linalg.norm(places[:, None] - places, axis=2) + np.diag(np.full(40, np.inf))
    assert ((distances.argmin(axis=1) < 20) == (np.arange(40) < 20)).all()
