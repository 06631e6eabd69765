import numpy as np
import pytest

from scratchnet import optimizers
from scratchnet.errors import ModelFileError, ScratchnetError
from scratchnet.kernels import plain
from scratchnet.optimizers import Adadelta


def test_the_defaults_are_the_notebooks():
    expected = {"name": "adadelta", "learning_rate": 1.0, "rho": 0.95, "epsilon": 1e-7}
    assert Adadelta().get_config() == expected


def test_steps_by_hand():
    """Two steps of one weight: both means start at 0, and √(d + ε) takes d before its update."""
    params, optimizer = {"dense/kernel": np.array([1.0])}, Adadelta(learning_rate=2.0, rho=0.5, epsilon=0.01)
    optimizer.build(params)
    w, a, d = 1.0, 0.0, 0.0
    for g in (0.3, -0.4):
        optimizer.step(params, {"dense/kernel": np.array([g])}, plain)
        a = 0.5 * a + 0.5 * g * g
        delta = g * (d + 0.01) ** 0.5 / (a + 0.01) ** 0.5
        d = 0.5 * d + 0.5 * delta * delta
        w -= 2.0 * delta
        assert params["dense/kernel"][0] == pytest.approx(w, rel=1e-14)
    state = optimizer.variables
    assert list(state) == [
        "iteration",
        "learning_rate",
        "dense/kernel/accumulated_grad",
        "dense/kernel/accumulated_delta_var",
    ]
    assert [float(value.item()) for value in state.values()] == pytest.approx([2, 2.0, a, d], rel=1e-14)


def test_the_state_is_taken_over():
    params, one, two = {"a/b": np.ones(3, "f")}, Adadelta(), Adadelta()
    one.build(params)
    one.step(params, {"a/b": np.arange(3, dtype="f")}, plain)
    two.build(params)
    two.load({**one.variables, "learning_rate": np.array(0.5)})
    assert (two.iterations, two.learning_rate) == (1, 0.5)
    assert one.slots.keys() == two.slots.keys()
    for key, slot in one.slots.items():
        np.testing.assert_array_equal(two.slots[key], slot)
        assert two.slots[key] is not slot


def test_a_learning_rate_survives_the_32_bits_of_a_file():
    optimizer = Adadelta(0.001)
    optimizer.load(optimizer.variables)
    assert optimizer.learning_rate == 0.001
    optimizer.load({"learning_rate": np.array(0.5, "f")})
    assert optimizer.learning_rate == 0.5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"learning_rate": -1}, "learning_rate=-1"),
        ({"learning_rate": float("nan")}, "learning_rate=nan"),
        ({"learning_rate": float("inf")}, "learning_rate=inf"),
        ({"learning_rate": "1"}, "learning_rate='1'"),
        ({"rho": 1.5}, "rho=1.5. Expected a number from 0 to 1"),
        ({"epsilon": -1e-7}, "epsilon=-1e-07"),
    ],
)
def test_numbers_that_can_not_be_are_refused(options, words):
    with pytest.raises(ScratchnetError) as refused:
        Adadelta(**options)
    assert words in str(refused.value)


def test_by_name_or_itself():
    own = Adadelta(0.3)
    assert optimizers.get(own) is own
    assert isinstance(optimizers.get("adadelta"), Adadelta)
    assert isinstance(optimizers.get("Adadelta"), Adadelta)
    with pytest.raises(ScratchnetError, match="'adam'"):
        optimizers.get("adam")


def test_from_keras_config():
    config = {"learning_rate": 0.5, "rho": 0.9, "epsilon": 1e-6, "name": "mine", "clipnorm": None, "use_ema": False}
    optimizer = optimizers.from_config({"class_name": "Adadelta", "config": config | {"ema_momentum": 0.99}})
    assert optimizer.get_config() == {"name": "mine", "learning_rate": 0.5, "rho": 0.9, "epsilon": 1e-6}
    with pytest.raises(ModelFileError, match="clipnorm=1.0"):
        optimizers.from_config({"class_name": "Adadelta", "config": config | {"clipnorm": 1.0}})
    with pytest.raises(ModelFileError, match="Adam"):
        optimizers.from_config({"class_name": "Adam", "config": {}})
