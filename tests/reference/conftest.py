import sys

import pytest

from reference import pairs
from scratchnet.parity import compare


@pytest.fixture(scope="module", autouse=True)
def keras_as_it_was():
    """A comparison sets Keras's dtype, and names layers anew."""
    yield
    if "keras" in sys.modules:
        import keras

        keras.config.set_floatx("float32")
        keras.utils.clear_session(free_memory=False)


@pytest.fixture
def comparison():
    """comparison(model, …) → the report on a model in both libraries."""

    def run(model, *, steps, dtype="float64", kernels="plain", seed=1, batch_size=4):
        pair = pairs.made(model, dtype=dtype, kernels=kernels, seed=seed, batch_size=batch_size)
        return compare(pair.reference, pair.ours, pair.batches, steps, tolerance=pair.tolerance)

    return run
