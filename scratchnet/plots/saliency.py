"""Which pixels an answer hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scratchnet.errors import ShapeError
from scratchnet.plots.images import checked, picture
from scratchnet.plots.paper import DARK_BLUE, DARK_VERMILION, INK, bare_axes, heading, new_figure, trim
from scratchnet.plots.signed import color_bar, largest, signed_tile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from scratchnet.typing import Array

SIDE, GAP = 1.15, 0.12  # inches


def saliency(images: Array, labels: Array, probabilities: Array, gradients: Array, falls: Array) -> Figure:
    """A column an image: the image, the gradient of its loss, and how far its label's probability falls where it is covered.

    images: (N, H, W), (N, H, W, 1) or (N, H, W, 3);  labels: (N,);  probabilities: (N, K);  gradients, falls: (N, H, W)
    Each gradient has a scale of its own; the falls share one. Raises ShapeError where these don't fit together.
    """
    images, labels, probabilities = checked(images, labels, probabilities)
    if not gradients.shape == falls.shape == images.shape[:3] or not len(images):
        raise ShapeError(
            came=f"gradients {gradients.shape} and falls {falls.shape} of images {images.shape}",
            expected="one image or more, and a number for each of their pixels",
            do="Hand in (N, H, W) of both.",
        )
    figure, limit = new_figure(), largest(falls)
    height = SIDE * images.shape[1] / images.shape[2]
    for n, (image, label, p) in enumerate(zip(images, labels, probabilities, strict=True)):
        x, right = n * (SIDE + GAP), p.argmax() == label
        top = bare_axes(figure, (x, 0, SIDE, height))
        picture(top, image)
        top.set_title(f"label {label}", fontsize=10.5, color=INK)
        answer = f"{'✓' if right else '✗'} {p.argmax()}, {p.max():.1%}"
        top.set_xlabel(answer, fontsize=10, color=DARK_BLUE if right else DARK_VERMILION)
        middle = signed_tile(figure, (x, -height - 0.38, SIDE, height), gradients[n], largest(gradients[n]))
        bottom = signed_tile(figure, (x, -2 * height - 0.5, SIDE, height), falls[n], limit)
        if n == 0:
            for axes, says in (top, "image"), (middle, "gradient"), (bottom, "covered"):
                axes.set_ylabel(says, fontsize=11, color=INK)
    right_edge = len(images) * (SIDE + GAP)
    color_bar(figure, (right_edge + 0.05, -2 * height - 0.5, 0.14, height), limit, "fall of p")
    says = "gradient: blue where a brighter pixel raises the loss, each image on its own scale\n"
    says += "covered: blue where hiding a patch lowers the label's probability"
    heading(figure.axes[0], "What an answer hangs on", says, above=20)
    trim(figure)
    return figure
