"""What the tests of runs share."""

from collections import Counter

import pytest

from scratchnet import naming, plots
from scratchnet.runs import Settings
from tests.runs.examples import write_examples


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    return write_examples(tmp_path_factory.mktemp("data") / "examples.npz")


@pytest.fixture
def checkpoints():
    return "last"


@pytest.fixture
def settings(data, checkpoints):
    options = {"kernels": "plain", "batch_size": 32, "learning_rate": 0.3, "seed": 4, "checkpoints": checkpoints}
    return Settings(data=data, epochs=3, **options)


@pytest.fixture
def fresh_names(monkeypatch):
    """Layers are named as if each run had a process of its own, whose first model it makes: call it before each run."""

    def begin():
        monkeypatch.setattr(naming, "_given", Counter())

    begin()
    return begin


@pytest.fixture
def quick_figures(monkeypatch):
    """Figures of a dot, where what is in them doesn't matter."""
    for name in "training_curves", "confusion_matrix", "misclassified", "samples":
        monkeypatch.setattr(plots, name, lambda *arguments, **options: plots.digit([[0.0, 1.0]]))
