"""What is reported beside the loss: one number a sample, by Keras's names."""

from scratchnet.errors import ScratchnetError
from scratchnet.typing import Array


def accuracy(t: Array, y: Array) -> Array:
    """1 where the largest of y is where the largest of t is, else 0;  t, y: (N, K) → (N,)"""
    return t.argmax(axis=-1) == y.argmax(axis=-1)


METRICS = {"accuracy": accuracy}


def check(name: str) -> str:
    """The name of a known metric; "acc" is Keras's other name for "accuracy"."""
    name = "accuracy" if name == "acc" else name
    if name not in METRICS:
        raise ScratchnetError(
            came=f"metric {name!r}", expected=f"one of {', '.join(METRICS)}", do="Choose one of these names."
        )
    return name
