"""Networks that are trained once and the same for all."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import images, networks
from benchmarks.networks import NETWORKS, trained
from benchmarks.rows import TRIALS
from benchmarks.trials import Contest
from scratchnet.errors import ScratchnetError


def test_what_they_are_by_their_parameters():
    parameters = {name: network.make(kernels="plain").count_params() for name, network in NETWORKS.items()}
    conv = 3 * 3 * (3 * 32 + 32 * 32 + 32 * 64 + 64 * 64 + 64 * 128 + 128 * 128)
    norm = 4 * 2 * (32 + 64 + 128)
    assert parameters == {
        "dropout": 1_199_882,
        "dropout, 56 × 56": 320 + 18_496 + (26 * 26 * 64 + 1) * 128 + 1_290,
        "LeNet-5": 61_706,  # as counted everywhere
        "six convolutions": conv + norm + (4 * 4 * 128 + 1) * 10,
        "5 × 5, stride 2": 26 * 32 + (25 * 32 + 1) * 64 + (4 * 4 * 64 + 1) * 128 + 1_290,
    }


def test_each_takes_the_images_that_its_rows_have():
    cases = [trial.case for trial in TRIALS.values() if isinstance(trial, Contest)]
    assert {case.network for case in cases} == NETWORKS.keys()
    for case in cases:
        shape = NETWORKS[case.network].make(kernels="plain").input_shape
        assert images.load(case.images, 1)[0].shape[1:] == shape
        assert case.batch_size * case.steps <= 60_000


@pytest.fixture
def small(monkeypatch):
    """A network that is quickly trained, to any accuracy."""

    def to(accuracy):
        network = replace(NETWORKS["5 × 5, stride 2"], accuracy=accuracy, count=512)
        monkeypatch.setitem(NETWORKS, "small", network)

    monkeypatch.setattr(networks, "MEASURED", 200)
    return to


def test_it_is_trained_until_it_is_good_enough_then_kept(small, tmp_path):
    small(0.5)
    path, model = trained("small", tmp_path)
    written = path.read_bytes()
    x, y = images.load("train", 512 + 200)
    model.compile(loss="categorical_crossentropy", metrics=["accuracy"])
    assert model.evaluate(x[512:], y[512:])[1] >= 0.5
    again, same = trained("small", tmp_path)
    assert (again, again.read_bytes()) == (path, written)
    assert all(np.array_equal(*pair) for pair in zip(model.get_weights(), same.get_weights(), strict=True))


def test_one_that_does_not_learn_is_refused_but_not_where_all_is_quick(small, tmp_path):
    small(1.01)
    with pytest.raises(ScratchnetError, match=r"small, which answers 0\.\d+ right after 6 passes. Expected 1.01"):
        trained("small", tmp_path)
    assert list(tmp_path.iterdir()) == []
    path, _ = trained("small", tmp_path, quick=True)
    assert path.name == "small-quick.keras"
