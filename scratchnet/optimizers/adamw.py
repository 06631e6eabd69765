"""AdamW."""

from dataclasses import dataclass
from typing import final

from scratchnet.errors import ScratchnetError
from scratchnet.optimizers.adam import Adam
from scratchnet.optimizers.schedules import Schedule


@final
@dataclass(eq=False)
class AdamW(Adam):
    """Adam with weight decay: the weights shrink by themselves, not through a gradient that Adam would rescale.

    Adam(weight_decay=0.004) is the same.
    Source: Loshchilov, Hutter, “Decoupled weight decay regularization”, 2017; keras/src/optimizers/adamw.py.
    """

    learning_rate: float | Schedule = 0.001
    weight_decay: float | None = 0.004

    def __post_init__(self) -> None:
        if self.weight_decay is None:
            raise ScratchnetError(came="weight_decay=None", expected="a number", do="Adam has none.")
        super().__post_init__()
