"""Losses, each with targets and answers that it can have: what test_losses.py holds them to."""

import numpy as np

from scratchnet.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)  # fmt: skip

RNG = np.random.default_rng(0)
EDGES = [0.0, 1e-9, 1e-7, 0.5, 1 - 1e-7, 1.0]  # around where probabilities are clipped


def one_hot(classes, *shape):
    return np.eye(classes)[RNG.integers(0, classes, shape)]


def labels(classes, *shape):
    return RNG.integers(0, classes, shape)


def logits(*shape):
    return 5 * RNG.standard_normal(shape)


def shares(*shape):
    return RNG.dirichlet(np.ones(shape[-1]), shape[:-1])


def halves(*shape):
    """Numbers that often differ by nothing, or by exactly 1: the kinks of |e| and of Huber's loss."""
    return RNG.integers(-4, 5, shape) / 2


SATURATED = np.array([EDGES, EDGES[::-1]])
HUGE = np.array([[1000.0, 0, -1000], [-1000, 0, 1000], [0, 0, 0]])

CASES = [
    (CategoricalCrossentropy(), one_hot(4, 6), shares(6, 4)),
    (CategoricalCrossentropy(), shares(6, 4), RNG.uniform(0.1, 3, (6, 4))),  # neither sums to 1
    (CategoricalCrossentropy(), np.eye(6)[[0, 0]], SATURATED),
    (CategoricalCrossentropy(), one_hot(4, 3, 5), shares(3, 5, 4)),
    (CategoricalCrossentropy(label_smoothing=0.1), one_hot(4, 2, 3, 2), shares(2, 3, 2, 4)),
    (CategoricalCrossentropy(from_logits=True), one_hot(4, 6), logits(6, 4)),
    (CategoricalCrossentropy(from_logits=True), shares(6, 4) * 2, logits(6, 4)),  # targets that sum to 2
    (CategoricalCrossentropy(from_logits=True), one_hot(3, 3), HUGE),
    (CategoricalCrossentropy(from_logits=True, label_smoothing=0.3), one_hot(4, 3, 5), logits(3, 5, 4)),
    (SparseCategoricalCrossentropy(), labels(4, 6), shares(6, 4)),
    (SparseCategoricalCrossentropy(), labels(4, 6, 1), RNG.uniform(0.1, 0.9, (6, 4))),  # which needn't sum to 1
    (SparseCategoricalCrossentropy(), labels(6, 2), SATURATED),
    (SparseCategoricalCrossentropy(), labels(4, 3, 5), shares(3, 5, 4)),
    (SparseCategoricalCrossentropy(from_logits=True), labels(4, 6), logits(6, 4)),
    (SparseCategoricalCrossentropy(from_logits=True), labels(3, 3), HUGE),
    (SparseCategoricalCrossentropy(from_logits=True), labels(4, 2, 3, 2, 1), logits(2, 3, 2, 4)),
    (BinaryCrossentropy(), labels(2, 6, 1), shares(6, 2)[:, :1]),
    (BinaryCrossentropy(), labels(2, 6), shares(6, 2)[:, :1]),
    (BinaryCrossentropy(), labels(2, 2, 6), SATURATED),
    (BinaryCrossentropy(label_smoothing=0.2), labels(2, 3, 5, 2), shares(3, 5, 2)),
    (BinaryCrossentropy(from_logits=True), labels(2, 6, 3), logits(6, 3)),
    (BinaryCrossentropy(from_logits=True), labels(2, 3, 3), HUGE),
    (BinaryCrossentropy(from_logits=True, label_smoothing=0.2), labels(2, 3, 5, 2), logits(3, 5, 2)),
    (MeanSquaredError(), logits(6, 4), logits(6, 4)),
    (MeanSquaredError(), logits(6), logits(6, 1)),
    (MeanSquaredError(), logits(2, 3, 2, 4), logits(2, 3, 2, 4)),
    (MeanAbsoluteError(), halves(6, 4), halves(6, 4)),
    (MeanAbsoluteError(), halves(6, 1), halves(6, 1)),
    (MeanAbsoluteError(), halves(3, 5, 4), halves(3, 5, 4)),
    (Huber(), halves(6, 4), halves(6, 4)),
    (Huber(0.3), logits(3, 5, 4), logits(3, 5, 4)),
]
