"""What all fused steps share."""

from typing import Any

import numpy as np

from scratchnet.layers import Dropout, Layer, Run, Step
from scratchnet.layers.base import drawn
from scratchnet.typing import Array


class FusedStep(Step):
    """One step for several layers, of which the first lends its name. Its parameters are theirs themselves.

    covers: the layers it stands for, bottom up;  owners: those of them that have weights
    gated: whether backward uses dy only where the step's own answer isn't 0: ReLU's and dropout's gate
    """

    def __init__(self, *roles: Layer | None) -> None:
        self.covers = tuple(dict.fromkeys(layer for layer in roles if layer is not None))
        self.owners = tuple(layer for layer in self.covers if layer.weights)
        self.name, self.trainable = self.covers[0].name, any(owner.trainable for owner in self.owners)
        self.params = {name: w for owner in self.owners for name, w in owner.params.items()}
        self.state = {name: array for owner in self.owners for name, array in owner.state.items()}
        self.gated = True

    @classmethod
    def fits(cls, **_: Layer) -> bool:
        """Whether these layers, which a rule has found, are any the better for it."""
        return True

    def own(self, grads: dict[str, Array]) -> dict[str, Array]:
        """The gradients of the parameters that there are: a layer may have no bias."""
        return {name: grads[name] for name in self.params}

    @staticmethod
    def kept(dropout: Dropout | None, run: Run, dtype: np.dtype[Any]) -> tuple[Array | None, Any]:
        """What dropout keeps in this pass (None: all), and by what it multiplies that."""
        if dropout is None or not run.training or not dropout.rate:
            return None, dtype.type(1)
        return dropout.mask(drawn(dropout, run), run.kernels), dtype.type(1 / (1 - dropout.rate))


def owners(step: Step) -> tuple[Step, ...]:
    """Whose parameters a step has: its layers', or its own."""
    return step.owners if isinstance(step, FusedStep) else (step,)
