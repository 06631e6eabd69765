"""The picture: images a second over the size of a batch, scratchnet and each peer."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, NullLocator
from scipy.optimize import isotonic_regression

from benchmarks.peers import OWN
from scratchnet import durable
from scratchnet.typing import Array

TITLES = {"step": "Training", "predict": "Predicting"}
INK, QUIET, PALE = "#1a1a1a", "#636363", "#e6e6e6"
# What it is called, one of Okabe and Ito's colours, and a mark, so that no colour is needed
STYLES = {
    "scratchnet": ("scratchnet", "#0072b2", "o"),
    "scratchnet-compiled": ("scratchnet, compiled", "#56b4e9", "o"),
    "keras-tensorflow": ("Keras on TensorFlow", "#d55e00", "s"),
    "keras-torch": ("Keras on PyTorch", "#cc79a7", "D"),
    "keras-jax": ("Keras on JAX", "#009e73", "^"),
    "pytorch": ("PyTorch", "#8a5a9e", "v"),
    "onnxruntime": ("ONNX Runtime", "#e69f00", "P"),
    "openvino": ("OpenVINO", "#5c5c5c", "X"),
}
LINES = 22  # of names, one below the other, are as high as a panel
Curves = Mapping[str, Mapping[int, float]]  # images a second by batch size, by name


def over_batch_size(speeds: Mapping[str, Curves]) -> Figure:
    """A panel for each measure. Each curve's name stands at its end, in its colour."""
    figure = Figure(figsize=(5.4 * len(speeds) + 0.4, 4.6), dpi=150, layout="constrained")
    axes = figure.subplots(1, len(speeds), squeeze=False)[0]
    for panel, (measure, curves) in zip(axes, speeds.items(), strict=True):
        _panel(panel, curves)
        panel.set_title(TITLES[measure], loc="left", fontweight="bold", color=INK)
    axes[0].set_ylabel("images a second", color=INK)
    return figure


def _panel(axes: Axes, curves: Curves) -> None:
    sizes = sorted({size for curve in curves.values() for size in curve})
    for name, curve in curves.items():
        _, colour, mark = STYLES.get(name, (name, QUIET, "."))
        own = name == OWN
        xs = sorted(curve)
        axes.plot(
            xs,
            [curve[x] for x in xs],
            color=colour,
            marker=mark,
            markersize=6 if own else 5,
            linewidth=2.8 if own else 1.4,
            zorder=3 if own else 2,
        )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_major_formatter(FixedFormatter([str(size) for size in sizes]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlabel("images in a batch", color=INK)
    axes.grid(color=PALE, linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=QUIET)
    axes.margins(x=0.04, y=0.08)
    _name(axes, curves)


def _name(axes: Axes, curves: Curves) -> None:
    """Names at the curves' ends, moved up or down as little as keeps one from standing on another."""
    low, high = np.log(axes.get_ylim())
    line = (high - low) / LINES
    ends = sorted((float(np.log(curve[max(curve)])), name) for name, curve in curves.items())
    places = _apart(np.array([end for end, _ in ends]) / line) * line
    for place, (_, name) in zip(places, ends, strict=True):
        title, colour, _ = STYLES.get(name, (name, QUIET, "."))
        axes.annotate(
            title,
            (1.02, float(np.exp(place))),
            xycoords=("axes fraction", "data"),
            va="center",
            color=colour,
            fontsize=9,
            fontweight="bold" if name == OWN else "normal",
        )


def _apart(places: Array) -> Array:
    """The rising numbers that are 1 or more apart and nearest to these, which rise too: least squares."""
    steps = np.arange(len(places))
    return isotonic_regression(places - steps).x + steps


def save(figure: Figure, path: Path) -> None:
    """As the path's ending says: .png, .svg or .pdf."""
    content = BytesIO()
    figure.savefig(content, format=path.suffix[1:])
    durable.write(path, content.getvalue())
