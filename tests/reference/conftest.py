import sys

import pytest

from reference import parity


@pytest.fixture(scope="module", autouse=True)
def keras_as_it_was():
    """A comparison sets Keras's dtype, and names layers anew."""
    yield
    if "keras" in sys.modules:
        import keras

        keras.config.set_floatx("float32")
        keras.utils.clear_session(free_memory=False)


class Comparison:
    """A model in Keras, and its weights at first, ready to be compared again and again."""

    def __init__(self, model, dtype):
        self.model, self.dtype = model, dtype
        self.reference = parity.keras_side(model, dtype=dtype, seed=1)
        self.weights = self.reference.weights()

    def run(self, kernels, *, steps, batch_size, change=lambda ours: None):
        """The report on so many steps;  change: does something to our side before it starts"""
        self.reference.carry(self.weights)
        names = list(self.reference.layers())
        ours = parity.scratchnet_side(self.model, names, dtype=self.dtype, kernel_set=kernels, seed=1)
        change(ours)
        return parity.compare(self.reference, ours, parity.mnist_batches(batch_size), steps)


@pytest.fixture(scope="session")
def comparison():
    """comparison(model, dtype) → a Comparison, made once."""
    made = {}

    def make(model, dtype):
        if (model, dtype) not in made:
            made[model, dtype] = Comparison(model, dtype)
        return made[model, dtype]

    return make
