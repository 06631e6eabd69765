"""The figures say what the arrays say, and everything they say can be read."""

import itertools
import subprocess
import sys
from functools import partial

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from scratchnet import plots
from scratchnet.errors import ScratchnetError, ShapeError

NOTEBOOK = np.array(  # its confusion matrix
    [
        [977, 0, 0, 0, 0, 0, 1, 1, 1, 0],
        [0, 1131, 1, 1, 0, 0, 2, 0, 0, 0],
        [1, 2, 1023, 0, 1, 0, 1, 4, 0, 0],
        [0, 0, 2, 1004, 0, 3, 0, 0, 1, 0],
        [0, 0, 0, 0, 974, 0, 4, 0, 1, 3],
        [1, 0, 0, 5, 0, 884, 2, 0, 0, 0],
        [4, 2, 0, 0, 1, 3, 948, 0, 0, 0],
        [0, 1, 5, 1, 0, 0, 0, 1020, 1, 0],
        [2, 0, 3, 1, 1, 1, 1, 1, 963, 1],
        [3, 2, 0, 1, 5, 6, 1, 4, 4, 983],
    ]
)
GARMENTS = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
RAMP = np.linspace(0.25, 0.75, 12).reshape(4, 3)


def history(epochs, **other):
    n = np.arange(1, epochs + 1)
    wave = 0.01 * np.cos(n)
    val = {"val_loss": 0.06 / np.sqrt(n) + 0.02 + wave, "val_accuracy": 0.99 - 0.03 / n - wave / 3}
    return {name: list(curve) for name, curve in {"loss": 0.25 / n, "accuracy": 1 - 0.08 / n, **val, **other}.items()}


def alike(loss, accuracy):
    return history(1, loss=loss, val_loss=loss, accuracy=accuracy, val_accuracy=accuracy)


UNVALIDATED = {name: curve for name, curve in history(12).items() if "val" not in name}


def counts(K):
    rng = np.random.default_rng(0)
    return np.diag(rng.integers(1, 1200, K)) + rng.integers(0, 30, (K, K)) * (rng.random((K, K)) < 0.3)


def predictions(N, wrong):
    """N blank images, of which the first `wrong` are mistaken, each more confidently than the one before."""
    labels = np.arange(N) % 10
    answers = np.where(np.arange(N) < wrong, (labels + 1) % 10, labels)
    confidence = np.where(np.arange(N) < wrong, np.linspace(0.5, 0.99, N), 0.9)
    probabilities = np.repeat((1 - confidence[:, None]) / 9, 10, axis=1)
    probabilities[np.arange(N), answers] = confidence
    return np.zeros((N, 28, 28)), labels, probabilities


RNG = np.random.default_rng(0)
FILTERS = [(1, 1), (1, 32), (3, 5), (32, 64), (4, 2)]
ANSWERS = [("conv2d", RNG.normal(size=(9, 9, 20))), ("pool", RNG.random((4, 4, 3))), ("dense", np.zeros(100)),
           ("dense_1", RNG.random(10))]  # fmt: skip
SCORES = RNG.random((2, 47))
SIZES = {"conv2d": 9, "conv2d_1": 3000, "norm": 1, "dense": 90, "dense_1": 20}
PAIR = ("4 taken for 9\n6 of 982 images", RNG.random((5, 9, 9)), ["9999: 100%"] * 5)


def kernel(C, F):
    return RNG.normal(size=(3, 5, C, F))


def clouds(K):
    return {"linear": RNG.normal(size=(9 * K, 2)), "neighbours": RNG.normal(size=(9 * K, 2))}


def layers(epochs):
    return [{name: RNG.normal(size=(size, 2)) * 10.0**-n for name, size in SIZES.items()} for n in range(epochs)]


