"""Layers on top of each other: made, named, counted."""

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np

from scratchnet import layers
from scratchnet.errors import ScratchnetError, ShapeError
from scratchnet.layers import Input, Layer
from scratchnet.naming import unique_name
from scratchnet.typing import Array, Shape


class Stack:
    """Layers, each of which takes the answer of the one before.

    layers: an Input first lets the stack be built at once
    dtype: "float32" or "float64"
    seed: of the first weights; None: they are zeros that take no memory, for one who only wants to know their shapes
    """

    def __init__(self, layers: Iterable[Layer | Input], name: str | None, *, dtype: str, seed: int | None) -> None:
        if dtype not in ("float32", "float64"):
            raise ScratchnetError(came=f"dtype={dtype!r}", expected="'float32' or 'float64'", do="Choose one of these.")
        if seed is not None and seed < 0:
            raise ScratchnetError(came=f"seed={seed}", expected="0 or more", do="Choose another seed.")
        self.name = name or unique_name(type(self).__name__)
        self.dtype, self.seed = np.dtype(dtype), seed
        self.layers: list[Layer] = []
        self.input_shape: Shape | None = None
        for layer in layers:
            self.add(layer)

    # ---------- made
    def add(self, layer: Layer | Input) -> None:
        """Put a layer on top of the stack."""
        if isinstance(layer, Input):
            if self.layers or self.input_shape:
                raise ScratchnetError(came="An Input on other layers", expected="it below them", do="Add it first.")
            self.input_shape = layer.shape
            return
        if not isinstance(layer, Layer):
            raise ScratchnetError(
                came=f"{layer!r} as a layer",
                expected=f"one of {', '.join(layers.LAYERS)} or Input",
                do="scratchnet has no others: models of branches, of recurrent layers or of layers of your own need Keras.",
            )
        if any(layer.name == other.name for other in self.layers):
            raise ScratchnetError(
                came=f"A second layer named {layer.name!r}", expected="different names", do="Give one of them a name=."
            )
        layer.place = len(self.layers)
        if self.input_shape:
            self._build_layer(layer, self.layers[-1].output_shape if self.layers else self.input_shape)
        self.layers.append(layer)

    def build(self, input_shape: Shape) -> None:
        """Make the parameters, for samples of this shape; a stack that starts with an Input is built already."""
        if self.input_shape is not None:
            return
        shape = tuple(input_shape)
        for layer in self.layers:
            shape = self._build_layer(layer, shape)
        self.input_shape = tuple(input_shape)

    def _build_layer(self, layer: Layer, input_shape: Shape) -> Shape:
        """Each layer draws from a stream of its own, so that its first weights don't depend on the other layers."""
        rng = None if self.seed is None else np.random.default_rng((self.seed, layer.place))
        layer.output_shape = layer.build(input_shape, rng=rng, dtype=self.dtype)
        layer.input_shape = input_shape
        return layer.output_shape

    @property
    def built(self) -> bool:
        return self.input_shape is not None and bool(self.layers)

    def check_built(self, what: str) -> None:
        """A ScratchnetError unless there are parameters; `what` is what they are wanted for."""
        if not self.built:
            raise ScratchnetError(
                came=f"{self.name} is to {what} before it is built",
                expected="a model that knows the shape of its input",
                do="Begin it with Input(shape), or call build(shape).",
            )

    # ---------- looked into
    @property
    def output_shape(self) -> Shape:
        """Of one answer."""
        self.check_built("have an output shape")
        return self.layers[-1].output_shape

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name, or in that place, from 0 or, if negative, from the end."""
        places = {layer.name: place for place, layer in enumerate(self.layers)}
        if (name is None) == (index is None):
            raise ScratchnetError(
                came=f"name={name!r} and index={index!r}", expected="one of them", do="Leave the other one out."
            )
        place = places.get(name, len(places)) if name is not None else index
        if not isinstance(place, int) or not -len(places) <= place < len(places):
            raise ScratchnetError(
                came=f"The layer {name!r}" if name is not None else f"index={index!r}",
                expected=f"one of {', '.join(places)}, or an index below {len(places)}",
                do="See summary().",
            )
        return self.layers[place]

    @property
    def weights(self) -> dict[str, Array]:
        """Every parameter, and what training moves beside them, by "layer/variable", bottom up: the arrays themselves."""
        return {f"{layer.name}/{name}": array for layer in self.layers for name, array in layer.weights.items()}

    @property
    def params(self) -> dict[str, Array]:
        """Those that a gradient changes in training, by the same names: without the layers that aren't trainable."""
        trained = [layer for layer in self.layers if layer.trainable]
        return {f"{layer.name}/{name}": array for layer in trained for name, array in layer.params.items()}

    def count_params(self) -> int:
        """How many numbers there are in all weights."""
        self.check_built("count its parameters")
        return sum(array.size for array in self.weights.values())

    def get_weights(self) -> list[Array]:
        """Copies of all weights, bottom up."""
        return [array.copy() for array in self.weights.values()]

    def set_weights(self, weights: Sequence[Array]) -> None:
        """Overwrite all weights, bottom up."""
        self.check_built("take weights")
        came, own = [np.shape(array) for array in weights], [array.shape for array in self.weights.values()]
        if came != own:
            raise ShapeError(came=f"Weights of shapes {came}", expected=str(own), do="Take them from a like model.")
        for array, values in zip(self.weights.values(), weights, strict=True):
            array[...] = values

    # ---------- written down
    def get_config(self) -> dict[str, Any]:
        """Name, dtype, input shape and layers, as JSON."""
        return {
            "name": self.name,
            "dtype": self.dtype.name,
            "input_shape": list(self.input_shape) if self.input_shape else None,
            "layers": [{"class_name": type(layer).__name__, "config": layer.get_config()} for layer in self.layers],
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], **options: Any) -> Self:
        """The model that `get_config` describes, with new weights;  options: kernels, threads, seed"""
        stack = [layers.from_config(layer["class_name"], layer["config"]) for layer in config["layers"]]
        shape = [Input(tuple(config["input_shape"]))] if config["input_shape"] else []
        return cls([*shape, *stack], config["name"], dtype=config["dtype"], **options)
