"""What is explored, and what it answers: the model's own numbers."""

import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from scratchnet import datasets, load_model
from scratchnet.errors import DataError, ModelFileError, ScratchnetError
from scratchnet.explorer import subject as subjects
from scratchnet.explorer.subject import Question, Subject
from scratchnet.layers import Conv2D, Input
from scratchnet.models import Sequential
from tests.explorer.models import MODELS, make


@pytest.fixture(scope="module")
def images(data):
    return np.load(data)["x_test"]


def labels(data):
    return np.load(data)["y_test"]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("name", MODELS)
def test_every_form_of_model_is_described_and_traced(name, suffix, saved, tmp_path):
    model = make(name, "float64")
    subject = Subject(saved(model, f"model{suffix}"))
    described = json.loads(json.dumps(subject.describe(), allow_nan=False))
    H, W, C = described["input_shape"]
    x = subject.taken(np.random.default_rng(0).integers(0, 256, (H, W, C), np.uint8))
    assert x.dtype == "float64"
    assert x.max() > (200 if name == "bytes" else 0.9)
    assert x.max() <= (255 if name == "bytes" else 1)
    output = model.predict_on_batch(x.reshape(1, *model.input_shape))[0]
    seen = subject.trace(x, Question(backward=False))
    np.testing.assert_allclose(seen.tensors[f"{model.layers[-1].name}/y"], output, rtol=1e-12)
    np.testing.assert_array_equal(seen.tensors["x"], x)
    assert not {tensor.rpartition("/")[2] for tensor in seen.tensors} & {"dy", "dz", "dx", "loss"}
    if described["loss"] is None:
        with pytest.raises(ScratchnetError, match="a loss that the model hasn't"):
            subject.trace(x, Question(label=0))
        back = [Question(logit=0), Question(logit=0, training=True)]
    else:
        back = [Question(label=described["classes"] - 1), Question(logit=0), Question(training=True)]
    for question in back:
        seen = subject.trace(x, question)
        assert seen.tensors["dx"].shape == (H, W, C)
        assert ("loss" in seen.tensors) == (question.logit is None)
        for layer in described["layers"]:
            assert list(seen.tensors[f"{layer['name']}/y"].shape) == layer["output_shape"]
            assert subject.gradients(seen.key, layer["name"], None, None).keys() <= layer["weights"].keys()


LOSSES = {
    "bytes": lambda y, t: -np.log(y[t]),
    "no channels": lambda y, t: np.square(y - np.eye(3)[t]).mean(),
    "colours, two classes": lambda y, t: -np.log([1 - y[0], y[0]][t]),
    "one logit": lambda y, t: np.log1p(np.exp([1, -1][t] * y[0])),
    "logits": lambda y, t: np.log(np.exp(y).sum()) - y[t],
    "47 classes": lambda y, t: -np.log(y[t]),
    "never compiled": lambda y, t: -np.log(y[t]),
    "never compiled, two classes": lambda y, t: -np.log([1 - y[0], y[0]][t]),
}


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_is_that_of_the_label(name, label, saved):
    model = make(name, "float64")
    subject = Subject(saved(model))
    x = subject.taken(np.random.default_rng(5).integers(0, 256, subject.image_shape, np.uint8))
    tensors = subject.trace(x, Question(label=label)).tensors
    assert tensors["loss"] == pytest.approx(LOSSES[name](tensors[f"{model.layers[-1].name}/y"], label), rel=1e-6)
    assert np.abs(tensors["dx"]).max() > 0


def test_a_trace_is_the_models(run, subject, data):
    x, label = subject.image(4)
    assert label == labels(data)[4]
    options = {"training": True, "step": 6}
    model = load_model(run / "model.keras", kernels="plain")
    expected = model.trace(x[None], np.eye(3)[[1]], **options)
    answer = subject.trace(x, Question(label=1, training=True, seed=6))
    assert answer.label == 1
    np.testing.assert_array_equal(answer.tensors["x"], x)
    np.testing.assert_array_equal(answer.tensors["dx"], expected.layers[0].dx[0])
    assert answer.tensors["loss"] == expected.loss[0]
    assert {name.rpartition("/")[2] for name in answer.tensors} >= {
        "winner",
        "keep",
        "z",
        "y",
        "dz",
        "dy",
        "dx",
        "loss",
        "x",
    }
    names = {"x", "dx", "loss"}
    for layer in expected.layers:
        parts = {"y": layer.y, **layer.decisions}
        parts |= {"z": layer.z} if layer.z is not layer.y else {}
        parts |= {"dy": layer.dy} if layer.dy is not None else {}
        parts |= {"dz": layer.dz} if layer.dz is not layer.dy else {}
        for name, tensor in parts.items():
            np.testing.assert_array_equal(answer.tensors[f"{layer.name}/{name}"], tensor[0])
        names |= {f"{layer.name}/{name}" for name in parts}
        grads = subject.gradients(answer.key, layer.name, None, None)
        assert grads.keys() == layer.grads.keys()
        for name, gradient in grads.items():
            np.testing.assert_array_equal(gradient, layer.grads[name])
    assert answer.tensors.keys() == names