FIGURES = {
    **{f"{n} epochs": partial(plots.training_curves, history(n)) for n in (1, 2, 12, 300)},
    "no validation": partial(plots.training_curves, UNVALIDATED),
    "perfect": partial(plots.training_curves, alike([0, 0], [1, 1])),
    "almost perfect": partial(plots.training_curves, alike([4e-6, 3e-6], [0.99999, 1])),
    "diverged": partial(plots.training_curves, alike([2e30, 3e30], [0.1, 0.1])),
    **{f"{K} classes": partial(plots.confusion_matrix, counts(K)) for K in (1, 2, 10)},
    **{f"{K} normalized": partial(plots.confusion_matrix, counts(K), normalize=True) for K in (1, 2, 10, 26)},
    "garments": partial(plots.confusion_matrix, NOTEBOOK, classes=GARMENTS),
    **{f"{n} wrong": partial(plots.misclassified, *predictions(200, n)) for n in (0, 1, 3, 7, 93)},
    "samples": partial(plots.samples, np.zeros((5, 28, 28, 1)), ["x_train[100]"] * 5, range(5), np.full((5, 10), 0.1)),
    "digit": partial(plots.digit, np.zeros((28, 20))),
    **{f"filters of {C} by {F}": partial(plots.filters, kernel(C, F), "conv2d_7") for C, F in FILTERS},
    "activations": partial(plots.activation_maps, np.zeros((28, 28)), ANSWERS),
    "saliency": partial(plots.saliency, *predictions(6, 2), RNG.normal(size=(6, 28, 28)), np.zeros((6, 28, 28))),
    "saliency of one": partial(plots.saliency, *predictions(1, 0), np.ones((1, 28, 28)), np.ones((1, 28, 28))),
    **{f"{K} clouds": partial(plots.embedding, clouds(K), np.arange(9 * K) % K) for K in (2, 47, 100)},
    **{f"weights of {n} epochs": partial(plots.weight_histograms, layers(n), range(n)) for n in (1, 12)},
    "weights of a model": partial(plots.weight_histograms, layers(1)),
    "gradients": partial(plots.gradient_histograms, layers(3), [1, 5, 9]),
    "calibration": partial(plots.calibration, [np.nan, 0.4, 0.9], [np.nan, 0.5, 1], [0, 3, 9000], 0.012),
    **{f"scores of {K}": partial(plots.class_scores, *SCORES[:, :K], np.arange(K) * 99) for K in (2, 47)},
    "perfect scores": partial(plots.class_scores, np.ones(3), np.ones(3), np.ones(3, int)),
    "confused": partial(plots.confused_pairs, [PAIR, PAIR]),
}


@pytest.fixture(params=FIGURES.values(), ids=FIGURES, scope="module")
def figure(request):
    figure = request.param()
    figure.canvas.draw()
    return figure


def texts(figure: Figure) -> list[Text]:
    """What is written; a tick label beyond the end of its axis isn't."""
    unseen = set()
    for axes, axis in itertools.product(figure.axes, ("xaxis", "yaxis")):
        low, high = sorted(getattr(axes, axis).get_view_interval())
        ticks = getattr(axes, axis).get_major_ticks()
        unseen |= {tick.label1 for tick in ticks if not low <= tick.get_loc() <= high}
    return [text for text in figure.findobj(Text) if text.get_text() and text.get_visible() and text not in unseen]


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in texts(figure)]


# ---------- every figure
def test_nothing_is_cut_or_small(figure):
    """Ink ends before the edge; and nothing stands where there is no paper."""
    pixels = np.asarray(figure.canvas.buffer_rgba())
    edge = np.ones(pixels.shape[:2], bool)
    edge[15:-15, 15:-15] = False  # 0.1 inch
    assert (pixels[edge] == 255).all()
    assert (pixels[~edge] != 255).any()
    for text in texts(figure):
        assert text.get_fontsize() >= 9, text
        box = text.get_window_extent()
        assert 0 <= box.x0 <= box.x1 <= figure.bbox.x1, text
        assert 0 <= box.y0 <= box.y1 <= figure.bbox.y1, text


def test_no_text_covers_another(figure):
    straight = [text for text in texts(figure) if text.get_rotation() in (0, 90)]
    x0, y0, x1, y1 = np.array([text.get_window_extent().extents for text in straight]).reshape(-1, 4).T
    wide = np.minimum(x1[:, None], x1) - np.maximum(x0[:, None], x0)
    high = np.minimum(y1[:, None], y1) - np.maximum(y0[:, None], y0)
    covering = np.argwhere(np.triu((wide > 0) & (high > 0), k=1))
    assert [(straight[i], straight[j]) for i, j in covering] == []


