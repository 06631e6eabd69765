"""Keras's side of parity, on TensorFlow. Importing this imports both."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import numpy as np

from reference import quiet
from scratchnet.parity import Batch, Tensors
from scratchnet.typing import Array, Shape

with quiet():
    import keras
    import tensorflow as tf


class GivenDropout(keras.layers.Dropout):  # type: ignore[misc]  # Keras has no types
    """Keras's dropout, but for where the mask comes from: x / (1 − rate) where it is kept, else 0.

    The formula is that of tensorflow/python/ops/nn_ops.py, `_dropout`, which Keras's layers call; it draws the mask itself.
    """

    mask: Any = None

    @classmethod
    def take_over(cls, layer: Any) -> None:
        """Make one of these of Keras's layer, Dropout or SpatialDropout2D, in its place in a model."""
        layer.__class__ = cls
        layer.mask = tf.Variable(True, trainable=False, shape=tf.TensorShape(None))

    def give(self, mask: Array) -> None:
        """mask: (N, …) of as many numbers as x has, or (N, C) for whole channels"""
        shape = self.input.shape[1:]
        whole = mask[0].size == np.prod(shape)
        self.mask.assign(mask.reshape(len(mask), *(shape if whole else (*[1] * (len(shape) - 1), -1))))

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or not self.rate:
            return inputs
        scale = tf.constant(1 / (1 - self.rate), inputs.dtype)
        return tf.ensure_shape(tf.where(self.mask, inputs * scale, tf.zeros_like(inputs)), inputs.shape)


class KerasSide:
    """A compiled Sequential model, its dropout layers' masks given."""

    version = f"Keras {keras.__version__} on TensorFlow {tf.__version__}"

    def __init__(self, model: Any) -> None:
        self.model = model
        self._dropouts = {layer.name: layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)}
        for layer in self._dropouts.values():
            GivenDropout.take_over(layer)
        model.optimizer.build(model.trainable_variables)
        self._first = [variable.numpy() for variable in model.optimizer.variables]

    @classmethod
    def defined(cls, define: Callable[[Any], Any], *, dtype: str, seed: int) -> Self:
        """The model that a program makes, given Keras."""
        start(dtype)
        keras.utils.set_random_seed(seed)
        return cls(define(keras))

    @classmethod
    def loaded(cls, path: Path, *, dtype: str, eager: bool = False) -> Self:
        """The model in a file, in that dtype.

        eager: operation by operation, as they come. Keras otherwise has TensorFlow make a graph of its training first, which
            takes a second a model. The operations are the same, and the rounding but for what a graph fuses.
        """
        start(dtype)
        with warnings.catch_warnings(action="ignore"):  # of an optimizer that has made no step yet
            model = keras.models.load_model(path)
        if model.dtype != dtype or model.optimizer.iterations > 0:  # in another dtype, its optimizer at the start
            compiled = model.get_compile_config() | {"optimizer": keras.optimizers.serialize(model.optimizer)}
            twin = keras.Sequential.from_config(_retyped(model.get_config(), dtype))
            twin.compile_from_config(compiled)
            twin.set_weights(model.get_weights())
            model = twin
        model.run_eagerly = eager
        return cls(model)

    def layers(self) -> dict[str, tuple[Shape, int]]:
        return {layer.name: (layer.output.shape[1:], layer.count_params()) for layer in self.model.layers}

    def _variables(self) -> dict[str, Any]:
        """Weights by layer and name; the seeds of dropout are none."""
        return {f"{layer.name}/{weight.name}": weight for layer in self.model.layers for weight in layer.weights}

    def weights(self) -> Tensors:
        return {name: weight.numpy() for name, weight in self._variables().items()}

    def carry(self, weights: Tensors) -> None:
        for name, weight in self._variables().items():
            weight.assign(weights[name])
        for variable, first in zip(self.model.optimizer.variables, self._first, strict=True):
            variable.assign(first)

    def trace(self, batch: Batch, *, training: bool = True) -> Tensors:
        self._give_masks(batch)
        kept = [(weight, weight.numpy()) for weight in self.model.non_trainable_weights]  # which a forward pass moves
        x, t = tf.constant(batch.x), tf.constant(batch.t)
        given: dict[str, Any] = {}  # by layer, what it took
        forward: dict[str, Any] = {}
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x
            for layer in self.model.layers:
                given[layer.name] = y
                y = layer(y, training=training)
                forward[f"{layer.name}/y"] = y
            total = self.model.compute_loss(x, t, y, batch.sample_weight, training=training)
        # Where softmax or sigmoid is last, a cross-entropy works on what that was given, which Keras pins to its result.
        last, z = layer.name, getattr(y, "_keras_logits", None)
        sources = {f"{last}/dy": y, f"{last}/dz": z}
        for layer in reversed(self.model.layers):
            sources |= {f"{layer.name}/d{weight.name}": weight.value for weight in layer.trainable_weights}
            sources[f"{layer.name}/dx"] = given[layer.name]
        sources = {name: tensor for name, tensor in sources.items() if tensor is not None}
        gradients = {name: g for name, g in tape.gradient(total, sources).items() if g is not None}
        if f"{last}/dy" in gradients:
            gradients.pop(f"{last}/dz", None)
        else:
            forward |= {f"{last}/z": z, f"{last}/y": forward.pop(f"{last}/y")}
        forward["loss"] = self._losses(t, y)
        for weight, value in kept:
            weight.assign(value)
        return {name: tensor.numpy() for name, tensor in (forward | gradients).items()}

    def _losses(self, t: Any, y: Any) -> Any:
        """Each sample's."""
        loss = keras.losses.get(self.model.loss)
        loss = getattr(loss, "call", loss)  # of an object, the function without the mean
        values = loss(t, y)
        return tf.reduce_mean(tf.reshape(values, (len(t), -1)), axis=1)

    def step(self, batch: Batch) -> float:
        self._give_masks(batch)
        return float(self.model.train_on_batch(batch.x, batch.t, batch.sample_weight, return_dict=True)["loss"])

    def state(self) -> Tensors:
        scalars = {v.name: v.numpy() for v in self.model.optimizer.variables if len(v.shape) == 0}
        tensors: Tensors = {}
        for name, weight in self._variables().items():
            own = weight.path.replace("/", "_") + "_"  # sequential_conv2d_kernel_accumulated_grad
            slots = {v.name.removeprefix(own): v for v in self.model.optimizer.variables if v.name.startswith(own)}
            tensors |= {f"{name}/{slot}": variable.numpy() for slot, variable in slots.items()}
            tensors[name] = weight.numpy()
        return scalars | tensors

    def measure(self, batch: Batch) -> Tensors:
        found = self.model.test_on_batch(batch.x, batch.t, return_dict=True)
        answers = self.model(tf.constant(batch.x), training=False)
        return {"predict": answers.numpy()} | {f"evaluate/{name}": np.array(value) for name, value in found.items()}

    def seen(self, tensors: Tensors) -> Tensors:
        return tensors

    def _give_masks(self, batch: Batch) -> None:
        for name, layer in self._dropouts.items():
            layer.give(batch.masks[name])


def start(dtype: str) -> None:
    """Keras as in a new process, in that dtype, which the loss and the metrics follow, too."""
    keras.config.set_floatx(dtype)
    keras.utils.clear_session(free_memory=False)  # which also numbers layers from the start


def _retyped(config: Any, dtype: str) -> Any:
    """Keras's JSON for the same in another dtype."""
    if isinstance(config, dict):
        return {key: _retyped(value, dtype) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return [_retyped(value, dtype) for value in config]
    return dtype if config in ("float32", "float64") else config
