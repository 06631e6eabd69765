"""A run that is explored: three classes of 12 × 12 images, two epochs, each of them kept."""

import shutil

import pytest

from scratchnet import plots
from scratchnet.explorer.subject import Subject
from scratchnet.runs import Run, Settings
from tests.runs.examples import write_examples


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    return write_examples(tmp_path_factory.mktemp("data") / "examples.npz")


@pytest.fixture(scope="session")
def run(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "explored"
    with pytest.MonkeyPatch.context() as patch:
        for name in "training_curves", "confusion_matrix", "misclassified", "samples":
            patch.setattr(plots, name, lambda *arguments, **options: plots.digit([[0.0, 1.0]]))
        settings = Settings(data=data, kernels="plain", epochs=2, batch_size=16, seed=3, checkpoints="every")
        with Run(settings, path) as run:
            run.train(verbose=0)
    return path


@pytest.fixture(scope="session")
def subject(run):
    return Subject(run)


@pytest.fixture
def saved(tmp_path):
    """A model's file."""

    def save(model, name="model.keras"):
        model.save(tmp_path / name)
        return tmp_path / name

    return save


@pytest.fixture
def copy(run, tmp_path):
    """A copy of the run, to be changed."""
    return shutil.copytree(run, tmp_path / "copy")
