"""Numbers of either sign as colours: blue above 0, orange below, and 0 always the paper's white."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scratchnet.plots.paper import BLUE, DARK_BLUE, DARK_VERMILION, INK, PAPER, QUIET, VERMILION, bare_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    from scratchnet.typing import Array

Place = tuple[float, float, float, float]  # left, bottom, width, height in inches


def signed_tile(figure: Figure, place: Place, values: Array, limit: float) -> Axes:
    """values: (H, W), drawn from −limit to limit, in a fine frame: a tile of zeros is seen as one."""
    axes = bare_axes(figure, place)
    axes.imshow(values, cmap=_colors(), vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
    axes.spines[:].set(visible=True, color="#c8c8c8", linewidth=0.5)
    return axes


def color_bar(figure: Figure, place: Place, limit: float, says: str = "", *, signed: bool = True) -> Axes:
    """The scale from −limit, or from 0, to limit, upright, and what is measured on it."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    axes = figure.add_axes(place)
    bar = figure.colorbar(ScalarMappable(Normalize(-limit, limit), _colors()), cax=axes)
    ticks = {-limit: f"−{limit:.3g}"} if signed else {}
    ticks |= {0: "0", limit: f"{limit:.3g}"}
    bar.set_ticks(list(ticks), labels=list(ticks.values()))
    axes.set_ylim(-limit if signed else 0, limit)
    bar.ax.tick_params(labelsize=9.5, length=2, colors=INK)
    bar.outline.set(edgecolor=QUIET, linewidth=0.5)
    if says:
        axes.set_ylabel(says, fontsize=10, color=INK)
    return axes


def largest(values: Array) -> float:
    """The largest magnitude: the limit of a scale; 1 where all is 0."""
    return float(np.abs(values).max(initial=0)) or 1.0


def _colors() -> LinearSegmentedColormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", [DARK_VERMILION, VERMILION, PAPER, BLUE, DARK_BLUE])
