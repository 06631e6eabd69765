"""The first values of parameters.

Drawn in float64 and rounded, so that both dtypes start from the same weights.
Source: keras/src/initializers/random_initializers.py and constant_initializers.py.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np

from scratchnet import objects
from scratchnet.casts import through_float32
from scratchnet.errors import ScratchnetError
from scratchnet.kernels.memory import empty
from scratchnet.typing import Array, DType, Rng, Shape


@dataclass(frozen=True)
class Initializer(ABC):
    """Called as initializer(shape, rng, dtype), it gives a new array; without rng, one of zeros that takes no memory."""

    def __call__(self, shape: Shape, rng: Rng, dtype: DType) -> Array:
        if rng is None:
            return np.broadcast_to(dtype.type(0), shape)
        values = empty(shape, dtype)  # begins at a line of the cache: the kernels load whole registers of it
        values[...] = self._draw(shape, rng)
        return values

    @abstractmethod
    def _draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        """The values in float64."""

    def _check(self, *options: str) -> None:
        for option in options:
            object.__setattr__(self, option, objects.number(option, getattr(self, option)))


# ---------- without chance
@final
@dataclass(frozen=True)
class Zeros(Initializer):
    """0 everywhere."""

    def _draw(self, shape: Shape, rng: np.random.Generator) -> Array:  # noqa: ARG002
        return np.zeros(shape)


@final
@dataclass(frozen=True)
class Ones(Initializer):
    """1 everywhere."""

    def _draw(self, shape: Shape, rng: np.random.Generator) -> Array:  # noqa: ARG002
        return np.ones(shape)


@final
@dataclass(frozen=True)
class Constant(Initializer):
    """The same value everywhere."""

    value: float = 0.0

    def __post_init__(self) -> None:
        self._check("value")

    def _draw(self, shape: Shape, rng: np.random.Generator) -> Array:  # noqa: ARG002
        return np.full(shape, through_float32(self.value))


# ---------- by chance
@dataclass(frozen=True)
class Random(Initializer):
    """One that draws: from the generator it is given or, where it has a seed, from one of its own.

    With a seed, every array of one shape gets the same values, as in Keras.
    """

    seed: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.seed is not None:
            object.__setattr__(self, "seed", objects.whole("seed", self.seed, least=0))

    def __call__(self, shape: Shape, rng: Rng, dtype: DType) -> Array:
        own = rng is not None and self.seed is not None
        return super().__call__(shape, np.random.default_rng(self.seed) if own else rng, dtype)


@final
@dataclass(frozen=True)
class RandomUniform(Random):
    """Evenly between minval and maxval."""

    minval: float = -0.05
    maxval: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("minval", "maxval")
        if self.minval > self.maxval:
            raise ScratchnetError(
                came=f"minval={self.minval}, maxval={self.maxval}", expected="minval ≤ maxval", do="Exchange them."
            )

    def _draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        return rng.uniform(self.minval, self.maxval, shape)


@dataclass(frozen=True)
class _Normal(Random):
    mean: float = 0.0
    stddev: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("mean", "stddev")
        objects.number("stddev", self.stddev, least=0)


@final
@dataclass(frozen=True)
class RandomNormal(_Normal):
    """Normally distributed."""

    def _draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        return rng.normal(self.mean, self.stddev, shape)


@final
@dataclass(frozen=True)
class TruncatedNormal(_Normal):
    """Normally distributed, but what is further than two stddev from the mean is drawn again.

    stddev is that before the cut; it leaves 0.8796 of it.
    """

    def _draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        return self.mean + self.stddev * _truncated(shape, rng)


def _truncated(shape: Shape, rng: np.random.Generator) -> Array:
    z = rng.standard_normal(shape)
    while (far := np.abs(z) > 2).any():
        z[far] = rng.standard_normal(np.count_nonzero(far))
    return z


# ---------- by the shape
@dataclass(frozen=True)
class VarianceScaling(Random):
    """Mean 0 and variance scale / n, so that neither activations nor gradients grow or fade from layer to layer.

    mode: n is "fan_in", the numbers that go into one unit, "fan_out", those that one goes into, or "fan_avg", their mean
    distribution: "uniform", in ±√(3 scale / n); "truncated_normal", cut at two standard deviations, widened to make up
        for the cut; "untruncated_normal"
    shape: (…, inputs, outputs); a fan is that number times the positions of a convolution's window.
    """

    scale: float = 1.0
    mode: str = "fan_in"
    distribution: str = "truncated_normal"

    MODES: ClassVar = ("fan_in", "fan_out", "fan_avg")
    DISTRIBUTIONS: ClassVar = ("uniform", "truncated_normal", "untruncated_normal")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("scale")
        if self.scale <= 0:
            raise ScratchnetError(came=f"scale={self.scale}", expected="a number above 0", do="Choose another scale.")
        if self.distribution == "normal":  # Keras's other name
            object.__setattr__(self, "distribution", "truncated_normal")
        for option, known in (("mode", self.MODES), ("distribution", self.DISTRIBUTIONS)):
            if (value := getattr(self, option)) not in known:
                raise ScratchnetError(
                    came=f"{option}={objects.shown(value)}",
                    expected=f"one of {', '.join(known)}",
                    do="Choose one of these.",
                )

    def _draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        fan_in, fan_out = fans(shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, n)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return rng.uniform(-limit, limit, shape)
        if self.distribution == "untruncated_normal":
            return rng.normal(0, math.sqrt(variance), shape)
        return math.sqrt(variance) / LEFT_BY_THE_CUT * _truncated(shape, rng)


LEFT_BY_THE_CUT = 0.87962566103423978  # the standard deviation of a standard normal distribution cut at ±2


def fans(shape: Shape) -> tuple[int, int]:
    """How many numbers go into a unit, and into how many units a number goes."""
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    *window, inputs, outputs = shape
    positions = math.prod(window)
    return positions * inputs, positions * outputs


@dataclass(frozen=True)
class _Scaled(Random):
    """VarianceScaling under the name of who proposed that setting."""

    setting: ClassVar[VarianceScaling]

    def _draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        return self.setting._draw(shape, rng)  # noqa: SLF001


@final
@dataclass(frozen=True)
class GlorotUniform(_Scaled):
    """Uniform in ±√(6 / (fan_in + fan_out)).

    Source: Glorot, Bengio, “Understanding the difficulty of training deep feedforward neural networks”, 2010, eq. 16.
    """

    setting = VarianceScaling(1.0, "fan_avg", "uniform")


@final
@dataclass(frozen=True)
class GlorotNormal(_Scaled):
    """Truncated normal of variance 2 / (fan_in + fan_out). Source: as GlorotUniform, eq. 12."""

    setting = VarianceScaling(1.0, "fan_avg", "truncated_normal")


@final
@dataclass(frozen=True)
class HeUniform(_Scaled):
    """Uniform in ±√(6 / fan_in).

    Source: He et al., “Delving deep into rectifiers”, 2015, eq. 10: half of a relu's inputs count for nothing.
    """

    setting = VarianceScaling(2.0, "fan_in", "uniform")


@final
@dataclass(frozen=True)
class HeNormal(_Scaled):
    """Truncated normal of variance 2 / fan_in. Source: as HeUniform."""

    setting = VarianceScaling(2.0, "fan_in", "truncated_normal")


@final
@dataclass(frozen=True)
class LecunUniform(_Scaled):
    """Uniform in ±√(3 / fan_in). Source: LeCun et al., “Efficient BackProp”, 1998, eq. 16."""

    setting = VarianceScaling(1.0, "fan_in", "uniform")


@final
@dataclass(frozen=True)
class LecunNormal(_Scaled):
    """Truncated normal of variance 1 / fan_in. Source: as LecunUniform."""

    setting = VarianceScaling(1.0, "fan_in", "truncated_normal")


INITIALIZERS: dict[str, type[Initializer]] = objects.names(
    Zeros, Ones, Constant, RandomUniform, RandomNormal, TruncatedNormal, VarianceScaling,
    GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal,
    zero=Zeros, one=Ones, uniform=RandomUniform, normal=RandomNormal,
)  # fmt: skip


def get(initializer: Initializer | str | dict[str, Any]) -> Initializer:
    """The initializer itself, or a new one by Keras's name ("he_normal", "HeNormal") or from its class and options."""
    if isinstance(initializer, Initializer):
        return initializer
    return objects.make("initializer", initializer, INITIALIZERS)


def serialize(initializer: Initializer) -> dict[str, Any]:
    """Its class and options, as Keras writes them."""
    return objects.serialize(initializer)
