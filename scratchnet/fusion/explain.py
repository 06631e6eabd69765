"""Which kernel makes each product of a step, and why: what `scratchnet summary --plan` prints."""

from importlib import import_module
from types import ModuleType
from typing import NamedTuple

import numpy as np

from scratchnet.fusion.conv_block import ConvBlock
from scratchnet.fusion.conv_norm_block import ConvNormBlock
from scratchnet.fusion.dense_block import DenseBlock
from scratchnet.fusion.fused_step import FusedStep
from scratchnet.fusion.norm_block import NormBlock
from scratchnet.fusion.plan import Plan
from scratchnet.kernels import choice, fuses
from scratchnet.kernels.choice import Choice
from scratchnet.layers import (
    Activation,
    AveragePooling2D,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    MaxPooling2D,
    Reshape,
    Step,
    ZeroPadding2D,
)
from scratchnet.typing import DType


class Explanation(NamedTuple):
    """A step of a plan.

    layers: those it stands for, bottom up;  runs_as: its class
    choices: by product: "y", forward; backward "dw", the gradients of its parameters, and "dx", of its input
    """

    layers: tuple[str, ...]
    runs_as: str
    choices: dict[str, Choice]


NOT_MADE = Choice("none", "nothing below is trained")

# Of the layers that have a kernel for what they do: its name, by product. The others are a line or two of NumPy.
KERNELS: dict[type[Step], dict[str, str]] = {
    Activation: {"y": "relu", "dx": "relu_dz"},
    AveragePooling2D: {"y": "sum_pool2d", "dx": "sum_pool2d_dx"},
    Conv2D: {"y": "conv2d", "dw": "conv2d_dw", "dx": "conv2d_dx"},
    Dense: {"y": "dense", "dw": "dense_dw", "dx": "dense_dx"},
    DepthwiseConv2D: {"y": "depthwise_conv2d", "dw": "depthwise_conv2d_dw", "dx": "depthwise_conv2d_dx"},
    Dropout: {"y": "dropout", "dx": "dropout"},
    MaxPooling2D: {"y": "max_pool2d", "dx": "max_pool2d_dx"},
    ZeroPadding2D: {"y": "pad2d", "dx": "crop2d"},
}


def explain(plan: Plan, kernels: ModuleType, dtype: DType) -> list[Explanation]:
    """Step by step, bottom up."""
    explanations, lowest = [], plan.lowest
    for i, step in enumerate(plan.steps):
        choices = choose(step, kernels, dtype, need_dx=i > lowest)
        if i < lowest:
            choices |= dict.fromkeys(choices.keys() - {"y"}, NOT_MADE)
        layers = tuple(layer.name for layer in step.covers) if isinstance(step, FusedStep) else (step.name,)
        explanations.append(Explanation(layers, type(step).__name__, choices))
    return explanations


def choose(step: Step, kernels: ModuleType, dtype: DType, *, need_dx: bool) -> dict[str, Choice]:
    """The kernel of each product of the step."""
    fused = fuses(kernels)
    match step:
        case ConvBlock():
            choices = _convolution(step.conv, dtype, block=True, pool=step.pool, need_dx=need_dx)
        case ConvNormBlock():
            choices = _convolution(step.conv, dtype, block=True, pool=False, need_dx=need_dx)
        case Conv2D() if fused:
            choices = _convolution(step, dtype, block=False, pool=False, need_dx=need_dx)
        case DenseBlock():
            choices = _dense(step.dense, dtype, only_where_x=step.below_gated)
        case Dense() if fused:
            choices = _dense(step, dtype, only_where_x=False)
        case NormBlock():
            each = Choice("two passes", "memory's speed is its bound: what lies between is made again")
            choices = dict.fromkeys(("y", "dw", "dx"), each)
        case Flatten() | Reshape():
            choices = dict.fromkeys(("y", "dx"), Choice("none", "the same array in another shape"))
        case _:
            choices = _by_name(step, kernels)
    return choices if need_dx or "dx" not in choices else choices | {"dx": NOT_MADE}


def _by_name(step: Step, kernels: ModuleType) -> dict[str, Choice]:
    """Layer by layer: a kernel has the product's name, and which file it is in is all there is to say."""
    products = ("y", "dw", "dx") if step.params else ("y", "dx")
    named = KERNELS.get(type(step), {})
    if isinstance(step, Activation) and step.activation != "relu":
        named = {}
    choices = {}
    for product in products:
        if product not in named:
            choices[product] = Choice("NumPy", "the layer's own lines")
            continue
        kernel = getattr(kernels, named[product])
        file = f"{kernel.__module__.removeprefix('scratchnet.kernels.').replace('.', '/')}.py"
        way = {"convolution": "im2col", "dense": "BLAS"}.get(kernel.__module__.rpartition(".")[2], kernel.__name__)
        choices[product] = Choice(way, file)
    return choices


# ---------- where there is a choice
def _convolution(conv: Conv2D, dtype: DType, *, block: bool, pool: bool, need_dx: bool) -> dict[str, Choice]:
    """What the kernels themselves ask, see `choice`"""
    w_shape = conv.params["kernel"].shape
    lanes = import_module("scratchnet.kernels.lanes").BITS // (8 * dtype.itemsize)  # with Numba, which takes a while
    place = w_shape, conv.windows.counts, conv.strides, conv.dilation_rate, dtype, lanes
    return {
        "y": choice.forward(*place, checked=block),
        "dw": choice.kernel_gradient(*place, pool=pool, need_dx=need_dx),
        "dx": choice.input_gradient(*place, pool=pool),
    }


def _dense(dense: Dense, dtype: DType, *, only_where_x: bool) -> dict[str, Choice]:
    blas = Choice("BLAS", "the layers below want all of it")
    K, F = dense.params["kernel"].shape
    kernel = import_module("scratchnet.kernels.fused.dense")
    if not kernel.tasks(np.broadcast_to(dtype.type(0), (kernel.FEW, K)), F):
        return dict.fromkeys(("y", "dw", "dx"), Choice("BLAS", "it is too small for lists"))
    alive = Choice("non-zero inputs", f"as long as at most {100 * kernel.MOST:.0f} % live, else BLAS")
    dx = Choice("non-zero inputs", "as far as the layers below want it")
    return {"y": alive, "dw": alive, "dx": dx if only_where_x else blas}
