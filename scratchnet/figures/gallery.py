"""All figures of a model, into a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from scratchnet import plots
from scratchnet.errors import ScratchnetError
from scratchnet.figures import answers, maps
from scratchnet.figures import embedding as places
from scratchnet.figures import saliency as pixels
from scratchnet.figures.epochs import over_epochs
from scratchnet.figures.subject import Subject
from scratchnet.layers import Conv2D
from scratchnet.runs.results import pictures

if TYPE_CHECKING:
    from scratchnet.typing import Array

SHOWN = 8  # images whose pixels are looked at: half of them mistaken, if there are so many
POINTS = 2000  # images that are laid out by their units
FEWEST = 10  # images for which that makes sense
PAIRS, EXAMPLES = 6, 5  # of classes that are confused, and images of each


class Drawn(NamedTuple):
    """A figure by its file's name, and what it shows; or None, and why."""

    name: str
    says: str
    figure: Any  # matplotlib's, which only plots knows


def write(
    model: str | Path,
    output: str | Path,
    data: str | Path | None = None,
    limit: int | None = None,
    print_fn: Callable[[str], object] = print,
) -> list[Path]:
    """Draw what a model has learnt, and how it answers the test images → the files, each replaced as a whole.

    model: a .keras or .h5 file, or a run's folder, whose epochs/epoch-0001.weights.h5, … show how it came about
    output: the folder, which is made;  data, limit: as for a run; a run's folder also tells its data
    print_fn: told of each figure, and of those that are left out

    Raises ScratchnetError, before anything is made, where model and data don't fit together or don't exist.
    """
    subject, folder, files = Subject.load(model, data, limit), Path(output), []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScratchnetError(
            came=f"The output {folder}, which can't be made ({error.strerror})",
            expected="a folder, or a place where one can be made",
            do="Choose another with --output.",
        ) from error
    for name, says, figure in _figures(subject):
        path = folder / f"{name}.png"
        if figure is None:
            print_fn(f"{path} left out: {says}")
            continue
        plots.save(figure, path)
        files.append(path)
        print_fn(f"{path}: {says}")
    return files


def _figures(subject: Subject) -> Iterator[Drawn]:
    for draw in (_filters, _activations, _saliency, _embedding, _histograms, _answers, _confused):
        yield from draw(subject)


def _filters(subject: Subject) -> Iterator[Drawn]:
    convolutions = [layer for layer in subject.model.layers if isinstance(layer, Conv2D)]
    for number, layer in enumerate(convolutions, 1):
        figure = plots.filters(layer.params["kernel"], layer.name)
        yield Drawn(f"filters_{number}", f"the kernels of {layer.name}", figure)
    if not convolutions:
        yield Drawn("filters_1", "the model has no Conv2D", None)


def _activations(subject: Subject) -> Iterator[Drawn]:
    image, label = subject.examples.x_test[:1], subject.examples.labels_test[0]
    seen = maps.activations(subject.model, subject.shaped(image))
    figure = plots.activation_maps(pictures(image)[0], seen, f"Test image 0, a {label}, layer by layer")
    yield Drawn("activations", f"what {len(seen)} layers answer to test image 0", figure)


def _saliency(subject: Subject) -> Iterator[Drawn]:
    shown = _telling(subject)
    x, labels = subject.examples.x_test[shown], subject.examples.labels_test[shown]
    patch, fill = max(1, round(min(x.shape[1:3]) / 5)), np.median(subject.examples.x_test[:POINTS], axis=(0, 1, 2))
    gradient = pixels.strongest(pixels.gradients(subject.model, subject.shaped(x), labels))
    falls = pixels.occlusion(subject.model, subject.shaped(x), labels, patch, fill)
    figure = plots.saliency(pictures(x), labels, subject.result.probabilities[shown], gradient, falls)
    says = f"by the gradient, and by covering {patch} × {patch} pixels, of {len(shown)} test images"
    yield Drawn("saliency", says, figure)


def _telling(subject: Subject) -> Array:
    """The first image of each class that was recognised, then those most confidently mistaken."""
    labels = subject.result.labels
    right = np.flatnonzero(subject.result.probabilities.argmax(axis=1) == labels)
    first = sorted(right[np.unique(labels[right], return_index=True)[1]])
    wrong = [mistake.index for mistake in subject.result.mistakes]
    mistaken = min(len(wrong), max(SHOWN // 2, SHOWN - len(first)))
    return np.array([*first[: SHOWN - mistaken], *wrong[:mistaken]])


def _embedding(subject: Subject) -> Iterator[Drawn]:
    layer, x = maps.last_hidden(subject.model), subject.examples.x_test[:POINTS]
    if layer is None or len(x) < FEWEST or subject.model.get_layer(layer).output_shape[-1] < 2:
        why = "no hidden Dense layer of two units or more" if len(x) >= FEWEST else f"fewer than {FEWEST} test images"
        yield Drawn("embedding", why, None)
        return
    rows = maps.units(subject.model, subject.shaped(x), layer)
    linear, shares = places.principal_components(rows)
    panels = {
        f"two principal components, {shares.sum():.0%} of the variance": linear,
        "t-SNE: neighbours stay neighbours": places.neighbours(rows),
    }
    F = rows.shape[1]
    figure = plots.embedding(panels, subject.examples.labels_test[:POINTS], f"The test images by {layer}'s {F} units")
    yield Drawn("embedding", f"{len(x):,} test images by the {F} units of {layer}", figure)


def _histograms(subject: Subject) -> Iterator[Drawn]:
    rows = over_epochs(subject)
    of = f"after {len(rows.epochs)} epochs" if rows.epochs else (
        "of the model as it is; for a row an epoch, give the folder of a run trained with --checkpoints every"
    )  # fmt: skip
    for name, draw, found in [
        ("weights", plots.weight_histograms, rows.weights),
        ("gradients", plots.gradient_histograms, rows.gradients),
    ]:
        if found[0]:
            yield Drawn(name, f"each layer's {name} {of}", draw(found, rows.epochs))
        else:
            yield Drawn(name, "the model has no layer that has any", None)


def _answers(subject: Subject) -> Iterator[Drawn]:
    labels, probabilities = subject.result.labels, subject.result.probabilities
    found = answers.calibration(labels, probabilities)
    figure = plots.calibration(found.confidence, found.accuracy, found.counts, found.error)
    yield Drawn("calibration", f"expected calibration error {found.error:.4f}", figure)
    figure = plots.class_scores(*answers.precision_recall(labels, probabilities))
    yield Drawn("classes", f"precision and recall of {probabilities.shape[1]} classes", figure)


def _confused(subject: Subject) -> Iterator[Drawn]:
    result, images = subject.result, pictures(subject.examples.x_test)
    rows = []
    for observed, predicted, count in answers.confused_pairs(result.confusion_matrix, PAIRS):
        shown = [m for m in result.mistakes if (m.label, m.answer) == (observed, predicted)][:EXAMPLES]
        captions = [f"{m.index}: {m.probability:.0%}" for m in shown]
        of = (result.labels == observed).sum()
        rows.append(
            (f"{observed} taken for {predicted}\n{count} of {of:,} images", images[[m.index for m in shown]], captions)
        )
    if rows:
        yield Drawn("confused", f"the {len(rows)} pairs of classes most often confused", plots.confused_pairs(rows))
    else:
        yield Drawn("confused", f"no mistake in {len(images):,} test images", None)
