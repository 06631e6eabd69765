"""Keras's own tests, replayed with this library alone: `keras_cases.py` has the numbers."""

from collections import Counter
from importlib import import_module

import numpy as np
import pytest

from scratchnet import Input, Sequential, initializers, kernels, layers, losses, metrics, naming, optimizers, utils
from scratchnet.activations import ACTIVATIONS
from scratchnet.callbacks import EarlyStopping
from scratchnet.errors import ScratchnetError
from scratchnet.layers import Draw, Run
from scratchnet.models.samples import weights as sample_weights
from scratchnet.optimizers import schedules
from scratchnet.regularizers import REGULARIZERS
from tests import keras_cases as cases
from tests.callbacks.loop import Model, run

DTYPES = ["float32", "float64"]
ROUNDING = {"float32": 1e-6, "float64": 1e-12}  # Keras's own tests allow 1e-6


def each(columns, rows):
    """A test a row, named by the row's first column."""
    return pytest.mark.parametrize(columns, rows, ids=[str(row[0]) for row in rows])


def assert_close(ours, expected, tolerance=0.0, dtype="float32"):
    assert np.shape(ours) == np.shape(expected)
    np.testing.assert_allclose(ours, expected, rtol=ROUNDING[dtype], atol=tolerance or ROUNDING[dtype])


def built(name, options, shape, dtype="float32", **weights):
    layer = layers.LAYERS[name](**options)
    layer.input_shape = shape[1:]
    layer.output_shape = layer.build(layer.input_shape, rng=np.random.default_rng(0), dtype=np.dtype(dtype))
    for variable, values in weights.items():
        layer.weights[variable][...] = values
    return layer


