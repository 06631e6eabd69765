"""The summary is Keras's, character for character: Keras itself is asked, with each terminal's width and colours."""

from functools import partial

import numpy as np
import pytest

from scratchnet.errors import ScratchnetError
from scratchnet.summary import Row, print_summary


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


@pytest.fixture(scope="module", params=[False, True], ids=["no-dropout", "dropout"])
def model(keras, request):
    return seed_model(keras, dropout=request.param)


def seed_model(keras, *, dropout, dtype="float32", names=None):
    layers = keras.layers
    names = names or {}
    keras.utils.clear_session()  # names are numbered anew
    stack = [
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu", dtype=dtype, name=names.get("conv")),
        layers.Conv2D(64, 3, activation="relu", dtype=dtype),
        layers.MaxPooling2D(2, dtype=dtype),
        *([layers.Dropout(0.25, dtype=dtype, name=names.get("dropout"))] if dropout else []),
        layers.Flatten(dtype=dtype),
        layers.Dense(128, activation="relu", dtype=dtype),
        *([layers.Dropout(0.5, dtype=dtype)] if dropout else []),
        layers.Dense(10, activation="softmax", dtype=dtype),
    ]
    return keras.Sequential(stack, name=names.get("model"))


def with_optimizer(model):
    model.compile("adadelta", "categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    return model


def plain_data(model):
    """What `print_summary` takes, of a Keras model."""

    def arrays(variables):
        return [np.asarray(variable) for variable in variables]

    rows = [
        Row(
            layer.name,
            type(layer).__name__,
            layer.output.shape if model.built else None,
            layer.count_params() if layer.built else None,
        )
        for layer in model.layers
    ]
    optimizer = model.optimizer if model.compiled else None
    return {
        "name": model.name,
        "rows": rows,
        "trainable": arrays(model.trainable_weights),
        "non_trainable": arrays(model.non_trainable_weights),
        "optimizer": arrays(optimizer.variables) if optimizer and optimizer.built else None,
    }


def captured(summary, **options):
    calls = []
    summary(print_fn=calls.append, **options)
    (text,) = calls
    return text


def assert_equal_texts(model, **options):
    theirs = captured(model.summary, **options)
    ours = captured(partial(print_summary, **plain_data(model)), **options)
    assert ours == theirs
    return ours


@pytest.mark.parametrize("columns", ["24", "30", "57", "80", "92", "200"])
def test_the_seeds_models_in_every_terminal(model, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    text = assert_equal_texts(model)
    if columns == "92":
        assert max(map(len, text.splitlines())) == 88
        assert " Total params: 1,199,882 (4.58 MB)\n" in text


def test_an_optimizer_is_counted_once_it_is_built(keras):
    model = seed_model(keras, dropout=True)
    model.compile("adadelta", "categorical_crossentropy")
    assert "Optimizer" not in assert_equal_texts(model)
    model.optimizer.build(model.trainable_variables)
    text = assert_equal_texts(model)
    assert " Total params: 3,599,648 (13.73 MB)\n" in text
    assert " Optimizer params: 2,399,766 (9.15 MB)\n" in text


def test_an_optimizer_without_variables_is_still_told():
    text = captured(partial(print_summary, "m", [], trainable=[], optimizer=[]))
    assert text.endswith(" Optimizer params: 0 (0.00 B)\n")


def test_what_is_frozen_is_not_trainable(keras):
    model = with_optimizer(seed_model(keras, dropout=False))
    model.layers[0].trainable = False
    assert " Non-trainable params: 320 (1.25 KB)\n" in assert_equal_texts(model)


def test_float64_takes_twice_the_bytes(keras):
    model = with_optimizer(seed_model(keras, dropout=False, dtype="float64"))
    assert " Trainable params: 1,199,882 (9.15 MB)\n" in assert_equal_texts(model)


@pytest.mark.parametrize("columns", ["24", "80"])
def test_long_names_and_names_like_markup(keras, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    names = {"conv": "a_name_that_is_a_good_deal_longer_than_its_column", "dropout": "[bold]x[bold]", "model": "[red]m"}
    text = assert_equal_texts(with_optimizer(seed_model(keras, dropout=True, names=names)))
    assert 'Model: "[red]m"' in text


def test_a_model_not_yet_built(keras):
    keras.utils.clear_session()
    model = keras.Sequential([keras.layers.Conv2D(8, 3), keras.layers.Flatten(), keras.layers.Dense(3)])
    assert "0 (unbuilt)" in assert_equal_texts(model)


@pytest.mark.parametrize("line_length", [40, 71, 120])
def test_a_line_length_of_ones_own(model, line_length):
    assert_equal_texts(model, line_length=line_length)


@pytest.mark.parametrize(
    "terminal", [{"FORCE_COLOR": "1", "TERM": "xterm-256color"}, {"TERM": "dumb"}, {"NO_COLOR": "1"}]
)
def test_printed_in_colour_where_the_output_is_a_terminal(model, monkeypatch, capsys, terminal):
    for variable in ("FORCE_COLOR", "NO_COLOR", "COLORTERM"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in terminal.items():
        monkeypatch.setenv(variable, value)
    model.summary()
    theirs = capsys.readouterr().out
    print_summary(**plain_data(model))
    ours = capsys.readouterr().out
    assert ours == theirs
    assert ("\x1b[1m" in ours) == ("FORCE_COLOR" in terminal)


@pytest.mark.parametrize(
    ("power", "size"),
    [
        (0, "8.00 B"),
        (7, "1.00 KB"),
        (17, "1.00 MB"),
        (27, "1.00 GB"),
        (37, "1.00 TB"),
        (47, "1.00 PB"),
        (57, "1024.00 PB"),
    ],
)
def test_sizes_have_the_unit_that_fits(power, size):
    array = np.broadcast_to(np.float64(0), (2**power,))
    text = captured(partial(print_summary, "m", [], trainable=[array]))
    assert f" Trainable params: {array.size:,} ({size})\n" in text


def test_too_short_a_line_is_refused(monkeypatch):
    with pytest.raises(ScratchnetError, match="lines of 11 characters. Expected room for three columns"):
        print_summary("m", [], trainable=[], line_length=11)
    monkeypatch.setenv("COLUMNS", "9")
    with pytest.raises(ScratchnetError, match="lines of 5 characters"):
        print_summary("m", [], trainable=[])
