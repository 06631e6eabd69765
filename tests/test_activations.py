import numpy as np
import pytest

from scratchnet import activations
from scratchnet.activations import ACTIVATIONS, softmax
from scratchnet.errors import ScratchnetError
from scratchnet.kernels import plain


def test_softmax():
    np.testing.assert_allclose(softmax(np.log([[1.0, 2, 5]])), [[0.125, 0.25, 0.625]], rtol=1e-15)
    np.testing.assert_array_equal(softmax(np.array([[1e4, 0], [-1e4, 0]])), [[1, 0], [0, 1]])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradients_are_slopes(name):
    rng = np.random.default_rng(0)
    z, dy, direction = rng.standard_normal((3, 2, 5, 4))
    a = ACTIVATIONS[name]
    dz = a.backward(plain, dy, a.forward(plain, z))
    sides = [(a.forward(plain, z + step * direction) * dy).sum() for step in (1e-6, -1e-6)]
    assert (sides[0] - sides[1]) / 2e-6 == pytest.approx((dz * direction).sum(), rel=1e-7)


def test_names():
    assert activations.check(None) == "linear"
    assert activations.check("relu") == "relu"
    with pytest.raises(ScratchnetError, match="'Relu'.*linear, relu, softmax"):
        activations.check("Relu")
