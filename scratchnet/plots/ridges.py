"""How the numbers of a layer are spread, epoch by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scratchnet.errors import ShapeError
from scratchnet.plots.paper import BLUE, DARK_BLUE, INK, PAPER, QUIET, heading, new_figure, note, trim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from scratchnet.typing import Array

COLUMNS = 4
BINS = 80  # fewer where there are few numbers
WIDTH, HEIGHT = 2.7, 0.26  # of a panel, and from one row to the next, in inches
OVERLAP = 2.2  # the height of a row, in rows


def weight_histograms(rows: Sequence[dict[str, Array]], epochs: Sequence[int] = ()) -> Figure:
    """Each layer's weights, a row an epoch, first at the top; the scale leaves out one weight in a thousand at either end.

    rows: for each epoch, an array by the layer's name;  epochs: their numbers, or none for a model as it is
    """
    return _ridges(rows, epochs, "Weights", "weight", log=False)


def gradient_histograms(rows: Sequence[dict[str, Array]], epochs: Sequence[int] = ()) -> Figure:
    """Each layer's gradients by their magnitude, in powers of ten; those that are 0 are counted in words.

    rows, epochs: as for `weight_histograms`
    """
    return _ridges(rows, epochs, "Gradients", "magnitude", log=True)


def _ridges(rows: Sequence[dict[str, Array]], epochs: Sequence[int], title: str, says: str, *, log: bool) -> Figure:
    names = list(rows[0]) if rows else []
    if not names or any(list(row) != names for row in rows) or len(epochs) not in (0, len(rows)):
        raise ShapeError(
            came=f"{len(rows)} rows of the layers {names} and {len(epochs)} epochs",
            expected="one row or more, each of the same layers, and a number for each",
            do="Hand in the arrays of every layer for every epoch.",
        )
    figure, high = new_figure(), HEIGHT * max(len(rows) - 1 + OVERLAP, 5)
    for n, name in enumerate(names):
        row, column = divmod(n, COLUMNS)
        place = column * (WIDTH + 0.45), -row * (high + 1.0), WIDTH, high
        axes = figure.add_axes(place, facecolor="none", yticks=[])
        arrays = [np.asarray(each[name], float).ravel() for each in rows]
        shown = [np.log10(np.abs(array[array != 0])) if log else array for array in arrays]
        edges = _edges(np.concatenate(shown), bins=int(np.clip(1.5 * arrays[0].size ** 0.5, 8, BINS)), log=log)
        step = OVERLAP if len(rows) > 1 else 4
        for r, values in enumerate(shown):
            counts = np.histogram(values, edges)[0]
            base, middles = -r, (edges[1:] + edges[:-1]) / 2
            top = base + step * counts / max(counts.max(), 1)
            axes.fill_between(middles, base, top, facecolor=BLUE, edgecolor=PAPER, linewidth=0.8, zorder=r)
        axes.set_ylim(-len(rows) + 0.9, max(step, 5 - len(rows) + 1))
        axes.set_xlim(edges[0], edges[-1])
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(colors=INK, labelsize=9.5, length=3)
        axes.locator_params(axis="x", nbins=5, integer=log)
        if log:
            axes.xaxis.set_major_formatter(lambda power, _: f"$10^{{{power:.0f}}}$")
        else:
            axes.axvline(0, color=QUIET, linewidth=0.6, linestyle=":", zorder=-1)
        if column == 0 and len(epochs):
            axes.set_yticks([-r for r in range(len(rows))], [str(epoch) for epoch in epochs])
            axes.tick_params(axis="y", length=0)
            axes.set_ylabel("epoch", fontsize=10.5, color=INK)
        axes.set_xlabel(says, fontsize=10, color=INK)
        zero = sum(int((array == 0).sum()) for array in arrays) / sum(array.size for array in arrays)
        count = f"{arrays[0].size:,} weights" + (f", {zero:.0%} of gradients 0" if log and zero else "")
        note(axes, name, (0, 1), (0, 17), fontsize=11, color=DARK_BLUE, fontweight="bold")
        note(axes, count, (0, 1), (0, 5), fontsize=9.5, color=QUIET)
    heading(
        figure.axes[0], title, "each row as high as its highest" if len(rows) > 1 else "the model as it is", above=32
    )
    trim(figure)
    return figure


def _edges(values: Array, *, bins: int, log: bool) -> Array:
    """The bins that all rows share: about 0 for signed numbers, and in whole powers of ten for magnitudes."""
    if log:
        low, high = np.quantile(values, [0.005, 1]) if len(values) else (-1, 0)
        return np.linspace(np.floor(low), np.ceil(high) + (np.ceil(high) == np.floor(low)), bins + 1)
    limit = np.quantile(np.abs(values), 0.999) or 1
    return np.linspace(-limit, limit, bins + 1)
