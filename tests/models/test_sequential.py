from dataclasses import replace

import numpy as np
import pytest

from scratchnet import Input, Sequential, load_model
from scratchnet.callbacks import Callback
from scratchnet.errors import ScratchnetError
from scratchnet.kernels import plain
from scratchnet.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D, SpatialDropout2D
from scratchnet.optimizers import Adadelta
from scratchnet.progress import ProgressBar
from tests.models.examples import SHAPE, assert_same, data, model, stack, weighted


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
        training,
        "train_step",
        lambda task, o, batch, draw: (orders.append(draw.samples), step(task, o, batch, draw))[1],
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


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_predictions_are_probabilities_whatever_the_batch(batch_size):
    made, (x, _) = model(), data(7)
    p = made.predict(x, batch_size=batch_size)
    assert p.dtype == np.float32
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(p, made.predict(x), rtol=1e-6)


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


def test_trace_has_the_gradients_that_training_has():
    """Of weighted samples (see above: a weight of two), with penalties, and none of what isn't trained."""
    x, t = data(3)
    twice = [0, 1, 1, 2]
    one, two = weighted(), weighted()
    once = one.trace(x, t, np.array([1, 2, 1])).layers[0].grads
    for name, grad in two.trace(x[twice], t[twice]).layers[0].grads.items():
        np.testing.assert_allclose(3 * once[name], 4 * grad, rtol=1e-12)

    layers = [Input((3,)), Dense(2, kernel_regularizer="l2"), Dense(2, bias_regularizer="l2", trainable=False)]
    penalized = Sequential(layers, dtype="float64")
    penalized.compile("sgd", "mse")
    first, last = penalized.trace(np.zeros((4, 3)), np.zeros((4, 2))).layers
    kernel = penalized.layers[0].params["kernel"]
    np.testing.assert_allclose(first.grads["kernel"], 2 * float(np.float32(0.01)) * kernel, rtol=1e-14)
    assert last.grads == {}


def test_trace_draws_the_masks_of_its_step():
    made, (x, _) = model(), data(5)
    dropped = [made.trace(x, training=True, step=step).layers[2].y for step in (0, 0, 1)]
    np.testing.assert_array_equal(dropped[0], dropped[1])
    assert not np.array_equal(dropped[0], dropped[2])
    assert made.trace(x).layers[2].decisions == {}


def every_decision():
    return Sequential(
        [
            Input((6, 6, 2)),
            Conv2D(4, 3, activation="tanh", kernel_regularizer="l2"),
            BatchNormalization(),
            MaxPooling2D(),
            SpatialDropout2D(0.5),
            Flatten(),
            Dropout(0.5),
            Dense(3, activation="softmax"),
        ],
        seed=1,
        dtype="float64",
    )


def test_trace_splits_a_layer_before_its_activation():
    made = every_decision()
    made.compile("sgd", "categorical_crossentropy")
    x, t = np.random.default_rng(0).random((4, 6, 6, 2)), np.eye(3)[[0, 1, 2, 0]]
    seen = made.trace(x, t)
    first, last = seen.layers[0], seen.layers[-1]
    w, b = made.layers[0].params.values()
    np.testing.assert_allclose(first.z, plain.conv2d(x, w, b, (1, 1), (1, 1)), rtol=1e-12)
    np.testing.assert_allclose(first.y, np.tanh(first.z), rtol=1e-14)
    np.testing.assert_allclose(first.dz, first.dy * (1 - np.tanh(first.z) ** 2), rtol=1e-12)
    np.testing.assert_allclose(last.y, np.exp(last.z) / np.exp(last.z).sum(axis=1, keepdims=True), rtol=1e-14)
    assert last.dy is None
    np.testing.assert_allclose(last.dz, (last.y - t) / 4, rtol=1e-13, atol=1e-16)
    assert seen.output is last.y
    assert all(layer.z is layer.y for layer in seen.layers[1:-1])
    assert all(layer.dz is layer.dy for layer in seen.layers[1:-1])


def test_trace_tells_what_layers_decided():
    x = np.random.default_rng(0).random((4, 6, 6, 2))
    seen = every_decision().trace(x, training=True)
    _, norm, pooling, channels, _, dropout, _ = seen.layers
    mean, deviation = norm.decisions["mean"], norm.decisions["deviation"]
    np.testing.assert_allclose(norm.y, (norm.x - mean[:, None, None]) / deviation[:, None, None], rtol=1e-12)
    winner = pooling.decisions["winner"].astype(int)
    for n, i, j, c in np.ndindex(pooling.y.shape):
        u, v = divmod(winner[n, i, j, c], 2)
        assert pooling.x[n, 2 * i + u, 2 * j + v, c] == pooling.y[n, i, j, c]
    np.testing.assert_array_equal(channels.y, 2 * channels.x * channels.decisions["keep"][:, None, None])
    np.testing.assert_array_equal(dropout.y, np.where(dropout.decisions["keep"], 2 * dropout.x, 0))
    assert 0 < channels.decisions["keep"].mean() < 1
    assert 0 < dropout.decisions["keep"].mean() < 1


