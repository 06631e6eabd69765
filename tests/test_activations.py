import numpy as np
import pytest

from scratchnet import activations
from scratchnet.activations import ACTIVATIONS, softmax
from scratchnet.errors import ScratchnetError
from scratchnet.kernels import plain

# Near 0, at it from both sides, where exp overflows in one dtype or both, and in between
Z = np.concatenate([np.linspace(-12, 12, 97), [0.0, -0.0, 1e-9, -1e-9, 100, -100, 1000, -1000]])


def test_softmax():
    np.testing.assert_allclose(softmax(np.log([[1.0, 2, 5]])), [[0.125, 0.25, 0.625]], rtol=1e-15)
    np.testing.assert_array_equal(softmax(np.array([[1e4, 0], [-1e4, 0]])), [[1, 0], [0, 1]])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradients_are_slopes(name):
    rng = np.random.default_rng(0)
    z, dy, direction = rng.standard_normal((3, 2, 5, 4))
    a = ACTIVATIONS[name]
    _, cache = a.forward(plain, z)
    dz = a.backward(plain, dy, cache)
    sides = [(a(z + step * direction) * dy).sum() for step in (1e-6, -1e-6)]
    assert (sides[0] - sides[1]) / 2e-6 == pytest.approx((dz * direction).sum(), rel=1e-7)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 2e-15), ("float32", 1e-6)])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_and_gradients_are_keras(name, dtype, tolerance, keras):
    import tensorflow as tf

    z = Z.astype(dtype).reshape(3, 5, 7) / (20 if name == "softmax" else 1)
    dy = np.random.default_rng(1).standard_normal(z.shape).astype(dtype)
    keras_z = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(keras_z)
        keras_y = getattr(keras.activations, name)(keras_z)
    keras_dz = tape.gradient(keras_y, keras_z, tf.constant(dy))
    y, cache = ACTIVATIONS[name].forward(plain, z)
    dz = ACTIVATIONS[name].backward(plain, dy, cache)
    assert y.dtype == dz.dtype == np.dtype(dtype)
    np.testing.assert_allclose(y, keras_y.numpy(), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(dz, keras_dz.numpy(), rtol=4 * tolerance, atol=4 * tolerance)


def test_names():
    assert activations.check(None) == "linear"
    assert activations.check("relu") == "relu"
    assert activations.check("swish") == "silu"
    assert activations.check(activations.gelu) == "gelu"


@pytest.mark.parametrize("unknown", ["Relu", "mish", np.tanh, 3, ["relu"]])
def test_what_is_no_activation_is_refused(unknown):
    with pytest.raises(ScratchnetError, match=r"activation=.*linear, relu, leaky_relu, elu"):
        activations.check(unknown)
