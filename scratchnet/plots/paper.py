"""What every figure is drawn on: colours, axes in inches, headings, and the file it becomes.

Colours are Okabe and Ito's ("Color Universal Design", 2008), which colour-blind readers tell apart: blue is what is right
or was trained on, vermilion what is wrong or was held out. No colour says anything that a word or a mark doesn't say too.
Positions are in inches: axes have the size that their numbers need, and the figure is then cut to what it holds.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scratchnet import durable
from scratchnet.errors import ScratchnetError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scratchnet.typing import Array

INK, QUIET, PALE, PAPER = "#1a1a1a", "#636363", "#f3f3f3", "#ffffff"
BLUE, VERMILION = "#0072b2", "#d55e00"
DARK_BLUE, DARK_VERMILION = "#004c80", "#a84300"  # the same as text, or as the ground of white text
DPI = 150


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write the figure as PNG, whole or not at all; the same arrays give the same bytes.

    Raises ScratchnetError where the path doesn't end in .png, or can't be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ScratchnetError(
            came=f"'{path}' as a figure's path", expected="one that ends in .png", do="Give the file that ending."
        )
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=DPI, facecolor=PAPER, metadata={"Software": None})  # it would tell a version
    try:
        durable.write(path, png.getvalue())
    except OSError as error:
        raise ScratchnetError(
            came=f"'{path}', which can't be written ({error.strerror})",
            expected="a path in an existing folder that this user may write to",
            do="Make the folder, or choose another one.",
        ) from error


def new_figure() -> Figure:
    """An empty figure of one square inch, so that a fraction of it is an inch; the one place that loads matplotlib."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1, 1), dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    return figure


def trim(figure: Figure, margin: float = 0.15) -> None:
    """Give the figure the size of what it holds, and a margin around it, in inches: nothing is cut."""
    box = figure.get_tightbbox()
    width, height = box.width + 2 * margin, box.height + 2 * margin
    for axes in figure.axes:
        x, y, w, h = axes.get_position(original=True).bounds
        axes.set_position(((x - box.x0 + margin) / width, (y - box.y0 + margin) / height, w / width, h / height))
    figure.set_size_inches(width, height)


def bare_axes(figure: Figure, position: tuple[float, float, float, float]) -> Axes:
    axes = figure.add_axes(position, facecolor="none", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return axes


def plain(axes: Axes) -> None:
    """Two sides of the frame, and quiet ticks."""
    axes.tick_params(colors=INK, labelsize=10, length=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_color(QUIET)


def heading(axes: Axes, title: str, subtitle: str, *, above: float = 0) -> None:
    """A title over the axes' left edge, and below it a line or more; above: room left for something between, in points."""
    lines = 1 + subtitle.count("\n")
    note(axes, title, (0, 1), (0, above + 27 + 15 * (lines - 1)), fontsize=14, fontweight="bold", color=INK)
    note(axes, subtitle, (0, 1), (0, above + 10), fontsize=10.5, color=QUIET)


def note(axes: Axes, text: str, at: tuple[float, float], offset: tuple[float, float], **style: Any) -> None:
    """Text so many points from a place that is given as fractions of the axes, unless `xycoords` says otherwise."""
    axes.annotate(text, at, xytext=offset, textcoords="offset points", **{"xycoords": "axes fraction", **style})


def rgb(color: str) -> Array:
    return np.array(list(bytes.fromhex(color[1:]))) / 255


def ink_on(background: Array) -> str:
    """Black or white, whichever contrasts more: at least 4.58 to 1 by WCAG 2's formula, whatever the background."""
    linear = np.where(background <= 0.04045, background / 12.92, ((background + 0.055) / 1.055) ** 2.4)
    return "white" if linear @ [0.2126, 0.7152, 0.0722] < 0.179 else "black"
