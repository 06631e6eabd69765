"""What all fused steps share."""

from typing import Any

import numpy as np

from scratchnet.layers import Dropout, Layer, Run, Step
from scratchnet.layers.base import drawn
from scratchnet.regularizers import Regularizer
from scratchnet.typing import Array


class FusedStep(Step):
    """One step for several layers, of which the first lends its name and its parameters themselves.

    covers: the layers it stands for, bottom up
    gated: whether backward uses dy only where the step's own answer isn't 0: ReLU's and dropout's gate
    """

    def __init__(self, *roles: Layer | None) -> None:
        self.covers = tuple(dict.fromkeys(layer for layer in roles if layer is not None))
        self.owner = self.covers[0]
        self.name, self.trainable = self.owner.name, self.owner.trainable
        self.params, self.state = self.owner.params, self.owner.state
        self.gated = True

    @property
    def regularizers(self) -> dict[str, Regularizer]:
        return self.owner.regularizers

    def own(self, grads: dict[str, Array]) -> dict[str, Array]:
        """The gradients of the parameters that there are: a layer may have no bias."""
        return {name: grads[name] for name in self.params}

    @staticmethod
    def kept(dropout: Dropout | None, run: Run, dtype: np.dtype[Any]) -> tuple[Array | None, Any]:
        """What dropout keeps in this pass (None: all), and by what it multiplies that."""
        if dropout is None or not run.training or not dropout.rate:
            return None, dtype.type(1)
        return dropout.mask(drawn(dropout, run), run.kernels), dtype.type(1 / (1 - dropout.rate))
