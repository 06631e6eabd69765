"""Keras on any of its backends."""

import os
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from benchmarks.peers.base import Trainer
from scratchnet.typing import Array


class Keras(Trainer):
    """backend: "tensorflow", "torch" or "jax"; there is one in a process, as Keras reads its name when it is imported"""

    def __init__(self, threads: int | None, backend: str) -> None:
        super().__init__(threads)
        if threads:
            LIMIT[backend](threads)
        os.environ["KERAS_BACKEND"] = backend
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        self.keras = import_module("keras")

    def build(self, config: dict[str, Any], weights: Sequence[Array]) -> None:
        keras = self.keras
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

    def set_weights(self, weights: Sequence[Array]) -> None:
        self.model.set_weights(weights)


def _tensorflow(threads: int) -> None:
    threading = import_module("tensorflow").config.threading
    threading.set_intra_op_parallelism_threads(threads)
    threading.set_inter_op_parallelism_threads(threads)


def _torch(threads: int) -> None:
    import_module("torch").set_num_threads(threads)


def _jax(threads: int) -> None:
    """JAX has as many threads as the process has cores, and no setting of its own."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


LIMIT = {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax}