def training(samples):
    return Run(kernels.load("plain"), training=True, draw=Draw(0, 0, np.arange(samples)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", kernels.NAMES)
@each("source, layer, options, weights, x, y, tolerance", cases.LAYERS)
def test_a_layer_answers(source, layer, options, weights, x, y, tolerance, name, dtype):
    x = np.array(x, dtype)
    made = built(layer, options, x.shape, dtype, **weights)
    assert made.weights.keys() == weights.keys()
    assert_close(made.forward(x, Run(kernels.load(name)))[0], y, tolerance, dtype)


@each("source, layer, options, came, went, trained, moved, penalties", cases.SHAPES)
def test_a_layer_has_shapes_and_variables(source, layer, options, came, went, trained, moved, penalties):
    made = built(layer, options, came)
    assert made.forward(np.ones(came, np.float32), training(came[0]))[0].shape == went == (came[0], *made.output_shape)
    assert (len(made.params), len(made.state), len(made.regularizers)) == (trained, moved, penalties)


@pytest.mark.parametrize(("shape", "mean", "variance"), cases.NORMALIZED)
def test_batch_normalization_normalizes(shape, mean, variance):
    options = {"momentum": 0, "moving_mean_initializer": mean, "moving_variance_initializer": variance}
    layer, over = built("BatchNormalization", options, shape, "float64"), tuple(range(len(shape) - 1))
    x = out = np.random.default_rng(0).normal(5, 10, shape)

    def trained(x):
        y, cache = layer.forward(x, training(len(x)))
        for name, values in layer.new_state(cache).items():
            layer.state[name][...] = values
        return y

    for _ in range(3):
        out = trained(out)
    for values, expected in (
        (out.mean(axis=over), 0),
        (out.std(axis=over), 1),
        (layer.state["moving_mean"], 0),
        (layer.state["moving_variance"], 1),
    ):
        np.testing.assert_allclose(values, expected, atol=1e-3)
    assert np.abs(layer.forward(x, Run(kernels.load("plain")))[0] - trained(x)).max() > 1
    assert_close(layer.forward(x, Run(kernels.load("plain")))[0], trained(x), dtype="float64")


def test_batch_normalization_that_is_not_trainable():
    """batch_normalization_test.py::test_trainable_behavior"""
    x = np.random.default_rng(0).normal(5, 10, (200, 4, 4, 3))
    layer = built("BatchNormalization", {"momentum": 0.8, "epsilon": 1e-7, "trainable": False}, x.shape, "float64")
    y, cache = layer.forward(x, training(len(x)))
    np.testing.assert_allclose(y, x, rtol=1e-6)
    assert layer.new_state(cache) == {}
    layer.trainable = True
    y, _ = layer.forward(x, training(len(x)))
    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0, atol=1e-3)
    np.testing.assert_allclose(y.std(axis=(0, 1, 2)), 1, atol=1e-3)


def test_dropout_keeps_the_mean():
    """dropout_test.py::test_dropout_rescaling"""
    y, _ = built("Dropout", {"rate": 0.5}, (20, 500)).forward(np.ones((20, 500)), training(20))
    assert y.mean() == pytest.approx(1, abs=0.02)
    assert y.max() == 2


def test_spatial_dropout_drops_channels():
    """spatial_dropout_test.py::test_spatial_dropout_2D_correctness"""
    y, _ = built("SpatialDropout2D", {"rate": 0.5}, (10, 3, 3, 10)).forward(np.ones((10, 3, 3, 10)), training(10))
    np.testing.assert_array_equal(y[:, 0, 0], y[:, 1, 1])
    assert set(np.unique(y)) == {0, 2}


@pytest.mark.parametrize("dtype", DTYPES)
@each("source, name, z, y", cases.ACTIVATIONS)
def test_an_activation_answers(source, name, z, y, dtype):
    tolerance = {"float32": 1e-5, "float64": 1e-8}[dtype]  # Keras's own tests allow 1e-5; gelu's √2 has 32 bits
    np.testing.assert_allclose(ACTIVATIONS[name](z.astype(dtype)), y, rtol=tolerance, atol=tolerance)


REDUCED = {
    None: lambda values, w: values * w,
    "sum": lambda values, w: (values * w).sum(),
    "mean": lambda values, w: (values * w).mean(),
    "weighted mean": lambda values, w: (values * w).sum() / w.sum(),
}


@each("source, name, options, t, y, weights, reduction, expected, tolerance", cases.LOSSES)
def test_a_loss_tells(source, name, options, t, y, weights, reduction, expected, tolerance):
    """In float32, as some of Keras's numbers tell of what it rounds 1 − ε to."""
    y = np.array(y, np.float32)
    loss = losses.LOSSES[name](**options)
    values = loss(loss.target(np.array(t, np.float32), y.shape[1:], "t"), y)
    weights = np.broadcast_to(np.float32(1 if weights is None else weights), len(y))
    assert_close(REDUCED[reduction](values, weights), expected, tolerance)


@pytest.mark.parametrize("name", ["BinaryCrossentropy", "CategoricalCrossentropy"])
def test_a_loss_refuses_other_shapes(name):
    """losses_test.py::…::test_shape_mismatch"""
    with pytest.raises(ScratchnetError, match="shape"):
        losses.LOSSES[name]().target(np.array(cases.LABELS), (3,), "t")


@each("source, name, options, t, y, weights, expected", cases.METRICS)
def test_a_metric_tells(source, name, options, t, y, weights, expected):
    metric = metrics.get({"class_name": name, "config": options} if options else name)
    values = metric.value(np.array(t), np.array(y, np.float32))
    assert np.average(values, weights=weights) == pytest.approx(expected, abs=1e-6)


@each("source, name, options, w, expected", cases.REGULARIZERS)
def test_a_regularizer_tells(source, name, options, w, expected):
    assert REGULARIZERS[name](**options).penalty(w) == pytest.approx(expected, rel=1e-7)  # the factor has 32 bits


@each("source, name, options, shape, deviation, least, most", cases.INITIALIZERS)
def test_an_initializer_draws(source, name, options, shape, deviation, least, most):
    initializer = initializers.INITIALIZERS[name](**options)
    first, second = (initializer(shape, np.random.default_rng(seed), np.dtype("float32")) for seed in (0, 1))
    assert first.shape == shape
    assert first.min() >= least
    assert first.max() <= most
    assert deviation is None or first.std() == pytest.approx(deviation, abs=0.1)
    np.testing.assert_array_equal(first, second)  # the seed is its own


@pytest.mark.parametrize("dtype", DTYPES)
@each("source, name, options, w, grads, expected, tolerance", cases.OPTIMIZERS)
def test_an_optimizer_steps(source, name, options, w, grads, expected, tolerance, dtype):
    optimizer, params, after = optimizers.OPTIMIZERS[name](**options), {"layer/kernel": np.array(w, dtype)}, []
    optimizer.build(params)
    for g in grads:
        optimizer.step(params, {"layer/kernel": np.array(g, dtype)}, kernels.load("plain"))
        after.append(params["layer/kernel"].copy())
    expected = np.atleast_2d(expected)
    assert_close(np.stack(after[-len(expected) :]), expected, tolerance, dtype)
    assert optimizer.iterations == len(grads)


@each("source, name, clip, g, clipped", cases.CLIPPED)
def test_an_optimizer_clips(source, name, clip, g, clipped):
    """It steps as one that doesn't clip does from the clipped gradient."""
    after = []
    for options, gradient in ((clip, g), ({}, clipped)):
        optimizer, params = optimizers.OPTIMIZERS[name](**options), {"layer/kernel": np.zeros(2)}
        optimizer.build(params)
        optimizer.step(params, {"layer/kernel": np.array(gradient)}, kernels.load("plain"))
        after.append([params["layer/kernel"], *optimizer.slots.values()])
    for ours, expected in zip(*after, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-12)


def test_an_optimizer_takes_over_a_state():
    """optimizer_test.py::test_set_weights"""
    params = {"layer/kernel": np.array([[1.0, 2.0], [3.0, 4.0]])}
    first, second = optimizers.Adam(), optimizers.Adam()
    for optimizer in (first, second):
        optimizer.build(params)
    first.step(params, {"layer/kernel": params["layer/kernel"].copy()}, kernels.load("plain"))
    second.load(first.variables)
    assert second.variables.keys() == first.variables.keys()
    for name, values in first.variables.items():
        np.testing.assert_array_equal(second.variables[name], values)


@each("source, name, options, steps, expected", cases.SCHEDULES)
def test_a_schedule_tells(source, name, options, steps, expected):
    schedule = schedules.SCHEDULES[name](**options)
    assert [schedule(step) for step in steps] == pytest.approx(
        expected, rel=1e-6, abs=1e-6
    )  # as Keras's tests: in float32


@each("source, room, name, options", cases.REFUSED)
def test_what_keras_refuses_is_refused(source, room, name, options):
    with pytest.raises(ScratchnetError):
        getattr(import_module(f"scratchnet.{room}"), name)(**options)


@each("source, layer, options, shape", cases.TOO_SMALL)
def test_a_window_larger_than_the_image_is_refused(source, layer, options, shape):
    with pytest.raises(ScratchnetError):
        built(layer, options, shape)


@each("source, room, name, expected", cases.NAMED)
def test_a_name_stands_for_a_class(source, room, name, expected):
    get = import_module(f"scratchnet.{room}").get
    if expected is None:
        with pytest.raises(ScratchnetError, match="typo"):
            get(name)
    else:
        assert type(get(name)).__name__ == expected


@each("source, room, name, options", cases.CONFIGS)
def test_a_config_makes_the_same(source, room, name, options):
    room = import_module(f"scratchnet.{room}")
    made = getattr(room, name)(**options)
    config = made.get_config() if hasattr(made, "get_config") else room.serialize(made)["config"]
    assert {option: config[option] for option in options} == options
    same = room.from_config(name, config) if room is layers else room.get({"class_name": name, "config": config})
    again = same.get_config() if hasattr(same, "get_config") else room.serialize(same)["config"]
    assert again == config


@each("source, name, expected", cases.NAMES)
def test_a_name_in_snake_case(source, name, expected):
    assert naming.snake_case(name) == expected


def test_names_are_counted(monkeypatch):
    """naming_test.py::test_auto_name, optimizer_test.py::test_optimizer_auto_naming"""
    monkeypatch.setattr(naming, "_given", Counter())
    assert [naming.unique_name("unique_name") for _ in range(3)] == ["unique_name", "unique_name_1", "unique_name_2"]
    assert [optimizers.OPTIMIZERS[name]().name for name, _ in cases.AUTO_NAMES] == [
        name for _, name in cases.AUTO_NAMES
    ]
    assert optimizers.Adam(name="my_adam").name == "my_adam"


@each("source, labels, classes, expected, shape", cases.ONE_HOT)
def test_labels_as_rows(source, labels, classes, expected, shape):
    rows = utils.to_categorical(labels, classes)
    assert rows.shape == shape
    np.testing.assert_array_equal(rows.sum(axis=-1), 1)
    np.testing.assert_array_equal(rows.argmax(axis=-1).reshape(np.shape(labels)), labels)
    if expected is not None:
        np.testing.assert_array_equal(rows, expected)


@each("source, t, class_weight, expected", cases.CLASS_WEIGHTS)
def test_class_weights_are_sample_weights(source, t, class_weight, expected):
    np.testing.assert_array_equal(sample_weights(None, class_weight, np.array(t)), expected)


# ---------- whole models
def ones(units, *, use_bias=False, **options):
    dense = layers.Dense(units, use_bias=use_bias, kernel_initializer="ones", bias_initializer="ones", **options)
    return Sequential([dense], kernels="plain")


def of_ones():
    model = ones(3)
    model.compile("sgd", "mse")
    return model, np.ones((100, 4)), np.zeros((100, 3))


def test_batch_by_batch():
    """trainer_test.py::test_on_batch_methods"""
    model, x, y = of_ones()
    for method, weights, expected in cases.ON_BATCH:
        given = (x,) if method == "predict_on_batch" else (x, y)
        answer = np.array(getattr(model, method)(*given, **weights)).ravel()[0]
        assert answer == pytest.approx(expected, abs=5e-7 if method == "predict_on_batch" else 6e-4)


def test_the_loops():
    """trainer_test.py::test_evaluate_flow, test_predict_flow and test_fit_flow"""
    model, x, y = of_ones()
    assert model.evaluate(x, y, batch_size=16) == [cases.EVALUATED]
    np.testing.assert_array_equal(model.predict(x, batch_size=16), np.full((100, 3), cases.PREDICTED))
    history = model.fit(x, y, batch_size=20, epochs=3, verbose=0).history
    assert history["loss"] == pytest.approx(cases.FITTED, abs=1)


def test_the_loss_does_not_depend_on_the_cut_of_batches():
    """trainer_test.py::test_fit_with_different_batch_size_same_loss and …evaluate…"""
    model = ones(1, trainable=False)
    model.compile("rmsprop", "mse")
    x, y = np.random.default_rng(0).random((100, 4)), np.ones((100, 1))
    fitted = [model.fit(x, y, batch_size=size, verbose=0).history["loss"] for size in (80, 100)]
    assert fitted[0] == pytest.approx(fitted[1], rel=1e-6)
    assert model.evaluate(x, y, batch_size=80) == pytest.approx(model.evaluate(x, y, batch_size=100), rel=1e-6)


def test_a_schedule_in_training():
    losses_seen, updates = cases.DECAYED
    model = ones(2, use_bias=True)
    model.compile(optimizers.Adam(schedules.ExponentialDecay(0.05, 1, 0.9)), "mse")
    x = np.arange(32).reshape(16, 2)
    history = model.fit(x, x, epochs=3, batch_size=4, shuffle=False, verbose=0).history
    assert history["loss"] == pytest.approx(losses_seen, rel=5e-5)
    assert list(model.optimizer.variables)[:2] != ["iteration", "learning_rate"]
    assert model.optimizer.iterations == updates


@each("optimizer, lines", cases.SUMMED)
def test_a_summary(optimizer, lines):
    model, printed = Sequential([Input((2,)), layers.Dense(3)], kernels="plain"), []
    if optimizer:
        model.compile(optimizer, "mse")
        model.fit(np.zeros((4, 2)), np.zeros((4, 3)), verbose=0)
    model.summary(print_fn=printed.append)
    text = "\n".join(printed)
    assert all(line in text for line in lines)
    assert ("Optimizer params" in text) == bool(optimizer)


@pytest.mark.parametrize(("patience", "last"), cases.STOPPED)
def test_stopping_early(patience, last):
    model = Model([])
    run(EarlyStopping("loss", patience=patience), model, [{"loss": loss} for loss in cases.LOSSES_SEEN])
    assert model.weight == last
