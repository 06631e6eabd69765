"""What comes in."""

from dataclasses import dataclass
from typing import final

from scratchnet import objects
from scratchnet.typing import Shape


@final
@dataclass(frozen=True)
class Input:
    """The shape of one sample, first in a model: Input((28, 28, 1)) lets it be built before it sees data."""

    shape: Shape

    def __post_init__(self) -> None:
        for size in self.shape:
            objects.whole("shape", size, least=1)
