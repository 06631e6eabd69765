import numpy as np
import pytest

from scratchnet import losses, objects
from scratchnet.activations import ACTIVATIONS, sigmoid, softmax
from scratchnet.errors import DataError, ModelFileError, ScratchnetError, ShapeError
from scratchnet.losses import (
    LOSSES,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Huber,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)  # fmt: skip
from tests.losses.cases import CASES

TOLERANCES = {"float64": 1e-14, "float32": 2e-6}
each_case = pytest.mark.parametrize(("loss", "t", "y"), CASES, ids=lambda value: getattr(value, "shape", value))


@each_case
def test_values_and_gradients_are_keras(loss, t, y, dtype, keras):
    import tensorflow as tf

    t, y = t.astype(dtype), y.astype(dtype)
    options = objects.options(loss)
    theirs = getattr(keras.losses, type(loss).__name__)(**options, reduction=None)
    keras_y = tf.constant(y)
    with tf.GradientTape() as tape:
        tape.watch(keras_y)
        values = theirs(t, keras_y)
        samples = tf.reduce_mean(tf.reshape(values, (len(y), -1)), axis=1)
    gradient = tape.gradient(samples, keras_y).numpy()

    t = loss.target(t, y.shape[1:], "y")
    assert loss.value(t, y).shape == (len(y),)
    assert loss.value(t, y).dtype == loss.gradient(t, y).dtype == np.dtype(dtype)
    tolerance = TOLERANCES[dtype]
    np.testing.assert_allclose(loss.value(t, y), samples.numpy(), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(loss.gradient(t, y), gradient, rtol=tolerance, atol=tolerance * np.abs(gradient).max())


@each_case
def test_gradients_are_slopes(loss, t, y):
    """Away from kinks and clipped ends, and for targets that sum to 1 (on others TensorFlow's isn't the slope)."""
    rng = np.random.default_rng(1)
    t = loss.target(t, y.shape[1:], "y")
    t = t / t.sum(axis=-1, keepdims=True) if isinstance(loss, CategoricalCrossentropy) else t
    y = np.clip(y, -9, 9) + 0.0123 if getattr(loss, "from_logits", True) else np.clip(y, 0.01, 0.98) + 0.00123
    direction = rng.standard_normal(y.shape)
    slope = (loss.value(t, y + 1e-6 * direction) - loss.value(t, y - 1e-6 * direction)) / 2e-6
    ours = (loss.gradient(t, y) * direction).reshape(len(y), -1).sum(axis=1)
    np.testing.assert_allclose(ours, slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize(
    ("kind", "t"),
    [
        (CategoricalCrossentropy, np.eye(3)[[0, 2]]),
        (SparseCategoricalCrossentropy, np.array([0, 2])),
        (BinaryCrossentropy, np.array([[0.0, 1, 1], [1, 0, 1]])),
    ],
)
@pytest.mark.filterwarnings("ignore:.*received `from_logits=True`:UserWarning")
def test_every_crossentropy_takes_the_logits_of_either_activation(kind, t, from_logits, activation, dtype, keras):
    import tensorflow as tf

    z = np.array([[0.5, -2.0, 40.0], [-1.0, 0.25, 3.0]], dtype)
    theirs = getattr(keras.losses, kind.__name__)(from_logits=from_logits)
    loss = kind(from_logits=from_logits)
    assert activation in loss.logits_of
    expected = float(theirs(t, getattr(keras.activations, activation)(tf.constant(z))))
    assert loss.on_logits()(t, z).mean() == pytest.approx(expected, rel=TOLERANCES[dtype])
    assert loss.on_logits() == kind(from_logits=True)


def test_no_other_loss_takes_logits_and_no_other_activation_has_them():
    assert all(loss().logits_of == () for loss in LOSSES.values() if not hasattr(loss, "from_logits"))
    assert Huber(0.5).on_logits() == Huber(0.5)
    assert set(CategoricalCrossentropy.logits_of) < set(ACTIVATIONS)


def test_on_probabilities_it_is_minus_the_logarithm():
    p = np.array([[0.5, 0.25, 0.125, 0.125], [0.25, 0.25, 0.25, 0.25], [0.1, 0.2, 0.3, 0.4]])
    t = np.eye(4)[[0, 2, 3]]
    loss = CategoricalCrossentropy()
    np.testing.assert_allclose(loss(t, p), -np.log([0.5, 0.25, 0.4]), rtol=1e-14)
    np.testing.assert_allclose(loss(t, 3 * p), loss(t, p), rtol=1e-14, err_msg="shares of the sum count")
    np.testing.assert_allclose(SparseCategoricalCrossentropy()([0, 2, 3], p), loss(t, p), rtol=1e-14)


def test_on_logits_it_is_the_same_where_nothing_saturates():
    z, t = np.random.default_rng(0).standard_normal((3, 4)), np.eye(4)[[0, 2, 3]]
    np.testing.assert_allclose(
        CategoricalCrossentropy(from_logits=True)(t, z), CategoricalCrossentropy()(t, softmax(z))
    )
    np.testing.assert_allclose(BinaryCrossentropy(from_logits=True)(t, z), BinaryCrossentropy()(t, sigmoid(z)))


def test_on_logits_nothing_overflows_or_is_clipped():
    z, t = np.array([[1000.0, 0.0], [-1000.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 1.0]])
    loss = CategoricalCrossentropy().on_logits()
    np.testing.assert_allclose(loss(t, z), [1000, 0])
    np.testing.assert_array_equal(loss.gradient(t, z), [[1, -1], [0, 0]])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("mse", MeanSquaredError), ("MSE", MeanSquaredError), ("mean_squared_error", MeanSquaredError),
        ("MeanSquaredError", MeanSquaredError), ("mae", losses.MeanAbsoluteError), ("MAE", losses.MeanAbsoluteError),
        ("bce", BinaryCrossentropy), ("BCE", BinaryCrossentropy), ("huber", Huber),
        ("categorical_crossentropy", CategoricalCrossentropy),
        ("sparse_categorical_crossentropy", SparseCategoricalCrossentropy),
    ],
)  # fmt: skip
def test_names_are_keras(name, kind, keras):
    assert losses.get(name) == kind()
    assert keras.losses.get(name) is not None
    assert losses.get(losses.serialize(kind())) == kind()


