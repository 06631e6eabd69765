"""Writes, as Keras 2, a trained model for each of its optimizers, and what was in it: python keras_2.py FOLDER.

tf-keras is Keras 2 as it lives on. Its `legacy` optimizers are those of the years before 2.11. A program of its own,
because two Keras in one process would share TensorFlow's settings.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import tf_keras as keras

_NEW, _OLD = keras.optimizers, keras.optimizers.legacy
OPTIMIZERS = {
    "sgd": _NEW.SGD(0.1),
    "momentum": _NEW.SGD(0.1, momentum=0.9, nesterov=True),
    "adam": _NEW.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)),
    "amsgrad": _NEW.Adam(amsgrad=True),
    "adamw": _NEW.AdamW(),
    "rmsprop": _NEW.RMSprop(momentum=0.5, centered=True),
    "adagrad": _NEW.Adagrad(),
    "adadelta": _NEW.Adadelta(),
    "old_sgd": _OLD.SGD(0.1),
    "old_momentum": _OLD.SGD(0.1, momentum=0.9),
    "old_adam": _OLD.Adam(),
    "old_amsgrad": _OLD.Adam(amsgrad=True),
    "old_rmsprop": _OLD.RMSprop(momentum=0.5, centered=True),
    "old_adagrad": _OLD.Adagrad(),
    "old_adadelta": _OLD.Adadelta(),
}
# Keras 3's names
SLOTS = {
    "m": "momentum", "v": "velocity", "vhat": "velocity_hat", "rms": "velocity", "mg": "average_gradient",
    "accum_grad": "accumulated_grad", "accum_var": "accumulated_delta_var",
}  # fmt: skip


def made() -> Any:
    keras.backend.clear_session()
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Conv2D(2, (3, 2), padding="same", kernel_regularizer="l2", input_shape=(6, 6, 1)),
            layers.BatchNormalization(),
            layers.LeakyReLU(alpha=0.2),
            layers.DepthwiseConv2D(2, depth_multiplier=2, activation="relu"),
            layers.SpatialDropout2D(0.1),
            layers.MaxPooling2D(),
            layers.ReLU(6.0),
            layers.Flatten(),
            layers.Dense(4, trainable=False, kernel_initializer=keras.initializers.HeNormal(seed=3)),
            layers.Activation("tanh"),
            layers.Dropout(0.2),
            layers.Dense(3, activation="softmax"),
        ]
    )


def write(name: str, optimizer: Any, folder: Path) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.random((8, 6, 6, 1)), np.eye(3)[np.arange(8) % 3]
    model = made()
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1) if name == "adam" else "categorical_crossentropy"
    model.compile(optimizer, loss, metrics=["accuracy"], run_eagerly=True)
    for _ in range(2):
        model.train_on_batch(x, y)
    model.save(folder / f"{name}.h5", save_format="h5")
    if not name.startswith("old_"):  # whose state a .keras doesn't have
        model.save(folder / f"{name}.keras")
    model.save_weights(folder / f"{name}.weights-alone.h5")
    state = {}
    variables = optimizer.variables if isinstance(optimizer, keras.optimizers.Optimizer) else optimizer.variables()
    for variable in variables:
        parts = variable.name.partition(":")[0].replace("depthwise_kernel", "kernel").split("/")[1:]
        # The new ones have the slot before the variable, the old ones after it; the new plain SGD keeps a useless one.
        if len(parts) == 3 and name != "sgd":
            *path, slot = parts if name.startswith("old_") else (*parts[1:], parts[0])
            state["/".join((*path, SLOTS.get(slot, slot)))] = variable.numpy()
    weights = {f"weight {number:02}": array for number, array in enumerate(model.get_weights())}
    np.savez(folder / f"{name}.npz", x=x, answers=np.asarray(model(x)), **weights, **state)


if __name__ == "__main__":
    for name, optimizer in OPTIMIZERS.items():
        write(name, optimizer, Path(sys.argv[1]))
