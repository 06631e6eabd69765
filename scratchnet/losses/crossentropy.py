"""What the cross-entropies share."""

from dataclasses import dataclass, replace
from typing import Self

from scratchnet.losses.base import Loss


@dataclass(frozen=True)
class Crossentropy(Loss):
    """A loss of probabilities or, from_logits, of the z that softmax or sigmoid makes them of.

    Keras marks the answer of either with its z, and every cross-entropy takes that, whichever of the two it was.
    """

    from_logits: bool = False

    logits_of = ("softmax", "sigmoid")

    def on_logits(self) -> Self:
        return replace(self, from_logits=True)
