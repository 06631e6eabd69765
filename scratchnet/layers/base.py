"""The contract of a layer, and of any step that runs in place of layers."""

import copy
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from types import ModuleType
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np

from scratchnet import initializers, objects, regularizers
from scratchnet.errors import ModelFileError, ScratchnetError, ShapeError
from scratchnet.kernels.random import GAMMA, mix
from scratchnet.naming import unique_name
from scratchnet.regularizers import Regularizer
from scratchnet.typing import Array, DType, Rng, Shape


@dataclass(frozen=True)
class Draw:
    """All that a dropout mask depends on, but for the layer's place in the stack.

    seed: the model's
    step: how many updates the optimizer had made
    samples: (N,) the images' places in the training set, so that a batch may be cut anywhere
    """

    seed: int
    step: int
    samples: Array

    def keys(self, place: int) -> Array:
        """(N,) uint64: a key for each sample in the layer of this place."""
        start = np.random.SeedSequence((self.seed, self.step, place)).generate_state(1, np.uint64)
        return mix(start + self.samples.astype(np.uint64) * GAMMA)


@dataclass(frozen=True)
class Run:
    """How this pass is made: one object, for every step."""

    kernels: ModuleType
    training: bool = False  # dropout drops
    backward: bool = True  # False when only the answer is wanted: a cache may be None
    draw: Draw | None = None  # needed where dropout drops


Gradients: TypeAlias = tuple[Array | None, dict[str, Array]]  # dx, and those of the parameters by name


class Step(ABC):
    """What runs: a layer, or one fused step for several."""

    name: str
    trainable: bool
    params: dict[str, Array]  # Keras's variable names, in Keras's order; written only in place
    state: dict[str, Array]  # what training moves without a gradient; written only in place

    @property
    def regularizers(self) -> dict[str, Regularizer]:
        """What is added to the loss for the size of a parameter, by the parameter's name."""
        return {}

    @abstractmethod
    def forward(self, x: Array, run: Run) -> tuple[Array, Any]:
        """x → y, and the cache: whatever backward needs. Nothing is kept on the step."""

    @abstractmethod
    def backward(self, dy: Array, cache: Any, run: Run, *, need_dx: bool = True) -> Gradients:
        """dy → dx, and a gradient for each of the parameters.

        need_dx: False where no step below is trained: dx may then be None. A step without parameters isn't asked at all.
        """

    def new_state(self, cache: Any) -> dict[str, Array]:
        """What `state` is after the pass in training that left this cache; nothing where it stays as it is."""
        return {}


@dataclass(eq=False)
class Layer(Step):
    """What users write. A layer is a final dataclass: its fields are Keras's options, by Keras's names.

    name: Keras's default is the class in snake case, with a number from the second on
    trainable: False keeps the parameters as they are
    """

    name: str = field(default="", kw_only=True)
    trainable: bool = field(default=True, kw_only=True)

    place: int = field(default=0, init=False, repr=False)  # in the stack, from 0
    params: dict[str, Array] = field(default_factory=dict, init=False, repr=False)
    state: dict[str, Array] = field(default_factory=dict, init=False, repr=False)
    input_shape: Shape = field(default=(), init=False, repr=False)  # of one sample
    output_shape: Shape = field(default=(), init=False, repr=False)

    activation = "linear"  # a field where the layer has one

    keras_options: ClassVar[dict[str, Any]] = {}  # what Keras has beside, with the one value that this layer stands for

    def __post_init__(self) -> None:
        self.name = self.name or unique_name(type(self).__name__)
        if "/" in self.name:
            raise ScratchnetError(
                came=f"name={self.name!r}",
                expected="a name without /",
                do="It would be a path in a file: choose another.",
            )
        for option in fields(self):
            if option.name.endswith("_initializer"):
                setattr(self, option.name, initializers.get(getattr(self, option.name)))
            elif option.name.endswith("_regularizer"):
                setattr(self, option.name, regularizers.get(getattr(self, option.name)))

    def build(self, input_shape: Shape, *, rng: Rng, dtype: DType) -> Shape:
        """Fill params and state for samples of this shape, drawing from rng → the shape of the answer to one."""
        return input_shape

    @property
    def weights(self) -> dict[str, Array]:
        """Parameters and state, in Keras's order: the arrays themselves."""
        return self.params | self.state

    @property
    def regularizers(self) -> dict[str, Regularizer]:
        """What is added to the loss for the size of a parameter, by the parameter's name."""
        named = {name: getattr(self, f"{name}_regularizer", None) for name in self.params}
        return {name: regularizer for name, regularizer in named.items() if regularizer is not None}

    def linear(self) -> Self:
        """The same layer up to its activation, with the very same parameters: it returns z, where this returns a(z)."""
        twin = copy.copy(self)
        twin.activation = "linear"
        return twin

    def mask(self, draw: Draw, kernels: ModuleType) -> Array | None:
        """Which numbers this layer keeps in that draw, (N, …) bool; None for a layer that drops nothing."""
        return None

    def decisions(self, cache: Any) -> dict[str, Array]:
        """What this layer decided in the pass that left this cache, each (N, …), by name; nothing for most layers."""
        return {}

    def get_config(self) -> dict[str, Any]:
        """The options as Keras writes them: JSON, tuples as lists, an object as its class and options."""
        return objects.options(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The layer that Keras's options describe, where it is one that this class can stand for."""
        options = {option.name for option in fields(cls) if option.init}
        fixed = COMMON_OPTIONS | cls.keras_options
        for name, value in config.items():
            if name not in options and fixed.get(name, value if name in ANY_VALUE else None) != value:
                raise ModelFileError(
                    came=f"The {cls.__name__} layer {config.get('name', '')!r} has {name}={value!r}",
                    expected=repr(fixed.get(name)),
                    do="scratchnet doesn't have this option; the model needs Keras.",
                )
        own: Any = {name: _as_tuple(value) for name, value in config.items() if name in options}
        return cls(**own)


COMMON_OPTIONS = {"data_format": "channels_last"}
ANY_VALUE = {"dtype", "seed"}  # the model's dtype; the stream of a mask, which is the model's


def check_rate(rate: object) -> None:
    """A ScratchnetError unless this is a share that may be dropped."""
    if not isinstance(rate, int | float) or isinstance(rate, bool) or not 0 <= rate < 1:
        raise ScratchnetError(came=f"rate={rate!r}", expected="from 0 to below 1", do="Choose another rate.")


def drawn(layer: Layer, run: Run) -> Draw:
    """What this pass's masks depend on; a ScratchnetError where nobody said."""
    if run.draw is None:
        raise ScratchnetError(
            came=f"{layer.name} is to drop without a draw", expected="Run(draw=…)", do="Say what a mask depends on."
        )
    return run.draw


def check_input(layer: Layer, input_shape: Shape, expected: str, *, fits: bool) -> None:
    """A ShapeError unless samples of this shape fit the layer."""
    if not fits:
        raise ShapeError(
            came=f"{layer.name} is given samples of shape {input_shape}",
            expected=expected,
            do="Change the layer, or what stands before it.",
        )


def pair(option: str, value: int | tuple[int, int]) -> tuple[int, int]:
    """Both numbers of a window's size, where one stands for both."""
    first, second = value if isinstance(value, tuple | list) and len(value) == 2 else (value, value)
    return objects.whole(option, first, least=1), objects.whole(option, second, least=1)


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value
