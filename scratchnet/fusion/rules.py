"""Which layers run as one step: one table, and how it is read."""

from collections.abc import Iterator, Sequence

import numpy as np

from scratchnet.fusion.conv_block import ConvBlock
from scratchnet.fusion.conv_norm_block import ConvNormBlock
from scratchnet.fusion.dense_block import DenseBlock
from scratchnet.fusion.fused_step import FusedStep
from scratchnet.fusion.norm_block import NormBlock
from scratchnet.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPooling2D,
    ReLU,
    Step,
)

# What must follow each other, and the step that then stands for it, unless it says that they don't fit; the first rule that
# fits is taken, so the longest of those that begin alike come first. What no rule fits runs as it is, layer by layer.
RULES: tuple[tuple[str, type[FusedStep]], ...] = (
    ("conv2d relu max_pool2d_2x2 dropout", ConvBlock),
    ("conv2d relu max_pool2d_2x2", ConvBlock),
    ("conv2d relu", ConvBlock),
    ("conv2d batch_normalization relu max_pool2d_2x2", ConvNormBlock),
    ("conv2d batch_normalization relu", ConvNormBlock),
    ("dense relu dropout", DenseBlock),
    ("dense relu", DenseBlock),
    ("batch_normalization relu", NormBlock),
    ("batch_normalization", NormBlock),
)


def fuse(layers: Sequence[Layer]) -> Iterator[Step]:
    """The layers as steps, by the table above."""
    start, gated = 0, False
    while start < len(layers):
        step = _first_fit(layers[start:])
        if isinstance(step, DenseBlock):
            step.below_gated = gated
        yield step
        gated = step.gated if isinstance(step, FusedStep) else gated and isinstance(step, Flatten)
        start += len(step.covers) if isinstance(step, FusedStep) else 1


def _first_fit(layers: Sequence[Layer]) -> Step:
    parts = [(role, layer) for layer in layers[:4] for role in _roles(layer)]
    for rule, step in RULES:
        roles = rule.split()
        found = parts[: len(roles)]
        whole = parts[len(roles) : len(roles) + 1]  # the next part must be the next layer's
        if [role for role, _ in found] != roles or (whole and whole[0][1] is found[-1][1]):
            continue
        if step.fits(**dict(found)):
            return step(**dict(found))
    return layers[0]


def _roles(layer: Layer) -> tuple[str, ...]:
    """What a layer does, in the words of the rules; `other` is what none of them knows."""
    roles: tuple[str, ...] = ("other",)
    match layer:
        case Conv2D():
            first = "conv2d" if layer.dilation_rate == (1, 1) and min(layer.windows.counts) >= 2 else "other"
            roles = (first, *_activation(layer.activation))
        case Dense():
            roles = ("dense", *_activation(layer.activation))
        case BatchNormalization():
            roles = ("batch_normalization",)
        case MaxPooling2D(pool_size=(2, 2), strides=(2, 2)) if not np.any(layer.windows.padding):
            roles = ("max_pool2d_2x2",)
        case Dropout():
            roles = ("dropout",)
        case Activation():
            roles = _activation(layer.activation) or roles
        case ReLU(max_value=None, negative_slope=0, threshold=0):
            roles = ("relu",)
    return roles


def _activation(name: str) -> tuple[str, ...]:
    return {"linear": (), "relu": ("relu",)}.get(name, ("other",))
