"""Every figure, drawn from arrays: no window, no pyplot, nothing shared between two figures.

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
from scratchnet.errors import ScratchnetError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scratchnet.typing import Array

INK, QUIET, PALE, PAPER = "#1a1a1a", "#636363", "#f3f3f3", "#ffffff"
BLUE, VERMILION = "#0072b2", "#d55e00"
DARK_BLUE, DARK_VERMILION = "#004c80", "#a84300"  # the same as text, or as the ground of white text
DPI = 150
NUMBERED = 64  # classes: beyond, a confusion matrix has colours only, or it would fill a wall and all memory


# ---------- what fit returned
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
    figure = _figure()
    x = 0.0
    for name, best in ("loss", np.nanargmin), ("accuracy", np.nanargmax):
        axes = figure.add_axes((x, 0, 4.6, 3.2), facecolor="none")
        _curves(axes, curves[name], curves.get(f"val_{name}"), best)
        if name == "accuracy":
            axes.set_ylim(top=min(axes.get_ylim()[1], 1.01))  # no ticks for what can't be
        axes.set_title(name.capitalize(), loc="left", pad=10, fontsize=14, fontweight="bold", color=INK)
        x = figure.get_tightbbox().x1 + 0.9  # room for the next one's tick labels
    _trim(figure)
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
    axes.tick_params(colors=INK, labelsize=10, length=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_color(QUIET)


def _mark_best(axes: Axes, epoch: int, validation: Array) -> None:
    """The number stands right of the frame, at its own height: there it can't cover a curve."""
    value = validation[epoch]
    axes.plot(epoch + 1, value, "o", markersize=13, markerfacecolor="none", color=VERMILION, zorder=4, clip_on=False)
    axes.plot([epoch + 1, axes.get_xlim()[1]], [value, value], ":", color=VERMILION, linewidth=1)
    text = f"best {value:#.4g}\nepoch {epoch + 1}"
    at_edge: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "va": "center"}
    _note(axes, text, (1, value), (8, 0), fontsize=11, color=DARK_VERMILION, **at_edge)


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)


# ---------- what evaluate found
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
    figure = _figure()
    axes = figure.add_axes((0, 0, K * cell, K * cell))
    colors = _cell_colors(np.nan_to_num(values), 1 if normalize else matrix.diagonal().max())
    axes.imshow(colors)
    fontsize = min(18, 1.15 * 72 * cell / longest)  # a digit is 0.64 wide: a number fills at most 3/4 of its cell
    for (i, j), text in zip(np.ndindex(K, K), texts, strict=True) if numbered else ():
        ink = QUIET if matrix[i, j] == 0 else _ink(colors[i, j])
        axes.text(j, i, text, ha="center", va="center_baseline", fontsize=fontsize, color=ink)
    _name_cells(axes, names, cell)
    total, right = int(matrix.sum()), int(matrix.trace())
    counts = f"{right:,} of {total:,} right (blue), {total - right:,} mistaken (orange)"
    shares = "per cent of each row: right in blue, mistaken in orange"
    _heading(axes, f"Accuracy {right / total:.2%}", shares if normalize else counts)
    _trim(figure)
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
    hue = np.where(right[..., None], _rgb(DARK_BLUE), _rgb(VERMILION))
    return np.where(depth > 0, 1 + (0.15 + 0.85 * depth) * (hue - 1), _rgb(PALE))


def _rgb(color: str) -> Array:
    return np.array(list(bytes.fromhex(color[1:]))) / 255


def _ink(background: Array) -> str:
    """Black or white, whichever contrasts more: at least 4.58 to 1 by WCAG 2's formula, whatever the background."""
    linear = np.where(background <= 0.04045, background / 12.92, ((background + 0.055) / 1.055) ** 2.4)
    return "white" if linear @ [0.2126, 0.7152, 0.0722] < 0.179 else "black"


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


# ---------- what the network saw
def misclassified(images: Array, labels: Array, probabilities: Array, *, count: int = 25) -> Figure:
    """The images that were taken for something else with the greatest confidence, most confident first.

    images: (N, H, W), (N, H, W, 1) or (N, H, W, 3); labels: (N,) class numbers; probabilities: (N, K), as predict returns.
    Raises ShapeError where these don't fit together.
    """
    images, labels, probabilities = _checked(images, labels, probabilities)
    answers = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answers != labels)
    shown = wrong[np.argsort(-probabilities[wrong, answers[wrong]], kind="stable")][:count]
    if len(shown) == 0:
        figure = _figure()
        axes = _bare_axes(figure, (0, 0, 6, 1))
        sentence = f"No mistakes: all {len(labels):,} images were recognised."
        axes.text(0.5, 0.5, sentence, ha="center", va="center", fontsize=14, color=INK)
    else:
        figure = _tiles(images[shown], [f"image {i}" for i in shown], labels[shown], probabilities[shown])
        title = f"{len(wrong):,} mistake{'s' * (len(wrong) > 1)} in {len(labels):,} images"
        subtitle = "most confident first" + f", {len(shown)} shown" * (len(shown) < len(wrong))
        _heading(figure.axes[0], title, subtitle, above=40)
    _trim(figure)
    return figure


