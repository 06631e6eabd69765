"""What fit returned: loss and accuracy, epoch by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scratchnet.errors import ShapeError
from scratchnet.plots.paper import BLUE, DARK_VERMILION, INK, VERMILION, new_figure, note, plain, trim

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scratchnet.typing import Array


def training_curves(history: Mapping[str, Sequence[float]]) -> Figure:
    """Loss and accuracy after each epoch, side by side; a ring and its number show the best validation.

    history: "loss" and "accuracy", and "val_loss" and "val_accuracy" where there was validation: a number an epoch each.
    A value that isn't finite leaves a gap. Raises ShapeError where there is no epoch, or their numbers differ.
    """
    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    curves = {name: np.asarray(history[name], float) for name in names if name in history}
    lengths = {name: len(curve) for name, curve in curves.items()}
    if not {"loss", "accuracy"} <= set(curves) or len(set(lengths.values())) != 1 or 0 in lengths.values():
        raise ShapeError(
            came=f"a history with {lengths or 'nothing to draw'}",
            expected='"loss" and "accuracy", with or without "val_loss" and "val_accuracy", all of one length above 0',
            do="Hand in the history that fit returns.",
        )
    figure = new_figure()
    x = 0.0
    for name, best in ("loss", np.nanargmin), ("accuracy", np.nanargmax):
        axes = figure.add_axes((x, 0, 4.6, 3.2), facecolor="none")
        _curves(axes, curves[name], curves.get(f"val_{name}"), best)
        if name == "accuracy":
            axes.set_ylim(top=min(axes.get_ylim()[1], 1.01))  # no ticks for what can't be
        axes.set_title(name.capitalize(), loc="left", pad=10, fontsize=14, fontweight="bold", color=INK)
        x = figure.get_tightbbox().x1 + 0.9  # room for the next one's tick labels
    trim(figure)
    return figure


def _curves(axes: Axes, training: Array, validation: Array | None, best: Any) -> None:
    epochs = np.arange(1, len(training) + 1)
    margin = min(0.03 * (len(epochs) - 1), 0.9) or 0.5  # below 1: there's no epoch 0
    axes.set_xlim(1 - margin, len(epochs) + margin)
    marks = len(epochs) <= 30  # beyond, they would hide the line
    broad: dict[str, Any] = {"linewidth": 3, "markersize": 7, "zorder": 3, "clip_on": False}
    fine: dict[str, Any] = {**broad, "linewidth": 1.6, "markersize": 4.5}  # where both meet, both are seen
    axes.plot(epochs, _finite(training), "o-" if marks else "-", color=BLUE, label="training", **broad)
    if validation is not None:
        validation = _finite(validation)
        axes.plot(epochs, validation, "s-" if marks else "-", color=VERMILION, label="validation", **fine)
        if not np.isnan(validation).all():
            _mark_best(axes, int(best(validation)), validation)
    above: dict[str, Any] = {"loc": "lower right", "bbox_to_anchor": (1, 1), "borderaxespad": 0.2, "ncols": 2}
    axes.legend(**above, frameon=False, fontsize=10.5, labelcolor=INK, handlelength=1.8, columnspacing=1.2)
    axes.set_xlabel("epoch", fontsize=11, color=INK)
    axes.locator_params(axis="x", integer=True, nbins=12, min_n_ticks=1)
    axes.ticklabel_format(style="plain", useOffset=False)
    if not 1e-5 < axes.get_ylim()[1] < 1e6:  # a loss that vanished or diverged
        axes.yaxis.set_major_formatter("{x:.3g}")
    axes.grid(axis="y", color="#dddddd", linewidth=0.8)
    plain(axes)


def _mark_best(axes: Axes, epoch: int, validation: Array) -> None:
    """The number stands right of the frame, at its own height: there it can't cover a curve."""
    value = validation[epoch]
    axes.plot(epoch + 1, value, "o", markersize=13, markerfacecolor="none", color=VERMILION, zorder=4, clip_on=False)
    axes.plot([epoch + 1, axes.get_xlim()[1]], [value, value], ":", color=VERMILION, linewidth=1)
    text = f"best {value:#.4g}\nepoch {epoch + 1}"
    at_edge: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "va": "center"}
    note(axes, text, (1, value), (8, 0), fontsize=11, color=DARK_VERMILION, **at_edge)


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)
