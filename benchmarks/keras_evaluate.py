# ruff: noqa: T201
"""What `scratchnet evaluate MODEL` does, by Keras on TensorFlow: `python -m benchmarks.keras_evaluate MODEL`."""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from benchmarks import images

if __name__ == "__main__":
    model = keras.models.load_model(sys.argv[1], compile=False)
    model.compile(loss="categorical_crossentropy", metrics=["accuracy"])
    loss, accuracy = model.evaluate(*images.load("test"), verbose=0)
    print(f"Test loss: {loss:.6g}\nTest accuracy: {accuracy:.4f}")
