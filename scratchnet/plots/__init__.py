"""Every figure, drawn from arrays: no window, no pyplot, nothing shared between two figures; a kind of figure a file."""

from scratchnet.plots.calibration import calibration
from scratchnet.plots.class_scores import class_scores
from scratchnet.plots.confused import confused_pairs
from scratchnet.plots.confusion import confusion_matrix
from scratchnet.plots.curves import training_curves
from scratchnet.plots.embedding import embedding
from scratchnet.plots.filters import filters
from scratchnet.plots.images import digit, misclassified, samples
from scratchnet.plots.layers import activation_maps
from scratchnet.plots.paper import BLUE, DARK_BLUE, DARK_VERMILION, DPI, INK, PALE, PAPER, QUIET, VERMILION, save
from scratchnet.plots.ridges import gradient_histograms, weight_histograms
from scratchnet.plots.saliency import saliency

__all__ = [
    "BLUE", "DARK_BLUE", "DARK_VERMILION", "DPI", "INK", "PALE", "PAPER", "QUIET", "VERMILION", "activation_maps",
    "calibration", "class_scores", "confused_pairs", "confusion_matrix", "digit", "embedding", "filters",
    "gradient_histograms", "misclassified", "saliency", "samples", "save", "training_curves", "weight_histograms",
]  # fmt: skip
