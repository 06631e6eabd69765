"""Where a network decides: a ReLU is open or shut, a pooling window has one winner.

Two sums of the same terms in another order differ by their rounding, and where a value lies that close to 0, or the two
largest of a window that close to each other, both decisions are right. But they send the gradient elsewhere, and from
there on both networks are in training on something else. So such a batch says nothing of either library: parity leaves it
out and tells how many it left out. A decision where there is nothing to round, among equals, is none of these.
"""

from collections.abc import Iterable

import numpy as np

from reference.sides import Tensors
from scratchnet.kernels import plain
from scratchnet.layers import Layer, MaxPooling2D
from scratchnet.typing import Array


def undecided(layers: Iterable[Layer], x: Array, came: Tensors, reference: Tensors, tolerance: float) -> int:
    """How many decisions differ between two traces of x only because values lie within rounding of each other.

    tolerance: how far apart two values may be by rounding, relative to the layer's largest
    """
    count = 0
    given = {"came": x, "reference": x}
    for layer in layers:
        y = came.get(f"{layer.name}/y"), reference[f"{layer.name}/y"]
        if y[0] is None or y[0].shape != y[1].shape:
            return 0  # parity tells
        if layer.activation == "relu":
            count += _gates(y[0], y[1], tolerance)
        if isinstance(layer, MaxPooling2D):
            count += _winners(layer, given["came"], given["reference"], tolerance)
        given = {"came": y[0], "reference": y[1]}
    return count


def _gates(came: Array, reference: Array, tolerance: float) -> int:
    """Of a ReLU's outputs: positive on one side alone, and hardly so."""
    near = np.maximum(came, reference) <= tolerance * reference.max()
    return int(np.count_nonzero(((came > 0) != (reference > 0)) & near))


def _winners(layer: MaxPooling2D, came: Array, reference: Array, tolerance: float) -> int:
    """Of a pooling's windows: won by different places, whose values hardly differ."""
    size = layer.pool_size if isinstance(layer.pool_size, tuple) else (layer.pool_size, layer.pool_size)
    largest, winner = plain.max_pool2d(reference, size)
    _, other = plain.max_pool2d(came, size)
    if np.array_equal(winner, other):
        return 0
    # What the reference has where the other side's winner stands: what pooling would send there is taken from there
    there = np.where(plain.max_pool2d_dx(np.ones_like(largest), other, size, reference.shape) > 0, reference, -np.inf)
    lost_by = largest - plain.max_pool2d(there, size)[0]
    near = lost_by <= tolerance * np.abs(reference).max()
    return int(np.count_nonzero((winner != other) & near))
