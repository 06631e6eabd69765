"""What the notebook takes from keras.utils."""

from typing import Any

import numpy as np

from scratchnet.errors import DataError, ScratchnetError
from scratchnet.typing import Array


def to_categorical(x: Any, num_classes: int | None = None) -> Array:
    """y[…, k] = 1 if x[…] = k, else 0: a one-hot row for each label.

    x: array-like of whole numbers, of any shape; a last axis of size 1 is dropped, unless it is the only one
    num_classes: K, how many classes there are; max(x) + 1 if not given
    → y: (*x.shape, K) float64, as Keras returns it

    Raises DataError for a label that is no class: not a whole number, negative (Keras counts it from the end), K or more.
    Raises ScratchnetError for a num_classes that is no positive integer.
    Source: keras/src/utils/numerical_utils.py
    """
    if num_classes is not None and not (isinstance(num_classes, int | np.integer) and num_classes > 0):
        raise ScratchnetError(
            came=f"num_classes={num_classes!r}",
            expected="a positive integer, or None",
            do="Give the number of classes, or leave it out: then the largest label tells.",
        )
    labels = _as_integers(x)
    if not labels.size and num_classes is None:
        raise DataError(
            came="no labels",
            expected="at least one, or num_classes",
            do="Check what was selected, or give num_classes.",
        )
    classes = int(labels.max()) + 1 if num_classes is None else int(num_classes)
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        raise DataError(
            came=f"labels from {labels.min()} to {labels.max()}",
            expected="labels from 0" if num_classes is None else f"labels from 0 to {classes - 1}",
            do="Count the classes from 0, or give a larger num_classes.",
        )
    y = np.zeros((labels.size, classes))
    y[np.arange(labels.size), labels.ravel()] = 1
    return y.reshape(*labels.shape, classes)


def _as_integers(x: Any) -> Array:
    try:
        labels = np.asarray(x)
        whole = labels.dtype.kind in "biuf" and bool((np.isfinite(labels) & (labels == np.floor(labels))).all())
    except ValueError:  # rows of different lengths
        whole = False
    if not whole:
        raise DataError(
            came=f"labels that aren't whole numbers: {str(x)[:60]}",
            expected="an array of integers, the classes counted from 0",
            do="Number the classes: names, y = np.unique(x, return_inverse=True).",
        )
    labels = labels.astype(np.int64)
    return labels[..., 0] if labels.ndim > 1 and labels.shape[-1] == 1 else labels
