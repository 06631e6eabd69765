"""Which pixels an answer hangs on: by the gradient, and by covering them."""

import numpy as np

from scratchnet.models import Sequential
from scratchnet.typing import Array


def gradients(model: Sequential, x: Array, labels: Array) -> Array:
    """∂loss/∂x of each image: where the loss would rise if a pixel were brighter.

    x: (N, …), as the model takes it;  labels: (N,) → x's shape, float64

    Simonyan, Vedaldi, Zisserman, "Deep Inside Convolutional Networks" (2013), there of the class's score. In float64, for
    the loss of a digit that is recognised with p = 1 − 1e-9 has no gradient in float32.
    """
    twin = Sequential.from_config(model.get_config() | {"dtype": "float64"}, kernels="plain")
    twin.set_weights(model.get_weights())
    twin.compile(loss=model.loss)
    dx = twin.trace(x, labels).layers[0].dx
    assert dx is not None  # the trace went backward
    return len(x) * dx  # that of the mean, times N


def occlusion(model: Sequential, x: Array, labels: Array, patch: int, fill: Array) -> Array:
    """How far the label's probability falls where a square patch is covered: the mean over all patches over a pixel.

    x: (N, H, W, C), or (N, H, W) where the model takes that;  labels: (N,)
    patch: its side in pixels; patches lie a third of a side apart;  fill: (C,) the colour that covers
    → (N, H, W), positive where what was covered spoke for the label

    Zeiler, Fergus, "Visualizing and Understanding Convolutional Networks" (2014).
    """
    N, H, W = x.shape[:3]
    before = model.predict(x)[np.arange(N), labels]
    fall, covered = np.zeros((N, H, W)), np.zeros((H, W))
    for i in _starts(H, patch):
        for j in _starts(W, patch):
            rows, columns = slice(i, i + patch), slice(j, j + patch)
            hidden = np.array(x)
            hidden[:, rows, columns] = fill if x.ndim == 4 else fill[0]
            after = model.predict(hidden)[np.arange(N), labels]
            fall[:, rows, columns] += (before - after)[:, None, None]
            covered[rows, columns] += 1
    return fall / covered


def _starts(size: int, patch: int) -> list[int]:
    """A third of a patch apart, the last one at the edge."""
    last = max(size - patch, 0)
    return sorted({*range(0, last, max(1, patch // 3)), last})


def strongest(signed: Array) -> Array:
    """(N, H, W, C) → (N, H, W): of the channels the number farthest from 0, with its sign; (N, H, W) stays"""
    if signed.ndim == 3:
        return signed
    largest = np.abs(signed).argmax(axis=-1)[..., None]
    return np.take_along_axis(signed, largest, axis=-1)[..., 0]
