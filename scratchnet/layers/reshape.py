"""The same numbers in another shape."""

from dataclasses import dataclass
from math import prod
from typing import final

from scratchnet.errors import ScratchnetError
from scratchnet.layers.base import Gradients, Layer, Run, check_input
from scratchnet.typing import Array, DType, Rng, Shape


@final
@dataclass(eq=False)
class Reshape(Layer):
    """y holds the numbers of x, sample by sample in row-major order

    x: (N, …) → y: (N, *target_shape)

    target_shape: of one sample; −1, at most once, for what the others leave
    Source: keras/src/layers/reshaping/reshape.py.
    """

    target_shape: Shape

    def __post_init__(self) -> None:
        super().__post_init__()
        given = self.target_shape if isinstance(self.target_shape, tuple | list) else ()
        whole = all(isinstance(size, int) and not isinstance(size, bool) and (size == -1 or size > 0) for size in given)
        if not given or not whole or given.count(-1) > 1:
            raise ScratchnetError(
                came=f"target_shape={self.target_shape!r}",
                expected="whole numbers above 0, one of which may be -1",
                do="Choose another target_shape.",
            )
        self.target_shape = tuple(given)

    def build(self, input_shape: Shape, *, rng: Rng, dtype: DType) -> Shape:
        known, size = prod(size for size in self.target_shape if size != -1), prod(input_shape)
        fits = size % known == 0 if -1 in self.target_shape else size == known
        check_input(self, input_shape, f"as many numbers as target_shape={self.target_shape} has", fits=fits)
        return tuple(size // known if wanted == -1 else wanted for wanted in self.target_shape)

    def forward(self, x: Array, run: Run) -> tuple[Array, Shape]:
        return x.reshape(len(x), *self.output_shape), x.shape

    def backward(self, dy: Array, cache: Shape, run: Run, *, need_dx: bool = True) -> Gradients:
        return dy.reshape(cache), {}
