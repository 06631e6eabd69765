"""One of K classes, as its number."""

from dataclasses import dataclass
from typing import final

import numpy as np

from scratchnet.activations import softmax
from scratchnet.errors import DataError
from scratchnet.losses.base import EPSILON, check_shape, rows, sample_means
from scratchnet.losses.crossentropy import Crossentropy
from scratchnet.typing import Array, Shape


@final
@dataclass(frozen=True)
class SparseCategoricalCrossentropy(Crossentropy):
    """−log p[t],  p = y, clipped to [1e-7, 1 − 1e-7] and then divided by its sum;  of logits, p = softmax(y)

    t: (N, …) of whole numbers below K, y: (N, …, K)

    from_logits: y are logits
    Source: keras/src/losses/losses.py, keras/src/backend/tensorflow/nn.py.
    """

    def target(self, t: Array, output_shape: Shape, name: str) -> Array:
        """Classes in the answer's shape without its last axis, where (N, …, 1) will do too; a DataError for other numbers."""
        t = np.asarray(t)
        *positions, classes = output_shape
        check_shape(t, (tuple(positions), (*positions, 1)), name)
        t = t.reshape(len(t), *positions)
        wrong = t[~((t >= 0) & (t < classes) & (t == np.floor(t)))]
        if wrong.size:
            raise DataError(
                came=f"{name} has a {wrong[0]}",
                expected=f"classes, as whole numbers from 0 to {classes - 1}",
                do="One-hot targets go with categorical_crossentropy.",
            )
        return t.astype(np.int64)

    def value(self, t: Array, y: Array) -> Array:
        z = y if self.from_logits else np.log(np.clip(y, EPSILON, 1 - EPSILON))
        z = z - z.max(axis=-1, keepdims=True)
        return sample_means(np.log(np.exp(z).sum(axis=-1)) - np.take_along_axis(z, _places(t), axis=-1)[..., 0])

    def gradient(self, t: Array, y: Array) -> Array:
        """Of logits softmax(y), less 1 at t;  else the same of p, over the clipped y and 0 where it was clipped"""
        q = y if self.from_logits else np.clip(y, EPSILON, 1 - EPSILON)
        dy = softmax(q) if self.from_logits else q / q.sum(axis=-1, keepdims=True)
        np.put_along_axis(dy, _places(t), np.take_along_axis(dy, _places(t), axis=-1) - 1, axis=-1)
        if not self.from_logits:
            dy = np.where(q == y, dy / q, 0)
        return dy / rows(y)


def _places(t: Array) -> Array:
    return t.astype(np.int64)[..., None]
