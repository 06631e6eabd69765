"""A model that was drawn: what it is made of and trained on, and how it is told."""

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from functools import cache
from itertools import cycle
from typing import Any

import numpy as np

from scratchnet import layers, losses, metrics, optimizers
from scratchnet.errors import ScratchnetError
from scratchnet.layers import Input
from scratchnet.models import Sequential
from scratchnet.parity import Batch
from scratchnet.parity.ours import Ours
from scratchnet.parity.weights import drawn
from scratchnet.saving import Json
from scratchnet.typing import Array, Shape

Rng = np.random.Generator

FADED, GONE = 1e-4, 1e-12  # gradients, beside the largest


@dataclass(frozen=True)
class Drawn:
    """A model without its code, and what it is trained on.

    layers, optimizer, loss, metrics: as Keras writes them, less where its classes are
    targets: "classes", "one-hot", "shares" (of the classes), "binary" or "numbers"
    sizes: of the batches
    weighted: whether samples have weights, which Keras only has where answers are rows
    whole: whether pixels are halves of whole numbers, of which many are equal
    """

    seed: int
    input_shape: Shape
    layers: tuple[Json, ...]
    optimizer: Json
    loss: str | Json
    metrics: tuple[str | Json, ...]
    targets: str
    sizes: tuple[int, ...]
    weighted: bool
    whole: bool

    @property
    def possible(self) -> bool:
        """Whether it can be made, has a weight to train, for which Keras asks, and numbers to compare.

        A softmax of one number is always 1. And behind a tanh near 1, whose slope 1 − y² is what cancelling leaves, there
        are gradients, but of their digits only the first few are more than rounding.
        """
        try:
            model = self.model(kernels="plain")
        except ScratchnetError:
            return False
        constant = any(layer.activation == "softmax" and layer.output_shape[-1] == 1 for layer in model.layers)
        return bool(model.params) and not constant and not self._vanishes(Ours(model))

    def _vanishes(self, model: Ours) -> bool:
        """Whether a gradient fades, though not to nothing, on the way down in the first step."""
        model.carry(drawn(model.weights(), self.seed))
        tensors = model.trace(model.masked(next(self.batches(model.model.output_shape))))
        sizes = [float(np.abs(array).max()) for name, array in tensors.items() if name.endswith(("/dx", "/dy", "/dz"))]
        return any(GONE * max(sizes) < size < FADED * max(sizes) for size in sizes)

    def model(self, *, kernels: str, dtype: str = "float64") -> Sequential:
        """Made anew, with the seed's weights."""
        stack = [layers.from_config(layer["class_name"], layer["config"]) for layer in self.layers]
        model = Sequential(
            [Input(self.input_shape), *stack], "sequential", dtype=dtype, kernels=kernels, seed=self.seed
        )
        model.compile(
            optimizers.from_config(self.optimizer),
            losses.get(self.loss),
            metrics=[metrics.get(metric) for metric in self.metrics],
        )
        return model

    def batches(self, output_shape: Shape) -> Iterator[Batch]:
        """Of these sizes, again and again."""
        for step, size in enumerate(cycle(self.sizes)):
            rng = np.random.default_rng((self.seed, step))
            shape = (size, *self.input_shape)
            x = rng.integers(0, 4, shape) / 2 if self.whole else rng.standard_normal(shape)
            weight = rng.integers(0, 5, size) / 2 if self.weighted and len(output_shape) == 1 else None
            yield Batch(x, targets(self.targets, (size, *output_shape), rng), weight, size=max(self.sizes))

    @property
    def kinds(self) -> str:
        """What it is made of, without options."""
        loss = self.loss if isinstance(self.loss, str) else self.loss["class_name"]
        stack = " → ".join([str(self.input_shape), *(layer["class_name"] for layer in self.layers)])
        return f"{stack}; {self.optimizer['class_name']}, {loss}"

    def __str__(self) -> str:
        stack = " → ".join(map(_short, [{"class_name": str(self.input_shape), "config": {}}, *self.layers]))
        options = ", ".join(map(_short, (self.optimizer, self.loss, *self.metrics)))
        beside = " weighted" * self.weighted + " whole" * self.whole
        return f"{stack}; {options}; {self.targets}, batches of {'+'.join(map(str, self.sizes))}{beside}"


def targets(kind: str, shape: Shape, rng: Rng) -> Array:
    if kind == "numbers":
        return rng.standard_normal(shape)
    if kind == "binary":
        return rng.integers(0, 2, shape).astype(np.float64)
    if kind == "shares":
        return rng.dirichlet(np.ones(shape[-1]), shape[:-1])
    classes = rng.integers(0, shape[-1], shape[:-1])
    return classes if kind == "classes" else np.eye(shape[-1])[classes]


# ---------- shown
def _short(thing: str | Json) -> str:
    """Class and options, without those that are the defaults and those of Keras alone."""
    if isinstance(thing, str):
        return thing
    options = ", ".join(f"{name}={_value(value)}" for name, value in changed(thing).items())
    return f"{thing['class_name']}({options})" if options else thing["class_name"]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return _short(value)
    return str(value).replace(" ", "")


def changed(thing: Json) -> Json:
    """The options that aren't the defaults."""
    usual = defaults(thing["class_name"]) | {"name": thing["config"].get("name"), "seed": None}
    return {name: value for name, value in thing["config"].items() if name not in usual or usual[name] != value}


@cache
def defaults(class_name: str) -> Json:
    """What the options of a layer or optimizer are if nobody says."""
    kind: Any = (layers.LAYERS | optimizers.OPTIMIZERS).get(class_name)
    if kind is None:
        return {}
    required = {option.name for option in fields(kind) if option.init and option.default is MISSING}
    made = kind(**{name: _SOME[name] for name in required}, name="any")
    return {name: value for name, value in made.get_config().items() if name not in required}


# A value for each option that must be given
_SOME = {
    "activation": "relu",
    "filters": 1,
    "kernel_size": 1,
    "pool_size": 2,
    "rate": 0.5,
    "scale": 2.0,
    "target_shape": (-1,),
    "units": 1,
}
