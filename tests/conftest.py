"""What tests of several rooms share."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is first imported

import pytest


@pytest.fixture(scope="session")
def keras():
    """Keras on TensorFlow, which takes seconds to import: only for tests that need it."""
    import keras

    return keras
