"""One model in both libraries, and what to train it on."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, cycle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reference.drawn import Drawn, targets
from reference.random_models import draw
from scratchnet import saving
from scratchnet.architectures import ARCHITECTURES
from scratchnet.datasets import mnist
from scratchnet.errors import DataError, ScratchnetError
from scratchnet.losses import BinaryCrossentropy, CategoricalCrossentropy, Loss, SparseCategoricalCrossentropy
from scratchnet.models import Sequential
from scratchnet.parity import Batch
from scratchnet.parity.measure import Tolerance
from scratchnet.parity.ours import Ours
from scratchnet.parity.weights import Spread, drawn, spread
from scratchnet.runs import fitted, load_test
from scratchnet.typing import Shape

if TYPE_CHECKING:
    from reference.keras_side import KerasSide

TARGETS: dict[type[Loss], str] = {
    BinaryCrossentropy: "binary",
    CategoricalCrossentropy: "one-hot",
    SparseCategoricalCrossentropy: "classes",
}


RANDOM = "random"
RANDOM_FLOAT64 = Tolerance(1e-10, "of models that nobody chose: the worst is in docs/parity.md")


@dataclass(frozen=True)
class Pair:
    """title: what is compared, to be shown;  steps: unless somebody asks for another number
    spreads: of the first weights, where they were drawn from the model's seed
    """

    title: str
    reference: "KerasSide"
    ours: Ours
    batches: Iterator[Batch]
    steps: int = 20
    tolerance: Tolerance | None = None
    spreads: dict[str, Spread] | None = None


def made(model: str, *, dtype: str, kernels: str, seed: int, batch_size: int) -> Pair:
    """The architecture of that name, the random model of random:SEED, or the model in a file."""
    number = seed_of(model)
    if number is not None:
        return random(draw(number), dtype=dtype, kernels=kernels)
    make = _named if model in ARCHITECTURES else _from_file
    return make(model, dtype=dtype, kernels=kernels, seed=seed, batch_size=batch_size)


def seed_of(model: str) -> int | None:
    """Of random:SEED."""
    kind, colon, number = model.partition(":")
    if kind != RANDOM or not colon:
        return None
    if not (number.isascii() and number.isdigit() and int(number) < 2**32):
        raise ScratchnetError(came=f"{model!r}", expected="a whole number behind the colon", do="Try random:1.")
    return int(number)


def _named(model: str, *, dtype: str, kernels: str, seed: int, batch_size: int) -> Pair:
    """One of the notebook's two: its own program in Keras, and our architecture of that name."""
    from reference import notebook  # noqa: PLC0415  # Keras and TensorFlow take seconds: only once there is work to do
    from reference.keras_side import KerasSide  # noqa: PLC0415

    reference = KerasSide.defined(notebook.MODELS[model][0], dtype=dtype, seed=seed)
    network = ARCHITECTURES[model](dtype=dtype, kernels=kernels, seed=seed)
    network.compile("adadelta", "categorical_crossentropy", metrics=["accuracy"])
    for layer, name in zip(network.layers, reference.layers(), strict=False):
        layer.name = name  # in this process other models may have taken it
    return _drawn(Pair(_title(model, batch_size, seed), reference, Ours(network), mnist_batches(batch_size)), seed)


def _from_file(model: str, *, dtype: str, kernels: str, seed: int, batch_size: int) -> Pair:
    """The model in a file, read by each library for itself, with the weights that it has there.

    Trained on MNIST where it takes and gives what MNIST has, else on random numbers.
    """
    path = Path(model)
    if not path.suffix and not path.exists():
        raise DataError(
            came=f"{model!r} as a model",
            expected=f"{', '.join(ARCHITECTURES)}, random, random:SEED or a .keras or .h5 file",
            do="Choose one of these.",
        )
    data = saving.load(path)
    if not data.compile:
        raise DataError(
            came=f"{path}, whose model wasn't compiled",
            expected="one with an optimizer and a loss",
            do="Compile it before it is saved.",
        )
    network = Sequential.from_data(replace(data, config=data.config | {"dtype": dtype}), kernels=kernels, seed=seed)
    from reference.keras_side import KerasSide  # noqa: PLC0415

    reference = KerasSide.loaded(path, dtype=dtype)
    return Pair(_title(model, batch_size, seed), reference, Ours(network), _batches(network, batch_size))


def random(model: Drawn, *, dtype: str, kernels: str) -> Pair:
    """A drawn model, which Keras has from the file that ours writes."""
    from reference.keras_side import KerasSide  # noqa: PLC0415

    network = model.model(kernels=kernels, dtype=dtype)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        network.save(path)
        reference = KerasSide.loaded(path, dtype=dtype, eager=True)
    batches, steps = model.batches(network.output_shape), len(model.sizes)
    tolerance = RANDOM_FLOAT64 if dtype == "float64" else None
    return _drawn(Pair(str(model), reference, Ours(network), batches, steps, tolerance), model.seed)


def _drawn(pair: Pair, seed: int) -> Pair:
    weights = pair.ours.weights()
    pair.reference.carry(drawn(weights, seed))
    return replace(pair, spreads={name: spread(array) for name, array in weights.items()})


def _title(model: str, batch_size: int, seed: int) -> str:
    return f"{model}: batches of {batch_size}, seed {seed}"


def alone(network: Sequential, data: str | None, count: int) -> Iterator[Batch]:
    """The first test images of the data, or of MNIST, in batches of one. Raises DataError where the model takes others."""
    x, labels = load_test(data, count)
    x = fitted(network, x, labels)
    classes = isinstance(network.loss, SparseCategoricalCrossentropy)
    t = labels if classes else np.eye(network.output_shape[0])[labels]
    return (Batch(x[i : i + 1], t[i : i + 1]) for i in range(len(x)))


def mnist_batches(size: int) -> Iterator[Batch]:
    """Training images, scaled, with one-hot labels, in batches of one size, in order, again and again."""
    (x, y), _ = mnist.load_data()
    for start in cycle(range(0, len(x) - size + 1, size)):
        images = x[start : start + size, ..., np.newaxis] / np.float32(255)
        yield Batch(images, np.eye(10)[y[start : start + size]])


def _batches(network: Sequential, size: int) -> Iterator[Batch]:
    kind = next((kind for loss, kind in TARGETS.items() if isinstance(network.loss, loss)), "numbers")
    if (network.input_shape, network.output_shape) == ((28, 28, 1), (10,)) and kind in ("one-hot", "classes"):
        for batch in mnist_batches(size):
            yield batch if kind == "one-hot" else replace(batch, t=batch.t.argmax(axis=1))
    shape: Shape = network.input_shape or ()
    for step in count():
        rng = np.random.default_rng((network.seed, step))
        yield Batch(rng.random((size, *shape)), targets(kind, (size, *network.output_shape), rng))
