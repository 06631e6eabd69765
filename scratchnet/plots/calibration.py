"""Whether the answers are right as often as they are sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scratchnet.errors import ShapeError
from scratchnet.plots.paper import BLUE, INK, PAPER, QUIET, VERMILION, heading, new_figure, note, plain, trim

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from scratchnet.typing import Array
FEW = 30  # answers: of fewer, the share that is right is little more than chance


def calibration(confidence: Array, accuracy: Array, counts: Array, error: float) -> Figure:
    """Above: of the answers in each bin of confidence, how many are right. Below: how many answers there are, by powers of 10.

    confidence, accuracy: (B,) means of each bin from 0 to 1, NaN where it is empty;  counts: (B,)
    error: the expected calibration error
    """
    confidence, accuracy, counts = np.asarray(confidence), np.asarray(accuracy), np.asarray(counts)
    if not confidence.shape == accuracy.shape == counts.shape or counts.ndim != 1 or not counts.sum():
        raise ShapeError(
            came=f"bins of shapes {confidence.shape}, {accuracy.shape} and {counts.shape}, {counts.sum()} answers",
            expected="(B,) of each, and at least one answer",
            do="Hand in the means and counts of the same bins.",
        )
    figure, B = new_figure(), len(counts)
    upper = figure.add_axes((0, 0, 4.2, 3.6), facecolor="none")
    upper.plot([0, 1], [0, 1], "--", color=QUIET, linewidth=1)
    filled = counts > 0
    upper.vlines(confidence[filled], confidence[filled], accuracy[filled], color=VERMILION, linewidth=5, alpha=0.45)
    for many, face in (counts >= FEW, BLUE), (filled & (counts < FEW), PAPER):
        upper.plot(confidence[many], accuracy[many], "o", color=BLUE, markerfacecolor=face, markersize=7, clip_on=False)
    upper.set_ylabel("share that is right", fontsize=11, color=INK)
    upper.set_ylim(0, 1)
    note(upper, "as sure as right", (0.02, 0.02), (10, 22), fontsize=9.5, color=QUIET, rotation=40.6)
    lower = figure.add_axes((0, -1.75, 4.2, 1.35), facecolor="none")
    middles = (np.arange(B) + 0.5) / B
    lower.bar(middles, counts, width=0.9 / B, color=BLUE)
    lower.set_yscale("log")
    lower.set_ylim(0.5, counts.max() * 6)
    lower.minorticks_off()
    for x, count in zip(middles[filled], counts[filled], strict=True):
        lower.text(x, count * 1.2, f"{count:,}", ha="center", va="bottom", fontsize=9, color=INK)
    lower.set_ylabel("answers", fontsize=11, color=INK)
    lower.set_xlabel("probability of the answer", fontsize=11, color=INK)
    for axes in upper, lower:
        axes.set_xlim(0, 1)
        plain(axes)
    heading(
        upper,
        f"Calibration error {error:.2%}",
        f"how many are right, by how sure they are\norange: the gap; rings: fewer than {FEW} answers",
    )
    trim(figure)
    return figure
