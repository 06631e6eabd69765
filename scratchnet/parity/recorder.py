"""What another library does in a comparison, kept in a file as it goes by."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from scratchnet import durable
from scratchnet.models import Sequential
from scratchnet.parity import npz
from scratchnet.parity.digest import digest
from scratchnet.parity.images import PLACE
from scratchnet.parity.recording import FORMATS
from scratchnet.parity.sides import Batch, Side, Tensors
from scratchnet.parity.weights import Spread
from scratchnet.typing import Array, Shape


class Recorder:
    """A side that does what the side behind it does, and keeps that."""

    def __init__(self, side: Side) -> None:
        self._side, self._steps, self.images = side, 0, 0
        self._first: Tensors = {}
        self._arrays: Tensors = {}

    @property
    def version(self) -> str:
        return self._side.version

    def layers(self) -> dict[str, tuple[Shape, int]]:
        return self._side.layers()

    def weights(self) -> Tensors:
        weights = self._side.weights()
        self._first = self._first or weights  # before the first step
        return weights

    def carry(self, weights: Tensors) -> None:
        self._side.carry(weights)

    def trace(self, batch: Batch, *, training: bool = True) -> Tensors:
        tensors = self._side.trace(batch, training=training)
        if training:
            return self._kept(f"{self._steps + 1}/trace", tensors)
        whole = {"x": _small(batch.x), "t": _small(batch.t)} | {f"trace/{name}": a for name, a in tensors.items()}
        self._arrays |= {f"{PLACE}{self.images}/{name}": array.copy() for name, array in whole.items()}
        self.images += 1
        return tensors

    def step(self, batch: Batch) -> float:
        self._steps += 1
        loss = self._side.step(batch)
        given = {"x": batch.x, "t": batch.t, "size": np.array(batch.size), "loss": np.array(loss)}
        given |= {} if batch.sample_weight is None else {"sample_weight": batch.sample_weight}
        given |= {f"masks/{name}": mask for name, mask in batch.masks.items()}
        self._arrays |= {f"{self._steps}/{name}": _small(array) for name, array in given.items()}
        return loss

    def state(self) -> Tensors:
        return self._kept(f"{self._steps}/state", self._side.state())

    def measure(self, batch: Batch) -> Tensors:
        return self._kept("measure", self._side.measure(batch))

    def seen(self, tensors: Tensors) -> Tensors:
        return tensors

    def _kept(self, place: str, tensors: Tensors) -> Tensors:
        self._arrays |= {f"{place}/{name}": digest(array).copy() for name, array in tensors.items()}
        return tensors

    def write(self, path: Path, model: Sequential, spreads: Mapping[str, Spread] | None = None) -> None:
        """The file, with our model of the same kind.

        spreads: of which the first weights were drawn, by the model's seed: then the file doesn't hold them
        Raises OSError.
        """
        data = model.to_data()
        header = {"format": FORMATS[self.images > 0], "version": self.version, "config": data.config, "compile": data.compile,
                  "seed": model.seed, "steps": self._steps, "layers": self.layers(), "spreads": spreads,
                  "images": self.images}  # fmt: skip
        held = {"header": np.frombuffer(json.dumps(header).encode(), np.uint8)}
        if spreads is None:
            held |= {f"weights/{name}": array for name, array in self._first.items()}
        durable.write(path, npz.to_bytes(held | self._arrays))


def _small(array: Array) -> Array:
    """In half the room, where that loses nothing."""
    half = array.astype(np.float32) if array.dtype == np.float64 else array
    return half if np.array_equal(half, array) else array
