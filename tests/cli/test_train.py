"""`scratchnet train`: what it prints, keeps and goes on with."""

import json
import re

import pytest

from scratchnet import cli
from scratchnet.runs import Run, Settings

FAST = ["--kernels", "plain", "--epochs", "2", "--batch-size", "16"]


def test_train_prints_what_comes_then_what_came_out(scratchnet, data, tmp_path):
    status, out, err = scratchnet("train", "--data", data, "--output", "run", "--limit", "36", *FAST)
    assert (status, err) == (0, "")
    metrics = json.loads((tmp_path / "run/metrics.json").read_text())
    parts = [
        f"{data}: 36 training and 36 test images of 12 × 12 × 1, 3 classes\n",
        "dropout, 2 epochs, from the start; seed 0; plain kernels on 1 thread\nInto run\n",
        'Model: "sequential',
        "conv2d",
        "Total params: 150,403 (587.51 KB)",
        "Epoch 1/2 - ",
        "Epoch 2/2 - ",
        f"Test loss: {metrics['test_loss']:.6g}\nTest accuracy: {metrics['test_accuracy']:.4f}\n",
        "Confusion matrix, counts: observed down, predicted across\n",
        "Confusion matrix, shares of each row: observed down, predicted across\n",
        "in 36 test images\n",
        "The model, its history, metrics and figures are in run\n",
    ]
    places = [out.index(part) for part in parts]
    assert places == sorted(places)
    assert out.count("\nEpoch ") == 2
    assert re.search(
        r"\nEpoch 2/2 - [\d.]+ s - [\d,]+ images/s - loss: \d.\d{4} - accuracy: .* - val_accuracy: \d.\d{4}\n", out
    )
    assert "\x1b" not in out


def test_every_option_reaches_the_run(scratchnet, data, tmp_path, quick_figures):
    options = {"model": "no-dropout", "epochs": 1, "batch_size": 9, "learning_rate": 0.25, "seed": 3}
    options |= {"data": data, "limit": 20, "threads": 1, "kernels": "plain", "checkpoints": "every"}
    arguments = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
    assert scratchnet("train", *arguments)[0] == 0
    assert json.loads((tmp_path / "runs/no-dropout-1/run.json").read_text())["settings"] == options


def test_defaults_are_those_of_settings(scratchnet, data, tmp_path):
    asked = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "_train", lambda run: asked.update(vars(run.settings)))
        assert scratchnet("train", "--limit", "5")[0] == 0
    assert asked == vars(Settings(limit=5))


def test_overwrite_must_be_asked_for(scratchnet, data, quick_figures):
    arguments = ["train", "--data", data, "--output", "run", *FAST]
    assert scratchnet(*arguments, "--seed", "1")[0] == 0
    status, out, err = scratchnet(*arguments)
    assert (status, out) == (2, "")
    assert err == (
        "Error: The output run holds a finished run. Expected a new or an empty folder."
        " Choose another with --output, or give --overwrite to lose that run.\n"
    )
    assert scratchnet(*arguments, "--overwrite")[0] == 0


def test_resume_goes_on_and_says_when_there_is_nothing_left(scratchnet, data, tmp_path, quick_figures):
    with Run(Settings(data=data, kernels="plain", epochs=2), tmp_path / "run"):
        pass
    status, out, _ = scratchnet("train", "--resume", "run")
    assert (status, out.count("\nEpoch ")) == (0, 2)
    assert scratchnet("train", "--resume", "run") == (
        0,
        "The run in run is finished: there is nothing to resume.\n",
        "",
    )


@pytest.mark.parametrize("option", [["--epochs", "12"], ["--output", "other"], ["--overwrite"], ["--seed", "0"]])
def test_resume_takes_no_other_option(scratchnet, trained, option):
    status, out, err = scratchnet("train", "--resume", trained, *option)
    assert (status, out) == (2, "")
    assert f"{option[0]} beside --resume" in err