def test_another_seed_drops_others(subject):
    x, _ = subject.image(0)
    masks = []
    for seed in 0, 1, 0:
        tensors = subject.trace(x, Question(training=True, seed=seed)).tensors
        masks.append(np.concatenate([tensor.ravel() for name, tensor in tensors.items() if name.endswith("/keep")]))
    assert (masks[0] == masks[2]).all()
    assert (masks[0] != masks[1]).any()


def test_without_a_label_it_goes_back_from_its_own_answer(subject):
    x, _ = subject.image(2)
    answer = subject.trace(x, Question())
    assert answer.label == subject.prediction(answer.trace.output[0]) == answer.trace.output[0].argmax()
    assert answer.tensors["loss"] == subject.trace(x, Question(label=answer.label)).tensors["loss"]
    assert answer.tensors["loss"] != subject.trace(x, Question(label=(answer.label + 1) % 3)).tensors["loss"]


@pytest.mark.parametrize(("loss", "number", "answer"), [
    ("binary_crossentropy", 0.4, 0), ("binary_crossentropy", 0.6, 1), ("logits", 0.4, 1), ("logits", -0.4, 0),
])  # fmt: skip
def test_a_single_number_answers_for_two_classes(loss, number, answer, saved):
    subject = Subject(saved(make("one logit" if loss == "logits" else "colours, two classes")))
    assert subject.prediction(np.array([number])) == answer


def test_each_epoch_has_its_weights(run, subject):
    x, _ = subject.image(1)
    outputs = []
    for epoch in 0, 1, 2:
        model = load_model(run / "model.keras", kernels="plain")
        model.load_weights(run / f"epochs/epoch-000{epoch}.weights.h5")
        outputs.append(subject.trace(x, Question(epoch=epoch)).trace.output)
        np.testing.assert_array_equal(outputs[-1], model.predict_on_batch(x[None]))
        for layer in model.layers:
            for name, array in subject.weights(layer.name, epoch, None, None).items():
                np.testing.assert_array_equal(array, layer.weights[name])
    assert (outputs[0] != outputs[1]).any()
    np.testing.assert_array_equal(outputs[2], subject.trace(x, Question()).trace.output)
    with pytest.raises(ScratchnetError, match=r"epoch=7\. Expected one of 0, 1, 2"):
        subject.trace(x, Question(epoch=7))


def test_epochs_are_read_when_asked_for_and_of_many_the_last_ones_are_kept(copy, monkeypatch):
    monkeypatch.setattr(subjects, "KEPT_MODELS", 2)
    subject = Subject(copy)
    (copy / "model.keras").unlink()  # a run that goes on replaces it
    first = [subject.at_epoch(epoch) for epoch in (0, 1, 2)]
    assert [subject.at_epoch(epoch) is model for epoch, model in zip((2, 1, 0), reversed(first), strict=True)] == [
        True, True, False,
    ]  # fmt: skip
    shutil.rmtree(copy / "epochs")
    with pytest.raises(ModelFileError, match="epoch-0001"):
        subject.at_epoch(1)


def test_no_epochs_were_kept(run):
    with pytest.raises(ScratchnetError, match=r"no epochs were kept\. Train with --checkpoints every"):
        Subject(run / "model.keras").at_epoch(0)


def test_the_last_traces_are_kept(run, monkeypatch):
    monkeypatch.setattr(subjects, "KEPT_TRACES", 2)
    subject = Subject(run)
    x, _ = subject.image(0)
    keys = [subject.trace(x, Question()).key for _ in range(3)]
    name = subject.model.layers[0].name
    assert subject.gradients(keys[1], name, None, None)
    with pytest.raises(ScratchnetError, match=f"The trace {keys[0]}"):
        subject.gradients(keys[0], name, None, None)


