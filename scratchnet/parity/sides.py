"""What parity asks of a library, and what it hands to it: one model on each side, made to do the same."""

from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from scratchnet.typing import Array, Shape

Tensors: TypeAlias = dict[str, Array]  # by name, in the order in which they come about


@dataclass(frozen=True)
class Batch:
    """What one update is made on.

    x: (N, …);  t: what is true of it, N rows
    sample_weight: (N,), or None where all count the same
    masks: for each dropout layer by name, its mask of this step: True where a number is kept
    size: of the batches that the data is cut into; N is smaller in the last, partial one. 0: N
    """

    x: Array
    t: Array
    sample_weight: Array | None = None
    masks: Tensors = field(default_factory=dict)
    size: int = 0


class Side(Protocol):
    """A model in one library, with its optimizer. Names are Keras's, made of layer and what belongs to it:

    conv2d/kernel           a weight
    conv2d/y, dense_1/z     what a layer gives; z where the last one's softmax or sigmoid still follows
    dense_1/dz, conv2d/dx   the loss's gradient by z, and by what a layer took, which is what the layer below gave
    conv2d/dkernel          its gradient by a weight, what regularizers add included
    conv2d/kernel/…         the optimizer's, of a weight
    """

    @property
    def version(self) -> str:
        """Of the library."""

    def layers(self) -> dict[str, tuple[Shape, int]]:
        """Each layer's output shape, of one sample, and how many numbers its weights are."""

    def weights(self) -> Tensors:
        """Copies of all weights, bottom up."""

    def carry(self, weights: Tensors) -> None:
        """Take over these weights; the optimizer starts anew."""

    def trace(self, batch: Batch, *, training: bool = True) -> Tensors:
        """Forward and backward as in the next step, but without it: every y, each sample's loss, every gradient.

        training: if False, nothing is dropped, and what normalizes goes by its moving statistics
        """

    def step(self, batch: Batch) -> float:
        """One update, by the library's own training → the batch's loss before it."""

    def state(self) -> Tensors:
        """The optimizer's variables, of each weight followed by the weight itself."""

    def measure(self, batch: Batch) -> Tensors:
        """Out of training: the answers to x, the mean loss and the mean of each metric."""

    def seen(self, tensors: Tensors) -> Tensors:
        """Of another side's tensors what this one keeps of its own: all, or of large ones a digest."""
