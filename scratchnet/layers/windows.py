"""Where the windows of a convolution or a pooling lie on an image."""

from dataclasses import dataclass
from typing import Any

from scratchnet.errors import ScratchnetError
from scratchnet.layers.base import check_input, pair
from scratchnet.typing import Shape

Padding = tuple[tuple[int, int], tuple[int, int]]  # (top, bottom), (left, right)


@dataclass(frozen=True)
class Windows:
    """Rows and columns of windows, (OH, OW), and what is added around the image so that all of them lie on it."""

    counts: tuple[int, int] = (0, 0)
    padding: Padding = ((0, 0), (0, 0))


def check_options(layer: Any) -> None:
    """Make pairs of a convolution's or pooling's sizes, or say which option can't be."""
    for option in ("kernel_size", "pool_size", "strides", "dilation_rate"):
        if hasattr(layer, option):
            setattr(layer, option, pair(option, getattr(layer, option)))
    if layer.padding not in ("valid", "same"):
        raise ScratchnetError(
            came=f"padding={layer.padding!r}", expected="'valid' or 'same'", do="Choose one of these."
        )
    dilation = getattr(layer, "dilation_rate", (1, 1))
    if max(layer.strides) > 1 and max(dilation) > 1:
        raise ScratchnetError(
            came=f"strides={layer.strides} with dilation_rate={dilation}",
            expected="1 for one of them, as Keras does",
            do="Choose other strides or another dilation_rate.",
        )


def windows(layer: Any, input_shape: Shape, size: tuple[int, int]) -> Windows:
    """The windows of KH × KW pixels on images (H, W, C): a step of `strides` apart, their pixels `dilation_rate` apart

    valid: OH = ⌊(H − R) / SH⌋ + 1, with a reach of R = (KH − 1) · DH + 1 pixels; the image is left as it is
    same: OH = ⌈H / SH⌉; what is missing is added on both sides, an odd one more below and on the right

    Raises a ShapeError where none fits. Source: TensorFlow's guide to `tf.nn.convolution`, “Notes on padding”.
    """
    dilation = getattr(layer, "dilation_rate", (1, 1))
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
    least = reach if layer.padding == "valid" else [1, 1]
    fits = len(input_shape) == 3 and all(have >= need for have, need in zip(input_shape[:2], least, strict=True))
    check_input(layer, input_shape, f"(H, W, C) with H ≥ {least[0]} and W ≥ {least[1]}", fits=fits)
    sides = [_side(*side, layer.padding) for side in zip(input_shape[:2], reach, layer.strides, strict=True)]
    (OH, rows), (OW, columns) = sides
    return Windows((OH, OW), (rows, columns))


def _side(length: int, reach: int, stride: int, padding: str) -> tuple[int, tuple[int, int]]:
    if padding == "valid":
        return (length - reach) // stride + 1, (0, 0)
    count = -(-length // stride)
    missing = max((count - 1) * stride + reach - length, 0)
    return count, (missing // 2, missing - missing // 2)
