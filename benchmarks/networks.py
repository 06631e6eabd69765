"""The networks that are timed. Each is trained first, so that what is zero, and where, is as in use."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import images
from scratchnet import architectures
from scratchnet.errors import ScratchnetError
from scratchnet.layers import AveragePooling2D, BatchNormalization, Conv2D, Dense, Flatten, Input, MaxPooling2D, ReLU
from scratchnet.models import Sequential, load_model
from scratchnet.optimizers import Adadelta

PASSES = 6  # over the images, at most, before it counts as unable to learn
MEASURED = 2_000  # images, of those not trained on, that tell how well it has learned


@dataclass(frozen=True)
class Network:
    """make: options of `Sequential` → the network;  images, count: what it is trained on, and how many of them in one pass

    accuracy: that it must reach on images that it wasn't trained on
    """

    make: Callable[..., Sequential]
    accuracy: float
    images: str = "train"
    count: int = 58_000


def _lenet_5(**options: Any) -> Sequential:
    """LeCun et al., “Gradient-based learning applied to document recognition”, 1998, as it is mostly written today."""
    return Sequential(
        [
            Input((28, 28, 1)),
            Conv2D(6, (5, 5), padding="same", activation="tanh"),
            AveragePooling2D((2, 2)),
            Conv2D(16, (5, 5), activation="tanh"),
            AveragePooling2D((2, 2)),
            Flatten(),
            Dense(120, activation="tanh"),
            Dense(84, activation="tanh"),
            Dense(10, activation="softmax"),
        ],
        **options,
    )


def _six_convolutions(**options: Any) -> Sequential:
    """Three times two 3 × 3 convolutions, each normalised, and a pooling. Moving means follow fast: it is trained but little."""
    stack: list[Any] = [Input((32, 32, 3))]
    for filters in (32, 64, 128):
        for _ in range(2):
            stack += [Conv2D(filters, (3, 3), padding="same", use_bias=False), BatchNormalization(momentum=0.9), ReLU()]
        stack.append(MaxPooling2D((2, 2)))
    return Sequential([*stack, Flatten(), Dense(10, activation="softmax")], **options)


def _strided(**options: Any) -> Sequential:
    """Strides in place of pooling."""
    return Sequential(
        [
            Input((28, 28, 1)),
            Conv2D(32, (5, 5), strides=(2, 2), activation="relu"),
            Conv2D(64, (5, 5), strides=(2, 2), activation="relu"),
            Flatten(),
            Dense(128, activation="relu"),
            Dense(10, activation="softmax"),
        ],
        **options,
    )


NETWORKS = {
    "dropout": Network(architectures.dropout, accuracy=0.98),
    "dropout, 56 × 56": Network(
        lambda **options: architectures.dropout((56, 56, 1), **options), accuracy=0.9, images="56 × 56", count=6_000
    ),
    "LeNet-5": Network(_lenet_5, accuracy=0.95, count=20_000),
    "six convolutions": Network(_six_convolutions, accuracy=0.8, images="32 × 32 × 3", count=4_000),
    "5 × 5, stride 2": Network(_strided, accuracy=0.95, count=20_000),
}


def trained(name: str, folder: Path, *, quick: bool = False, threads: int | None = None) -> tuple[Path, Sequential]:
    """The network with its weights and its file, from the folder if it is there already: made once, the same for all sides.

    quick: hardly trained, for a try. Raises ScratchnetError where it doesn't learn.
    """
    path = folder / f"{name.replace(' ', '')}{'-quick' if quick else ''}.keras"
    if not path.exists():
        network = NETWORKS[name]
        model = network.make(threads=threads)
        model.compile(Adadelta(learning_rate=1.0), loss="categorical_crossentropy", metrics=["accuracy"])
        count, least = (1_000, 0.0) if quick else (network.count, network.accuracy)
        x, y = images.load(network.images, count + MEASURED)
        for _ in range(PASSES):
            model.fit(x[:count], y[:count], batch_size=128, verbose=0)
            _, accuracy = model.evaluate(x[count:], y[count:], batch_size=128)
            if accuracy >= least:
                break
        else:
            raise ScratchnetError(
                came=f"{name}, which answers {accuracy:.3f} right after {PASSES} passes",
                expected=f"{least} or more",
                do="Its kernels are likely wrong: run the tests.",
            )
        model.save(path)
    return path, load_model(path, threads=threads)
