"""What the layers answer: maps of one image, and units of many."""

from typing import NamedTuple

import numpy as np

from scratchnet.layers import Dense
from scratchnet.models import Sequential
from scratchnet.typing import Array

CHUNK = 200  # images of which a trace keeps every layer's answer at a time


class Answer(NamedTuple):
    """y: (H, W, C), or (K,), one layer's answer to one image"""

    name: str
    y: Array


def activations(model: Sequential, x: Array) -> list[Answer]:
    """Each layer's answer to the image x: (1, …), without those that only pass on what they took, as Dropout and Flatten."""
    trace = model.trace(x)
    answers = [Answer(layer.name, layer.y[0]) for layer in trace.layers if not _same(layer.x, layer.y)]
    return [*answers[:-1], Answer(trace.layers[-1].name, trace.output[0])]


def _same(x: Array, y: Array) -> bool:
    return x.size == y.size and np.array_equal(x.ravel(), y.ravel())


def last_hidden(model: Sequential) -> str | None:
    """The name of the last Dense layer below the one that answers; None where there is none."""
    dense = [place for place, layer in enumerate(model.layers) if isinstance(layer, Dense)]
    weighing = [place for place, layer in enumerate(model.layers) if layer.params]
    hidden = [place for place in dense if place < weighing[-1]]
    return model.layers[hidden[-1]].name if hidden else None


def units(model: Sequential, x: Array, layer: str) -> Array:
    """(N, F): that layer's answers to x, a row an image"""
    rows = []
    for start in range(0, len(x), CHUNK):
        (y,) = (seen.y for seen in model.trace(x[start : start + CHUNK]).layers if seen.name == layer)
        rows.append(y.reshape(len(y), -1))
    return np.concatenate(rows)
