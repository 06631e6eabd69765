"""The kernels of a convolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scratchnet.errors import ShapeError
from scratchnet.plots.paper import INK, QUIET, heading, new_figure, note, trim
from scratchnet.plots.signed import color_bar, largest, signed_tile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from scratchnet.typing import Array

SEEN = 64  # filters of a first layer that are drawn
STRONGEST, HEARD = 8, 10  # of a deeper layer: filters, and the input maps of each
SIDE = 0.6  # of a tile, in inches


def filters(kernel: Array, name: str) -> Figure:
    """Of a layer on an image every filter, a tile a colour; of a deeper one the strongest, by the maps they weigh most.

    A filter's strength, and that of one of its maps, is the root of the sum of its squares.

    kernel: (KH, KW, C, F);  name: the layer's. Raises ShapeError for another shape.
    """
    kernel = np.asarray(kernel, float)
    if kernel.ndim != 4 or not kernel.size:
        raise ShapeError(
            came=f"a kernel of shape {kernel.shape}", expected="(KH, KW, C, F)", do="Hand in the kernel of a Conv2D."
        )
    return _first(kernel, name) if kernel.shape[2] <= 3 else _deeper(kernel, name)


def _first(kernel: Array, name: str) -> Figure:
    KH, KW, C, F = kernel.shape
    shown = sorted(_order(np.linalg.norm(kernel.reshape(-1, F), axis=0))[:SEEN])
    figure, limit, height = new_figure(), largest(kernel), SIDE * KH / KW
    columns = min(len(shown), 8 if C == 1 else 4)
    for n, f in enumerate(shown):
        row, column = divmod(n, columns)
        x, y = column * (C * SIDE + 0.2), -row * (height + 0.3)
        tiles = [signed_tile(figure, (x + c * SIDE, y, SIDE, height), kernel[:, :, c, f], limit) for c in range(C)]
        note(tiles[0], str(f), (0, 1), (0, 3), fontsize=9.5, color=QUIET)
    _bar(figure, limit)
    each = "" if C == 1 else f", each on its {C} channels"
    of = f"{F} filters" if len(shown) == F else f"the {len(shown)} strongest of {F} filters"
    heading(figure.axes[0], name, f"{of}, {KH} × {KW}{each}", above=16)
    trim(figure)
    return figure


def _deeper(kernel: Array, name: str) -> Figure:
    KH, KW, C, F = kernel.shape
    strength = np.linalg.norm(kernel, axis=(0, 1))  # (C, F)
    shown = _order(np.linalg.norm(strength, axis=0))[:STRONGEST]
    figure, limit, height = new_figure(), largest(kernel[..., shown]), SIDE * KH / KW
    for row, f in enumerate(shown):
        for column, c in enumerate(_order(strength[:, f])[:HEARD]):
            place = column * (SIDE + 0.12), -row * (height + 0.3), SIDE, height
            axes = signed_tile(figure, place, kernel[:, :, c, f], limit)
            axes.set_title(str(c), fontsize=9, color=QUIET, pad=2.5)
            if column == 0:
                axes.set_ylabel(f"filter {f}", fontsize=10, color=INK, rotation=0, ha="right", va="center", labelpad=6)
    _bar(figure, limit)
    maps = f"the {HEARD} of {C} input maps that it weighs most" if C > HEARD else f"its {C} input maps"
    which = f"the {len(shown)} strongest of {F} filters, {KH} × {KW}"
    heading(figure.axes[0], name, f"{which}, each by {maps}\nabove a tile: the number of its input map", above=16)
    trim(figure)
    return figure


def _order(strength: Array) -> list[int]:
    """The strongest first; of as strong ones, the first."""
    return [int(i) for i in np.argsort(-strength, kind="stable")]


def _bar(figure: Figure, limit: float) -> None:
    """Right of the first row of tiles, and as far down as there are tiles, but no longer than reads well."""
    right = max(axes.get_position(original=True).x1 for axes in figure.axes)
    top, bottom = figure.axes[0].get_position(original=True).y1, figure.axes[-1].get_position(original=True).y0
    length = min(max(top - bottom, 1.2), 2.4)
    color_bar(figure, (right + 0.25, top - length, 0.16, length), limit, "weight")
