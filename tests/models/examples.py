"""What the tests of models share."""

import numpy as np

from scratchnet import Input, Sequential
from scratchnet.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D

SHAPE = (6, 7, 1)


def stack():
    return [Conv2D(3, 3, activation="relu"), MaxPooling2D(), Dropout(0.25), Flatten(), Dense(4, activation="softmax")]


def model(**options):
    made = Sequential([Input(SHAPE), *stack()], **options)
    made.compile("adadelta", "categorical_crossentropy", metrics=["accuracy"])
    return made


def data(count, seed=0):
    """Images whose class is the quarter of the image that is bright."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, count)
    x = rng.uniform(0, 0.3, (count, *SHAPE))
    for image, label in zip(x, labels, strict=True):
        image[3 * (label // 2) :][:3, 3 * (label % 2) :][:, :3] += 0.7
    return x.astype("float32"), np.eye(4, dtype="float32")[labels]


def assert_same(one, two):
    for a, b in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def weighted(**options):
    made = Sequential([Input(SHAPE), *stack()[:2], *stack()[3:]], dtype="float64")
    made.compile("sgd", "categorical_crossentropy", metrics=["accuracy"], **options)
    return made