def samples(images: Array, captions: Sequence[str], labels: Array, probabilities: Array) -> Figure:
    """Images with their caption, label, and the model's answer and its probability; shapes as for `misclassified`."""
    images, labels, probabilities = _checked(images, labels, probabilities)
    if len(captions) != len(images) or len(images) == 0:
        raise ShapeError(
            came=f"{len(images)} images and {len(captions)} captions",
            expected="as many of each, and at least one",
            do="Hand in a caption for each image.",
        )
    figure = _tiles(images, captions, labels, probabilities)
    _trim(figure)
    return figure


def digit(image: Array) -> Figure:
    """One image, as the notebook's `plot_image` draws it. image: (H, W), (H, W, 1) or (H, W, 3)"""
    image = np.asarray(image)
    _check_image_shape(image.shape)
    figure = _figure()
    _picture(_bare_axes(figure, (0, 0, 4, 4 * image.shape[0] / image.shape[1])), image)
    _trim(figure)
    return figure


def _tiles(images: Array, captions: Sequence[str], labels: Array, probabilities: Array) -> Figure:
    """Above each image what is known of it, below what the model said."""
    columns = min(5, len(images))
    width = max(1.7, 3.6 / columns)  # inches
    height = width * images.shape[1] / images.shape[2]
    figure = _figure()
    for i, (image, caption, label, p) in enumerate(zip(images, captions, labels, probabilities, strict=True)):
        row, column = divmod(i, columns)
        axes = _bare_axes(figure, (column * (width + 0.2), -row * (height + 0.85), width, height))
        _picture(axes, image)
        answer = p.argmax()
        mark, color = ("✓", DARK_BLUE) if answer == label else ("✗", DARK_VERMILION)
        axes.set_title(f"{caption}\nlabel {label}", fontsize=10.5, color=INK, parse_math=False)
        axes.set_xlabel(f"{mark} answer {answer}, {p[answer]:.1%}", fontsize=10.5, color=color)
    return figure


def _picture(axes: Axes, image: Array) -> None:
    """Integers run from 0 to 255, floats from 0 to 1; what goes beyond is stretched from its least to its greatest."""
    low, high = (0, 255) if np.issubdtype(image.dtype, np.integer) else (0, 1)
    if image.min() < low or image.max() > high:
        low, high = image.min(), image.max()
    image = (image.astype(float) - low) / (high - low or 1)
    axes.imshow(image.squeeze(2) if image.shape[2:] == (1,) else image, cmap="gray", vmin=0, vmax=1)


def _checked(images: Array, labels: Array, probabilities: Array) -> tuple[Array, Array, Array]:
    images, labels, probabilities = np.asarray(images), np.asarray(labels), np.asarray(probabilities)
    _check_image_shape(images.shape[1:])
    if labels.shape != (len(images),) or probabilities.ndim != 2 or len(probabilities) != len(images):
        raise ShapeError(
            came=f"images {images.shape}, labels {labels.shape} and probabilities {probabilities.shape}",
            expected="N images, labels of shape (N,) and probabilities of shape (N, K)",
            do="Hand in class numbers (one-hot labels: labels.argmax(axis=1)) and what predict returns for the images.",
        )
    return images, labels, probabilities


def _check_image_shape(shape: tuple[int, ...]) -> None:
    if len(shape) not in (2, 3) or shape[2:] not in ((), (1,), (3,)) or 0 in shape:
        raise ShapeError(
            came=f"an image of shape {shape}",
            expected="(H, W), (H, W, 1) or (H, W, 3)",
            do="Put the channels last, one for grey or three for red, green and blue.",
        )


# ---------- the figure itself
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


def _figure() -> Figure:
    """An empty figure of one square inch, so that a fraction of it is an inch; the one place that loads matplotlib."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1, 1), dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    return figure


def _trim(figure: Figure, margin: float = 0.15) -> None:
    """Give the figure the size of what it holds, and a margin around it, in inches: nothing is cut."""
    box = figure.get_tightbbox()
    width, height = box.width + 2 * margin, box.height + 2 * margin
    for axes in figure.axes:
        x, y, w, h = axes.get_position(original=True).bounds
        axes.set_position(((x - box.x0 + margin) / width, (y - box.y0 + margin) / height, w / width, h / height))
    figure.set_size_inches(width, height)


def _bare_axes(figure: Figure, position: tuple[float, float, float, float]) -> Axes:
    axes = figure.add_axes(position, facecolor="none", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return axes


def _heading(axes: Axes, title: str, subtitle: str, *, above: float = 0) -> None:
    """Two lines over the axes' left edge; above: room left for something between, in points."""
    _note(axes, title, (0, 1), (0, above + 27), fontsize=14, fontweight="bold", color=INK)
    _note(axes, subtitle, (0, 1), (0, above + 10), fontsize=10.5, color=QUIET)


def _note(axes: Axes, text: str, at: tuple[float, float], offset: tuple[float, float], **style: Any) -> None:
    """Text so many points from a place that is given as fractions of the axes, unless `xycoords` says otherwise."""
    axes.annotate(text, at, xytext=offset, textcoords="offset points", **{"xycoords": "axes fraction", **style})
