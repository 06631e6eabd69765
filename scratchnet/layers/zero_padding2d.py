"""Rows and columns of zeros around an image."""

from dataclasses import dataclass
from typing import final

from scratchnet.errors import ScratchnetError
from scratchnet.layers.base import Gradients, Layer, Run, check_input
from scratchnet.typing import Array, DType, Rng, Shape, Short


@final
@dataclass(eq=False)
class ZeroPadding2D(Layer):
    """y[n,i+T,j+L,c] = x[n,i,j,c], and zeros around it

    x: (N, H, W, C) → y: (N, T+H+B, L+W+R, C)

    padding: ((T, B), (L, R)), or (rows, columns) on either side, or one number for all four
    Source: keras/src/layers/reshaping/zero_padding2d.py.
    """

    padding: Short = (1, 1)

    def __post_init__(self) -> None:
        super().__post_init__()
        sides = self.padding if isinstance(self.padding, tuple | list) else (self.padding, self.padding)
        both = tuple(tuple(side) if isinstance(side, tuple | list) else (side, side) for side in sides)
        widths = [width for side in both for width in side]
        whole = all(isinstance(width, int) and not isinstance(width, bool) and width >= 0 for width in widths)
        if [len(side) for side in both] != [2, 2] or not whole:
            raise ScratchnetError(
                came=f"padding={self.padding!r}",
                expected="whole numbers of 0 or more: one, (rows, columns) or ((top, bottom), (left, right))",
                do="Choose another padding.",
            )
        self.padding = both

    def build(self, input_shape: Shape, *, rng: Rng, dtype: DType) -> Shape:
        check_input(self, input_shape, "(H, W, C)", fits=len(input_shape) == 3)
        (T, B), (L, R) = self.padding
        H, W, C = input_shape
        return T + H + B, L + W + R, C

    def forward(self, x: Array, run: Run) -> tuple[Array, None]:
        return run.kernels.pad2d(x, self.padding), None

    def backward(self, dy: Array, cache: None, run: Run, *, need_dx: bool = True) -> Gradients:
        return run.kernels.crop2d(dy, self.padding), {}
