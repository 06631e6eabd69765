"""What users hand in as data."""

import numpy as np
import pytest

from scratchnet import Input, Sequential
from scratchnet.errors import ScratchnetError
from scratchnet.layers import Dense
from tests.models.examples import SHAPE, assert_same, data, model, weighted


def test_uint8_images_are_cast_at_the_door():
    x = np.random.default_rng(0).integers(0, 256, (5, *SHAPE), dtype=np.uint8)
    made = model()
    np.testing.assert_array_equal(made.predict(x), made.predict(x.astype("float32")))


def test_arrays_in_another_order_of_memory():
    made, (x, t) = model(), data(9)
    np.testing.assert_array_equal(made.predict(np.asfortranarray(x)), made.predict(x))
    assert made.evaluate(np.asfortranarray(x), np.asfortranarray(t)) == made.evaluate(x, t)


def test_a_weight_of_two_is_the_sample_twice():
    """But for the mean, which is over the samples that there are: 3 · loss of 2 weighted is 4 · that of 4 with one twice."""
    x, t = data(3)
    twice = [0, 1, 1, 2]
    one, two = weighted(), weighted()
    assert 3 * one.evaluate(x, t, sample_weight=np.array([1, 2, 1]))[0] == pytest.approx(
        4 * two.evaluate(x[twice], t[twice])[0], rel=1e-14
    )
    one.optimizer.learning_rate = 0.3
    two.optimizer.learning_rate = 0.4
    losses = one.train_on_batch(x, t, np.array([1, 2, 1])), two.train_on_batch(x[twice], t[twice])
    assert 3 * losses[0][0] == pytest.approx(4 * losses[1][0], rel=1e-14)
    for a, b in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


def test_a_class_has_the_weight_of_its_samples():
    x, t = data(12)
    one, two = weighted(), weighted()
    by_class = one.fit(x, t, 5, 2, 0, class_weight={0: 3.0, 2: 0.5}).history
    by_sample = two.fit(x, t, 5, 2, 0, sample_weight=np.array([3.0, 1.0, 0.5, 1.0])[t.argmax(axis=1)]).history
    assert by_class == by_sample
    assert_same(one, two)
    assert (
        by_class["accuracy"]
        == weighted().fit(x, t, 5, 1, 0, class_weight={0: 3.0, 2: 0.5}).history["accuracy"] + by_class["accuracy"][1:]
    ), "metrics aren't weighted"


def test_weights_of_yes_and_no():
    """One number a target, alone in its row or not: class weights go by it, and sample weights may stand in rows, too."""
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((6, 3)), np.array([0.0, 1, 1, 0, 1, 1])
    losses = []
    for target, weights in (
        (t, {"class_weight": {0: 3.0, 1: 0.5}}),
        (t[:, None], {"class_weight": {0: 3.0, 1: 0.5}}),
        (t, {"sample_weight": np.where(t > 0, 0.5, 3.0)}),
        (t[:, None], {"sample_weight": np.where(t > 0, 0.5, 3.0)[:, None]}),
    ):
        made = Sequential([Input((3,)), Dense(1, activation="sigmoid")], dtype="float64")
        made.compile("sgd", "binary_crossentropy")
        losses.append(made.train_on_batch(x, target, **weights))
    assert losses == losses[:1] * 4


def test_the_last_share_of_samples_validates():
    x, t = data(10)
    one, two = weighted(), weighted()
    split = one.fit(x, t, 4, 2, 0, validation_split=0.25, sample_weight=np.arange(10.0)).history
    given = two.fit(
        x[:7], t[:7], 4, 2, 0, validation_data=(x[7:], t[7:], np.arange(7.0, 10)), sample_weight=np.arange(7.0)
    ).history
    assert split == given
    assert_same(one, two)


def test_labels_as_numbers():
    x, t = data(20)
    one, two = model(), model()
    two.compile("adadelta", "sparse_categorical_crossentropy", metrics=["accuracy"])
    assert one.fit(x, t, 8, 2, 0).history == two.fit(x, t.argmax(axis=1), 8, 2, 0).history
    assert two.evaluate(x, t.argmax(axis=1)[:, None]) == one.evaluate(x, t)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"validation_split": 1}, "validation_split=1"),
        ({"validation_split": 0.999}, "one sample or more on either side"),
        ({"sample_weight": np.ones(8)}, r"sample_weight has shape \(8,\)"),
        ({"sample_weight": np.ones(9), "class_weight": {}}, "Both sample_weight and class_weight"),
        ({"validation_data": (np.ones((2, *SHAPE)), np.ones(2))}, "y of validation_data"),
        ({"validation_data": np.ones((2, *SHAPE))}, "validation_data of <class 'numpy.ndarray'>"),
    ],
)
def test_what_fit_can_not_use_changes_nothing(options, words):
    made = model()
    before = made.get_weights()
    with pytest.raises(ScratchnetError, match=words):
        made.fit(*data(9), verbose=0, **options)
    for a, b in zip(before, made.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x, t: (x[:, :5], t), r"x has shape \(9, 5, 7, 1\). Expected \(N, 6, 7, 1\)"),
        (lambda x, t: (x[..., 0], t), r"x has shape \(9, 6, 7\)"),
        (lambda x, t: (x[:0], t[:0]), "one sample or more"),
        (lambda x, t: (x[0, 0, 0], t), "one sample or more"),
        (lambda x, t: (x, t[:-1]), r"y has shape \(8, 4\)"),
        (lambda x, t: (x, t.argmax(axis=1)), r"y has the shape \(9,\)"),
        (lambda x, t: (x.astype(str), t), "an array of numbers"),
        (lambda x, t: (x, t.astype(object)), "dtype object"),
    ],
)
def test_data_that_does_not_fit_is_refused_before_anything_changes(change, words):
    made = model()
    before = made.get_weights()
    x, t = change(*data(9))
    for method in (made.fit, made.evaluate):
        with pytest.raises(ScratchnetError, match=words):
            method(x, t)
    for a, b in zip(before, made.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
