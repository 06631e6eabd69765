"""How good the answers are, class by class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scratchnet.errors import ShapeError
from scratchnet.plots.paper import BLUE, INK, QUIET, VERMILION, heading, new_figure, note, plain, trim

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from scratchnet.typing import Array


def class_scores(precision: Array, recall: Array, counts: Array) -> Figure:
    """A row a class: of the answers that say it, how many are right; of its images, how many are found.

    precision, recall: (K,), NaN where there is none;  counts: (K,) images of each class
    """
    precision, recall, counts = np.asarray(precision), np.asarray(recall), np.asarray(counts)
    K = len(counts)
    if not precision.shape == recall.shape == counts.shape == (K,) or not K:
        raise ShapeError(
            came=f"precision {precision.shape}, recall {recall.shape} and counts {counts.shape}",
            expected="(K,) of each",
            do="Hand in a number for each class.",
        )
    figure, y, high = new_figure(), np.arange(K), max(0.28 * K, 1.0)
    axes = figure.add_axes((0, 0, 4.6, high), facecolor="none")
    axes.hlines(y, np.fmin(precision, recall), np.fmax(precision, recall), color="#c8c8c8", linewidth=2.5, zorder=1)
    axes.plot(precision, y, "o", color=BLUE, markersize=7.5, label="precision", clip_on=False)
    axes.plot(recall, y, "D", color=VERMILION, markersize=5, label="recall", clip_on=False)
    axes.set_yticks(y, [str(k) for k in range(K)])
    axes.set_ylim(K - 0.4, -0.6)
    known = [*precision[np.isfinite(precision)], *recall[np.isfinite(recall)], 1]
    axes.set_xlim(max(0, 1 - 1.15 * (1 - min(known))) if min(known) < 1 else 0.9, 1)
    axes.xaxis.set_major_formatter("{x:.4g}")
    axes.locator_params(axis="x", nbins=6)
    axes.grid(axis="x", color="#dddddd", linewidth=0.8)
    axes.set_ylabel("class", fontsize=11, color=INK)
    for k, count in enumerate(counts):
        at: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "va": "center"}
        note(axes, f"{count:,}", (1, k), (12, 0), fontsize=9.5, color=QUIET, **at)
    note(axes, "images", (1, 1), (12, 5), fontsize=9.5, color=QUIET)
    plain(axes)
    below: dict[str, Any] = {
        "loc": "upper left",
        "bbox_to_anchor": (0, -0.28 / high),
        "ncols": 2,
        "frameon": False,
        "borderaxespad": 0,
    }
    axes.legend(**below, fontsize=10.5, labelcolor=INK, handletextpad=0.2)
    heading(
        axes, "Precision and recall", "right among the answers, and found among the images, of each class", above=20
    )
    trim(figure)
    return figure
