"""What each layer answers to one image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scratchnet.plots.images import check_image_shape, picture
from scratchnet.plots.paper import INK, QUIET, bare_axes, heading, new_figure, note, trim
from scratchnet.plots.signed import color_bar, largest, signed_tile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scratchnet.typing import Array

MAPS = 16  # of a layer, in two rows
SIDE, GAP = 0.8, 0.08  # of a map, in inches
WIDTH = 8 * SIDE + 7 * GAP
CELLS, STRIPS = 64, 8  # units that one strip holds, and strips of a layer


def activation_maps(image: Array, answers: Sequence[tuple[str, Array]], title: str = "") -> Figure:
    """The image, then a row for each layer: its strongest maps, or all its units; blue above 0, orange below.

    image: (H, W), (H, W, 1) or (H, W, 3);  answers: the layers' names, and their y: (H, W, C) or (K,)
    A map's strength is the mean of its magnitudes; each layer has a scale of its own, at its right.
    """
    image = np.asarray(image)
    check_image_shape(image.shape)
    figure = new_figure()
    height = 1.2 * image.shape[0] / image.shape[1]
    axes = bare_axes(figure, (0, 0, 1.2, height))
    picture(axes, image)
    heading(axes, title or "What each layer answers", "each layer on a scale of its own; white is 0")
    y = 0.0
    for name, answer in answers:
        values, limit = np.asarray(answer, float), largest(answer)
        y -= 0.5
        row = _maps(figure, y, values, limit) if values.ndim == 3 else _units(figure, y, values.ravel(), limit)
        first, below, says = row
        shape = " × ".join(map(str, values.shape))
        above = 17 if values.ndim == 3 else 8  # a map has its number there
        note(first, f"{name}   {shape}{says}", (0, 1), (0, above), fontsize=11, color=INK)
        color_bar(figure, (WIDTH + 0.2, below, 0.13, max(y - below, 0.32)), limit, signed=bool((values < 0).any()))
        y = min(below, y - 0.32)
    trim(figure)
    return figure


def _maps(figure: Figure, top: float, y: Array, limit: float) -> tuple[Axes, float, str]:
    """Rows of eight from `top` down → the first one, where they end, and which they are"""
    H, W, C = y.shape
    strength = np.abs(y).mean(axis=(0, 1))
    shown = sorted(np.argsort(-strength, kind="stable")[:MAPS])
    height = SIDE * H / W
    top -= 0.15
    tiles = []
    for n, c in enumerate(shown):
        row, column = divmod(n, 8)
        bottom = top - height - row * (height + 0.22)
        tiles.append(signed_tile(figure, (column * (SIDE + GAP), bottom, SIDE, height), y[:, :, c], limit))
        tiles[-1].set_title(str(c), fontsize=9, color=QUIET, pad=2)
    return tiles[0], bottom, f", the {MAPS} strongest of {C} maps" if C > MAPS else ""


def _units(figure: Figure, top: float, y: Array, limit: float) -> tuple[Axes, float, str]:
    """Strips of cells, one for each unit, from `top` down → the first one, where they end, and which they are"""
    strips = []
    for row, start in enumerate(range(0, min(len(y), STRIPS * CELLS), CELLS)):
        part = y[start : start + CELLS]
        cell = min(WIDTH / min(len(y), CELLS), 0.5)
        bottom = top - 0.3 - row * 0.36
        strips.append(signed_tile(figure, (0, bottom, cell * len(part), 0.3), part[None], limit))
    if len(y) <= 32:
        strips[0].set_xticks(range(len(y)), [str(k) for k in range(len(y))], fontsize=9, color=QUIET)
        strips[0].tick_params(length=0, pad=2)
        bottom -= 0.15
    return strips[0], bottom, " units" + (f", the first {STRIPS * CELLS}" if len(y) > STRIPS * CELLS else "")
