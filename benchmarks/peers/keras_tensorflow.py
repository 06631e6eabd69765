"""Keras on TensorFlow."""

import os
from collections.abc import Sequence
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf

from benchmarks.peers.base import Trainer
from scratchnet.typing import Array


class KerasTensorFlow(Trainer):
    def __init__(self, threads: int | None) -> None:
        super().__init__(threads)
        tf.config.set_visible_devices([], "GPU")
        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)

    def build(self, config: dict[str, Any], weights: Sequence[Array]) -> None:
        keras.backend.clear_session()  # lets go of the network before
        layers = [getattr(keras.layers, layer["class_name"]).from_config(layer["config"]) for layer in config["layers"]]
        self.model = keras.Sequential([keras.Input(tuple(config["input_shape"])), *layers])
        self.model.set_weights(weights)
        optimizer = keras.optimizers.Adadelta(learning_rate=1.0)
        self.model.compile(optimizer, loss="categorical_crossentropy", metrics=["accuracy"])

    def fit(self, x: Array, y: Array, batch_size: int) -> None:
        self.model.fit(x, y, batch_size=batch_size, epochs=1, verbose=0, shuffle=True)

    def predict(self, x: Array, batch_size: int) -> Array:
        answers: Array = self.model.predict(x, batch_size=batch_size, verbose=0)
        return answers

    def get_weights(self) -> list[Array]:
        weights: list[Array] = self.model.get_weights()
        return weights
