"""Keras's side of parity, on TensorFlow. Importing this imports both."""

from collections.abc import Callable
from typing import Any

import numpy as np

from reference import quiet
from reference.sides import Batch, Tensors
from scratchnet.typing import Shape

with quiet():
    import keras
    import tensorflow as tf


class GivenDropout(keras.layers.Dropout):  # type: ignore[misc]  # Keras has no types
    """Keras's dropout, but for where the mask comes from: x / (1 − rate) where it is kept, else 0.

    The formula is that of tensorflow/python/ops/nn_ops.py, `_dropout`, which Keras's layer calls; it draws the mask itself.
    """

    def __init__(self, rate: float, *, name: str, dtype: str) -> None:
        super().__init__(rate, name=name, dtype=dtype)
        self.mask = tf.Variable(True, trainable=False, shape=tf.TensorShape(None))

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        scale = tf.constant(1 / (1 - self.rate), inputs.dtype)
        return tf.where(tf.reshape(self.mask, tf.shape(inputs)), inputs * scale, tf.zeros_like(inputs))


class KerasSide:
    """A Sequential model that `define` makes, its dropout layers replaced by those whose masks are given."""

    version = f"Keras {keras.__version__} on TensorFlow {tf.__version__}"

    def __init__(self, define: Callable[[Any], Any], *, dtype: str, seed: int) -> None:
        keras.config.set_floatx(dtype)  # which the loss and the metrics follow, too
        keras.utils.clear_session(free_memory=False)  # which also numbers layers from the start
        keras.utils.set_random_seed(seed)
        model = define(keras)
        self.dropouts = {
            layer.name: GivenDropout(layer.rate, name=layer.name, dtype=dtype)
            for layer in model.layers
            if isinstance(layer, keras.layers.Dropout)
        }
        layers = [self.dropouts.get(layer.name, layer) for layer in model.layers]
        self.model = keras.Sequential([keras.Input(model.input_shape[1:]), *layers])
        self.model.compile(optimizer=model.optimizer, loss=model.loss)

    def layers(self) -> dict[str, tuple[Shape, int]]:
        return {layer.name: (layer.output.shape[1:], layer.count_params()) for layer in self.model.layers}

    def _variables(self) -> dict[str, Any]:
        return {f"{layer.name}/{weight.name}": weight for layer in self.model.layers for weight in layer.weights}

    def weights(self) -> Tensors:
        return {name: weight.numpy() for name, weight in self._variables().items()}

    def carry(self, weights: Tensors) -> None:
        for name, weight in self._variables().items():
            weight.assign(weights[name])
        for variable in self.model.optimizer.variables:
            if variable.name != "learning_rate":
                variable.assign(np.zeros(variable.shape))

    def trace(self, batch: Batch) -> Tensors:
        self._give_masks(batch)
        x, t = tf.constant(batch.x), tf.constant(batch.t)
        given: dict[str, Any] = {}  # by layer, what it took
        tensors: dict[str, Any] = {}
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x
            for layer in self.model.layers:
                given[layer.name] = y
                y = layer(y, training=True)
                tensors[f"{layer.name}/y"] = y
            # Where softmax is last, the loss works on what softmax was given, which Keras pins to its result.
            z = getattr(y, "_keras_logits", None)
            last = self.model.layers[-1].name
            if z is not None:
                del tensors[f"{last}/y"]
                tensors |= {f"{last}/z": z, f"{last}/y": y}
            tensors["loss"] = loss = keras.losses.get(self.model.loss)(t, y)
            mean = tf.reduce_mean(loss)
        sources = {f"{last}/dy" if z is None else f"{last}/dz": y if z is None else z}
        for layer in reversed(self.model.layers):
            sources |= {f"{layer.name}/d{weight.name}": weight.value for weight in layer.trainable_weights}
            sources[f"{layer.name}/dx"] = given[layer.name]
        tensors |= tape.gradient(mean, sources)
        return {name: tensor.numpy() for name, tensor in tensors.items()}

    def step(self, batch: Batch) -> float:
        self._give_masks(batch)
        return float(self.model.train_on_batch(batch.x, batch.t, return_dict=True)["loss"])

    def state(self) -> Tensors:
        scalars = {v.name: v.numpy() for v in self.model.optimizer.variables if len(v.shape) == 0}
        tensors: Tensors = {}
        for name, weight in self._variables().items():
            own = weight.path.replace("/", "_") + "_"  # sequential_conv2d_kernel_accumulated_grad
            slots = {v.name.removeprefix(own): v for v in self.model.optimizer.variables if v.name.startswith(own)}
            tensors |= {f"{name}/{slot}": variable.numpy() for slot, variable in slots.items()}
            tensors[name] = weight.numpy()
        return scalars | tensors

    def _give_masks(self, batch: Batch) -> None:
        for name, layer in self.dropouts.items():
            layer.mask.assign(batch.masks[name])
