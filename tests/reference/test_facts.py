"""What parity rests on, each fact against the real Keras."""

import numpy as np
import pytest

import scratchnet
from reference import notebook
from scratchnet import initializers, kernels, losses
from scratchnet.architectures import ARCHITECTURES
from scratchnet.layers import Draw, Dropout, MaxPooling2D, Run
from scratchnet.optimizers import Adadelta

both_kernels = pytest.mark.parametrize("kernel_set", kernels.NAMES)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])
RNG = np.random.default_rng(0)


# ---------- the models
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_summary_is_keras_text(name, keras, monkeypatch):
    """Before the optimizer has a state; with one: test_files.py."""
    keras.utils.clear_session(free_memory=False)
    monkeypatch.setattr(scratchnet.naming, "_given", scratchnet.naming.Counter())
    texts = [[], []]
    for model, text in zip((notebook.MODELS[name][0](keras), notebook.MODELS[name][0](scratchnet)), texts, strict=True):
        model.summary(print_fn=text.append)
    assert texts[0] == texts[1]
    assert "Total params: 1,199,882 (4.58 MB)" in texts[1][0]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_architecture_is_the_notebooks(name):
    notebooks, ours = notebook.MODELS[name][0](scratchnet), ARCHITECTURES[name]()

    def options(model):
        return [{**layer.get_config(), "name": None, "class": type(layer)} for layer in model.layers]

    assert options(ours) == options(notebooks)
    assert ours.input_shape == notebooks.input_shape == (28, 28, 1)
    assert notebooks.optimizer.learning_rate == 1.0


def test_glorot_uniform_is_keras_distribution(keras):
    """Its limits, and its quantiles in the largest kernel."""
    for shape, limit in {
        (3, 3, 1, 32): 0.142134,
        (3, 3, 32, 64): 0.083333,
        (9216, 128): 0.02534,
        (128, 10): 0.208514,
    }.items():
        theirs = np.asarray(keras.initializers.GlorotUniform(seed=1)(shape, dtype="float64"))
        ours = initializers.GlorotUniform()(shape, np.random.default_rng(1), np.dtype("float64"))
        for w in (theirs, ours):
            assert 0.98 * limit < np.abs(w).max() < limit + 1e-6
    quantiles = np.linspace(0, 1, 21)[1:-1]
    np.testing.assert_allclose(np.quantile(ours, quantiles), (2 * quantiles - 1) * limit, atol=0.1 * limit)
    np.testing.assert_allclose(np.quantile(ours, quantiles), np.quantile(theirs, quantiles), atol=0.1 * limit)


# ---------- pooling, dropout
@both_dtypes
@both_kernels
def test_equals_in_a_window_as_tensorflow_has_it(kernel_set, dtype, keras):
    """Every pattern of three levels in a window of 2 × 2, and windows of whole numbers that are wider than they are high."""
    import tensorflow as tf

    patterns = np.stack(np.meshgrid(*4 * [[-1, 0, 2]], indexing="ij"), axis=-1).reshape(-1, 2, 2, 1)
    for pool_size, numbers in (((2, 2), patterns), ((2, 3), RNG.integers(0, 3, (5, 7, 8, 4)))):
        x = numbers.astype(dtype)
        layer = MaxPooling2D(pool_size)
        layer.build(x.shape[1:], rng=RNG, dtype=x.dtype)
        run = Run(kernels.load(kernel_set))
        y, cache = layer.forward(x, run)
        dy = RNG.standard_normal(y.shape).astype(dtype)
        dx, _ = layer.backward(dy, cache, run)
        tensor = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            theirs = keras.layers.MaxPooling2D(pool_size, dtype=dtype)(tensor)
        np.testing.assert_array_equal(y, theirs)
        np.testing.assert_array_equal(dx, tape.gradient(theirs, tensor, output_gradients=tf.constant(dy)))


@both_dtypes
@both_kernels
@pytest.mark.parametrize("rate", [0.25, 0.5, 0.7])
def test_dropout_gives_what_keras_dropout_gives(kernel_set, dtype, rate, keras):
    """Keras's own layer draws another mask, but out of it come 0 and the very same x / (1 − rate) as here."""
    x = RNG.uniform(1, 2, (50, 40)).astype(dtype)
    layer = Dropout(rate)
    layer.input_shape = x.shape[1:]  # as a model sets it
    ours, _ = layer.forward(x, Run(kernels.load(kernel_set), training=True, draw=Draw(0, 0, np.arange(len(x)))))
    theirs = np.asarray(keras.layers.Dropout(rate, seed=1, dtype=dtype)(x, training=True))
    assert ours.dtype == theirs.dtype
    for y in (ours, theirs):
        assert abs(np.count_nonzero(y) / y.size - (1 - rate)) < 0.04
    kept = (ours != 0) & (theirs != 0)
    assert kept.sum() > 100
    np.testing.assert_array_equal(ours[kept], theirs[kept])


