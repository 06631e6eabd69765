import numpy as np
import pytest

from scratchnet.datasets import Pixels, scale_images
from scratchnet.errors import DataError
from scratchnet.layers import Dense, Flatten, Input
from scratchnet.models import Sequential

images = np.random.default_rng(0).integers(0, 256, (7, 4, 5), np.uint8)


@pytest.mark.parametrize("chosen", [images, images[..., None], np.repeat(images[..., None], 3, axis=3)])
def test_the_bits_are_those_of_scale_images(chosen):
    pixels, x = Pixels(chosen), scale_images(chosen)
    assert (pixels.shape, pixels.dtype, len(pixels), pixels.ndim) == (x.shape, x.dtype, 7, 4)
    for places in (np.array([3, 0, 3]), [1, 2], 4, -1):
        np.testing.assert_array_equal(pixels[places], x[places], strict=True)
    np.testing.assert_array_equal(np.asarray(pixels), x, strict=True)


def test_a_slice_is_bytes_still():
    part = Pixels(images)[2:5]
    assert isinstance(part, Pixels)
    assert part.images.base is images
    np.testing.assert_array_equal(np.asarray(part), scale_images(images)[2:5])


@pytest.mark.parametrize("wrong", [images / 255, images.astype(int), images[0], images[:0]])
def test_what_are_not_pixels_is_refused(wrong):
    with pytest.raises(DataError):
        Pixels(wrong)


def test_a_model_takes_them_for_the_array():
    t = np.eye(3)[np.arange(7) % 3]
    trained = []
    for x in (Pixels(images), scale_images(images)):
        model = Sequential([Input((4, 5, 1)), Flatten(), Dense(3, activation="softmax")])
        model.compile(loss="categorical_crossentropy")
        model.fit(x, t, batch_size=2, epochs=2, verbose=0, validation_split=0.3)
        trained.append((model.get_weights(), model.evaluate(x, t), model.predict(x), model.trace(x, t).loss))
    np.testing.assert_equal(*trained)