# ---------- curves
@pytest.mark.parametrize("epochs", [1, 12, 100])
def test_curves_are_the_history(epochs):
    curves = history(epochs)
    for axes, name in zip(plots.training_curves(curves).axes, ("loss", "accuracy"), strict=True):
        training, validation = axes.lines[:2]
        assert axes.get_title("left") == name.capitalize()
        assert (training.get_label(), validation.get_label()) == ("training", "validation")
        np.testing.assert_array_equal(training.get_xydata(), np.c_[range(1, epochs + 1), curves[name]])
        np.testing.assert_array_equal(validation.get_xydata(), np.c_[range(1, epochs + 1), curves[f"val_{name}"]])
        assert training.get_color() != validation.get_color()
        markers = {training.get_marker(), validation.get_marker()}
        assert markers == {"None"} if epochs == 100 else len(markers - {"None"}) == 2  # one epoch has no line


@pytest.mark.parametrize("epochs", [1, 2, 3, 12, 100, 317])
def test_epoch_ticks_are_epochs(epochs):
    figure = plots.training_curves(history(epochs))
    figure.canvas.draw()
    for axes in figure.axes:
        ticks = [text.get_text() for text in axes.get_xticklabels() if text in texts(figure)]
        assert ticks
        assert set(ticks) <= {str(epoch) for epoch in range(1, epochs + 1)}


def test_best_validation_is_ringed_and_told():
    figure = plots.training_curves(history(3, val_loss=[0.3, 0.1234567, 0.2], val_accuracy=[0.9, 0.95, 0.99]))
    for axes, epoch, value in zip(figure.axes, (2, 3), (0.1234567, 0.99), strict=True):
        (ring,) = [line for line in axes.lines if line.get_markerfacecolor() == "none"]
        assert ring.get_xydata().tolist() == [[epoch, value]]
    assert {"best 0.1235\nepoch 2", "best 0.9900\nepoch 3"} <= set(words(figure))


def test_words_hide_no_curve(figure):
    for axes in (axes for axes in figure.axes if axes.lines and axes.get_legend()):
        for artist in (axes.get_legend(), *axes.texts):
            assert not artist.get_window_extent().overlaps(axes.bbox)


def test_without_validation_nothing_speaks_of_it():
    figure = plots.training_curves(UNVALIDATED)
    assert [len(axes.lines) for axes in figure.axes] == [1, 1]
    assert not [word for word in words(figure) if "valid" in word or "best" in word]


def test_values_that_are_not_finite_leave_a_gap():
    curves = history(3, loss=[0.3, np.inf, np.nan], val_loss=[np.nan, 0.5, -np.inf], val_accuracy=[np.nan] * 3)
    figure = plots.training_curves(curves)
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_ydata(), [0.3, np.nan, np.nan])
    assert [word for word in words(figure) if "best" in word] == ["best 0.5000\nepoch 2"]


def test_axes_stay_readable_at_the_extremes():
    diverged, sure = plots.training_curves(alike([2e30, 3e30], [1.0, 1.0])).axes
    assert max(sure.get_ylim()) < 1.02
    assert diverged.yaxis.get_major_formatter()(2e30) == "2e+30"
    figure = plots.training_curves(alike([0.5000001, 0.5000002], [0.5, 0.6]))
    figure.canvas.draw()
    assert figure.axes[0].yaxis.get_offset_text().get_text() == ""  # no "+5e-1" to add in one's head


# ---------- confusion matrix
def cells(figure: Figure) -> dict[tuple[float, ...], Text]:
    """(row, column) → the number there"""
    return {text.get_position()[::-1]: text for text in figure.axes[0].texts if type(text) is Text}


def told(figure: Figure) -> list[list[str]]:
    K = len(figure.axes[0].images[0].get_array())
    return [[cells(figure)[i, j].get_text() for j in range(K)] for i in range(K)]


def test_every_count_stands_in_its_cell():
    figure = plots.confusion_matrix(NOTEBOOK)
    assert told(figure) == NOTEBOOK.astype(str).tolist()
    assert {"Accuracy 99.07%", "9,907 of 10,000 right (blue), 93 mistaken (orange)"} <= set(words(figure))
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("Predicted", "Observed")
    assert figure.axes[0].yaxis_inverted()  # row 0 on top, as the matrix is printed


