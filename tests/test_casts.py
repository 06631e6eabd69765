import pytest

from scratchnet.casts import through_float32


@pytest.mark.parametrize("number", [0.1, 0.9, 1e-7, 1 / 3, 0.5, 0.0, -0.3])
def test_a_number_is_rounded_as_keras_casts_it(number, keras):
    assert through_float32(number) == float(keras.ops.cast(number, "float64"))
    assert type(through_float32(number)) is float
