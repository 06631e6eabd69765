"""Images as points, coloured by class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scratchnet.errors import ShapeError
from scratchnet.plots.paper import INK, PAPER, QUIET, heading, new_figure, trim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from scratchnet.typing import Array

# Okabe and Ito's, with a grey for the yellow, which is lost on white; the ninth class has the first colour, another mark
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c8c8c")
MARKS = "os^DvPX*"
NAMED = len(COLORS) * len(MARKS)  # classes that have a look of their own, and a line in the legend
WRITTEN = 20  # classes whose numbers stand amid their points: more would cover each other
SIDE = 4.2  # inches


def embedding(panels: Mapping[str, Array], labels: Array, title: str = "") -> Figure:
    """Panels side by side, each with the same images as points; the numbers of a few classes stand amid them.

    panels: what it says above → (N, 2);  labels: (N,) class numbers. Raises ShapeError where these don't fit together.
    """
    labels = np.asarray(labels)
    if not panels or any(places.shape != (len(labels), 2) for places in panels.values()) or not len(labels):
        raise ShapeError(
            came=f"points of shapes {[places.shape for places in panels.values()]} and {len(labels)} labels",
            expected="(N, 2) and N labels",
            do="Hand in a point and a label for each image.",
        )
    figure, classes = new_figure(), np.unique(labels)
    for n, (says, places) in enumerate(panels.items()):
        axes = figure.add_axes((n * (SIDE + 0.3), 0, SIDE, SIDE), xticks=[], yticks=[], facecolor="none")
        axes.spines[:].set_color("#c8c8c8")
        for k in classes:
            x, y = places[labels == k].T
            axes.scatter(x, y, s=11, alpha=0.75, linewidths=0, label=str(k), **_look(int(k)))
        for k in classes if len(classes) <= WRITTEN else ():
            at = np.median(places[labels == k], axis=0)
            box: dict[str, Any] = {"boxstyle": "round,pad=0.15", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.8}
            axes.text(
                at[0], at[1], str(k), fontsize=12, fontweight="bold", color=INK, ha="center", va="center", bbox=box
            )
        axes.set_xlabel(says, fontsize=11, color=QUIET)
    if len(classes) <= NAMED:
        legend = axes.legend(
            loc="upper left", bbox_to_anchor=(1.02, 1), borderaxespad=0, frameon=False, title="label", fontsize=10.5,
            ncols=-(-len(classes) // 16), markerscale=2, handletextpad=0.2, columnspacing=0.8, labelcolor=INK,
        )  # fmt: skip
        for handle in filter(None, legend.legend_handles):
            handle.set_alpha(1)
    heading(figure.axes[0], title or "Images as the network sees them", f"{len(labels):,} images, each a point")
    trim(figure)
    return figure


def _look(k: int) -> dict[str, Any]:
    return {"color": COLORS[k % len(COLORS)], "marker": MARKS[k // len(COLORS) % len(MARKS)]}
