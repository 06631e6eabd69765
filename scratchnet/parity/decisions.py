"""Where a network decides: a ReLU is open or shut, a pooling window has one winner.

Two sums of the same terms in another order differ by their rounding, and where a value lies that close to 0, or the two
largest of a window that close to each other, both decisions are right. But they send the gradient elsewhere, and from
there on both networks are in training on something else. So such a batch says nothing of either library: parity leaves it
out and tells how many it left out. A decision where there is nothing to round, among equals, is none of these.

No layer is asked whether it decides. Where the numbers of two networks are equal but for rounding, the same function is
taken backward from both, with the same gradient coming in: if what goes out is different by more than a trace, there is a
decision in between.
"""

from collections.abc import Iterable

import numpy as np

from scratchnet.activations import ACTIVATIONS
from scratchnet.kernels import plain
from scratchnet.layers import Layer, Run
from scratchnet.parity.sides import Tensors
from scratchnet.typing import Array

JUMP = 1e-2  # of a slope, relative to the largest: far above what rounding makes of one, far below a decision


def undecided(layers: Iterable[Layer], x: Array, came: Tensors, reference: Tensors) -> int:
    """How many numbers go elsewhere backward in one of two traces of x whose activations agree but for rounding."""
    count = 0
    given, given_reference = x, x
    for layer in layers:
        y, y_reference = came.get(f"{layer.name}/y"), reference.get(f"{layer.name}/y")
        if y is None or y_reference is None or y.shape != y_reference.shape:
            return count  # what is missing, parity tells; of a digest nothing can be told
        slope = _slope(layer, given, y)
        jump = np.abs(slope - _slope(layer, given_reference, y_reference))
        count += int(np.count_nonzero(jump > JUMP * np.abs(slope).max(initial=0)))
        given, given_reference = y, y_reference
    return count


def _slope(layer: Layer, x: Array, y: Array) -> Array:
    """What the layer makes of a gradient of random numbers, where it gave y for x.

    A layer with weights rounds before its activation, so y tells the decision: what is true of z, it is of a(z). One
    without weights decides on x.
    """
    rng = np.random.default_rng(0)
    dy = rng.uniform(1, 2, y.shape).astype(y.dtype)
    if layer.weights:
        activation = ACTIVATIONS[layer.activation]
        return activation.backward(plain, dy, activation.forward(plain, y)[1])
    _, cache = layer.forward(x, Run(plain))
    dx, _ = layer.backward(dy, cache, Run(plain))
    assert dx is not None  # it was asked for
    return dx
