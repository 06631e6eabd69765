"""What a library has to do to be timed."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from scratchnet.typing import Array


class Peer(ABC):
    """One library, as its own users run it, on the CPU in float32.

    threads: how many it may use; None leaves it the library's own choice, which is to be every core
    about: what is to be known beside its versions
    """

    about = ""

    def __init__(self, threads: int | None) -> None:
        self.threads = threads

    @abstractmethod
    def build(self, config: dict[str, Any], weights: Sequence[Array]) -> None:
        """Make a network anew: what `Sequential.get_config` describes, with what `Sequential.get_weights` gave."""

    @abstractmethod
    def predict(self, x: Array, batch_size: int) -> Array:
        """x: (N, H, W, C) → the probabilities, (N, classes)"""


class Trainer(Peer):
    """One that also learns: by categorical cross-entropy, accuracy being counted, with a fresh Adadelta after `build`.

    Adadelta has the notebook's learning rate, 1.0.
    """

    @abstractmethod
    def fit(self, x: Array, y: Array, batch_size: int) -> None:
        """One epoch, in a new order.  x: (N, H, W, C), y: (N, classes)"""

    @abstractmethod
    def get_weights(self) -> list[Array]:
        """Every parameter, in the order and shapes of `build`."""

    @abstractmethod
    def set_weights(self, weights: Sequence[Array]) -> None:
        """The other way round; the optimizer stays as it is."""
