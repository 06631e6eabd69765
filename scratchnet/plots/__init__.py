"""Every figure, drawn from arrays: no window, no pyplot, nothing shared between two figures; a kind of figure a file."""

from scratchnet.plots.confusion import confusion_matrix
from scratchnet.plots.curves import training_curves
from scratchnet.plots.images import digit, misclassified, samples
from scratchnet.plots.paper import BLUE, DARK_BLUE, DARK_VERMILION, DPI, INK, PALE, PAPER, QUIET, VERMILION, save

__all__ = [
    "BLUE", "DARK_BLUE", "DARK_VERMILION", "DPI", "INK", "PALE", "PAPER", "QUIET", "VERMILION", "confusion_matrix", "digit",
    "misclassified", "samples", "save", "training_curves",
]  # fmt: skip
