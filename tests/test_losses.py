import numpy as np
import pytest

from scratchnet import losses
from scratchnet.activations import softmax
from scratchnet.errors import ScratchnetError
from scratchnet.losses import categorical_crossentropy as loss

T = np.eye(4)[[0, 2, 3]]


def test_on_probabilities_it_is_minus_the_logarithm():
    p = np.array([[0.5, 0.25, 0.125, 0.125], [0.25, 0.25, 0.25, 0.25], [0.1, 0.2, 0.3, 0.4]])
    np.testing.assert_allclose(loss(T, p), -np.log([0.5, 0.25, 0.4]), rtol=1e-14)
    np.testing.assert_allclose(loss(T, 3 * p), loss(T, p), rtol=1e-14, err_msg="shares of the sum count")


def test_probabilities_are_clipped():
    certain = np.array([[0.0, 1.0]])
    np.testing.assert_allclose(loss(np.array([[1.0, 0.0]]), certain), -np.log(1e-7), rtol=1e-12)
    np.testing.assert_allclose(loss(certain, certain), -np.log(1 - 1e-7), rtol=1e-6)


def test_on_logits_it_is_the_same_where_nothing_saturates():
    z = np.random.default_rng(0).standard_normal((3, 4))
    np.testing.assert_allclose(loss.on_logits(T, z), loss(T, softmax(z)), rtol=1e-13)


def test_on_logits_nothing_overflows_or_is_clipped():
    z = np.array([[1000.0, 0.0], [-1000.0, 0.0]])
    np.testing.assert_allclose(loss.on_logits(np.array([[0.0, 1.0], [0.0, 1.0]]), z), [1000, 0])
    np.testing.assert_array_equal(loss.on_logits.gradient(np.array([[0.0, 1.0], [0.0, 1.0]]), z), [[1, -1], [0, 0]])


@pytest.mark.parametrize("kind", [loss, loss.on_logits])
def test_gradients_are_slopes(kind):
    rng = np.random.default_rng(1)
    y, direction = rng.uniform(0.1, 2, (3, 4)), rng.standard_normal((3, 4))
    t = rng.dirichlet(np.ones(4), 3)
    slope = (kind(t, y + 1e-6 * direction) - kind(t, y - 1e-6 * direction)) / 2e-6
    np.testing.assert_allclose((kind.gradient(t, y) * direction).sum(axis=1), slope, rtol=1e-7)


def test_a_clipped_probability_has_no_gradient_of_its_own():
    gradient = loss.gradient(np.array([[1.0, 0.0]]), np.array([[1e-9, 1.0]]))
    np.testing.assert_array_equal(gradient, [[0, 0]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", [loss, loss.on_logits])
def test_dtypes_stay(kind, dtype):
    t, y = T.astype(dtype), np.full((3, 4), 0.25, dtype)
    assert kind(t, y).dtype == kind.gradient(t, y).dtype == np.dtype(dtype)


def test_by_name_or_itself():
    assert losses.get("categorical_crossentropy") is losses.get(loss) is loss
    with pytest.raises(ScratchnetError, match="'hinge'.*categorical_crossentropy"):
        losses.get("hinge")
