"""How much of a difference is rounding: our own model once more, started one rounding away and trained alongside.

Two libraries round differently, and what that comes to in a tensor depends on how it came about: a sum that cancels keeps
the rounding of its terms, and a bias in front of a BatchNormalization, whose gradient is zero on paper, has nothing else.
Rather than follow the roundings through every kind of layer, let one happen: multiply every weight by 1 ± ε, ε being the
dtype's, and see how far each tensor moves. A tensor that moves by m is made of terms of some m / ε, and it is those that a
difference is relative to, where they are larger than the tensor's values.

Only weights are moved. Equal pixels stay equal, so that ties, of which images are full, stay ties.
"""

import numpy as np

from scratchnet.parity.ours import Ours
from scratchnet.parity.sides import Tensors
from scratchnet.typing import Array

# A shadow that goes elsewhere altogether tells nothing, and it would hide a model that isn't the same from run to run
LARGEST_TERMS = 1e4  # relative to the largest of all numbers beside it


def shadow(ours: Ours, weights: Tensors, seed: int = 0) -> Ours:
    """A twin of ours that starts at these weights, one rounding away."""
    twin, rng = ours.twin(), np.random.default_rng(seed)
    twin.carry({name: _one_rounding_away(array, rng) for name, array in weights.items()})
    return twin


def _one_rounding_away(array: Array, rng: np.random.Generator) -> Array:
    eps = np.finfo(array.dtype).eps
    return array * (1 + rng.choice((-eps, eps), array.shape)).astype(array.dtype)


def terms(came: Tensors, moved: Tensors, eps: float) -> dict[str, float]:
    """How large the terms are that a tensor is made of, by name; nothing for what came misshapen or isn't finite."""
    found = {}
    largest = max((float(np.abs(array).max(initial=0)) for array in came.values()), default=0.0)
    for name, array in came.items():
        if name in moved and moved[name].shape == array.shape:
            apart = np.abs(moved[name].astype(np.float64) - array.astype(np.float64)).max(initial=0)
            found[name] = min(float(apart) / eps, LARGEST_TERMS * largest) if np.isfinite(apart) else 0.0
    return found