@both_dtypes
def test_given_dropout_is_keras_formula(dtype, keras):
    """The layer that parity puts in Keras's model, with the mask that Keras's own has drawn, gives the same bits."""
    from reference.keras_side import GivenDropout

    x = RNG.uniform(1, 2, (50, 40)).astype(dtype)
    theirs = keras.layers.Dropout(0.3, seed=1, dtype=dtype)(x, training=True)
    layer = keras.layers.Dropout(0.3, dtype=dtype)
    GivenDropout.take_over(layer)
    layer.mask.assign(np.asarray(theirs) != 0)
    np.testing.assert_array_equal(layer(x, training=True), theirs)
    np.testing.assert_array_equal(layer(x, training=False), x)


@both_dtypes
def test_given_spatial_dropout_is_keras_formula(dtype, keras):
    """Its mask is of whole channels."""
    from reference.keras_side import GivenDropout

    keras.config.set_floatx(dtype)
    x = RNG.uniform(1, 2, (50, 3, 2, 6)).astype(dtype)
    model = keras.Sequential([keras.Input(x.shape[1:]), keras.layers.SpatialDropout2D(0.3, seed=1)])
    theirs = np.asarray(model(x, training=True))
    kept = (theirs != 0).all(axis=(1, 2))
    assert 0.6 < kept.mean() < 0.8
    GivenDropout.take_over(model.layers[0])
    model.layers[0].give(kept)
    np.testing.assert_array_equal(model(x, training=True), theirs)
    keras.config.set_floatx("float32")


# ---------- the loss
def through_softmax(keras, z, t):
    """Loss and gradient by z of Keras's loss, given its own softmax of z."""
    import tensorflow as tf

    z = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(z)
        loss = keras.losses.categorical_crossentropy(tf.constant(t), keras.activations.softmax(z))
    return loss.numpy(), tape.gradient(loss, z).numpy()


@both_dtypes
def test_the_loss_on_logits_is_keras_after_a_softmax(dtype, keras):
    """Saturated, too: where a softmax is rounded to 0, nothing is clipped."""
    z = np.concatenate([RNG.standard_normal((6, 4)), [[200, 0, -200, 1], [0, 1e4, 0, 0], [-90, 0, 90, 0]]]).astype(
        dtype
    )
    t = np.eye(4, dtype=dtype)[[0, 1, 2, 3, 0, 1, 2, 0, 0]]
    loss = losses.CategoricalCrossentropy().on_logits()
    value, gradient = through_softmax(keras, z, t)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(loss.value(t, z), value, rtol=8 * eps, atol=2 * eps)
    np.testing.assert_allclose(loss.gradient(t, z), gradient, rtol=8 * eps, atol=2 * eps)
    assert value[-3:] == pytest.approx([400, 1e4, 180])


@both_dtypes
def test_the_loss_on_probabilities_is_keras_where_no_softmax_made_them(dtype, keras):
    """Sums other than 1, zeros and ones: divided by the sum, then clipped; what was clipped has no gradient of its own."""
    import tensorflow as tf

    y = np.concatenate([RNG.uniform(0.1, 2, (4, 3)), [[1, 0, 0], [0, 1, 0], [1e-9, 1, 1], [1, 1e-8, 1e-8]]]).astype(
        dtype
    )
    t = np.eye(3, dtype=dtype)[[0, 1, 2, 0, 0, 0, 0, 0]]
    tensor = tf.constant(y)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        theirs = keras.losses.categorical_crossentropy(tf.constant(t), tensor)
    loss = losses.CategoricalCrossentropy()
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(loss.value(t, y), theirs, rtol=8 * eps, atol=2 * eps)
    np.testing.assert_allclose(loss.gradient(t, y), tape.gradient(theirs, tensor), rtol=8 * eps, atol=8 * eps)
    assert theirs.numpy()[5] == pytest.approx(-np.log(1e-7), rel=1e-5)


