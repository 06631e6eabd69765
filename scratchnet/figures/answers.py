"""What the answers to the test images are worth: how sure they are and may be, which classes are found, which confused."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scratchnet.typing import Array

BINS = 10


@dataclass(frozen=True, eq=False)
class Calibration:
    """Answers sorted by how sure they were, into bins of equal width from 0 to 1.

    confidence, accuracy: (B,) the means of each bin, NaN where it is empty;  counts: (B,)
    error: the expected calibration error, Σ_b counts[b]/N · |accuracy[b] − confidence[b]|
    """

    confidence: Array
    accuracy: Array
    counts: Array
    error: float


class Pair(NamedTuple):
    """A class, another that it was taken for, and in how many images."""

    observed: int
    predicted: int
    images: int


def calibration(labels: Array, probabilities: Array, bins: int = BINS) -> Calibration:
    """Whether, of the answers given with 0.9, nine in ten are right.

    labels: (N,);  probabilities: (N, K)
    Guo et al., "On Calibration of Modern Neural Networks" (2017).
    """
    from sklearn.calibration import calibration_curve  # takes longer to load than everything else

    sure = np.clip(probabilities.max(axis=1), 0, 1).astype(float)
    right = probabilities.argmax(axis=1) == labels
    means = calibration_curve(right, sure, n_bins=bins, pos_label=True)
    # the bins of calibration_curve, which leaves out the empty ones
    places = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], sure)
    counts = np.bincount(places, minlength=bins)
    accuracy, confidence = np.full((2, bins), np.nan)
    accuracy[counts > 0], confidence[counts > 0] = means
    error = float(np.nansum(counts * np.abs(accuracy - confidence)) / len(labels))
    return Calibration(confidence, accuracy, counts, error)


def precision_recall(labels: Array, probabilities: Array) -> tuple[Array, Array, Array]:
    """Of each class: the share of the answers that say it and are right, the share of its images that are found, its images.

    labels: (N,);  probabilities: (N, K) → (K,) each; NaN where a class was never answered, or never shown
    """
    from sklearn.metrics import precision_recall_fscore_support

    classes, answers = np.arange(probabilities.shape[1]), probabilities.argmax(axis=1)
    precision, recall, _, count = precision_recall_fscore_support(labels, answers, labels=classes, zero_division=np.nan)
    return precision, recall, count


def confused_pairs(matrix: Array, count: int) -> list[Pair]:
    """The mistakes that were made most often, at most `count`; of as many, the first in the matrix comes first.

    matrix: (K, K) counts, rows observed, columns predicted
    """
    wrong = matrix * (1 - np.eye(len(matrix), dtype=matrix.dtype))
    order = np.argsort(-wrong, axis=None, kind="stable")[:count]
    pairs = (np.unravel_index(place, matrix.shape) for place in order if wrong.flat[place])
    return [Pair(int(i), int(j), int(wrong[i, j])) for i, j in pairs]
