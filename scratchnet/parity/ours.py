"""scratchnet's side of parity."""

import copy
from dataclasses import replace
from typing import Any

import numpy as np

import scratchnet
from scratchnet import kernels
from scratchnet.layers import Draw
from scratchnet.models import Sequential
from scratchnet.parity.sides import Batch, Tensors
from scratchnet.typing import Array, Shape


class Ours:
    """A compiled model."""

    version = f"scratchnet {scratchnet.__version__}"

    def __init__(self, model: Sequential) -> None:
        self.model = model

    def twin(self) -> "Ours":
        """The same model once more, with arrays of its own."""
        return Ours(copy.deepcopy(self.model))

    def layers(self) -> dict[str, tuple[Shape, int]]:
        return {
            layer.name: (layer.output_shape, sum(array.size for array in layer.weights.values()))
            for layer in self.model.layers
        }

    def weights(self) -> Tensors:
        return {name: array.copy() for name, array in self.model.weights.items()}

    def carry(self, weights: Tensors) -> None:
        for name, array in self.model.weights.items():
            array[...] = weights[name]
        if self.model.optimizer:
            self.model.optimizer.iterations = 0
            self.model.optimizer.build(self.model.params)

    def masked(self, batch: Batch) -> Batch:
        """With the masks of the coming step, by the plain kernels: the text that says what a mask is."""
        draw, plain = Draw(self.model.seed, self._steps(), np.arange(len(batch.x))), kernels.load("plain")
        masks = {layer.name: layer.mask(draw, plain) for layer in self.model.layers}
        return replace(
            batch,
            x=batch.x.astype(self.model.dtype),
            t=batch.t.astype(self.model.dtype) if batch.t.dtype.kind == "f" else batch.t,
            masks={name: mask for name, mask in masks.items() if mask is not None},
            size=batch.size or len(batch.x),
        )

    def trace(self, batch: Batch, *, training: bool = True) -> Tensors:
        trace = self.model.trace(batch.x, batch.t, batch.sample_weight, training=training, step=self._steps())
        last = trace.layers[-1]
        tensors: dict[str, Array | None] = {f"{layer.name}/y": layer.y for layer in trace.layers}
        if last.dy is None:  # its activation and the loss went back as one
            tensors |= {f"{last.name}/z": last.z, "loss": trace.loss, f"{last.name}/dz": last.dz}
        else:
            tensors |= {"loss": trace.loss, f"{last.name}/dy": last.dy}
        for layer in reversed(trace.layers):
            tensors |= {f"{layer.name}/d{variable}": grad for variable, grad in layer.grads.items()}
            tensors[f"{layer.name}/dx"] = layer.dx
        return {name: array for name, array in tensors.items() if array is not None}

    def step(self, batch: Batch) -> float:
        """By `fit`, of which this is the last batch, and a partial one where it is smaller than the others."""
        options: Any = {"batch_size": batch.size, "shuffle": False, "verbose": 0}
        history = self.model.fit(batch.x, batch.t, sample_weight=batch.sample_weight, **options)
        return float(history.history["loss"][0])

    def state(self) -> Tensors:
        optimizer = self.model.optimizer
        assert optimizer is not None  # a side's model is compiled
        tensors = optimizer.variables | self.weights()
        if "learning_rate" in tensors:  # of which a file has 32 bits
            tensors["learning_rate"] = np.array(optimizer.current_learning_rate, self.model.dtype)
        return tensors

    def measure(self, batch: Batch) -> Tensors:
        values = self.model.evaluate(batch.x, batch.t, batch_size=batch.size, return_dict=True)
        measured = {f"evaluate/{name}": np.array(value) for name, value in values.items()}
        return {"predict": self.model.predict(batch.x, batch_size=batch.size)} | measured

    def seen(self, tensors: Tensors) -> Tensors:
        return tensors

    def _steps(self) -> int:
        return self.model.optimizer.iterations if self.model.optimizer else 0
