import numpy as np
import pytest

from scratchnet import Input, Sequential, load_model
from scratchnet.callbacks import Callback
from scratchnet.errors import ScratchnetError
from scratchnet.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from scratchnet.optimizers import Adadelta

SHAPE = (6, 7, 1)


def stack():
    return [Conv2D(3, 3, activation="relu"), MaxPooling2D(), Dropout(0.25), Flatten(), Dense(4, activation="softmax")]


def model(**options):
    made = Sequential([Input(SHAPE), *stack()], **options)
    made.compile("adadelta", "categorical_crossentropy", metrics=["accuracy"])
    return made


def data(count, seed=0):
    """Images whose class is the quarter of the image that is bright."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, count)
    x = rng.uniform(0, 0.3, (count, *SHAPE))
    for image, label in zip(x, labels, strict=True):
        image[3 * (label // 2) :][:3, 3 * (label % 2) :][:, :3] += 0.7
    return x.astype("float32"), np.eye(4, dtype="float32")[labels]


def assert_same(one, two):
    for a, b in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


# ---------- made
def test_shapes_and_numbers_of_parameters():
    made = model()
    assert [layer.output_shape for layer in made.layers] == [(4, 5, 3), (2, 2, 3), (2, 2, 3), (12,), (4,)]
    assert [array.shape for array in made.get_weights()] == [(3, 3, 1, 3), (3,), (12, 4), (4,)]
    assert made.count_params() == 27 + 3 + 48 + 4
    assert made.output_shape == (4,)
    assert [layer.place for layer in made.layers] == [0, 1, 2, 3, 4]


def test_without_an_input_the_data_builds_it():
    late = Sequential(stack())
    assert not late.built
    with pytest.raises(ScratchnetError, match="before it is built"):
        late.count_params()
    late.predict(data(2)[0])
    assert_same(late, model())


def test_the_seed_and_the_place_make_the_first_weights():
    assert_same(model(seed=5), model(seed=5))
    assert not np.array_equal(model(seed=5).get_weights()[0], model(seed=6).get_weights()[0])
    twins = Sequential([Input((4,)), Dense(4), Dense(4)])
    assert not np.array_equal(twins.get_weights()[0], twins.get_weights()[2])


def test_a_layer_that_does_not_fit_changes_nothing():
    made = Sequential([Input((4, 4, 1)), Conv2D(2, 3)])
    with pytest.raises(ScratchnetError, match="Flatten"):
        made.add(Dense(3))
    made.add(Flatten())
    assert [type(layer).__name__ for layer in made.layers] == ["Conv2D", "Flatten"]
    with pytest.raises(ScratchnetError, match="'conv'"):
        Sequential([Dense(3, name="conv"), Dense(3, name="conv")])
    with pytest.raises(ScratchnetError, match="An Input on other layers"):
        Sequential([Dense(3), Input((3,))])


@pytest.mark.parametrize("options", [{"dtype": "float16"}, {"seed": -1}, {"kernels": "fast"}, {"threads": 0}])
def test_options_that_can_not_be(options):
    ((name, value),) = options.items()
    with pytest.raises(ScratchnetError, match=f"{name}={value!r}"):
        model(**options).predict(data(2)[0])


# ---------- trained
@pytest.mark.jit
def test_it_learns():
    x, t = data(400)
    made = model()
    history = made.fit(x, t, 32, 20, 0, validation_data=data(100, seed=1))
    assert history.epoch == list(range(20))
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert history.history["val_accuracy"][-1] > 0.95
    assert made.evaluate(*data(100, seed=1)) == [history.history["val_loss"][-1], history.history["val_accuracy"][-1]]


@pytest.mark.parametrize("kernels", ["plain", "compiled"])
def test_the_same_seed_gives_the_same_bits(kernels):
    x, t = data(70)
    once, again, other = (
        model(kernels=kernels, seed=seed, threads=threads) for seed, threads in ((1, 1), (1, 2), (2, 2))
    )
    for made in (once, again, other):
        made.fit(x, t, 16, 2, 0)
    assert_same(once, again)
    assert not np.array_equal(once.get_weights()[0], other.get_weights()[0])


def test_training_goes_on_where_it_stopped():
    """Two epochs at once, or one, a file, and one more: the order of samples and the masks follow the step."""
    x, t = data(70)
    whole, halves = model(seed=3), model(seed=3)
    whole.fit(x, t, 16, 2, 0)
    halves.fit(x, t, 16, 1, 0)
    halves.fit(x, t, 16, 2, 0, initial_epoch=1)
    assert_same(whole, halves)
    assert whole.optimizer.iterations == halves.optimizer.iterations == 2 * 5


def test_the_last_batch_counts_by_its_own_size():
    """One epoch of 16 and 4 images in order is a step on each: the second's gradient is a mean over 4."""
    x, t = data(20)
    epoch, steps = (Sequential([Input(SHAPE), *stack()[:2], *stack()[3:]], dtype="float64") for _ in range(2))
    for made in (epoch, steps):
        made.compile("adadelta", "categorical_crossentropy")
    losses = []
    for part in (slice(0, 16), slice(16, 20)):
        losses.append(steps.evaluate(x[part], t[part])[0])
        steps.fit(x[part], t[part], 20, 1, 0, shuffle=False)
    history = epoch.fit(x, t, 16, 1, 0, shuffle=False)
    for a, b in zip(epoch.get_weights(), steps.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-14)
    assert history.history["loss"] == [pytest.approx((16 * losses[0] + 4 * losses[1]) / 20, rel=1e-12)]


