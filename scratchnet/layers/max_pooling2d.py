"""The largest of each window."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from scratchnet.errors import ScratchnetError
from scratchnet.layers.base import Layer, Run, check_input, pair
from scratchnet.typing import Array, Shape


@final
@dataclass(eq=False)
class MaxPooling2D(Layer):
    """y[n,i,j,c] = max_uv x[n,i·PH+u,j·PW+v,c]

    x: (N, H, W, C) → y: (N, H//PH, W//PW, C); rows and columns that fill no window are left out. Backward, a window's
    whole gradient goes to the first of its largest numbers, as TensorFlow's does on a CPU.

    pool_size: (PH, PW), or one number for both;  strides: the same, as is Keras's default
    Source: keras/src/layers/pooling/base_pooling.py.
    """

    pool_size: int | tuple[int, int] = (2, 2)
    strides: int | tuple[int, int] | None = None

    keras_options: ClassVar[dict[str, Any]] = {"padding": "valid"}

    def __post_init__(self) -> None:
        super().__post_init__()
        self.pool_size = pair("pool_size", self.pool_size)
        self.strides = self.pool_size if self.strides is None else pair("strides", self.strides)
        if self.strides != self.pool_size:
            raise ScratchnetError(
                came=f"strides={self.strides}", expected=f"pool_size, {self.pool_size}", do="Leave strides out."
            )

    def build(self, input_shape: Shape, *, rng: np.random.Generator, dtype: np.dtype[Any]) -> Shape:  # noqa: ARG002
        PH, PW = pair("pool_size", self.pool_size)
        fits = len(input_shape) == 3 and input_shape[0] >= PH and input_shape[1] >= PW
        check_input(self, input_shape, f"(H, W, C) with H ≥ {PH} and W ≥ {PW}", fits=fits)
        H, W, C = input_shape
        return H // PH, W // PW, C

    def forward(self, x: Array, run: Run) -> tuple[Array, tuple[Array, Shape]]:
        y, winner = run.kernels.max_pool2d(x, self.pool_size)
        return y, (winner, x.shape)

    def backward(
        self, dy: Array, cache: tuple[Array, Shape], run: Run, *, need_dx: bool = True
    ) -> tuple[Array | None, dict[str, Array]]:
        winner, x_shape = cache
        return run.kernels.max_pool2d_dx(dy, winner, self.pool_size, x_shape) if need_dx else None, {}
