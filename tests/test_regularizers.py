import numpy as np
import pytest

from scratchnet import regularizers
from scratchnet.errors import ModelFileError, ScratchnetError
from scratchnet.regularizers import L1, L1L2, L2

W = np.array([[1.5, -0.25], [0.0, -3.0]])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("regularizer", [L1(), L2(), L1L2(), L1(0.3), L2(0.7), L1L2(0.3, 0.7)], ids=str)
def test_penalties_and_gradients_are_keras(regularizer, dtype, keras):
    import tensorflow as tf

    w = W.astype(dtype)
    keras_w = tf.constant(w)
    theirs = getattr(keras.regularizers, type(regularizer).__name__)(**regularizers.serialize(regularizer)["config"])
    with tf.GradientTape() as tape:
        tape.watch(keras_w)
        penalty = theirs(keras_w)
    gradient = tape.gradient(penalty, keras_w)
    gradient = np.zeros_like(w) if gradient is None else gradient.numpy()
    tolerance = 1e-15 if dtype == "float64" else 1e-7
    assert regularizer.penalty(w) == pytest.approx(float(penalty), rel=4 * tolerance)
    assert regularizer.gradient(w).dtype == w.dtype
    np.testing.assert_allclose(regularizer.gradient(w), gradient, rtol=tolerance)


def test_by_hand():
    assert L1L2(0.5, 0.25).penalty(W) == 0.5 * 4.75 + 0.25 * (2.25 + 0.0625 + 9)
    np.testing.assert_array_equal(L1L2(0.5, 0.25).gradient(W), [[1.25, -0.625], [0, -2]])


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("l1", L1(0.01)), ("L1", L1(0.01)), ("l2", L2(0.01)), ("L1L2", L1L2(0.0, 0.0)),
        ({"class_name": "L2", "config": {"l2": 0.3}}, L2(0.3)), (L1(1), L1(1.0)), (None, None),
    ],
)  # fmt: skip
def test_by_name_class_or_itself(given, made):
    assert regularizers.get(given) == made
    assert regularizers.get(regularizers.serialize(made)) == made


def test_it_is_written_as_keras_writes_it(keras):
    for ours in (L1(0.25), L2(1), L1L2(0.5, 0.25)):
        written = regularizers.serialize(ours)
        theirs = keras.regularizers.serialize(getattr(keras.regularizers, written["class_name"])(**written["config"]))
        assert written["config"] == theirs["config"]
        assert all(type(value) is float for value in written["config"].values())


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ("l3", ScratchnetError, "regularizer='l3'. Expected one of L1, L2, L1L2"),
        (np.sum, ScratchnetError, "regularizer=<"),
        ({"class_name": "OrthogonalRegularizer", "config": {}}, ModelFileError, "OrthogonalRegularizer"),
        ({"class_name": "L2", "config": {"l3": 1.0}}, ModelFileError, "The regularizer L2 has l3=1.0"),
        ({"class_name": "L2", "config": {"l2": "1"}}, ScratchnetError, "l2='1'"),
        ({"class_name": ["L2"], "config": {}}, ModelFileError, "['L2']"),
        ({"class_name": "L2", "config": 3}, ModelFileError, "regularizer={"),
        ({"class_name": "L2"}, ModelFileError, "regularizer={"),
    ],
)
def test_what_is_no_regularizer_is_refused(given, kind, words):
    with pytest.raises(kind) as refused:
        regularizers.get(given)
    assert words in str(refused.value)


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), "1", None, True])
def test_factors_that_can_not_be_are_refused(value):
    with pytest.raises(ScratchnetError, match="l1="):
        L1(value)
