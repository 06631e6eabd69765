"""All figures into a folder: which there are, of models of many kinds, and what is said of those that aren't."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from scratchnet import figures, plots
from scratchnet.errors import ScratchnetError
from scratchnet.figures import gallery
from scratchnet.figures.subject import Subject
from scratchnet.layers import BatchNormalization, Conv2D, Dense, Flatten, GlobalAveragePooling2D, Input, MaxPooling2D
from scratchnet.models import Sequential
from tests.runs.examples import write_examples

ALWAYS = ["activations", "saliency", "weights", "gradients", "calibration", "classes", "confused"]


def written(folder):
    return sorted(path.stem for path in folder.iterdir())


def saved(tmp_path, *layers, shape):
    model = Sequential([Input(shape), *layers], kernels="plain")
    model.save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def answer(subject, probabilities):
    """As if the model had said so."""
    vars(subject)["result"] = replace(subject.result, probabilities=probabilities)


@pytest.mark.parametrize(("size", "classes", "channels"), [(12, 2, 3), (64, 47, 0), (9, 3, 2)])
def test_images_of_any_size_channels_and_classes(tmp_path, size, classes, channels):
    data = write_examples(tmp_path / "data.npz", size=size, classes=classes, channels=channels)
    layers = [Conv2D(4, 3), BatchNormalization(), MaxPooling2D(), Conv2D(6, 3, activation="relu"), Flatten(), Dense(5)]
    path = saved(tmp_path, *layers, Dense(classes, activation="softmax"), shape=(size, size, channels or 1))
    told = []
    files = figures.write(path, tmp_path / "a/figures", data, print_fn=told.append)
    assert written(tmp_path / "a/figures") == sorted([*ALWAYS, "embedding", "filters_1", "filters_2"])
    assert sorted(files) == sorted((tmp_path / "a/figures").iterdir())
    assert [line.partition(".png")[0] for line in told] == [str(file.with_suffix("")) for file in files]
    for file in files:
        with Image.open(file) as image:
            assert min(image.size) > 200


def test_what_the_model_lacks_is_left_out_and_said(tmp_path):
    data = write_examples(tmp_path / "data.npz")
    path = saved(tmp_path, Flatten(), Dense(3, activation="softmax"), shape=(12, 12, 1))
    told = []
    figures.write(path, tmp_path / "figures", data, print_fn=told.append)
    assert written(tmp_path / "figures") == sorted(ALWAYS)
    lines = "\n".join(told)
    assert "filters_1.png left out: the model has no Conv2D" in lines
    assert "embedding.png left out: no hidden Dense layer" in lines
    assert (
        "weights.png: each layer's weights of the model as it is; for a row an epoch, give the folder of a run" in lines
    )


def test_a_model_without_weights_and_without_mistakes(tmp_path):
    """Each image has one channel that is bright: the mean of each is the answer."""
    labels = np.arange(20) % 2
    images = np.zeros((20, 6, 6, 2))
    images[np.arange(20), :, :, labels] = 1
    np.savez(tmp_path / "data.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    path = saved(tmp_path, GlobalAveragePooling2D(), shape=(6, 6, 2))
    told = []
    figures.write(path, tmp_path / "figures", tmp_path / "data.npz", print_fn=told.append)
    assert written(tmp_path / "figures") == ["activations", "calibration", "classes", "saliency"]
    assert any("confused.png left out: no mistake in 20 test images" in line for line in told)


def test_the_same_model_gives_the_same_bytes_over_older_files(tmp_path):
    data = write_examples(tmp_path / "data.npz")
    path = saved(tmp_path, Conv2D(2, 3), Flatten(), Dense(4), Dense(3, activation="softmax"), shape=(12, 12, 1))
    files = figures.write(path, tmp_path / "figures", data, print_fn=str)
    before = [file.read_bytes() for file in files]
    files[0].write_bytes(b"older")
    (tmp_path / "figures/mine.txt").write_text("mine")
    assert figures.write(path, tmp_path / "figures", data, print_fn=str) == files
    assert [file.read_bytes() for file in files] == before
    assert (tmp_path / "figures/mine.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_told_and_one_is_only_made_for_a_model(tmp_path):
    data = write_examples(tmp_path / "data.npz")
    path = saved(tmp_path, Flatten(), Dense(3, activation="softmax"), shape=(12, 12, 1))
    (tmp_path / "file").touch()
    with pytest.raises(ScratchnetError, match=r"file/figures, which can't be made.*--output"):
        figures.write(path, tmp_path / "file/figures", data)
    with pytest.raises(ScratchnetError, match="it doesn't exist"):
        figures.write(tmp_path / "none.keras", tmp_path / "figures", data)
    assert not (tmp_path / "figures").exists()


def test_some_right_and_some_mistaken_images_are_looked_at(tmp_path):
    data = write_examples(tmp_path / "data.npz")
    path = saved(tmp_path, Flatten(), Dense(3, activation="softmax"), shape=(12, 12, 1))
    subject = Subject.load(path, data)
    answers = np.eye(3)[subject.result.labels] * 0.5 + 0.1
    wrong = [4, 9, 11, 20, 30, 31]
    answers[wrong] = np.roll(answers[wrong], 1, axis=1) + np.arange(6)[:, None] / 100
    answer(subject, answers)
    shown = gallery._telling(subject)
    assert shown.tolist() == [0, 1, 2, 31, 30, 20, 11, 9]


def test_confused_images_stand_beside_their_pair(tmp_path, monkeypatch):
    data = write_examples(tmp_path / "data.npz")
    path = saved(tmp_path, Flatten(), Dense(3, activation="softmax"), shape=(12, 12, 1))
    subject = Subject.load(path, data)
    answers = np.eye(3)[subject.result.labels] * 0.5 + 0.1
    ones = np.flatnonzero(subject.result.labels == 1)[:3]
    answers[ones] = [[0, 0.3, 0.7], [0, 0.1, 0.9], [0.6, 0.4, 0]]
    answer(subject, answers)
    drawn = []
    monkeypatch.setattr(plots, "confused_pairs", drawn.append)
    list(gallery._confused(subject))
    ((says, images, captions), (says_2, *_)) = drawn[0]
    ones_in_all = (subject.result.labels == 1).sum()
    assert says == f"1 taken for 2\n2 of {ones_in_all} images"
    assert says_2 == f"1 taken for 0\n1 of {ones_in_all} images"
    assert captions == [f"{ones[1]}: 90%", f"{ones[0]}: 70%"]
    np.testing.assert_array_equal(images, subject.examples.x_test[ones[[1, 0]]])
