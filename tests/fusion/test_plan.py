import numpy as np
import pytest

from scratchnet.activations import ACTIVATIONS
from scratchnet.fusion import plan
from scratchnet.kernels import plain
from scratchnet.layers import Conv2D, Dense, Flatten, Run
from scratchnet.losses import CategoricalCrossentropy, MeanSquaredError

RUN, loss = Run(plain), CategoricalCrossentropy()


def built(activation):
    layers = [Conv2D(2, 2, activation="relu"), Flatten(), Dense(3, activation=activation)]
    shape = (3, 3, 1)
    for place, layer in enumerate(layers):
        shape = layer.build(shape, rng=np.random.default_rng(place), dtype=np.dtype("float64"))
    return layers


def test_a_softmax_at_the_end_goes_to_the_loss():
    layers = built("softmax")
    made = plan(layers, loss)
    assert made.steps[:-1] == tuple(layers[:-1])
    assert made.steps[-1].params is layers[-1].params
    assert made.loss == loss.on_logits()
    x = np.random.default_rng(0).standard_normal((4, 3, 3, 1))
    z, _ = made.forward(x, RUN)
    y = x
    for layer in layers:
        y, _ = layer.forward(y, RUN)
    np.testing.assert_allclose(made.output(z), y, rtol=1e-14)


@pytest.mark.parametrize(("activation", "given"), [("relu", loss), ("softmax", None), ("softmax", MeanSquaredError())])
def test_else_the_layers_run_as_they_are(activation, given):
    layers = built(activation)
    made = plan(layers, given)
    assert made.steps == tuple(layers)
    assert made.loss is given
    assert made.output is ACTIVATIONS["linear"]


def test_both_forms_have_the_same_gradients():
    """The loss on logits, and the loss on probabilities through softmax's own backward."""
    layers, rng = built("softmax"), np.random.default_rng(1)
    x, t = rng.standard_normal((4, 3, 3, 1)), np.eye(3)[[0, 1, 2, 0]]
    made = plan(layers, loss)
    z, caches = made.forward(x, RUN)
    grads = made.backward(loss.on_logits().gradient(t, z), caches, RUN)

    y, kept = x, []
    for layer in layers:
        y, cache = layer.forward(y, RUN)
        kept.append(cache)
    dy = loss.gradient(t, y)
    assert list(grads) == [f"{layers[i].name}/{name}" for i in (2, 0) for name in ("kernel", "bias")]
    for layer, cache in zip(reversed(layers), reversed(kept), strict=True):
        dy, own = layer.backward(dy, cache, RUN)
        for name, grad in own.items():
            np.testing.assert_allclose(grads[f"{layer.name}/{name}"], grad, rtol=1e-12, atol=1e-15)


def test_a_penalty_goes_with_what_is_trained():
    layers = [Dense(2, kernel_regularizer="l2"), Dense(3, bias_regularizer="l1", trainable=False)]
    shape = (3,)
    for place, layer in enumerate(layers):
        shape = layer.build(shape, rng=np.random.default_rng(place), dtype=np.dtype("float64"))
        layer.params["bias"][...] = 1
    made, kernel = plan(layers, MeanSquaredError()), layers[0].params["kernel"]
    l2 = float(np.float32(0.01))
    assert made.penalty() == pytest.approx(l2 * (kernel**2).sum(), rel=1e-14)
    answer, caches = made.forward(np.zeros((2, 3)), RUN)
    grads = made.backward(np.zeros_like(answer), caches, RUN)
    assert list(grads) == [f"{layers[0].name}/kernel", f"{layers[0].name}/bias"], "none for what stays as it is"
    np.testing.assert_allclose(grads[f"{layers[0].name}/kernel"], 2 * l2 * kernel, rtol=1e-14)


def test_backward_goes_down_to_the_lowest_that_is_trained(monkeypatch):
    layers, asked = built("softmax"), []
    layers[0].trainable = False
    backward = Dense.backward
    monkeypatch.setattr(Conv2D, "backward", lambda *_, **__: asked.append("conv2d"))
    monkeypatch.setattr(
        Dense, "backward", lambda *given, need_dx: asked.append(need_dx) or backward(*given, need_dx=need_dx)
    )
    made = plan(layers, loss)
    answer, caches = made.forward(np.ones((2, 3, 3, 1)), RUN)
    assert list(made.backward(answer, caches, RUN)) == [f"{layers[2].name}/kernel", f"{layers[2].name}/bias"]
    assert asked == [False]


def test_the_gradient_of_the_weighted_mean():
    made, rng = plan([Dense(3)], loss), np.random.default_rng(0)
    t, y, weight = np.eye(3)[[0, 1]], rng.uniform(size=(2, 3)), np.array([2.0, 0.5])
    alone = [loss.gradient(t[n : n + 1], y[n : n + 1])[0] for n in range(2)]
    np.testing.assert_allclose(made.loss_gradient(t, y, weight), [alone[0], alone[1] / 4], rtol=1e-14)
    np.testing.assert_allclose(made.loss_gradient(t, y, None), np.array(alone) / 2, rtol=1e-14)


def test_a_pass_that_only_answers_keeps_nothing():
    _, caches = plan(built("softmax"), None).forward(np.ones((1, 3, 3, 1)), Run(plain, backward=False))
    assert caches == []
