"""What is chosen before a run."""

from dataclasses import dataclass, fields
from pathlib import Path

from scratchnet import kernels, objects
from scratchnet.architectures import ARCHITECTURES
from scratchnet.errors import ScratchnetError

CHECKPOINTS = "last", "every"


@dataclass(frozen=True)
class Settings:
    """The notebook's, unless told otherwise. Raises ScratchnetError for a value that can't be meant.

    model: a name in ARCHITECTURES
    seed: of the first weights, the order of the images and what dropout drops
    data: a folder of IDX files or an .npz; None is the MNIST that comes with the package
    limit: only so many of the training and so many of the test images, from the first on
    threads, kernels: as for `Sequential`; no number of threads changes a bit
    checkpoints: "last" keeps the last epoch's, to resume by; "every" also the weights after each epoch, and before the first
    """

    model: str = "dropout"
    epochs: int = 12
    batch_size: int = 128
    learning_rate: float = 1.0
    seed: int = 0
    data: str | Path | None = None
    limit: int | None = None
    threads: int | None = None
    kernels: str = "fused"
    checkpoints: str = "last"

    def __post_init__(self) -> None:
        for option, names in ("model", ARCHITECTURES), ("kernels", kernels.NAMES), ("checkpoints", CHECKPOINTS):
            if getattr(self, option) not in tuple(names):
                self._refuse(option, f"one of {', '.join(names)}")
        for option, least in {"epochs": 1, "batch_size": 1, "seed": 0, "limit": 1, "threads": 1}.items():
            value, default = getattr(self, option), getattr(Settings, option)
            if not (type(value) is int and value >= least) and (value is not None or default is not None):
                self._refuse(option, f"a whole number, {least} or more")
        if not isinstance(self.data, str | Path | None):
            self._refuse("data", "a path, or None")
        objects.number("learning_rate", self.learning_rate, least=0)

    def _refuse(self, option: str, expected: str) -> None:
        default = next(field.default for field in fields(self) if field.name == option)
        raise ScratchnetError(
            came=f"{option}={getattr(self, option)!r}",
            expected=expected,
            do="Choose another, or leave it out." if default is None else f"The default is {default}.",
        )