def test_trace_goes_back_from_a_logit_without_a_loss():
    """Its gradient by the image is the logit's slope, and no penalty is in it."""
    made, x = every_decision(), np.random.default_rng(0).random((1, 6, 6, 2))
    seen = made.trace(x, logit=2)
    np.testing.assert_array_equal(seen.layers[-1].dz, [[0, 0, 1]])
    assert seen.loss is None
    direction = np.random.default_rng(1).standard_normal(x.shape)
    above, below = (made.trace(x + h * direction).layers[-1].z[0, 2] for h in (1e-6, -1e-6))
    assert (seen.layers[0].dx * direction).sum() == pytest.approx((above - below) / 2e-6, rel=1e-7)
    kernel = made.layers[0].params["kernel"]
    direction = np.random.default_rng(1).standard_normal(kernel.shape)
    kernel += 1e-6 * direction
    above = made.trace(x).layers[-1].z[0, 2]
    kernel -= 2e-6 * direction
    slope = (above - made.trace(x).layers[-1].z[0, 2]) / 2e-6
    assert (seen.layers[0].grads["kernel"] * direction).sum() == pytest.approx(slope, rel=1e-7)


def test_trace_refuses_what_it_cannot_begin_with_and_names_its_layers():
    made, (x, t) = model(), data(2)
    with pytest.raises(ScratchnetError, match=r"logit=9\. Expected below "):
        made.trace(x, logit=9)
    with pytest.raises(ScratchnetError, match="one of them"):
        made.trace(x, t, logit=0)
    seen = made.trace(x)
    assert seen[made.layers[1].name] is seen.layers[1]
    with pytest.raises(ScratchnetError, match=made.layers[1].name):
        seen["nothing"]


def test_penalties_are_in_the_loss_and_move_the_weights():
    plain, large = (
        Sequential([Input((3,)), Dense(2, kernel_regularizer=penalty)], dtype="float64") for penalty in (None, "l2")
    )
    x, t = np.zeros((4, 3)), np.zeros((4, 2))
    for made in (plain, large):
        made.compile("sgd", "mse")
    kernel = large.layers[0].params["kernel"].copy()
    assert plain.train_on_batch(x, t) == [0]
    l2 = float(np.float32(0.01))
    assert large.evaluate(x, t) == large.train_on_batch(x, t) == [pytest.approx(l2 * (kernel**2).sum(), rel=1e-14)]
    np.testing.assert_array_equal(plain.layers[0].params["kernel"], kernel)
    np.testing.assert_allclose(large.layers[0].params["kernel"], kernel * (1 - 0.01 * 2 * l2), rtol=1e-14)


def test_a_layer_that_is_not_trainable_stays():
    made = Sequential(
        [
            Input(SHAPE),
            Conv2D(3, 3, trainable=False, kernel_regularizer="l2"),
            BatchNormalization(trainable=False),
            *stack()[3:],
        ]
    )
    made.compile("adam", "categorical_crossentropy")
    before = made.get_weights()
    made.fit(*data(20), verbose=0)
    same = [np.array_equal(a, b) for a, b in zip(before, made.get_weights(), strict=True)]
    assert same == [True] * 6 + [False] * 2
    assert list(made.params) == list(made.weights)[6:]
    assert len(made.optimizer.variables) == 2 + 2 * 2
    made.layers[0].trainable = True
    with pytest.raises(ScratchnetError, match="compile anew"):
        made.fit(*data(20), verbose=0)


def test_moving_statistics_move_in_training_alone():
    made = Sequential([Input(SHAPE), BatchNormalization(momentum=0.9), *stack()[3:]], dtype="float64")
    made.compile("sgd", "categorical_crossentropy")
    x, t = data(8)
    made.evaluate(x, t)
    made.predict(x)
    made.trace(x, t, training=True)
    mean, variance = (made.layers[0].state[name] for name in ("moving_mean", "moving_variance"))
    assert (mean[0], variance[0]) == (0, 1)
    made.train_on_batch(x, t)
    x = x.astype("float64")
    np.testing.assert_allclose(mean, 0.1 * x.mean(), rtol=1e-14)
    np.testing.assert_allclose(variance, 0.9 + 0.1 * x.var(), rtol=1e-14)


def test_a_callback_ends_training():
    class Stop(Callback):
        def __init__(self, epoch, batch=None):
            self.at = epoch, batch

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training |= (self.epoch, batch) == self.at

        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training |= (epoch, None) == self.at

    x, t = data(20)
    for at, epochs, steps in (((1, None), [0, 1], 6), ((1, 0), [0, 1], 4)):
        made = model()
        assert made.fit(x, t, 8, 5, 0, [Stop(*at)]).epoch == epochs
        assert made.optimizer.iterations == steps
        assert made.fit(x, t, 8, 2, 0).epoch == [0, 1], "and it is forgotten"


