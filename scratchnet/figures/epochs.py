"""Weights and gradients of each layer, after each epoch."""

from typing import NamedTuple

from scratchnet.figures.subject import Subject
from scratchnet.models import Sequential
from scratchnet.typing import Array

IMAGES, CHUNK = 512, 128  # that a gradient is of, and how many of them a trace keeps at a time


class Rows(NamedTuple):
    """An array by layer for each epoch.

    epochs: their numbers, or empty where only the model as it is was there: then there is one row
    """

    epochs: list[int]
    weights: list[dict[str, Array]]
    gradients: list[dict[str, Array]]


def over_epochs(subject: Subject) -> Rows:
    """Each layer's first parameter (the kernel, where it has one) and its gradient."""
    rows = Rows(list(subject.epochs), [], [])
    x, labels = subject.shaped(subject.examples.x_train[:IMAGES]), subject.examples.labels_train[:IMAGES]
    for _ in subject.after_each_epoch() if rows.epochs else [None]:
        rows.weights.append(weights(subject.model))
        rows.gradients.append(gradients(subject.model, x, labels))
    return rows


def weights(model: Sequential) -> dict[str, Array]:
    """A copy of each layer's first parameter, by the layer's name."""
    return {layer.name: next(iter(layer.params.values())).copy() for layer in model.layers if layer.params}


def gradients(model: Sequential, x: Array, labels: Array) -> dict[str, Array]:
    """∂(mean loss)/∂(a layer's first parameter), nothing dropped, by the name of each layer that is trained."""
    sums: dict[str, Array] = {}
    for start in range(0, len(x), CHUNK):
        part = x[start : start + CHUNK]
        for layer in model.trace(part, labels[start : start + CHUNK]).layers:
            if layer.grads:
                grad = next(iter(layer.grads.values())).astype(float) * (len(part) / len(x))
                sums[layer.name] = sums.get(layer.name, 0) + grad
    return sums
