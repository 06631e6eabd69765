"""Keras, and only here: the notebook's program and the parity check. Not distributed.

python -m reference.notebook    the same program in either library
python -m reference.parity      both libraries side by side, tensor by tensor
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # read when Keras is imported
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is imported


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing on stderr within: TensorFlow greets there, from C++, before it has read how much it is to say."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123  # os.devnull is a name, not a path
        kept = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
