"""scratchnet itself; in float64 with the plain kernels, the reference by which all are judged."""

from collections.abc import Sequence
from typing import Any

from benchmarks.peers.base import Trainer
from scratchnet.models import Sequential
from scratchnet.optimizers import Adadelta
from scratchnet.typing import Array


class Scratchnet(Trainer):
    """kernels: None for the library's default"""

    def __init__(self, threads: int | None, dtype: str = "float32", kernels: str | None = None) -> None:
        super().__init__(threads)
        self.dtype, self.kernels = dtype, {"kernels": kernels} if kernels else {}

    @property
    def about(self) -> str:  # type: ignore[override]
        return f"{self.model.kernels} kernels"

    def build(self, config: dict[str, Any], weights: Sequence[Array]) -> None:
        config = config | {"dtype": self.dtype}
        self.model = Sequential.from_config(config, threads=self.threads, **self.kernels)
        self.model.set_weights(weights)
        optimizer = Adadelta(learning_rate=1.0)
        self.model.compile(optimizer, loss="categorical_crossentropy", metrics=["accuracy"])

    def fit(self, x: Array, y: Array, batch_size: int) -> None:
        self.model.fit(x, y, batch_size=batch_size, epochs=1, verbose=0, shuffle=True)

    def predict(self, x: Array, batch_size: int) -> Array:
        return self.model.predict(x, batch_size=batch_size)

    def get_weights(self) -> list[Array]:
        return self.model.get_weights()

    def set_weights(self, weights: Sequence[Array]) -> None:
        self.model.set_weights(weights)
