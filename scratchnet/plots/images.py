"""Images, and what the network said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scratchnet.errors import ShapeError
from scratchnet.plots.paper import DARK_BLUE, DARK_VERMILION, INK, bare_axes, heading, new_figure, trim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scratchnet.typing import Array


def misclassified(images: Array, labels: Array, probabilities: Array, *, count: int = 25) -> Figure:
    """The images that were taken for something else with the greatest confidence, most confident first.

    images: (N, H, W), (N, H, W, 1) or (N, H, W, 3); labels: (N,) class numbers; probabilities: (N, K), as predict returns.
    Raises ShapeError where these don't fit together.
    """
    images, labels, probabilities = checked(images, labels, probabilities)
    answers = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answers != labels)
    shown = wrong[np.argsort(-probabilities[wrong, answers[wrong]], kind="stable")][:count]
    if len(shown) == 0:
        figure = new_figure()
        axes = bare_axes(figure, (0, 0, 6, 1))
        sentence = f"No mistakes: all {len(labels):,} images were recognised."
        axes.text(0.5, 0.5, sentence, ha="center", va="center", fontsize=14, color=INK)
    else:
        figure = _tiles(images[shown], [f"image {i}" for i in shown], labels[shown], probabilities[shown])
        title = f"{len(wrong):,} mistake{'s' * (len(wrong) > 1)} in {len(labels):,} images"
        subtitle = "most confident first" + f", {len(shown)} shown" * (len(shown) < len(wrong))
        heading(figure.axes[0], title, subtitle, above=40)
    trim(figure)
    return figure


def samples(images: Array, captions: Sequence[str], labels: Array, probabilities: Array) -> Figure:
    """Images with their caption, label, and the model's answer and its probability; shapes as for `misclassified`."""
    images, labels, probabilities = checked(images, labels, probabilities)
    if len(captions) != len(images) or len(images) == 0:
        raise ShapeError(
            came=f"{len(images)} images and {len(captions)} captions",
            expected="as many of each, and at least one",
            do="Hand in a caption for each image.",
        )
    figure = _tiles(images, captions, labels, probabilities)
    trim(figure)
    return figure


def digit(image: Array) -> Figure:
    """One image, as the notebook's `plot_image` draws it. image: (H, W), (H, W, 1) or (H, W, 3)"""
    image = np.asarray(image)
    check_image_shape(image.shape)
    figure = new_figure()
    picture(bare_axes(figure, (0, 0, 4, 4 * image.shape[0] / image.shape[1])), image)
    trim(figure)
    return figure


def _tiles(images: Array, captions: Sequence[str], labels: Array, probabilities: Array) -> Figure:
    """Above each image what is known of it, below what the model said."""
    columns = min(5, len(images))
    width = max(1.7, 3.6 / columns)  # inches
    height = width * images.shape[1] / images.shape[2]
    figure = new_figure()
    for i, (image, caption, label, p) in enumerate(zip(images, captions, labels, probabilities, strict=True)):
        row, column = divmod(i, columns)
        axes = bare_axes(figure, (column * (width + 0.2), -row * (height + 0.85), width, height))
        picture(axes, image)
        answer = p.argmax()
        mark, color = ("✓", DARK_BLUE) if answer == label else ("✗", DARK_VERMILION)
        axes.set_title(f"{caption}\nlabel {label}", fontsize=10.5, color=INK, parse_math=False)
        axes.set_xlabel(f"{mark} answer {answer}, {p[answer]:.1%}", fontsize=10.5, color=color)
    return figure


def checked(images: Array, labels: Array, probabilities: Array) -> tuple[Array, Array, Array]:
    images, labels, probabilities = np.asarray(images), np.asarray(labels), np.asarray(probabilities)
    check_image_shape(images.shape[1:])
    if labels.shape != (len(images),) or probabilities.ndim != 2 or len(probabilities) != len(images):
        raise ShapeError(
            came=f"images {images.shape}, labels {labels.shape} and probabilities {probabilities.shape}",
            expected="N images, labels of shape (N,) and probabilities of shape (N, K)",
            do="Hand in class numbers (one-hot labels: labels.argmax(axis=1)) and what predict returns for the images.",
        )
    return images, labels, probabilities


def picture(axes: Axes, image: Array) -> None:
    """Integers run from 0 to 255, floats from 0 to 1; what goes beyond is stretched from its least to its greatest."""
    low, high = (0, 255) if np.issubdtype(image.dtype, np.integer) else (0, 1)
    if image.min() < low or image.max() > high:
        low, high = image.min(), image.max()
    image = (image.astype(float) - low) / (high - low or 1)
    axes.imshow(image.squeeze(2) if image.shape[2:] == (1,) else image, cmap="gray", vmin=0, vmax=1)


def check_image_shape(shape: tuple[int, ...]) -> None:
    if len(shape) not in (2, 3) or shape[2:] not in ((), (1,), (3,)) or 0 in shape:
        raise ShapeError(
            came=f"an image of shape {shape}",
            expected="(H, W), (H, W, 1) or (H, W, 3)",
            do="Put the channels last, one for grey or three for red, green and blue.",
        )
