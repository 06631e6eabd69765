"""scratchnet's side of parity."""

from math import prod

import numpy as np

import scratchnet
from reference.sides import Batch, Tensors
from scratchnet import Sequential
from scratchnet.kernels import plain
from scratchnet.layers import Draw, Dropout
from scratchnet.typing import Array, Shape


class ScratchnetSide:
    """A compiled model, whose layers are called what Keras calls them."""

    version = f"scratchnet {scratchnet.__version__}"

    def __init__(self, model: Sequential, names: list[str]) -> None:
        for layer, name in zip(model.layers, names, strict=False):
            layer.name = name  # in this process other models may have taken it
        self.model = model

    def layers(self) -> dict[str, tuple[Shape, int]]:
        return {
            layer.name: (layer.output_shape, sum(array.size for array in layer.params.values()))
            for layer in self.model.layers
        }

    def weights(self) -> Tensors:
        return {name: array.copy() for name, array in self.model.params.items()}

    def carry(self, weights: Tensors) -> None:
        self.model.set_weights([weights[name] for name in self.model.params])
        if self.model.optimizer:
            self.model.optimizer.iterations = 0
            self.model.optimizer.build(self.model.params)

    def batch(self, x: Array, t: Array) -> Batch:
        """With the masks of the coming step, by the plain kernels: the text that says what a mask is."""
        draw = Draw(self.model.seed, self._steps(), np.arange(len(x)))
        return Batch(
            x.astype(self.model.dtype),
            t.astype(self.model.dtype),
            {
                layer.name: plain.dropout_keep(draw.keys(layer.place), prod(layer.input_shape), layer.rate)
                for layer in self.model.layers
                if isinstance(layer, Dropout)
            },
        )

    def trace(self, batch: Batch) -> Tensors:
        trace = self.model.trace(batch.x, batch.t, training=True, step=self._steps())
        last = trace.layers[-1]
        tensors: dict[str, Array | None] = {f"{layer.name}/y": layer.y for layer in trace.layers}
        if last.y is trace.output:
            tensors |= {"loss": trace.loss, f"{last.name}/dy": last.dy}
        else:  # the last layer's softmax went to the loss
            del tensors[f"{last.name}/y"]
            tensors |= {f"{last.name}/z": last.y, f"{last.name}/y": trace.output}
            tensors |= {"loss": trace.loss, f"{last.name}/dz": last.dy}
        for layer in reversed(trace.layers):
            tensors |= {f"{layer.name}/d{variable}": grad for variable, grad in layer.grads.items()}
            tensors[f"{layer.name}/dx"] = layer.dx
        return {name: array for name, array in tensors.items() if array is not None}

    def step(self, batch: Batch) -> float:
        history = self.model.fit(batch.x, batch.t, batch_size=len(batch.x), shuffle=False, verbose=0)
        return history.history["loss"][0]

    def state(self) -> Tensors:
        optimizer = self.model.optimizer
        assert optimizer is not None  # a side's model is compiled
        return {**optimizer.variables, **self.model.params}

    def _steps(self) -> int:
        return self.model.optimizer.iterations if self.model.optimizer else 0
