"""Both of the notebook's models through files, from either library to the other."""

import numpy as np
import pytest

import scratchnet
from reference import notebook
from scratchnet.architectures import ARCHITECTURES
from scratchnet.datasets import mnist

N = 24


@pytest.fixture(scope="module")
def data():
    (x, y), _ = mnist.load_data()
    return x[:N, ..., np.newaxis] / np.float32(255), scratchnet.utils.to_categorical(y[:N], 10)


def optimizer_of(model):
    """A Keras model's optimizer variables, as arrays."""
    return [np.asarray(variable) for variable in model.optimizer.variables]


def assert_same_bits(came, expected):
    assert [array.tobytes() for array in came] == [array.tobytes() for array in expected]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_keras_opens_ours(name, suffix, data, tmp_path, keras):
    model = ARCHITECTURES[name]()
    model.compile("adadelta", "categorical_crossentropy", metrics=["accuracy"])
    model.fit(*data, batch_size=8, verbose=0)
    model.save(tmp_path / f"model{suffix}")

    theirs = keras.models.load_model(tmp_path / f"model{suffix}")

    assert_same_bits(theirs.get_weights(), model.get_weights())
    np.testing.assert_allclose(theirs.predict(data[0], verbose=0), model.predict(data[0]), atol=1e-5)
    np.testing.assert_allclose(theirs.evaluate(*data, verbose=0), model.evaluate(*data), rtol=1e-5)
    if suffix == ".keras":  # of an .h5, Keras drops the state
        ours = list(model.optimizer.variables.values())
        assert_same_bits([array.astype(own.dtype) for array, own in zip(optimizer_of(theirs), ours, strict=True)], ours)
    if name == "no-dropout" and suffix == ".keras":  # and both train on as one
        after = theirs.fit(*data, batch_size=8, shuffle=False, verbose=0).history["loss"]
        assert model.fit(*data, batch_size=8, shuffle=False, verbose=0).history["loss"] == pytest.approx(
            after, rel=1e-4
        )


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_we_open_keras(name, suffix, data, tmp_path, keras):
    keras.utils.clear_session(free_memory=False)
    theirs = notebook.MODELS[name][0](keras)
    theirs.fit(*data, batch_size=8, verbose=0)
    theirs.save(tmp_path / f"model{suffix}")

    model = scratchnet.load_model(tmp_path / f"model{suffix}")

    assert_same_bits(model.get_weights(), theirs.get_weights())
    np.testing.assert_allclose(model.predict(data[0]), theirs.predict(data[0], verbose=0), atol=1e-5)
    np.testing.assert_allclose(model.evaluate(*data), theirs.evaluate(*data, verbose=0), rtol=1e-5)
    ours = list(model.optimizer.variables.values())
    assert_same_bits([array.astype(own.dtype) for array, own in zip(optimizer_of(theirs), ours, strict=True)], ours)
    texts = [[], []]
    theirs.summary(print_fn=texts[0].append)
    model.summary(print_fn=texts[1].append)
    assert texts[1] == texts[0]
    assert "3,599,648 (13.73 MB)" in "\n".join(texts[1])
    if name == "no-dropout":
        after = theirs.fit(*data, batch_size=8, shuffle=False, verbose=0).history["loss"]
        assert model.fit(*data, batch_size=8, shuffle=False, verbose=0).history["loss"] == pytest.approx(
            after, rel=1e-4
        )
