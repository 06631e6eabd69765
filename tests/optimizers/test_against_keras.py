"""Every optimizer, with every option, beside Keras's: five steps, weights and variables."""

import numpy as np
import pytest

from scratchnet import optimizers
from scratchnet.kernels import plain
from scratchnet.optimizers import OPTIMIZERS
from scratchnet.optimizers.schedules import CosineDecay, ExponentialDecay, PiecewiseConstantDecay

SHAPES = {"conv/kernel": (2, 2, 3, 4), "conv/bias": (4,), "dense/kernel": (5, 3)}

COMMON = [
    {},
    {"weight_decay": 0.03},
    {"clipnorm": 2.5},  # some gradients are longer, some aren't
    {"global_clipnorm": 3.0},
    {"clipvalue": 0.7},
    {"clipnorm": 0.0},
    {"learning_rate": 0.3, "clipvalue": 0.7, "weight_decay": 0.1},
    {"learning_rate": ExponentialDecay(0.1, 3, 0.7)},
]
OWN = [
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.03}),
    ("SGD", {"nesterov": True}),
    ("SGD", {"learning_rate": PiecewiseConstantDecay([1, 3], [0.1, 0.7, 0.3]), "momentum": 0.3}),
    ("Adagrad", {"initial_accumulator_value": 0.0, "epsilon": 1e-3}),
    ("Adagrad", {"initial_accumulator_value": 0.7}),
    ("RMSprop", {"rho": 0.7, "epsilon": 1e-2}),
    ("RMSprop", {"momentum": 0.6}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {"centered": True, "momentum": 0.6, "rho": 0.8, "clipnorm": 2.5}),
    ("Adadelta", {"rho": 0.8, "epsilon": 1e-3}),
    ("Adam", {"beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-3}),
    ("Adam", {"amsgrad": True, "beta_2": 0.6}),
    ("AdamW", {"amsgrad": True, "weight_decay": 0.3}),
    ("AdamW", {"learning_rate": CosineDecay(0.1, 4, alpha=0.1, warmup_target=0.3, warmup_steps=2)}),
]
ROWS = [(name, options) for name in OPTIMIZERS for options in COMMON] + OWN


def theirs(keras, name, options):
    """Keras's optimizer of our configuration (in which ours only differs by Adadelta's default rate)."""
    ours = optimizers.get({"class_name": name, "config": options})
    config = ours.get_config()
    if isinstance(config["learning_rate"], dict):
        config["learning_rate"] = keras.optimizers.schedules.deserialize(config["learning_rate"])
    return getattr(keras.optimizers, name)(**config), ours


@pytest.mark.parametrize(("name", "options"), ROWS, ids=str)
def test_five_steps_are_keras(name, options, dtype, keras):
    import tensorflow as tf

    rng = np.random.default_rng(0)
    params = {key: rng.standard_normal(shape).astype(dtype) for key, shape in SHAPES.items()}
    variables = [keras.Variable(w, dtype=dtype, name=key.replace("/", "_")) for key, w in params.items()]
    their, our = theirs(keras, name, options)
    our.build(params)
    their.build(variables)
    tolerance = 1e-13 if dtype == "float64" else 3e-6
    for step in range(5):
        if step == 3 and "learning_rate" not in options:
            our.learning_rate = their.learning_rate = 0.25
        scale = [1.0, 3.0, 0.0, 0.3, 1.0][step]  # one step without any gradient
        grads = {key: (scale * rng.standard_normal(shape)).astype(dtype) for key, shape in SHAPES.items()}
        before = {key: g.copy() for key, g in grads.items()}
        our.step(params, grads, plain)
        their.apply([tf.constant(g) for g in grads.values()], variables)
        for key, variable in zip(params, variables, strict=True):
            assert params[key].dtype == np.dtype(dtype)
            np.testing.assert_array_equal(grads[key], before[key], err_msg="gradients aren't ours to write to")
            np.testing.assert_allclose(params[key], variable.numpy(), rtol=tolerance, atol=tolerance, err_msg=key)
    assert len(our.variables) == len(their.variables)
    for key, ours, variable in zip(our.variables, our.variables.values(), their.variables, strict=True):
        assert variable.path.endswith(key.replace("/", "_").removeprefix("conv_").removeprefix("dense_")), "their order"
        exact = 1e-7 if key == "learning_rate" else tolerance
        np.testing.assert_allclose(ours, variable.numpy(), rtol=exact, atol=tolerance, err_msg=key)
        assert ours.shape == variable.shape


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_defaults_and_options_are_keras(name, keras):
    ours, their = OPTIMIZERS[name]().get_config(), getattr(keras.optimizers, name)().get_config()
    del ours["name"], their["name"]
    if name == "Adadelta":
        assert (ours["learning_rate"], their["learning_rate"]) == (1.0, pytest.approx(0.001))
        ours["learning_rate"] = their["learning_rate"]
    rest = {option: value for option, value in their.items() if option not in ours}
    assert set(rest) == {
        "ema_momentum", "ema_overwrite_frequency", "gradient_accumulation_steps", "loss_scale_factor", "use_ema",
    }  # fmt: skip
    assert ours == pytest.approx({option: their[option] for option in ours})
    read = optimizers.from_config({"class_name": name, "config": their}).get_config()
    assert {option: read[option] for option in ours} == {option: their[option] for option in ours}


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta"])
def test_names_are_numbered_as_keras_does(name, keras):
    from keras.src.utils.naming import to_snake_case

    first, second = OPTIMIZERS[name]().name, OPTIMIZERS[name]().name
    stem, _, number = second.rpartition("_")
    assert stem == to_snake_case(name)
    assert first in (stem, f"{stem}_{int(number) - 1}")


@pytest.mark.parametrize(
    "schedule",
    [
        ExponentialDecay(0.1, 7, 0.9), ExponentialDecay(0.3, 3, 0.7, staircase=True), ExponentialDecay(0.3, 3, 1.7),
        PiecewiseConstantDecay([3, 5], [0.1, 0.7, 0.3]), PiecewiseConstantDecay((4,), (1.0, 0.1)),
        CosineDecay(0.1, 9), CosineDecay(0.7, 9, alpha=0.3), CosineDecay(0.1, 9, warmup_target=0.7, warmup_steps=4),
        CosineDecay(0.3, 5, 0.2, warmup_target=0.1, warmup_steps=0),
    ],
    ids=str,
)  # fmt: skip
def test_schedules_are_keras_bit_for_bit(schedule, dtype, keras):
    written = optimizers.schedules.serialize(schedule)
    their = keras.optimizers.schedules.deserialize(written)
    assert their.get_config() == written["config"]
    assert optimizers.schedules.get(written) == schedule
    for step in range(14):
        assert schedule(step) == float(their(keras.ops.convert_to_tensor(step, dtype="int64")))
