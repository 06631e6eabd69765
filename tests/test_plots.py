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
    for axes in (axes for axes in figure.axes if axes.lines):
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
