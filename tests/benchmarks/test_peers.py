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
    trainers = ["scratchnet", "scratchnet-compiled", "keras-tensorflow", "keras-torch", "keras-jax", "pytorch"]
    assert peers.choose("step", None) == (trainers, [])
    assert peers.choose("predict", None) == ([*trainers, "onnxruntime", "openvino"], [])


def test_those_asked_for_in_their_order_and_once(installed):
    chosen, _ = peers.choose("predict", ["onnxruntime", "keras-tensorflow", "onnxruntime"])
    assert chosen == ["scratchnet", "onnxruntime", "keras-tensorflow"]


@pytest.mark.parametrize("name", ["karas", "scratchnet", ""])
def test_an_unknown_peer_is_refused_with_those_known(installed, name):
    with pytest.raises(ScratchnetError, match=rf"peer '{name}'.*for predict, scratchnet-compiled or .* or openvino"):
        peers.choose("predict", ["keras-tensorflow", name])


def test_a_peer_that_only_predicts_is_unknown_to_training(installed):
    with pytest.raises(ScratchnetError, match="peer 'onnxruntime'.*for step, scratchnet-compiled or .* or pytorch"):
        peers.choose("step", ["onnxruntime"])


def test_a_missing_peer_is_named_with_the_cure(installed):
    installed("tensorflow", "torch")
    chosen, left_out = peers.choose("predict", None)
    assert chosen == ["scratchnet", "scratchnet-compiled", "keras-jax", "onnxruntime", "openvino"]
    cure = "Install the peers with: pip install -e '.[benchmarks]'"
    assert left_out == [
        f"keras-tensorflow is left out: it needs tensorflow. {cure}",
        f"keras-torch is left out: it needs torch. {cure}",
        f"pytorch is left out: it needs torch. {cure}",
    ]


def test_a_missing_peer_that_was_asked_for_is_refused(installed):
    installed("onnx", "onnxruntime")
    with pytest.raises(ScratchnetError, match=r"onnxruntime, which needs onnx, onnxruntime.*\[benchmarks\]"):
        peers.choose("predict", ["keras-tensorflow", "onnxruntime"])


def test_the_entry_says_how_a_peer_is_made():
    peer = peers.ENTRIES["scratchnet-compiled"].load(threads=3)
    assert (peer.threads, peer.kernels) == (3, {"kernels": "compiled"})
    assert peers.ENTRIES["scratchnet"].load(threads=None).kernels == {}  # the library's default