def test_normalized_is_by_row_and_rounds_nothing_away():
    figure = plots.confusion_matrix(NOTEBOOK, normalize=True)
    assert told(figure)[9] == ["0.3", "0.2", "0", "0.1", "0.5", "0.6", "0.1", "0.4", "0.4", "97.4"]
    assert "Accuracy 99.07%" in words(figure)
    unlike = plots.confusion_matrix(np.array([[9999, 1, 0], [0, 0, 0], [0, 0, 7]]), normalize=True)
    assert told(unlike) == [[">99.9", "<0.1", "0"], ["–", "–", "–"], ["0", "0", "100"]]


def luminance(color):
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize(
    ("matrix", "normalize"),
    [(counts(2), False), (NOTEBOOK, False), (NOTEBOOK, True), (counts(20), True), (counts(24) * 100, False)],
)
def test_every_number_is_legible(matrix, normalize):
    figure = plots.confusion_matrix(matrix, normalize=normalize)
    figure.canvas.draw()
    axes = figure.axes[0]
    colors = axes.images[0].get_array()
    width, height = np.abs(np.diff(axes.transData.transform([(0, 0), (1, 1)]), axis=0)[0])
    for (i, j), text in cells(figure).items():
        dark, light = sorted((luminance(text.get_color()), luminance(colors[i, j])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (i, j)  # WCAG 2's AA
        assert text.get_fontsize() >= 9
        box = text.get_window_extent()
        assert (box.width <= 0.85 * width, box.height <= 0.85 * height) == (True, True), text
        center = axes.transData.transform((j, i))
        np.testing.assert_allclose(((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2), center, atol=6)


@pytest.mark.parametrize("normalize", [False, True])
def test_mistakes_are_seen_beside_a_thousand_right_answers(normalize):
    colors = plots.confusion_matrix(NOTEBOOK, normalize=normalize).axes[0].images[0].get_array()
    red, _, blue = np.moveaxis(colors, 2, 0)
    right, none = np.eye(10, dtype=bool), NOTEBOOK == 0
    mistakes = ~right & ~none
    assert (blue[right] > red[right] + 0.3).all()
    assert (red[mistakes] > blue[mistakes] + 0.2).all()
    assert (np.ptp(colors[none], axis=0) == 0).all()
    shares = NOTEBOOK / NOTEBOOK.sum(axis=1, keepdims=True) if normalize else NOTEBOOK
    assert (np.diff(blue[mistakes][np.argsort(shares[mistakes])]) <= 1e-12).all()  # the more often, the deeper
    np.testing.assert_allclose(colors[9, 5], to_rgb(plots.VERMILION))  # the largest


@pytest.mark.parametrize(("names", "turn"), [(GARMENTS, 45), (["$", "a_$b$", "$\\x$"], 0)])
def test_class_names_stand_on_both_sides(names, turn):
    figure = plots.confusion_matrix(np.eye(len(names), dtype=int), classes=names)
    figure.canvas.draw()  # names are no formulas
    axes = figure.axes[0]
    assert [label.get_text() for label in (*axes.get_xticklabels(), *axes.get_yticklabels())] == 2 * names
    assert {label.get_rotation() for label in axes.get_xticklabels()} == {turn}


# ---------- images
def test_most_confident_mistakes_come_first():
    images = np.random.default_rng(0).random((40, 6, 5))
    probabilities = np.tile([0.99, 0.005, 0.005], (40, 1))
    for i, confidence in (3, 0.6), (7, 0.9), (11, 0.75), (20, 0.9):
        probabilities[i] = [(1 - confidence) / 2, (1 - confidence) / 2, confidence]
    figure = plots.misclassified(images, np.zeros(40, np.uint8), probabilities, count=3)
    for axes, i, percent in zip(figure.axes, (7, 20, 11), (90, 90, 75), strict=True):
        assert (axes.get_title(), axes.get_xlabel()) == (f"image {i}\nlabel 0", f"✗ answer 2, {percent}.0%")
        np.testing.assert_array_equal(axes.images[0].get_array(), images[i])
    assert {"4 mistakes in 40 images", "most confident first, 3 shown"} <= set(words(figure))


def test_few_mistakes():
    one, none = (plots.misclassified(*predictions(1000, wrong)) for wrong in (1, 0))
    assert len(one.axes) == 1
    assert {"1 mistake in 1,000 images", "most confident first"} <= set(words(one))
    assert words(none) == ["No mistakes: all 1,000 images were recognised."]


def test_tiles_stand_in_rows_of_five():
    figure = plots.misclassified(*predictions(50, 12))
    x, y = np.array([axes.get_position().p0 for axes in figure.axes]).round(6).T
    assert np.unique(-y, return_inverse=True)[1].tolist() == [0] * 5 + [1] * 5 + [2] * 2
    assert np.unique(x, return_inverse=True)[1].tolist() == [*range(5), *range(5), *range(2)]


def test_samples_tell_label_and_answer():
    probabilities = np.array([[0.1] * 6 + [0.4], [0.4] + [0.1] * 6])
    figure = plots.samples(np.zeros((2, 28, 28, 1)), ["x_test[100]", r"$\x$"], [6, 5], probabilities)
    figure.canvas.draw()  # a caption is no formula
    first, second = figure.axes
    assert (first.get_title(), first.get_xlabel()) == ("x_test[100]\nlabel 6", "✓ answer 6, 40.0%")
    assert (second.get_title(), second.get_xlabel()) == ("$\\x$\nlabel 5", "✗ answer 0, 40.0%")
    assert first.xaxis.label.get_color() != second.xaxis.label.get_color()


COLORS = np.stack([RAMP, 1 - RAMP, RAMP / 2], axis=2)
BYTES = np.arange(12, dtype=np.uint8).reshape(4, 3) * 20


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        pytest.param(RAMP, RAMP, id="floats"),
        pytest.param(RAMP[..., None], RAMP, id="one channel"),
        pytest.param(COLORS, COLORS, id="colours"),
        pytest.param(BYTES, BYTES / 255, id="bytes"),
        pytest.param(BYTES.astype(int), BYTES / 255, id="integers"),
        pytest.param(4 * RAMP - 2, 2 * RAMP - 0.5, id="from −1 to 1"),
        pytest.param(np.full((4, 3), 7.0), np.zeros((4, 3)), id="constant"),
    ],
)
def test_digit_is_the_image(image, shown):
    before = image.copy()
    (axes,) = plots.digit(image).axes
    (drawn,) = axes.images
    np.testing.assert_array_equal(drawn.get_array(), shown)
    np.testing.assert_array_equal(image, before)
    assert (drawn.get_cmap().name, drawn.get_clim()) == ("gray", (0, 1))
    box = axes.get_window_extent()
    assert box.width / box.height == pytest.approx(3 / 4, rel=1e-6)  # pixels are square


# ---------- what the network has learnt
def tiles(figure):
    """The signed pictures: their numbers, and their scale."""
    images = [image for axes in figure.axes for image in axes.images if image.get_cmap().name == "signed"]
    return [(image.get_array(), image.get_clim()) for image in images]


def test_zero_is_white_and_the_sides_are_alike():
    (image,) = plots.filters(np.reshape([-2.0, 0, 2.0], (1, 3, 1, 1)), "conv2d").axes[0].images
    below, zero, above = image.to_rgba(image.get_array())[0, :, :3]
    np.testing.assert_allclose(zero, 1, atol=0.01)
    assert below[0] > below[2] + 0.3  # orange
    assert above[2] > above[0] + 0.3  # blue


def test_every_filter_of_a_first_layer_is_its_tiles():
    weights = kernel(3, 5)
    found = tiles(plots.filters(weights, "conv2d"))
    np.testing.assert_array_equal([array for array, _ in found], weights.transpose(3, 2, 0, 1).reshape(15, 3, 5))
    assert {limits for _, limits in found} == {(-np.abs(weights).max(), np.abs(weights).max())}


def test_of_a_deeper_layer_the_strongest_filters_and_maps_come_first():
    weights = kernel(12, 9) * 0.01
    for (c, f), factor in {(7, 4): 1000, (3, 4): 500, (0, 2): 200}.items():
        weights[..., c, f] *= factor
    figure = plots.filters(weights, "conv2d_1")
    found = [array for array, _ in tiles(figure)]
    assert len(found) == 8 * 10
    for place, (c, f) in {0: (7, 4), 1: (3, 4), 10: (0, 2)}.items():
        np.testing.assert_array_equal(found[place], weights[:, :, c, f])
    assert [figure.axes[n].get_ylabel() for n in (0, 10)] == ["filter 4", "filter 2"]
    assert [figure.axes[n].get_title() for n in (0, 1, 10)] == ["7", "3", "0"]


def test_of_many_filters_of_a_first_layer_the_strongest():
    weights, weak = kernel(1, 70), [0, 9, 20, 33, 44, 69]
    weights[..., weak] *= 1e-6
    figure = plots.filters(weights, "conv2d")
    np.testing.assert_array_equal(
        [array for array, _ in tiles(figure)], np.delete(weights[:, :, 0], weak, axis=2).transpose(2, 0, 1)
    )
    assert "the 64 strongest of 70 filters, 3 × 5" in words(figure)


def test_the_strongest_maps_and_all_units_are_drawn():
    y = RNG.random((4, 4, 20)) * 0.1
    y[..., 5], y[..., 9] = -3, 2
    found = tiles(plots.activation_maps(np.zeros((8, 8)), [("conv2d", y), ("dense", np.arange(100.0))]))
    maps, units = [array for array, _ in found[:16]], [array for array, _ in found[16:]]
    shown = sorted(np.argsort(-np.abs(y).mean(axis=(0, 1)))[:16])
    np.testing.assert_array_equal(maps, np.moveaxis(y[..., shown], 2, 0))
    np.testing.assert_array_equal(np.concatenate([array.ravel() for array in units]), np.arange(100))
    assert (found[0][1], found[16][1]) == ((-3, 3), (-99, 99))


def test_a_row_says_what_it_leaves_out():
    said = words(plots.activation_maps(np.zeros((8, 8)), [("dense", np.ones(600)), ("pool", np.ones((2, 2, 16)))]))
    assert {"dense   600 units, the first 512", "pool   2 × 2 × 16"} <= set(said)
    assert "conv2d   9 × 9 × 20, the 16 strongest of 20 maps" in words(plots.activation_maps(np.zeros((8, 8)), ANSWERS))


def test_each_gradient_has_its_own_scale_and_the_falls_share_one():
    gradients, falls = RNG.normal(size=(2, 28, 28)) * [[[1]], [[1e-9]]], RNG.normal(size=(2, 28, 28))
    found = tiles(plots.saliency(*predictions(2, 1), gradients, falls))
    np.testing.assert_array_equal([array for array, _ in found[::2]], gradients)
    np.testing.assert_array_equal([array for array, _ in found[1::2]], falls)
    assert [limits[1] for _, limits in found[::2]] == [np.abs(gradient).max() for gradient in gradients]
    assert {limits[1] for _, limits in found[1::2]} == {np.abs(falls).max()}


def test_points_have_the_look_of_their_class_which_the_legend_tells():
    panels, labels = clouds(47), np.arange(9 * 47) % 47
    figure = plots.embedding(panels, labels)
    looks = set()
    for axes, places in zip(figure.axes, panels.values(), strict=True):
        for k, points in enumerate(axes.collections):
            np.testing.assert_array_equal(points.get_offsets(), places[labels == k])
            looks.add((k, tuple(points.get_facecolor()[0]), points.get_paths()[0].vertices.tobytes()))
    assert len(looks) == len({look[1:] for look in looks}) == 47
    assert [text.get_text() for text in figure.axes[-1].get_legend().get_texts()] == [str(k) for k in range(47)]
    assert plots.embedding(clouds(100), np.arange(900) % 100).axes[-1].get_legend() is None


def test_the_numbers_of_few_classes_stand_amid_their_points():
    places = np.array([[0, 0], [1, 1], [2, 5], [7, 7]], float)
    (axes,) = plots.embedding({"a": places}, np.array([3, 3, 3, 8])).axes
    numbers = {text.get_text(): text.get_position() for text in axes.texts if type(text) is Text}
    assert numbers == {"3": (1, 1), "8": (7, 7)}


def test_a_row_is_where_its_numbers_are():
    rows = [{"dense": np.array([-4.0, *np.zeros(98), 4.0])}, {"dense": np.full(100, 4.0)}]
    (axes,) = plots.weight_histograms(rows, [3, 8]).axes
    vertices = [ridge.get_paths()[0].vertices for ridge in axes.collections]
    assert [line[line[:, 1].argmax(), 0] for line in vertices] == pytest.approx([0, 4], abs=0.6)
    assert [line[:, 1].min() for line in vertices] == [0, -1]
    assert ([label.get_text() for label in axes.get_yticklabels()], axes.get_ylabel()) == (["3", "8"], "epoch")


def test_gradients_are_drawn_by_their_power_of_ten_and_zeros_are_counted():
    figure = plots.gradient_histograms([{"dense": np.array([1e-3, -1e-3, 0, 0])}])
    line = figure.axes[0].collections[0].get_paths()[0].vertices
    assert line[line[:, 1].argmax(), 0] == pytest.approx(-3, abs=0.2)
    assert "4 weights, 50% of gradients 0" in words(figure)
    assert "4 weights, 100% of gradients 0" in words(plots.gradient_histograms([{"dense": np.zeros(4)}]))


def test_bins_stand_where_they_are_and_few_answers_are_rings():
    upper, lower = plots.calibration([np.nan, 0.4, 0.9], [np.nan, 0.5, 1], [0, 3, 9000], 0.0123).axes
    _, many, few = upper.lines
    assert (many.get_xydata().tolist(), few.get_xydata().tolist()) == ([[0.9, 1]], [[0.4, 0.5]])
    assert few.get_markerfacecolor() == plots.PAPER != many.get_markerfacecolor()
    assert [bar.get_height() for bar in lower.patches] == [0, 3, 9000]
    assert [text.get_text() for text in lower.texts] == ["3", "9,000"]
    assert "Calibration error 1.23%" in words(upper.figure)


def test_each_class_has_its_precision_recall_and_count():
    (axes,) = plots.class_scores([0.5, np.nan], [0.75, 1.0], [1234, 0]).axes
    precision, recall = axes.lines
    assert (precision.get_label(), recall.get_label()) == ("precision", "recall")
    np.testing.assert_array_equal(precision.get_xdata(), [0.5, np.nan])
    np.testing.assert_array_equal(recall.get_xydata(), [[0.75, 0], [1.0, 1]])
    assert axes.get_xlim()[0] < 0.5
    assert {"1,234", "0"} <= {text.get_text() for text in axes.texts}


def test_a_pair_stands_beside_its_images():
    images = RNG.random((2, 9, 9))
    pairs = [("4 taken for 9", images, ["7: 90%", "8: 80%"]), ("1 taken for 2", images[:1], ["9: 70%"])]
    figure = plots.confused_pairs(pairs)
    drawn = [axes for axes in figure.axes if axes.images]
    assert [axes.get_xlabel() for axes in drawn] == ["7: 90%", "8: 80%", "9: 70%"]
    np.testing.assert_array_equal([axes.images[0].get_array() for axes in drawn], [*images, images[0]])
    assert {"4 taken for 9", "1 taken for 2"} <= set(words(figure))


# ---------- what can't be drawn
SHORT = {"loss": [1.0, 2.0], "accuracy": [1.0]}
NO_MATRICES = [np.ones((2, 3)), np.ones(4), 3, np.zeros((0, 0)), np.zeros((3, 3)), [[5, -1], [0, 5]], [[np.nan]]]


@pytest.mark.parametrize(
    ("draw", "arguments", "message"),
    [
        *((plots.training_curves, [h], "a history") for h in ({}, SHORT, alike([], []), history(2, val_loss=[1.0]))),
        *((plots.confusion_matrix, [matrix], "a confusion matrix of shape") for matrix in NO_MATRICES),
        (partial(plots.confusion_matrix, classes=["a", "b"]), [np.eye(3)], "and 2 names"),
        *((plots.digit, [np.zeros(shape)], "an image") for shape in [(28,), (28, 28, 2), (1, 28, 28, 1), (0, 28), ()]),
        (plots.misclassified, [np.zeros((4, 28, 28)), np.zeros((4, 10)), np.ones((4, 10))], r"labels \(4, 10\)"),
        (plots.misclassified, [np.zeros((4, 28, 28)), np.zeros(3), np.ones((4, 10))], r"labels \(3,\)"),
        (plots.misclassified, [np.zeros((4, 28, 28)), np.zeros(4), np.ones((5, 10))], r"probabilities \(5, 10\)"),
        (plots.samples, [np.zeros((4, 28, 28)), ["a"] * 4, np.zeros(4), np.ones(4)], r"probabilities \(4,\)"),
        (plots.samples, [np.zeros((2, 28, 28)), ["a"], np.zeros(2), np.ones((2, 10))], "2 images and 1 captions"),
        (plots.samples, [np.zeros((0, 28, 28)), [], np.zeros(0), np.ones((0, 10))], "0 images"),
        (plots.filters, [np.zeros((3, 3, 1)), "conv2d"], r"a kernel of shape \(3, 3, 1\)"),
        (plots.activation_maps, [np.zeros((3, 3, 2)), []], "an image"),
        (plots.saliency, [*predictions(3, 1), np.zeros((3, 9, 9)), np.zeros((3, 28, 28))], r"gradients \(3, 9, 9\)"),
        (plots.embedding, [{"a": np.zeros((3, 3))}, np.zeros(3)], "points of shapes"),
        (plots.weight_histograms, [[]], "0 rows"),
        (plots.weight_histograms, [layers(2), [1]], "2 rows .* and 1 epochs"),
        (plots.gradient_histograms, [[{"a": np.ones(1)}, {"b": np.ones(1)}]], "2 rows"),
        (plots.calibration, [[0.5], [0.5], [0], 0.0], "0 answers"),
        (plots.class_scores, [[0.5], [0.5, 1], [3]], r"recall \(2,\)"),
    ],
)
def test_what_does_not_fit_is_refused(draw, arguments, message):
    with pytest.raises(ShapeError, match=message):
        draw(*arguments)


# ---------- the file
@pytest.mark.parametrize("name", ["12 epochs", "10 classes", "3 wrong", "0 wrong"])
def test_the_same_arrays_give_the_same_bytes(tmp_path, name):
    figure = FIGURES[name]()
    plots.save(figure, tmp_path / "a.png")
    plots.save(figure, str(tmp_path / "b.png"))
    dark = {"text.color": "white", "axes.facecolor": "black", "figure.facecolor": "black", "savefig.facecolor": "black"}
    with mpl.rc_context(dark):  # a reader's own settings don't reach the paper
        figure = FIGURES[name]()
        plots.save(figure, tmp_path / "c.PNG")
    first, second, third = (file.read_bytes() for file in sorted(tmp_path.iterdir()))
    assert first == second == third
    assert b"tEXt" not in first  # neither a date nor a version
    figure.canvas.draw()
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(image.convert("RGBA"), figure.canvas.buffer_rgba())


def test_a_failed_save_leaves_what_was_there(tmp_path, monkeypatch):
    (tmp_path / "digit.png").write_bytes(b"before")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(ScratchnetError, match=r"digit\.png.*No space left on device"):
        plots.save(plots.digit(RAMP), tmp_path / "digit.png")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"digit.png": b"before"}


@pytest.mark.parametrize("path", ["missing/digit.png", "file/digit.png", "folder.png", "digit.jpg", "digit", ".png"])
def test_a_place_that_cannot_be_written_is_told(tmp_path, path):
    (tmp_path / "file").touch()
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ScratchnetError, match=r"can't be written.*existing folder|ends in \.png"):
        plots.save(plots.digit(RAMP), tmp_path / path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "folder.png"]


def test_matplotlib_comes_with_the_first_figure_and_pyplot_never():
    program = """
import sys
from scratchnet import plots
assert "matplotlib" not in sys.modules
plots.training_curves({"loss": [1.0], "accuracy": [0.5]})
print("matplotlib" in sys.modules, "matplotlib.pyplot" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.stdout == "True False\n", run.stderr


def test_many_classes_are_drawn_as_colours_alone():
    """A number in each of so many cells would take gigabytes, and be legible in none."""
    figure = plots.confusion_matrix(np.eye(100, dtype=int) * 3)
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert "3" not in texts
    assert max(figure.get_size_inches()) < 40