@pytest.mark.parametrize(
    ("loss", "written"),
    [
        (MeanSquaredError(), "mean_squared_error"),
        (CategoricalCrossentropy(), "categorical_crossentropy"),
        (Huber(0.5), {"class_name": "Huber", "config": {"delta": 0.5}}),
        (
            BinaryCrossentropy(label_smoothing=0.1),
            {"class_name": "BinaryCrossentropy", "config": {"from_logits": False, "label_smoothing": 0.1}},
        ),
    ],
)
def test_written_and_read_again(loss, written, keras):
    assert losses.serialize(loss) == written
    assert losses.get(written) == loss
    assert losses.get(loss) is loss
    assert keras.losses.get(written) is not None


@pytest.mark.parametrize("loss", [kind() for kind in dict.fromkeys(LOSSES.values())], ids=str)
def test_what_keras_writes_is_read(loss, keras):
    assert losses.get(keras.losses.serialize(getattr(keras.losses, type(loss).__name__)())) == loss


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        (
            "hinge",
            ScratchnetError,
            "loss='hinge'. Expected one of CategoricalCrossentropy, SparseCategoricalCrossentropy",
        ),
        (np.mean, ScratchnetError, "loss=<"),
        (None, ScratchnetError, "loss=None"),
        ({"class_name": "Dice", "config": {}}, ModelFileError, "Dice"),
        ({"class_name": "Huber", "config": {"reduction": "sum"}}, ModelFileError, "The loss Huber has reduction='sum'"),
        ({"class_name": "CategoricalCrossentropy", "config": {"axis": 1}}, ModelFileError, "axis=1"),
        (
            {"class_name": "SparseCategoricalCrossentropy", "config": {"ignore_class": 0}},
            ModelFileError,
            "ignore_class=0",
        ),
        ({"class_name": "Huber", "config": {"delta": "1"}}, ScratchnetError, "delta='1'"),
        ({"class_name": "CategoricalCrossentropy", "config": {"label_smoothing": 1.5}}, ScratchnetError, "from 0 to 1"),
        ({"class_name": "BinaryCrossentropy", "config": {"from_logits": "no"}}, ScratchnetError, "from_logits='no'"),
    ],
)
def test_what_is_no_loss_is_refused(given, kind, words):
    with pytest.raises(kind) as refused:
        losses.get(given)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("loss", "t", "output_shape", "words"),
    [
        ("mse", np.zeros((3, 4)), (5,), "y has the shape (3, 4). Expected (N, 5)"),
        ("mse", np.zeros(3), (4,), "(3,). Expected (N, 4)"),
        ("bce", np.zeros((3, 2, 2)), (2,), "(3, 2, 2)"),
        ("mae", np.float64(3), (1,), "()"),
        ("huber", np.zeros((3, 1)), (4,), "(3, 1)"),
        ("categorical_crossentropy", np.zeros(3, int), (4,), "(3,)"),
        ("sparse_categorical_crossentropy", np.eye(4), (4,), "Expected (N,) or (N, 1)"),
        ("sparse_categorical_crossentropy", np.zeros(3, int), (2, 4), "Expected (N, 2) or (N, 2, 1)"),
    ],
)
def test_targets_of_another_shape_are_refused(loss, t, output_shape, words):
    with pytest.raises(ShapeError) as refused:
        losses.get(loss).target(t, output_shape, "y")
    assert words in str(refused.value)


@pytest.mark.parametrize("label", [-1, 4, 1.5, float("nan")])
def test_labels_that_are_no_class_are_refused(label):
    with pytest.raises(DataError, match=f"y has a {label}.*from 0 to 3"):
        SparseCategoricalCrossentropy().target(np.array([0, 3, label]), (4,), "y")


def test_targets_take_the_answers_shape():
    assert MeanSquaredError().target(np.zeros(3), (1,), "y").shape == (3, 1)
    assert MeanSquaredError().target(np.zeros((3, 4, 1)), (4,), "y").shape == (3, 4)
    target = SparseCategoricalCrossentropy().target(np.array([[2.0], [0.0]]), (4,), "y")
    assert (target.shape, target.dtype, target.tolist()) == ((2,), np.int64, [2, 0])
