import pytest


@pytest.fixture(params=["float64", "float32"])
def dtype(request, keras):
    """One dtype after the other, which is also the one that Keras computes in."""
    before = keras.config.floatx()
    keras.config.set_floatx(request.param)
    yield request.param
    keras.config.set_floatx(before)