def test_each_epoch_has_an_order_of_its_own(monkeypatch):
    x, t = data(20)
    seen = []

    class Watch(Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append((batch, self.model.optimizer.iterations))

    orders = []
    from scratchnet import training

    step = training.train_step
    monkeypatch.setattr(
        training, "train_step", lambda task, o, x, t, draw: (orders.append(draw.samples), step(task, o, x, t, draw))[1]
    )
    model().fit(x, t, 8, 2, 0, [Watch()])
    first, second = np.concatenate(orders[:3]), np.concatenate(orders[3:])
    assert sorted(first) == sorted(second) == list(range(20))
    assert list(first) != list(second) != list(range(20))
    assert seen == [(0, 1), (1, 2), (2, 3), (0, 4), (1, 5), (2, 6)]


def test_one_line_an_epoch_where_the_output_is_no_terminal(capsys):
    x, t = data(20)
    made = model()
    made.fit(x, t, 8, 1, 0)  # compiles what is left to compile
    capsys.readouterr()
    made.fit(x, t, 8, 3, validation_data=(x, t), initial_epoch=1)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" - ")[0] for line in lines] == ["Epoch 2/3", "Epoch 3/3"]
    assert all(" images/s - loss: " in line and " - val_accuracy: " in line for line in lines)


# ---------- asked
def test_uint8_images_are_cast_at_the_door():
    x = np.random.default_rng(0).integers(0, 256, (5, *SHAPE), dtype=np.uint8)
    made = model()
    np.testing.assert_array_equal(made.predict(x), made.predict(x.astype("float32")))


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_predictions_are_probabilities_whatever_the_batch(batch_size):
    made, (x, _) = model(), data(7)
    p = made.predict(x, batch_size=batch_size)
    assert p.dtype == np.float32
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(p, made.predict(x), rtol=1e-6)


def test_arrays_in_another_order_of_memory():
    made, (x, t) = model(), data(9)
    np.testing.assert_array_equal(made.predict(np.asfortranarray(x)), made.predict(x))
    assert made.evaluate(np.asfortranarray(x), np.asfortranarray(t)) == made.evaluate(x, t)


def test_trace_keeps_every_step():
    made, (x, t) = model(dtype="float64"), data(5)
    seen = made.trace(x, t)
    assert [layer.name for layer in seen.layers] == [layer.name for layer in made.layers]
    for below, above in zip(seen.layers, seen.layers[1:], strict=False):
        assert above.x is below.y
        assert below.dy is above.dx
    np.testing.assert_allclose(seen.output, made.predict(x), rtol=1e-12)
    np.testing.assert_allclose(seen.loss.mean(), made.evaluate(x, t)[0], rtol=1e-12)
    # The loss's slope along the first layer's kernel is what its gradient says
    kernel, direction = made.layers[0].params["kernel"], np.random.default_rng(0).standard_normal((3, 3, 1, 3))
    kernel += 1e-6 * direction
    above = made.evaluate(x, t)[0]
    kernel -= 2e-6 * direction
    slope = (above - made.evaluate(x, t)[0]) / 2e-6
    assert (seen.layers[0].grads["kernel"] * direction).sum() == pytest.approx(slope, rel=1e-6)


