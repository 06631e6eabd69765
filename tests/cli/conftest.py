"""What tests of the command line share."""

import sys

import pytest

from scratchnet import __main__, plots
from scratchnet.runs import Run, Settings
from tests.runs.examples import write_examples


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    return str(write_examples(tmp_path_factory.mktemp("data") / "examples.npz"))


@pytest.fixture(scope="session")
def trained(data, tmp_path_factory):
    """A finished run's folder."""
    path = tmp_path_factory.mktemp("runs") / "trained"
    with Run(Settings(data=data, kernels="plain", epochs=2, batch_size=16), path) as run:
        run.train(verbose=0)
    return path


@pytest.fixture
def scratchnet(monkeypatch, capsys, tmp_path):
    """Run a command in an empty folder → exit status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["scratchnet", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            __main__.main()
        return ended.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def quick_figures(monkeypatch):
    for name in "training_curves", "confusion_matrix", "misclassified", "samples":
        monkeypatch.setattr(plots, name, lambda *arguments, **options: plots.digit([[0.0, 1.0]]))
