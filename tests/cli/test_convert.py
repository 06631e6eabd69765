"""`scratchnet convert`."""

from pathlib import Path

import numpy as np
import pytest

from scratchnet import load_model


def test_convert_there_and_back(scratchnet, trained, tmp_path):
    source = trained / "model.keras"
    assert scratchnet("convert", source, "model.h5") == (0, f"{source} → model.h5: 150,403 parameters\n", "")
    assert scratchnet("convert", "model.h5", "again.keras")[0] == 0
    assert Path("again.keras").read_bytes() == source.read_bytes()
    model = load_model("again.keras", compile=False)
    before = model.get_weights()
    assert scratchnet("convert", "again.keras", "model.weights.h5")[0] == 0
    model.set_weights([0 * array for array in before])
    model.load_weights("model.weights.h5")
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_convert_without_training(scratchnet, trained):
    assert scratchnet("convert", "--no-compile", trained / "model.h5", "model.keras")[0] == 0
    assert load_model("model.keras").optimizer is None


def test_convert_to_onnx(scratchnet, trained):
    import onnxruntime

    assert scratchnet("convert", trained / "model.keras", "model.onnx")[0] == 0
    x = np.random.default_rng(0).uniform(size=(3, 12, 12, 1)).astype("float32")
    (answer,) = onnxruntime.InferenceSession("model.onnx").run(None, {"input": x})
    np.testing.assert_allclose(answer, load_model(trained / "model.keras").predict(x), atol=1e-5)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("model.txt", "OUT='model.txt'. Expected a name that ends in .keras, .weights.h5, .h5, .onnx"),
        ("no/model.keras", "'no/model.keras' can't be written"),
    ],
)
def test_convert_into_what_can_not_be(scratchnet, trained, target, words):
    status, out, err = scratchnet("convert", trained / "model.keras", target)
    assert (status, out) == (2, "")
    assert words in err
    assert "Traceback" not in err
    assert list(Path().iterdir()) == []
