"""What users hand in as data, made sure of before anything is done with it."""

from collections.abc import Mapping
from math import floor
from typing import Any

import numpy as np

from scratchnet.datasets import Pixels
from scratchnet.errors import DataError, ScratchnetError, ShapeError
from scratchnet.losses import Loss
from scratchnet.training import Samples
from scratchnet.typing import Array, Shape


def numbers(x: Any, name: str) -> Array:
    """x as an array of numbers with one sample or more."""
    x = x if isinstance(x, Pixels) else np.asarray(x)
    if x.dtype.kind not in "buif" or x.ndim < 2 or not len(x):
        raise DataError(
            came=f"{name} has shape {x.shape} and dtype {x.dtype}",
            expected="an array of numbers with one sample or more along its first axis",
            do="Put a single sample into an array of one: x[np.newaxis].",
        )
    return x


def check_shape(x: Array, input_shape: Shape, name: str) -> None:
    """A ShapeError unless the model takes such samples."""
    if x.shape[1:] != input_shape:
        raise ShapeError(
            came=f"{name} has shape {x.shape}",
            expected=f"(N, {', '.join(map(str, input_shape))})",
            do=f"Reshape it with {name}.reshape(-1, …), or load data that this model was made for.",
        )


def targets(y: Any, x: Array, loss: Loss, output_shape: Shape, name: str) -> Array:
    """y as the loss takes it: a row for each sample of x."""
    y = np.asarray(y)
    if y.dtype.kind not in "buif" or y.ndim < 1 or len(y) != len(x):
        raise ShapeError(
            came=f"{name} has shape {y.shape} and dtype {y.dtype}",
            expected=f"numbers for each of {len(x)} samples",
            do="Give as many targets as samples.",
        )
    return loss.target(y, output_shape, name)


def weights(sample_weight: Any, class_weight: Mapping[int, float] | None, t: Array) -> Array | None:
    """(N,) by which each sample's loss is multiplied; None where nothing was asked for.

    class_weight: by class, which t tells as a number or as a row with its largest where the class is; 1 for those not named
    """
    if sample_weight is not None and class_weight is not None:
        raise ScratchnetError(
            came="Both sample_weight and class_weight", expected="one of them", do="Multiply them yourself."
        )
    if class_weight is not None:
        classes = t.argmax(axis=-1) if t.ndim > 1 and t.shape[-1] > 1 else t.reshape(len(t), -1)[:, 0]
        return np.array([class_weight.get(round(float(k)), 1.0) for k in classes])
    if sample_weight is None:
        return None
    given = np.asarray(sample_weight)
    if given.shape not in ((len(t),), (len(t), 1)) or given.dtype.kind not in "buif":
        raise ShapeError(
            came=f"sample_weight has shape {given.shape} and dtype {given.dtype}",
            expected=f"a number for each of {len(t)} samples",
            do="Give one weight a sample.",
        )
    return given.reshape(-1)


def split(data: Samples, share: float) -> tuple[Samples, Samples]:
    """The samples to train on, and the last ones, that share of all, to validate with."""
    if not isinstance(share, int | float) or not 0 < share < 1:
        raise ScratchnetError(
            came=f"validation_split={share!r}", expected="a number between 0 and 1", do="Choose another share."
        )
    place = floor(len(data.x) * (1 - share))
    if not 0 < place < len(data.x):
        raise DataError(
            came=f"validation_split={share} of {len(data.x)} samples",
            expected="one sample or more on either side",
            do="Give more samples, or choose another share.",
        )
    first, last = (
        [None if part is None else part[side] for part in data] for side in (slice(place), slice(place, None))
    )
    return Samples(*first), Samples(*last)  # type: ignore[arg-type]  # only the weight is None
