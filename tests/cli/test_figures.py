"""`scratchnet figures`."""

from functools import partial
from pathlib import Path

from scratchnet import load_model
from scratchnet.figures import subject
from scratchnet.layers import Conv2D, Dense, Flatten, Input
from scratchnet.models import Sequential
from tests.runs.examples import write_examples


def test_figures_of_a_run_with_its_own_data(scratchnet, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(subject, "load_model", partial(load_model, kernels="plain"))
    status, out, err = scratchnet("figures", trained, "--output", "new/figures", "--limit", "30")
    assert (status, err) == (0, "")
    *lines, end = out.rstrip().splitlines()
    drawn = [line.partition(": ")[0] for line in lines if ".png: " in line]
    assert drawn == [str(Path("new/figures") / f"{name}.png") for name in (
        "filters_1", "filters_2", "activations", "saliency", "embedding", "weights", "gradients", "calibration", "classes",
        *(["confused"] if "confused.png: " in out else []),
    )]  # fmt: skip
    assert sorted(drawn) == sorted(str(file.relative_to(tmp_path)) for file in (tmp_path / "new/figures").iterdir())
    assert "embedding.png: 30 test images by the 128 units of dense" in out
    assert end == f"{len(drawn)} figures are in new/figures"


def test_figures_of_two_classes_in_three_colours(scratchnet, tmp_path, monkeypatch):
    monkeypatch.setattr(subject, "load_model", partial(load_model, kernels="plain"))
    write_examples(tmp_path / "colours.npz", classes=2, channels=3)
    model = Sequential([Input((12, 12, 3)), Conv2D(2, 3), Flatten(), Dense(2, activation="softmax")])
    model.save("model.h5")
    status, out, err = scratchnet("figures", "model.h5", "--data", "colours.npz", "--output", ".")
    assert (status, err) == (0, "")
    assert "filters_1.png: the kernels of conv2d" in out
    assert "embedding.png left out: no hidden Dense layer" in out
    assert "classes.png: precision and recall of 2 classes" in out
    assert "give the folder of a run trained with --checkpoints every" in out
