"""How often each class was taken for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scratchnet.errors import ShapeError
from scratchnet.plots.paper import DARK_BLUE, INK, PALE, PAPER, QUIET, VERMILION, heading, ink_on, new_figure, rgb, trim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scratchnet.typing import Array


NUMBERED = 64  # classes: beyond, a confusion matrix has colours only, or it would fill a wall and all memory


def confusion_matrix(matrix: Array, *, normalize: bool = False, classes: Sequence[str] | None = None) -> Figure:
    """How often each class was taken for each: right answers blue, mistakes orange.

    Mistakes have a scale of their own, for beside a thousand right answers a common one would leave them white.

    matrix: (K, K) counts, rows observed, columns predicted. normalize: per cent of each row; a class never observed has
    none, and gets dashes. classes: the K names, otherwise 0 … K−1.
    Raises ShapeError where the matrix isn't square, counts nothing, or has another number of names.
    """
    matrix = np.asarray(matrix)
    K = len(matrix) if matrix.ndim else 0
    names = [str(name) for name in (range(K) if classes is None else classes)]
    if matrix.shape != (K, K) or len(names) != K or not (matrix >= 0).all() or matrix.sum() == 0:
        raise ShapeError(
            came=f"a confusion matrix of shape {matrix.shape} with the sum {matrix.sum()}, and {len(names)} names",
            expected="counts of shape (K, K), none negative and not all 0, and K names",
            do="Count with sklearn.metrics.confusion_matrix, over at least one sample.",
        )
    observed = matrix.sum(axis=1, keepdims=True)
    values = np.divide(matrix, observed, out=np.full((K, K), np.nan), where=observed > 0) if normalize else matrix
    texts = [_percent(value) if normalize else f"{value:.0f}" for value in values.flat]
    longest = max(4, *map(len, texts))
    numbered = K <= NUMBERED
    cell = max(0.58 if K <= 16 else 0.46, 0.115 * longest, 4.2 / K) if numbered else 24 / K  # inches
    figure = new_figure()
    axes = figure.add_axes((0, 0, K * cell, K * cell))
    colors = _cell_colors(np.nan_to_num(values), 1 if normalize else matrix.diagonal().max())
    axes.imshow(colors)
    fontsize = min(18, 1.15 * 72 * cell / longest)  # a digit is 0.64 wide: a number fills at most 3/4 of its cell
    for (i, j), text in zip(np.ndindex(K, K), texts, strict=True) if numbered else ():
        ink = QUIET if matrix[i, j] == 0 else ink_on(colors[i, j])
        axes.text(j, i, text, ha="center", va="center_baseline", fontsize=fontsize, color=ink)
    _name_cells(axes, names, cell)
    total, right = int(matrix.sum()), int(matrix.trace())
    counts = f"{right:,} of {total:,} right (blue), {total - right:,} mistaken (orange)"
    shares = "per cent of each row: right in blue, mistaken in orange"
    heading(axes, f"Accuracy {right / total:.2%}", shares if normalize else counts)
    trim(figure)
    return figure


def _percent(fraction: float) -> str:
    """Never 0 for what happened, nor 100 for what didn't always."""
    if np.isnan(fraction):
        return "–"
    if fraction in (0, 1):
        return f"{100 * fraction:.0f}"
    return "<0.1" if fraction < 0.0005 else ">99.9" if fraction >= 0.9995 else f"{100 * fraction:.1f}"


def _cell_colors(values: Array, full: float) -> Array:
    """(K, K) → (K, K, 3): from a tint to the whole hue, which right answers have at `full`, mistakes at their largest."""
    right = np.eye(len(values), dtype=bool)
    largest = np.where(right, full, values[~right].max(initial=0))
    depth = np.divide(values, largest, out=np.zeros(values.shape), where=values > 0)[..., None]
    hue = np.where(right[..., None], rgb(DARK_BLUE), rgb(VERMILION))
    return np.where(depth > 0, 1 + (0.15 + 0.85 * depth) * (hue - 1), rgb(PALE))


def _name_cells(axes: Axes, names: Sequence[str], cell: float) -> None:
    shown = range(0, len(names), max(1, round(0.25 / cell)))  # room for a name, or only each so many get theirs
    axes.set_xticks(shown, names[shown.start :: shown.step], parse_math=False)
    axes.set_yticks(shown, names[shown.start :: shown.step], parse_math=False)
    if max(map(len, names)) * 0.1 > cell * shown.step:  # inches
        for label in axes.get_xticklabels():
            label.set(rotation=45, ha="right", rotation_mode="anchor")
    axes.set_xlabel("Predicted", fontsize=12, color=INK)
    axes.set_ylabel("Observed", fontsize=12, color=INK)
    edges = np.arange(len(names) + 1 if shown.step == 1 else 0) - 0.5
    axes.set_xticks(edges, minor=True)
    axes.set_yticks(edges, minor=True)
    axes.grid(which="minor", color=PAPER, linewidth=1.5)
    axes.tick_params(which="both", length=0, colors=INK, labelsize=11)
    axes.spines[:].set_visible(False)
