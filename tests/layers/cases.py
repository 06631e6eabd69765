"""One row or more for each layer: what test_contract.py holds it to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scratchnet import layers
from scratchnet.typing import Shape


@dataclass(frozen=True)
class Case:
    """A layer, made anew by `make`, on samples of `input_shape`; `options` are what Keras's layer is made with."""

    name: str
    input_shape: Shape
    options: dict[str, Any]
    output_shape: Shape
    random: bool = False  # in training it draws what it does, so that Keras's layer does something else

    def make(self) -> layers.Layer:
        kind: Callable[..., layers.Layer] = layers.LAYERS[self.name]
        return kind(**self.options)

    def __str__(self) -> str:
        return f"{self.name}{self.input_shape}{self.options}".replace("'", "")


CASES = [
    Case("Conv2D", (7, 6, 2), {"filters": 3, "kernel_size": (3, 2), "activation": "relu"}, (5, 5, 3)),
    Case("Conv2D", (4, 5, 1), {"filters": 1, "kernel_size": 1}, (4, 5, 1)),
    Case("Conv2D", (3, 3, 5), {"filters": 4, "kernel_size": 3, "activation": "softmax"}, (1, 1, 4)),
    Case("Dense", (7,), {"units": 4, "activation": "relu"}, (4,)),
    Case("Dense", (600,), {"units": 3}, (3,)),
    Case("Dense", (5,), {"units": 4, "activation": "softmax"}, (4,)),
    Case("Dropout", (3, 4, 2), {"rate": 0.4}, (3, 4, 2), random=True),
    Case("Dropout", (9,), {"rate": 0}, (9,)),
    Case("Flatten", (3, 4, 2), {}, (24,)),
    Case("Flatten", (5,), {}, (5,)),
    Case("MaxPooling2D", (6, 4, 3), {}, (3, 2, 3)),
    Case("MaxPooling2D", (7, 8, 2), {"pool_size": (2, 3)}, (3, 2, 2)),
    Case("MaxPooling2D", (5, 5, 1), {"pool_size": 3, "strides": 3}, (1, 1, 1)),
]
