"""The few types that every room uses."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]  # its dtype and shape are told by the docstring that takes it
Shape: TypeAlias = tuple[int, ...]  # of one sample: without N
DType: TypeAlias = np.dtype[Any]
Rng: TypeAlias = np.random.Generator | None  # None: nothing is drawn, and what would be takes no memory
Short: TypeAlias = Any  # an option that may be written short: one number for a pair, a name for an object
