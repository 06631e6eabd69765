"""Saliency: the gradient is the trace's, and what covers nothing changes nothing."""

import numpy as np
import pytest

from scratchnet.figures.saliency import gradients, occlusion, strongest
from scratchnet.layers import Conv2D, Dense, Flatten, Input
from scratchnet.models import Sequential

RNG = np.random.default_rng(3)
X, LABELS = RNG.random((4, 9, 8, 2)), np.array([0, 2, 1, 1])


@pytest.fixture
def model():
    layers = [Input((9, 8, 2)), Conv2D(3, 3, activation="relu"), Flatten(), Dense(3, activation="softmax")]
    network = Sequential(layers, dtype="float64", kernels="plain")
    network.compile(loss="sparse_categorical_crossentropy")
    return network


def test_the_gradient_is_each_image_s_own(model):
    found = gradients(model, X, LABELS)
    for n in range(len(X)):
        dx = model.trace(X[n : n + 1], LABELS[n : n + 1]).layers[0].dx
        np.testing.assert_allclose(found[n : n + 1], dx, rtol=1e-12)


def test_the_gradient_is_how_the_loss_changes(model):
    found, step = gradients(model, X, LABELS), np.zeros_like(X)
    step[1, 4, 5, 1] = 1e-6
    up, down = (model.trace(X + sign * step, LABELS).loss[1] for sign in (1, -1))
    assert found[1, 4, 5, 1] == pytest.approx((up - down) / 2e-6, rel=1e-5)


def test_a_sure_answer_has_a_gradient_in_float32_too():
    """There 1 − p is rounded to 0, and the gradient by the label's logit with it."""
    model = Sequential([Input((2, 2, 1)), Flatten(), Dense(2, activation="softmax")], kernels="plain")
    model.compile(loss="sparse_categorical_crossentropy")
    model.set_weights([np.array([[0, 20], [0, 0], [0, 0], [0, 0]]), np.zeros(2)])
    x = np.ones((1, 2, 2, 1))
    p = 1 / (1 + np.exp(-20))
    np.testing.assert_allclose(gradients(model, x, np.array([1])).ravel(), [-20 * (1 - p), 0, 0, 0], rtol=1e-6)


def test_covering_what_has_the_covering_colour_changes_nothing(model):
    image = np.zeros((1, 9, 8, 2))
    image[0, :3, :3] = 0.7
    fall = occlusion(model, image, LABELS[:1], 3, np.zeros(2))
    assert (fall[0, 5:] == 0).all()
    assert (fall[0, :3, :3] != 0).any()


def test_a_patch_over_everything_is_the_fall_from_the_image_to_the_colour(model):
    colour = np.array([0.25, 0.5])
    fall = occlusion(model, X, LABELS, 20, colour)
    before, after = (model.predict(x)[np.arange(4), LABELS] for x in (X, np.broadcast_to(colour, X.shape)))
    np.testing.assert_allclose(fall, np.broadcast_to((before - after)[:, None, None], fall.shape))


def test_a_pixel_has_the_mean_of_the_patches_over_it():
    """Of an answer that falls by three quarters wherever a pixel is dark, however many patches lie over it."""

    class Brightest:
        def predict(self, x):
            return np.where(x.min(axis=(1, 2, 3)) > 0.5, 1.0, 0.25)[:, None]

    fall = occlusion(Brightest(), np.ones((2, 9, 8, 1)), np.zeros(2, int), 4, np.zeros(1))
    assert (fall == 0.75).all()


def test_images_without_channels_are_covered_too():
    model = Sequential([Input((5, 4)), Flatten(), Dense(2, activation="softmax")], kernels="plain")
    x = np.ones((1, 5, 4))
    before, after = (model.predict(images)[0, 1] for images in (x, 0 * x))
    np.testing.assert_allclose(occlusion(model, x, np.array([1]), 9, np.zeros(1)), before - after, rtol=1e-5)


def test_of_the_channels_the_farthest_from_0():
    signed = np.array([[[[1.0, -3.0, 2.0], [0.5, 0.25, -0.125]]]])
    assert strongest(signed).tolist() == [[[-3.0, 0.5]]]
    assert strongest(signed[..., 0]).tolist() == [[[1.0, 0.5]]]
