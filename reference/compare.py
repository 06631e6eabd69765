"""How far two tensors are apart, and how far they may be."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from scratchnet.typing import Array

CANCELS = 1e-3  # a sum that is smaller, relative to its absolute terms, is what is left of terms that cancel


class Tolerance(NamedTuple):
    difference: float
    reason: str


EXACT = Tolerance(0, "nothing is computed")
FLOAT64 = Tolerance(1e-12, "rounding is 1e-16 a number; sums in another order were measured within 5e-14")

# Rounding is 6e-8 a number here. "Worst" is what was measured over twenty steps of both models, with both sets of kernels,
# six seeds and batches of 32 and 128; the tolerance leaves some three times that, for other seeds and machines.
FLOAT32 = {
    "y": Tolerance(5e-6, "sums of up to 9,216 products in another order, layer on layer; worst 1.4e-6"),
    "z": Tolerance(5e-6, "as y; worst 1.2e-6"),
    "loss": Tolerance(5e-6, "as z, of which it is a smooth function; worst 1.0e-6"),
    "dz": Tolerance(5e-6, "as y, of which it is a difference; worst 1.4e-6"),
    "dx": Tolerance(5e-6, "sums of up to 576 products, layer on layer; worst 1.4e-6"),
    "dkernel": Tolerance(
        2e-5, "sums over all positions of all images, whose terms cancel to a hundredth; worst 4.2e-6"
    ),
    "dbias": Tolerance(5e-5, "the same, in one running sum; worst 1.2e-5"),
    "accumulated_grad": Tolerance(5e-5, "a gradient squared: twice its relative difference; worst 1.1e-5"),
    "accumulated_delta_var": Tolerance(
        1e-4, "largest where gradients are near √ε = 3e-4, hence cancel most; worst 2.9e-5"
    ),
    "kernel": Tolerance(3e-6, "Δ keeps a gradient's relative difference, but is small beside the weight; worst 7e-7"),
    "bias": Tolerance(1e-5, "the same, of biases that were small at first; worst 2.0e-6"),
}


def tolerance(name: str, dtype: str) -> Tolerance:
    """For the tensor of that name, whose last part tells its kind."""
    kind = name.rpartition("/")[2]
    if kind in ("iteration", "learning_rate"):
        return EXACT
    return FLOAT64 if dtype == "float64" else FLOAT32[kind]


def difference(
    came: Array | None, reference: Array, *, start: Array | None = None, terms: Callable[[], float] = float
) -> float:
    """The largest difference, relative to the largest value; infinite for what is missing, misshapen or not finite.

    start: where something trained began, so that its largest change counts as well as its largest value
    terms: tells the largest sum of absolute terms, which counts where the values themselves are what cancelling leaves
    """
    if came is None or came.shape != reference.shape:
        return np.inf
    came, reference = came.astype(np.float64), reference.astype(np.float64)
    apart = float(np.abs(came - reference).max(initial=0))
    if apart == 0:
        return 0.0
    scale = float(np.abs(reference).max())
    if start is not None:
        scale = max(scale, float(np.abs(reference - start).max()))
    total = terms()
    if scale < CANCELS * total:
        scale = total
    relative = apart / scale if scale else np.inf
    return relative if np.isfinite(relative) else np.inf
