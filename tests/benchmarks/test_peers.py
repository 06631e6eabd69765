"""Whom one asks for, and whom one gets."""

import pytest

from benchmarks import peers
from scratchnet.errors import ScratchnetError


@pytest.fixture
def installed(monkeypatch):
    """All peers as if installed, but for those named."""

    def without(*missing):
        real = peers.find_spec("numpy")
        monkeypatch.setattr(peers, "find_spec", lambda package: None if package in missing else real)

    without()
    return without


def test_scratchnet_comes_first_then_all_that_can_do_it(installed):
    assert peers.choose("step", None) == (["scratchnet", "keras-tensorflow"], [])
    assert peers.choose("predict", None) == (["scratchnet", "keras-tensorflow", "onnxruntime"], [])


def test_those_asked_for_in_their_order_and_once(installed):
    chosen, _ = peers.choose("predict", ["onnxruntime", "keras-tensorflow", "onnxruntime"])
    assert chosen == ["scratchnet", "onnxruntime", "keras-tensorflow"]


@pytest.mark.parametrize("name", ["karas", "scratchnet", ""])
def test_an_unknown_peer_is_refused_with_those_known(installed, name):
    with pytest.raises(ScratchnetError, match=rf"peer '{name}'.*for predict, keras-tensorflow or onnxruntime"):
        peers.choose("predict", ["keras-tensorflow", name])


def test_a_peer_that_only_predicts_is_unknown_to_training(installed):
    with pytest.raises(ScratchnetError, match="peer 'onnxruntime'.*for step, keras-tensorflow"):
        peers.choose("step", ["onnxruntime"])


def test_a_missing_peer_is_named_with_the_cure(installed):
    installed("tensorflow")
    chosen, [sentence] = peers.choose("predict", None)
    assert chosen == ["scratchnet", "onnxruntime"]
    assert sentence == (
        "keras-tensorflow is left out: it needs tensorflow. Install the peers with: pip install -e '.[benchmarks]'"
    )


def test_a_missing_peer_that_was_asked_for_is_refused(installed):
    installed("onnx", "onnxruntime")
    with pytest.raises(ScratchnetError, match=r"onnxruntime, which needs onnx, onnxruntime.*\[benchmarks\]"):
        peers.choose("predict", ["keras-tensorflow", "onnxruntime"])
