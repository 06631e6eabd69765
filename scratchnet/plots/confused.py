"""Which classes are taken for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scratchnet.plots.images import picture
from scratchnet.plots.paper import DARK_VERMILION, INK, PALE, bare_axes, heading, new_figure, note, trim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from scratchnet.typing import Array


def confused_pairs(pairs: Sequence[tuple[str, Array, Sequence[str]]]) -> Figure:
    """A row a pair of classes: what it says, and images that were so mistaken, each with what stands below it.

    pairs: words, images (n, H, W), (n, H, W, 1) or (n, H, W, 3), and n captions
    """
    figure = new_figure()
    for row, (says, images, captions) in enumerate(pairs):
        height = 1.05 * images.shape[1] / images.shape[2]
        y = -row * (height + 0.42)
        words = bare_axes(figure, (0, y, 1.55, height))
        note(words, says, (0, 0.5), (0, 0), fontsize=11, color=INK, va="center")
        for column, (image, caption) in enumerate(zip(images, captions, strict=True)):
            axes = bare_axes(figure, (1.6 + column * 1.2, y, 1.05, height))
            axes.set_facecolor(PALE)
            picture(axes, image)
            axes.set_xlabel(caption, fontsize=9.5, color=DARK_VERMILION)
    heading(
        figure.axes[0],
        "Most often confused",
        "test images by number, the surest mistakes first, with the probability of the answer",
    )
    trim(figure)
    return figure