def test_weights_of_a_unit_or_a_row(saved):
    model = Sequential([Input((8, 8, 2)), Conv2D(3, 3), *MODELS["colours, two classes"]()[1]])
    model.compile("sgd", "binary_crossentropy")
    subject = Subject(saved(model))
    conv, depthwise, norm, *_, dense = (layer for layer in model.layers if layer.weights)
    for f in range(3):
        part = subject.weights(conv.name, None, f, None)
        np.testing.assert_array_equal(part["kernel"], conv.weights["kernel"][..., f])
        assert part["bias"] == conv.weights["bias"][f]
        for m in range(2):
            part = subject.weights(depthwise.name, None, 2 * f + m, None)
            np.testing.assert_array_equal(part["kernel"], depthwise.weights["kernel"][:, :, f, m])
            assert part["bias"] == depthwise.weights["bias"][2 * f + m]
    assert subject.weights(norm.name, None, 1, None) == {name: array[1] for name, array in norm.weights.items()}
    np.testing.assert_array_equal(subject.weights(dense.name, None, None, 7)["kernel"], dense.weights["kernel"][7])
    assert subject.weights(dense.name, None, None, 7).keys() == {"kernel"}
    answer = subject.trace(np.ones((8, 8, 2)), Question(label=1))
    np.testing.assert_array_equal(
        subject.gradients(answer.key, conv.name, 2, None)["kernel"], answer.trace[conv.name].grads["kernel"][..., 2]
    )
    np.testing.assert_array_equal(
        subject.gradients(answer.key, dense.name, None, 3)["kernel"], answer.trace[dense.name].grads["kernel"][3]
    )
    for name, unit, row, said in (
        (conv.name, 3, None, "unit=3. Expected from 0 to 2"), (conv.name, None, 1, "Expected a Dense layer"),
        (dense.name, None, dense.weights["kernel"].shape[0], "row="), ("nothing", None, None, f"one of {conv.name}, "),
    ):  # fmt: skip
        with pytest.raises(ScratchnetError, match=said):
            subject.weights(name, None, unit, row)


def test_a_label_or_logit_beyond_the_classes_is_refused(subject):
    x, _ = subject.image(0)
    with pytest.raises(ScratchnetError, match="label=3. Expected from 0 to 2"):
        subject.trace(x, Question(label=3))
    with pytest.raises(ScratchnetError, match="logit=3. Expected below 3"):
        subject.trace(x, Question(logit=3))


# ---------- images
def test_wrong_are_those_that_predict_mistakes(run, subject):
    x, true = subject.tests
    for epoch in None, 0:
        model = subject.at_epoch(epoch)
        expected = np.flatnonzero(model.predict(x, 40).argmax(axis=1) != true)
        np.testing.assert_array_equal(subject.wrong(epoch), expected)
    assert len(subject.wrong(0)) > len(subject.wrong(None))


def test_a_network_that_begins_by_scaling_is_given_bytes(saved, data, images):
    model = make("bytes")
    subject = Subject(saved(model), data=data)
    x, _ = subject.image(3)
    np.testing.assert_array_equal(x[..., 0], images[3])
    np.testing.assert_array_equal(subject.taken(images[3][..., None]), x)
    expected = model.predict(images[..., None].astype("float32")).argmax(axis=1)
    np.testing.assert_array_equal(subject.wrong(None), np.flatnonzero(expected != labels(data)))


def test_a_drawing_is_made_a_digit_or_only_resized(run, subject):
    drawing = np.zeros((120, 120, 1), np.uint8)
    drawing[10:60, 20:30] = 255
    for normalize, expected in (
        (True, datasets.normalize_digit(drawing[..., 0], (12, 12))[..., None]),
        (False, datasets.resize(drawing, (12, 12))),
    ):
        x = subject.drawn(drawing, normalize=normalize)
        np.testing.assert_array_equal(x, expected.astype("float32") / 255)
    with pytest.raises(DataError, match="nothing stands out"):
        subject.drawn(np.zeros((120, 120, 1), np.uint8), normalize=True)
    assert not subject.drawn(np.zeros((120, 120, 1), np.uint8), normalize=False).any()


def test_a_drawing_in_colours_is_only_resized(saved):
    subject = Subject(saved(make("colours, two classes")))
    drawing = np.random.default_rng(0).integers(0, 256, (90, 80, 3), np.uint8)
    expected = datasets.resize(drawing, (9, 8)).astype("float32") / 255
    np.testing.assert_array_equal(subject.drawn(drawing, normalize=True), expected)


# ---------- many at once
def test_many_may_ask_at_once(run, monkeypatch):
    monkeypatch.setattr(subjects, "KEPT_MODELS", 1)
    subject = Subject(run)
    x, _ = subject.image(0)
    questions = [Question(epoch=epoch, label=label) for epoch in (0, 1, 2, None) for label in range(3)] * 4
    alone = [subject.trace(x, question).tensors["dx"] for question in questions[:12]]
    start = threading.Barrier(8)

    def ask(place):
        start.wait()
        wrong = subject.wrong(questions[place].epoch)
        return [subject.trace(x, question).tensors["dx"] for question in questions[place : place + 6]], len(wrong)

    with ThreadPoolExecutor(8) as threads:
        for place, (found, wrong) in enumerate(threads.map(ask, range(8))):
            for dx, expected in zip(found, [alone[i % 12] for i in range(place, place + 6)], strict=True):
                np.testing.assert_array_equal(dx, expected)
            assert wrong == len(subject.wrong(questions[place].epoch))