def test_trace_draws_the_masks_of_its_step():
    made, (x, _) = model(), data(5)
    dropped = [made.trace(x, training=True, step=step).layers[2].y for step in (0, 0, 1)]
    np.testing.assert_array_equal(dropped[0], dropped[1])
    assert not np.array_equal(dropped[0], dropped[2])
    assert made.trace(x).layers[2].cache is None


# ---------- looked into and saved
def test_set_weights_takes_only_its_shapes():
    one, two = model(seed=1), model(seed=2)
    arrays = list(two.params.values())
    two.set_weights(one.get_weights())
    assert_same(one, two)
    assert all(a is b for a, b in zip(arrays, two.params.values(), strict=True)), "written in place"
    with pytest.raises(ScratchnetError, match=r"\(3, 3, 1, 3\)"):
        two.set_weights(one.get_weights()[1:])


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_file_holds_everything(tmp_path, suffix, capsys):
    x, t = data(70)
    made = model(seed=4)
    made.fit(x, t, 16, 1, 0)
    made.save(tmp_path / f"model{suffix}")
    again = load_model(tmp_path / f"model{suffix}", seed=4)
    assert_same(made, again)
    np.testing.assert_array_equal(made.predict(x), again.predict(x))
    made.summary()
    shown = capsys.readouterr().out
    assert " Optimizer params: 166 " in shown, "2 · 82 + 2"
    again.summary()
    assert capsys.readouterr().out == shown
    for each in (made, again):
        each.fit(x, t, 16, 2, 0, initial_epoch=1)
    assert_same(made, again)


def test_a_model_that_was_never_compiled(tmp_path):
    made = Sequential([Input(SHAPE), *stack()])
    made.save(tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    assert again.optimizer is None
    with pytest.raises(ScratchnetError, match="compile"):
        again.evaluate(*data(3))
    compiled = model()
    compiled.save(tmp_path / "model.keras")
    assert load_model(tmp_path / "model.keras", compile=False).loss is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x, t: (x[:, :5], t), r"x has shape \(9, 5, 7, 1\). Expected \(N, 6, 7, 1\)"),
        (lambda x, t: (x[..., 0], t), r"x has shape \(9, 6, 7\)"),
        (lambda x, t: (x[:0], t[:0]), "one sample or more"),
        (lambda x, t: (x[0, 0, 0], t), "one sample or more"),
        (lambda x, t: (x, t[:-1]), r"y has shape \(8, 4\)"),
        (lambda x, t: (x, t.argmax(axis=1)), "to_categorical"),
        (lambda x, t: (x.astype(str), t), "an array of numbers"),
        (lambda x, t: (x, t.astype(object)), "dtype object"),
    ],
)
def test_data_that_does_not_fit_is_refused_before_anything_changes(change, words):
    made = model()
    before = made.get_weights()
    x, t = change(*data(9))
    for method in (made.fit, made.evaluate):
        with pytest.raises(ScratchnetError, match=words):
            method(x, t)
    for a, b in zip(before, made.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_optimizer_serves_one_model():
    optimizer = Adadelta()
    one, other = model(), Sequential([Input((3,)), Dense(4, activation="softmax")])
    for made in (one, other):
        made.compile(optimizer, "categorical_crossentropy")
    one.fit(*data(3), verbose=0)
    with pytest.raises(ScratchnetError, match="state of another model"):
        other.fit(np.ones((3, 3)), np.eye(4)[:3], verbose=0)


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"epochs": 0}, {"epochs": 1.5}])
def test_counts_are_whole_and_above_zero(options):
    ((name, value),) = options.items()
    with pytest.raises(ScratchnetError, match=f"{name}={value}"):
        model().fit(*data(3), verbose=0, **options)
