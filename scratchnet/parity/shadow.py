"""How much of a difference is rounding: our own model once more, started one rounding away and trained alongside.

Two libraries round differently, and what that comes to in a tensor depends on how it came about: a sum that cancels keeps
the rounding of its terms, and a bias in front of a BatchNormalization, whose gradient is zero on paper, has nothing else.
Rather than follow the roundings through every kind of layer, let one happen: multiply every weight by 1 ± ε, ε being the
dtype's, and see how far each tensor moves. A tensor that moves by m is made of terms of some m / ε, and it is those that a
difference is relative to, where they are larger than the tensor's values.

Only weights are moved. Equal pixels stay equal, so that ties, of which images are full, stay ties.

What a rounding within one step does, where that itself cancels (1 − y² of a tanh near 1), is beyond a shadow. So no tensor
is held to more than eight roundings of the largest number of its kind, and what is kept of a gradient that never was more
than that, to nothing.
"""

import numpy as np

from scratchnet.parity.ours import Ours
from scratchnet.parity.sides import Tensors
from scratchnet.typing import Array

ROUNDINGS = 8
LARGEST = 1000  # of terms, beside the largest number: a shadow that went elsewhere would hide all differences


def shadow(ours: Ours, weights: Tensors, seed: int = 0) -> Ours:
    """A twin of ours that starts at these weights, one rounding away."""
    twin, rng = ours.twin(), np.random.default_rng(seed)
    twin.carry({name: _one_rounding_away(array, rng) for name, array in weights.items()})
    return twin


def _one_rounding_away(array: Array, rng: np.random.Generator) -> Array:
    eps = np.finfo(array.dtype).eps
    return array * (1 + rng.choice((-eps, eps), array.shape)).astype(array.dtype)


def terms(came: Tensors, moved: Tensors, eps: float, tolerance: float) -> dict[str, float]:
    """How large the terms are that a tensor is made of, by name: what a difference within the tolerance is relative to."""
    sizes = {name: _largest(array) for name, array in came.items() if array.dtype.kind == "f"}
    beside: dict[str, float] = {}
    for name, size in sizes.items():
        beside[_kind(name)] = max(size, beside.get(_kind(name), 0.0))
    found = {}
    for name, array in came.items():
        fits = name in moved and moved[name].shape == array.shape
        apart = _largest(moved[name].astype(np.float64) - array.astype(np.float64)) if fits else 0.0
        largest = beside.get(_kind(name), 0.0)
        found[name] = max(min(apart / eps, LARGEST * largest), ROUNDINGS * eps / tolerance * largest)
    return found


def cancelled(trace: Tensors, last: str) -> dict[str, float]:
    """How large the terms are of one image's gradients, by name; `last` is the last layer.

    All of them come from one, such as y − t, which is what cancelling leaves of an answer that is nearly right. A shadow
    doesn't show that, for t isn't moved: so they are relative to what they were, if that one were as large as y.
    """
    gradients = {name: _largest(array) for name, array in trace.items() if _kind(name) == "gradient"}
    first = gradients.get(f"{last}/dz", gradients.get(f"{last}/dy", 0.0))
    times = _largest(trace[f"{last}/y"]) / first if first else np.inf
    return {name: times * size if size else times for name, size in gradients.items()}


def silent(trace: Tensors, eps: float) -> set[str]:
    """The weights whose gradient is no more than rounding, so that what an optimizer keeps of it isn't either."""
    gradients = {name: _largest(array) for name, array in trace.items() if _kind(name) == "gradient"}
    least = ROUNDINGS * eps * max(gradients.values(), default=0.0)
    parts = [name.rpartition("/") for name, size in gradients.items() if size <= least]
    return {f"{layer}/{gradient[1:]}" for layer, _, gradient in parts}


def _kind(name: str) -> str:
    """Gradients, all of which come from one; what layers give; and of state each slot of the optimizer, and the weights."""
    last = name.rpartition("/")[2]
    return "gradient" if last.startswith("d") else last if name.count("/") > 1 else "value"


def _largest(array: Array) -> float:
    """0, if it isn't finite: nothing is excused by that."""
    largest = float(np.abs(array).max(initial=0))
    return largest if np.isfinite(largest) else 0.0