# ---------- the optimizer
def test_keras_defaults_but_for_the_learning_rate(keras):
    theirs, ours = keras.optimizers.Adadelta(), Adadelta()
    assert (ours.rho, ours.epsilon) == (theirs.rho, theirs.epsilon) == (0.95, 1e-7)
    assert float(theirs.learning_rate) == pytest.approx(0.001)
    assert ours.learning_rate == 1.0


@both_kernels
def test_adadelta_gives_keras_golden_values(kernel_set):
    """keras/src/optimizers/adadelta_test.py, test_correctness_with_golden"""
    w, optimizer = {"x": np.ones(10)}, Adadelta(learning_rate=1.0, rho=0.8, epsilon=1e-6)
    optimizer.build(w)
    optimizer.step(w, {"x": np.full(10, 0.01)}, kernels.load(kernel_set))
    for golden in (0.9978, 0.9947, 0.9915, 0.9882, 0.9849):
        np.testing.assert_allclose(w["x"], golden, rtol=5e-4, atol=5e-4)
        optimizer.step(w, {"x": np.arange(0.1, 1.1, 0.1)}, kernels.load(kernel_set))


@both_dtypes
@both_kernels
@pytest.mark.parametrize("options", [{"learning_rate": 1.0}, {"learning_rate": 0.5, "rho": 0.8, "epsilon": 1e-3}])
def test_adadelta_step_by_step(kernel_set, dtype, options, keras):
    """Gradients of every size, tiny and zero ones too; every number of the state, relative to itself."""
    theirs, ours = keras.optimizers.Adadelta(**options), Adadelta(**options)
    start = RNG.standard_normal(60).astype(dtype)
    variable, w = keras.Variable(start, dtype=dtype), {"w": start.copy()}
    ours.build(w)
    sizes = np.repeat(10.0 ** np.arange(-9, 3), 5)
    for step in range(30):
        g = (RNG.standard_normal(60) * sizes * (step % 7 != 0)).astype(dtype)
        theirs.apply([g], [variable])
        ours.step(w, {"w": g}, kernels.load(kernel_set))
    state = {v.name.rpartition("variable_")[2]: np.asarray(v) for v in theirs.variables}
    eps = np.finfo(dtype).eps
    found = [name for name in state if name.endswith(("accumulated_grad", "accumulated_delta_var"))]
    assert len(found) == 2
    for name in found:
        slot = "accumulated_grad" if name.endswith("grad") else "accumulated_delta_var"
        np.testing.assert_allclose(ours.slots[f"w/{slot}"], state[name], rtol=100 * eps)
    np.testing.assert_allclose(w["w"], np.asarray(variable), rtol=0, atol=20 * eps)
    assert ours.iterations == int(theirs.iterations) == 30


# ---------- fit
def test_fit_keeps_keras_history(keras):
    """In float64, in order: the last batch is smaller (20 = 8 + 8 + 4), losses and accuracies are means over samples while
    the weights change, validation comes at the end of an epoch, unshuffled.
    """
    keras.config.set_floatx("float64")
    keras.utils.clear_session(free_memory=False)
    x, t = RNG.random((20, 8, 8, 1)), np.eye(3)[RNG.integers(0, 3, 20)]
    validation = RNG.random((7, 8, 8, 1)), np.eye(3)[RNG.integers(0, 3, 7)]

    def made(library, **options):
        layers = library.layers
        stack = [library.Input((8, 8, 1)), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(),
                 layers.Flatten(), layers.Dense(5, activation="relu"), layers.Dense(3, activation="softmax")]  # fmt: skip
        model = library.Sequential(stack, **options)
        optimizer = library.optimizers.Adadelta(learning_rate=1.0)
        model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
        return model

    theirs, ours = made(keras), made(scratchnet, dtype="float64")
    ours.set_weights(theirs.get_weights())
    options = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0, "validation_data": validation}
    expected = theirs.fit(x, t, **options)
    found = ours.fit(x, t, **options)

    assert found.epoch == expected.epoch == [0, 1]
    assert found.history.keys() == expected.history.keys() == {"loss", "accuracy", "val_loss", "val_accuracy"}
    for name, values in expected.history.items():
        assert found.history[name] == pytest.approx(values, rel=1e-12), name
    assert len(set(found.history["loss"])) == 2
    assert ours.evaluate(x, t, batch_size=8) == pytest.approx(theirs.evaluate(x, t, batch_size=8, verbose=0), rel=1e-12)
    keras.config.set_floatx("float32")
