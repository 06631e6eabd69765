"""A worker is timed only if its numbers are right: each mistake here would otherwise be a fast library."""

from importlib import import_module

import numpy as np
import pytest

from benchmarks import images
from benchmarks.measures import Case, Predict, Step, WrongResultError
from benchmarks.networks import NETWORKS
from benchmarks.peers import ENTRIES
from benchmarks.peers.scratchnet import Scratchnet
from benchmarks.worker import Session, Worker
from scratchnet import architectures

BATCH = 16
STEP = Case(batch_size=BATCH, steps=2)
PREDICT = Case(images="test", batch_size=BATCH, count=40)  # the last batch holds 8
COMPILED = {"kernels": "compiled"}


def trained(model, images_name="train"):
    """A few steps, so that few numbers tie."""
    x, y = images.load(images_name, 256)
    model.compile("sgd", "categorical_crossentropy")
    model.fit(x, y, batch_size=32, verbose=0)
    return model


@pytest.fixture(scope="module")
def model():
    return trained(architectures.dropout(**COMPILED))


@pytest.fixture(scope="module")
def step(model):
    return Step(STEP, model)


@pytest.fixture(scope="module")
def predict(model):
    return Predict(PREDICT, model)


class InProcess:
    """A worker without a process of its own."""

    name = "someone"

    def __init__(self, peer):
        self.session = Session(peer)

    def ask(self, question, *arguments):
        return getattr(self.session, question)(*arguments)


# ---------- right
def test_scratchnet_is_right(step, predict):
    assert "update within" in step.check(InProcess(Scratchnet(None)))
    assert "probabilities within" in predict.check(InProcess(Scratchnet(None)))


def test_onnxruntime_is_right(predict):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    peer = import_module("benchmarks.peers.onnxruntime").OnnxRuntime(1)
    assert "probabilities within" in predict.check(InProcess(peer))
    assert peer.session.get_session_options().intra_op_num_threads == 1


@pytest.mark.parametrize("name", ["keras-torch", "keras-jax", "pytorch", "openvino"])
def test_a_peer_that_is_installed_is_right(step, predict, name):
    if ENTRIES[name].missing:
        pytest.skip(f"needs {', '.join(ENTRIES[name].missing)}")
    with Worker(name, ENTRIES[name], threads=1) as worker:
        for measure in (step, predict):
            if measure.name in ENTRIES[name].measures:
                assert "probabilities within" in measure.check(worker)


def test_keras_is_right(step, predict):
    with Worker("keras-tensorflow", ENTRIES["keras-tensorflow"], threads=1) as keras:
        assert "update within" in step.check(keras)
        assert "probabilities within" in predict.check(keras)
        assert keras.ask("peak_mb") > 300
        assert set(keras.ask("versions", ("keras", "tensorflow"))) == {"keras", "tensorflow"}


@pytest.mark.parametrize("name", ["LeNet-5", "six convolutions", "5 × 5, stride 2"])
def test_every_network_can_be_checked(name):
    network = NETWORKS[name]
    case = Case(name, network.images, batch_size=8, steps=1)
    step = Step(case, trained(network.make(**COMPILED), network.images))
    assert "update within" in step.check(InProcess(Scratchnet(None, **COMPILED)))


def test_dropout_can_be_off_on_images_without_a_blank_pixel(model):
    step = Step(Case(images="noise", dropout=False, batch_size=BATCH, steps=1), model)
    assert step.config == step.without_dropout
    assert "update within" in step.check(InProcess(Scratchnet(None, **COMPILED)))


def test_each_epoch_starts_from_the_same_weights(step):
    worker = InProcess(Scratchnet(None, **COMPILED))
    step.check(worker)
    seen = []
    fit = worker.session.peer.fit
    worker.session.peer.fit = lambda *data: seen.append(worker.session.peer.get_weights()) or fit(*data)
    step.once(worker)
    step.once(worker)
    for before in seen:
        assert all(np.array_equal(*pair) for pair in zip(before, step.weights, strict=True))
    assert len(seen) == 2


def test_updates_are_compared_without_dropout_and_timed_with_it(step):
    def rates(config):
        return [layer["config"]["rate"] for layer in config["layers"] if layer["class_name"] == "Dropout"]

    assert (rates(step.without_dropout), rates(step.config)) == ([0, 0], [0.25, 0.5])


# ---------- wrong
class HalfAStep(Scratchnet):
    def build(self, config, weights):
        super().build(config, weights)
        self.model.optimizer.learning_rate = 0.5


class NoStep(Scratchnet):
    def fit(self, x, y, batch_size):
        pass


class OtherImages(Scratchnet):
    def fit(self, x, y, batch_size):
        super().fit(x[:-1], y[:-1], batch_size)


class NothingDropped(Scratchnet):
    def build(self, config, weights):
        super().build(config, weights)
        for layer in self.model.layers:
            if hasattr(layer, "rate"):
                layer.rate = 0.0


class NaNWeights(Scratchnet):
    def get_weights(self):
        return [array * np.float32("nan") for array in super().get_weights()]


class NaNAnswers(Scratchnet):
    def predict(self, x, batch_size):
        return super().predict(x, batch_size) * np.float32("nan")


class RoughAnswers(Scratchnet):
    def predict(self, x, batch_size):
        return super().predict(x, batch_size) + np.float32(2e-5)


class LastBatchForgotten(Scratchnet):
    def predict(self, x, batch_size):
        return super().predict(x[: len(x) // batch_size * batch_size], batch_size)


class Classes(Scratchnet):
    def predict(self, x, batch_size):
        return super().predict(x, batch_size).argmax(axis=1)


@pytest.mark.parametrize("kind", [HalfAStep, NoStep, OtherImages, NothingDropped, NaNWeights, RoughAnswers])
def test_a_wrong_step_is_refused(step, kind):
    with pytest.raises(WrongResultError, match="someone"):
        step.check(InProcess(kind(None)))


@pytest.mark.parametrize("kind", [NaNAnswers, RoughAnswers, LastBatchForgotten, Classes])
def test_wrong_answers_are_refused(predict, kind):
    with pytest.raises(WrongResultError, match="someone"):
        predict.check(InProcess(kind(None)))


# ---------- timed
class Clocked:
    """A worker that says how long it took, and remembers what it was asked."""

    name = "clocked"

    def __init__(self):
        self.asked = []

    def ask(self, question, *arguments):
        self.asked.append((question, *arguments))
        return {"fit": 0.5, "predict": (2.0, None), "set_weights": None}[question]


def test_a_time_is_of_one_step_in_ms_and_of_all_answers_in_s(step, predict):
    clocked = Clocked()
    assert step.once(clocked) == 250.0  # half a second for 2 steps
    assert predict.once(clocked) == 2.0
    assert clocked.asked == [("set_weights", step.weights), ("fit", 2 * BATCH, BATCH), ("predict", 40, BATCH)]


def test_the_dense_work_of_one_time(step, predict):
    assert step.flop == pytest.approx(9.2e9 / 128 * BATCH, rel=0.01)
    assert predict.flop == pytest.approx(240e9 / 10_000 * 40, rel=0.01)
