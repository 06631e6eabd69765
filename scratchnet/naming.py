"""Names of layers and models that nobody named, as Keras gives them."""

import re
from collections import Counter

_given: Counter[str] = Counter()


def unique_name(class_name: str) -> str:
    """`conv2d`, then `conv2d_1`, `conv2d_2`, …: the class in snake case, counted over the life of the process.

    Source: keras/src/utils/naming.py, `auto_name`.
    """
    name = snake_case(class_name)
    number = _given[name]
    _given[name] += 1
    return f"{name}_{number}" if number else name


def snake_case(class_name: str) -> str:
    """`MaxPooling2D` → `max_pooling2d`. Source: keras/src/utils/naming.py, `to_snake_case`."""
    name = re.sub(r"\W+", "", class_name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
