"""How many windows there are."""

from scratchnet.kernels.plain import Pair
from scratchnet.typing import Shape


def counts(x_shape: Shape, size: Pair, strides: Pair, dilation: Pair = (1, 1)) -> Pair:
    """(OH, OW) on images of x_shape = (N, H, W, C): OH = (H − (KH−1)·DH − 1) // SH + 1, OW likewise"""
    (_, H, W, _), (KH, KW), (SH, SW), (DH, DW) = x_shape, size, strides, dilation
    return (H - (KH - 1) * DH - 1) // SH + 1, (W - (KW - 1) * DW - 1) // SW + 1