def test_callbacks_hear_of_everything_in_order():
    heard = []

    class Hears(Callback):
        def __getattribute__(self, name):
            if name.startswith("on_") and name != "on_compile":
                return lambda *arguments: heard.append((name, *(a for a in arguments if isinstance(a, int))))
            if name == "set_params":
                return lambda params: heard.append((name, params))
            return super().__getattribute__(name)

    x, t = data(6)
    model().fit(x, t, 4, 1, 0, [Hears()], validation_data=(x[:3], t[:3]))
    assert heard == [
        ("set_params", {"epochs": 1, "steps": 2, "samples": 6}),
        ("on_train_begin",),
        ("on_epoch_begin", 0),
        *((f"on_train_batch_{when}", batch) for batch in range(2) for when in ("begin", "end")),
        ("on_test_begin",),
        ("on_test_batch_begin", 0),
        ("on_test_batch_end", 0),
        ("on_test_end",),
        ("on_epoch_end", 0),
        ("on_train_end",),
    ]


def test_weights_alone_leave_the_optimizer_as_it_is(tmp_path):
    one, two, (x, t) = model(seed=1), model(seed=2), data(9)
    for made in (one, two):
        made.fit(x, t, verbose=0)
    one.save_weights(tmp_path / "one.weights.h5")
    one.save(tmp_path / "one.keras")
    never = Sequential([Input(SHAPE), *stack()])
    never.set_weights(one.get_weights())
    never.save_weights(tmp_path / "bare.weights.h5")
    state = {name: array.copy() for name, array in two.optimizer.variables.items()}
    two.load_weights(tmp_path / "bare.weights.h5")
    assert_same(one, two)
    for name, array in two.optimizer.variables.items():
        np.testing.assert_array_equal(array, state[name], err_msg=name)
    for file in ("one.weights.h5", "one.keras"):
        late = model(seed=3)
        late.load_weights(tmp_path / file)
        assert_same(one, late)
        for a, b in zip(late.optimizer.variables.values(), one.optimizer.variables.values(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_verbose_two_is_a_line_an_epoch_and_no_live_bar(capsys, monkeypatch):
    from scratchnet.models import sequential

    live, made = [], model()
    monkeypatch.setattr(
        sequential, "ProgressBar", lambda **options: live.append(options["live"]) or ProgressBar(**options)
    )
    made.fit(*data(20), 8, 1, 0)
    capsys.readouterr()
    made.fit(*data(20), 8, 2, verbose=2)
    assert [line.split(" - ")[0] for line in capsys.readouterr().out.splitlines()] == ["Epoch 1/2", "Epoch 2/2"]
    made.fit(*data(20), 8, 1, verbose=1)
    assert live == [False, False, True]


def test_one_batch_is_a_step_of_fit():
    one, two, (x, t) = model(seed=2), model(seed=2), data(9)
    history = one.fit(x, t, 9, 1, 0, shuffle=False).history
    assert two.train_on_batch(x, t, return_dict=True) == {name: values[0] for name, values in history.items()}
    assert_same(one, two)
    np.testing.assert_array_equal(two.predict_on_batch(x), one.predict(x, batch_size=9))
    assert two.evaluate(x, t, return_dict=True) == dict(zip(("loss", "accuracy"), two.evaluate(x, t), strict=True))


# ---------- looked into and saved
@pytest.mark.parametrize("option", [{"loss_weights": [2.0]}, {"weighted_metrics": ["accuracy"]}])
def test_what_a_file_was_compiled_with_and_we_do_not_have_is_refused(option):
    saved = model().to_data()
    with pytest.raises(ScratchnetError, match=f"compiled with {next(iter(option))}="):
        Sequential.from_data(replace(saved, compile=saved.compile | option))
    assert Sequential.from_data(replace(saved, compile=saved.compile | option), compile=False).loss is None


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


def test_an_optimizer_serves_one_model():
    optimizer = Adadelta()
    one, other = model(), Sequential([Input((3,)), Dense(4, activation="softmax")])
    for made in (one, other):
        made.compile(optimizer, "categorical_crossentropy")
    one.fit(*data(3), verbose=0)
    with pytest.raises(ScratchnetError, match="state of other parameters"):
        other.fit(np.ones((3, 3)), np.eye(4)[:3], verbose=0)


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"epochs": 0}, {"epochs": 1.5}])
def test_counts_are_whole_and_above_zero(options):
    ((name, value),) = options.items()
    with pytest.raises(ScratchnetError, match=f"{name}={value}"):
        model().fit(*data(3), verbose=0, **options)
