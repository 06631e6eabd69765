"""Results: what a model got wrong, whether it and the data fit together, what is shown of it."""

import numpy as np
import pytest

from scratchnet import plots
from scratchnet.errors import DataError
from scratchnet.layers import Conv2D, Dense, Flatten, Input
from scratchnet.models import Sequential
from scratchnet.runs import Examples, Mistake, Result, image_shape, score
from scratchnet.runs.folder import RESULTS, RunFolder
from scratchnet.runs.results import write_results
from tests.runs.examples import write_examples

PROBABILITIES = np.array(
    [[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.9, 0.1, 0.0], [0.2, 0.2, 0.6], [0.8, 0.1, 0.1], [0, 0.8, 0.2]]
)
LABELS = np.array([1, 1, 1, 2, 2, 0])


@pytest.fixture
def result():
    return Result(1.5, 1 / 3, LABELS, PROBABILITIES)


def test_mistakes_come_most_confident_first_and_equal_ones_in_order(result):
    assert result.mistakes == [
        Mistake(2, 1, 0, 0.9),
        Mistake(4, 2, 0, 0.8),
        Mistake(5, 0, 1, 0.8),
        Mistake(0, 1, 0, 0.5),
    ]


def test_many_equal_mistakes_stay_in_order():
    result = Result(1.0, 0.0, np.zeros(100, int), np.tile([[0.2, 0.8], [0.4, 0.6]], (50, 1)))
    assert [mistake.index for mistake in result.mistakes] == [*range(0, 100, 2), *range(1, 100, 2)]


def test_confusion_matrix_has_observed_down_predicted_across(result):
    np.testing.assert_array_equal(result.confusion_matrix, [[0, 1, 0], [2, 1, 0], [1, 0, 1]])


def test_confusion_matrix_has_a_row_for_a_class_that_nobody_saw():
    assert Result(0, 1, np.array([0]), np.array([[0.7, 0.2, 0.1]])).confusion_matrix.shape == (3, 3)


def model(*input_shape, units=3):
    network = Sequential([Input(input_shape), Flatten(), Dense(units, activation="softmax")], kernels="plain")
    network.compile(loss="categorical_crossentropy", metrics=["accuracy"])
    return network


@pytest.mark.parametrize("input_shape", [(12, 12, 1), (12, 12)])
def test_score_is_what_the_model_says_of_it(data, input_shape):
    examples, network = Examples.load(data, None), model(*input_shape)
    x, labels = examples.x_test, examples.labels_test
    answers = network.predict(x.reshape(-1, *input_shape))
    loss, accuracy = score(network, x, labels)
    assert loss == pytest.approx(-np.log(answers[np.arange(len(x)), labels]).mean(), rel=1e-5)
    assert accuracy == (answers.argmax(axis=1) == labels).mean()


def test_score_refuses_images_and_labels_of_another_model(data):
    examples = Examples.load(data, None)
    with pytest.raises(DataError, match=r"\(12, 12, 1\). Expected \(28, 28, 1\)"):
        score(model(28, 28, 1), examples.x_test, examples.labels_test)
    with pytest.raises(DataError, match="Labels up to 2. Expected labels from 0 to 1"):
        score(model(12, 12, 1, units=2), examples.x_test, examples.labels_test)


def test_image_shape():
    assert image_shape(model(9, 8, 3)) == (9, 8, 3)
    assert image_shape(model(9, 8)) == (9, 8, 1)
    not_of_images = Sequential([Input((7,)), Dense(2)])
    not_to_classes = Sequential([Input((7, 7, 1)), Conv2D(2, 3)])
    never_built = Sequential([Dense(2)])
    for network in not_of_images, not_to_classes, never_built:
        with pytest.raises(DataError, match="one that takes images"):
            image_shape(network)


@pytest.mark.parametrize(("channels", "shown"), [(1, 1), (2, 1), (3, 3), (4, 3)])
def test_images_of_any_channels_can_be_drawn(tmp_path, channels, shown):
    examples = Examples.load(write_examples(tmp_path / "data.npz", channels=channels), None)
    history = {"loss": [1.0], "accuracy": [0.5], "val_loss": [1.0], "val_accuracy": [0.5]}
    network = model(12, 12, channels)
    answers = network.predict(examples.x_test)
    result = Result(1.0, 0.5, examples.labels_test, answers)
    drawn = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plots, "misclassified", lambda images, *_: drawn.append(images) or plots.digit(images[0]))
        write_results(RunFolder(tmp_path), network, examples, result, history, [1.0])
    np.testing.assert_array_equal(drawn[0], examples.x_test[..., :shown])
    assert {file.name for file in tmp_path.iterdir()} == {"data.npz", *RESULTS}


def test_samples_are_the_images_that_the_notebook_shows(tmp_path, monkeypatch, quick_figures):
    drawn = {}

    def samples(images, captions, labels, probabilities):
        drawn.update(zip(captions, zip(images, labels, probabilities, strict=True), strict=True))
        return plots.digit(images[0])

    monkeypatch.setattr(plots, "samples", samples)
    examples, network = Examples.load(None, 101), model(28, 28, 1, units=10)
    result = Result(1.0, 0.5, examples.labels_test, network.predict(examples.x_test))
    write_results(RunFolder(tmp_path), network, examples, result, {}, [])
    assert list(drawn) == ["x_train[0]", "x_test[0]", "x_test[100]", "x_train[100]"]  # there is no x_test[101]
    assert [label for _, label, _ in drawn.values()] == [5, 7, 6, 5]
    np.testing.assert_array_equal(drawn["x_test[100]"][0], examples.x_test[100])
    np.testing.assert_allclose(drawn["x_test[100]"][2], result.probabilities[100], rtol=1e-6)
