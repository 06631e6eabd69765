"""What both poolings over windows share."""

from dataclasses import dataclass, field

from scratchnet.layers.base import Layer
from scratchnet.layers.windows import Windows, check_options, windows
from scratchnet.typing import DType, Rng, Shape, Short


@dataclass(eq=False)
class Pooling2D(Layer):
    """x: (N, H, W, C) → y: (N, OH, OW, C), one number for each window of each channel; `windows` tells OH and OW

    pool_size: (PH, PW);  strides: (SH, SW), pool_size if not given; one number stands for both
    padding: "valid", where rows and columns that fill no window are left out, or "same"
    Source: keras/src/layers/pooling/base_pooling.py.
    """

    pool_size: Short = (2, 2)
    strides: Short = None
    padding: str = "valid"

    windows: Windows = field(default=Windows(), init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.strides = self.pool_size if self.strides is None else self.strides
        check_options(self)

    def build(self, input_shape: Shape, *, rng: Rng, dtype: DType) -> Shape:
        self.windows = windows(self, input_shape, self.pool_size)
        return *self.windows.counts, input_shape[-1]
