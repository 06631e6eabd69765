"""What tests of several rooms share."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is first imported

import pytest


@pytest.fixture(scope="session")
def keras():
    """Keras on TensorFlow, which takes seconds to import: only for tests that need it."""
    import keras

    return keras


@pytest.fixture(params=["float64", "float32"])
def dtype(request, keras):
    """One dtype after the other, which is also the one that Keras computes in."""
    before = keras.config.floatx()
    keras.config.set_floatx(request.param)
    yield request.param
    keras.config.set_floatx(before)
