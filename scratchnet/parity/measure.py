"""How far two tensors are apart, and how far they may be."""

from typing import NamedTuple

import numpy as np

from scratchnet.typing import Array


class Tolerance(NamedTuple):
    difference: float
    reason: str


EXACT = Tolerance(0, "nothing is computed")
FLOAT64 = Tolerance(1e-12, "rounding is 1e-16 a number; measured within 6e-15 over 20 steps")
FLOAT32 = Tolerance(
    1e-5, "rounding is 6e-8 a number, a bias's gradient a sum of 1e5; measured within 5e-6 over 20 steps"
)


def usual(dtype: str) -> Tolerance:
    """Of all that is computed."""
    return FLOAT64 if dtype == "float64" else FLOAT32


def difference(came: Array | None, reference: Array, *, start: Array | None = None, terms: float = 0.0) -> float:
    """The largest difference, relative to the largest value; infinite for what is missing, misshapen or not finite.

    start: where something trained began, so that its largest change counts as well as its largest value
    terms: how large the terms are that the values are made of, which counts where it is more: see `shadow`
    """
    if came is None or came.shape != reference.shape:
        return np.inf
    came, reference = came.astype(np.float64), reference.astype(np.float64)
    apart = float(np.abs(came - reference).max(initial=0))
    if apart == 0:
        return 0.0
    scale = max(float(np.abs(reference).max()), terms)
    if start is not None:
        scale = max(scale, float(np.abs(reference - start).max()))
    relative = apart / scale if scale else np.inf
    return relative if np.isfinite(relative) else np.inf
