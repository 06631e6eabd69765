import numpy as np
import pytest

from scratchnet import optimizers
from scratchnet.errors import ModelFileError, ScratchnetError
from scratchnet.kernels import plain
from scratchnet.optimizers import OPTIMIZERS, SGD, Adadelta, Adagrad, Adam, AdamW, Optimizer, RMSprop, schedules
from scratchnet.optimizers.schedules import CosineDecay, ExponentialDecay, PiecewiseConstantDecay


def test_the_defaults_are_the_notebooks():
    expected = {"learning_rate": 1.0, "rho": 0.95, "epsilon": 1e-7}
    assert expected.items() <= Adadelta().get_config().items()


def test_adadelta_by_hand():
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


@pytest.mark.parametrize(
    ("optimizer", "slots"),
    [
        (SGD(), ""), (SGD(momentum=0.5), "a/momentum b/momentum"), (Adagrad(), "a/accumulator b/accumulator"),
        (Adadelta(), "a/accumulated_grad a/accumulated_delta_var b/accumulated_grad b/accumulated_delta_var"),
        (Adam(), "a/momentum a/velocity b/momentum b/velocity"),
        (AdamW(amsgrad=True), "a/momentum a/velocity b/momentum b/velocity a/velocity_hat b/velocity_hat"),
        (
            RMSprop(momentum=0.5, centered=True),
            "a/velocity b/velocity a/momentum b/momentum a/average_gradient b/average_gradient",
        ),
    ],
    ids=str,
)  # fmt: skip
def test_slots_and_their_order(optimizer, slots):
    assert not optimizer.built
    optimizer.build({"a": np.ones(3, "f"), "b": np.ones((2, 2), "f")})
    assert optimizer.built
    assert list(optimizer.variables) == ["iteration", "learning_rate", *slots.split()]
    assert all(slot.dtype == np.float32 and slot.shape in ((3,), (2, 2)) for slot in optimizer.slots.values())


def test_of_a_schedule_there_is_no_variable():
    optimizer = SGD(ExponentialDecay(0.5, 1, 0.5))
    optimizer.build({})
    assert list(optimizer.variables) == ["iteration"]
    assert [optimizer.current_learning_rate, optimizer.step({}, {}, plain)][0] == 0.5
    assert optimizer.current_learning_rate == 0.25, "asked with the updates made"
    optimizer.load({"iteration": np.array(2), "learning_rate": np.array(9.0)})
    assert optimizer.current_learning_rate == 0.125


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
def test_what_has_no_gradient_stays(kind):
    params = {"a": np.ones(3), "b": np.ones(2)}
    optimizer = kind(weight_decay=0.1, global_clipnorm=1.0)
    optimizer.build(params)
    slots = {key: slot.copy() for key, slot in optimizer.slots.items()}
    optimizer.step(params, {"b": np.ones(2)}, plain)
    assert (params["a"] == 1).all()
    assert (params["b"] < 1).all()
    for key, slot in slots.items():
        assert np.array_equal(optimizer.slots[key], slot) == key.startswith("a/")


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
def test_a_step_writes_in_place_and_in_the_arrays_dtype(kind):
    w = np.ones(3, "f")
    optimizer = kind(weight_decay=0.1, clipnorm=1.0)
    optimizer.build({"a": w})
    optimizer.learning_rate = np.float64(0.5)  # as a schedule of one's own may give it
    slots = dict(optimizer.slots)
    optimizer.step({"a": w}, {"a": np.arange(3, dtype="f")}, plain)
    assert (w != 1).all()
    assert all(optimizer.slots[key] is slot and slot.dtype == np.float32 for key, slot in slots.items())


def test_what_overflowed_does_not_pass_for_nothing():
    """As Keras has it: a global norm of ∞ makes every weight NaN, which is seen; a share of 0 would hide it."""
    params = {"a": np.ones(2), "b": np.ones(2)}
    SGD(global_clipnorm=1.0).step(params, {"a": np.array([np.inf, 1.0]), "b": np.ones(2)}, plain)
    assert np.isnan(params["b"]).all()


def test_the_state_is_taken_over():
    params, one, two = {"a/b": np.ones(3, "f")}, Adam(), Adam()
    one.build(params)
    one.step(params, {"a/b": np.arange(3, dtype="f")}, plain)
    two.build(params)
    two.load({**one.variables, "learning_rate": np.array(0.5)})
    assert (two.iterations, two.learning_rate, two.built) == (1, 0.5, True)
    assert one.slots.keys() == two.slots.keys()
    for key, slot in one.slots.items():
        np.testing.assert_array_equal(two.slots[key], slot)
        assert two.slots[key] is not slot


def test_without_a_state_the_first_step_makes_it():
    optimizer = Adam()
    optimizer.build({"a": np.ones(3)})
    optimizer.load({"iteration": np.array(4), "a/momentum": np.ones(3)})
    assert (optimizer.iterations, optimizer.slots, optimizer.built) == (4, {}, False)
    plain_sgd = SGD()
    plain_sgd.build({"a": np.ones(3)})
    plain_sgd.load({})
    assert (plain_sgd.iterations, plain_sgd.built) == (0, True)


def test_a_learning_rate_survives_the_32_bits_of_a_file():
    optimizer = Adadelta(0.001)
    optimizer.load(optimizer.variables)
    assert optimizer.learning_rate == 0.001
    optimizer.load({"learning_rate": np.array(0.5, "f")})
    assert optimizer.learning_rate == 0.5


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        (Adadelta, {"learning_rate": -1}, "learning_rate=-1"),
        (Adadelta, {"learning_rate": float("nan")}, "learning_rate=nan"),
        (Adadelta, {"learning_rate": float("inf")}, "learning_rate=inf"),
        (Adadelta, {"learning_rate": "1"}, "learning_rate='1'"),
        (SGD, {"learning_rate": lambda: 0.1}, "learning_rate=<function"),
        (SGD, {"learning_rate": None}, "learning_rate=None"),
        (SGD, {"learning_rate": {"class_name": "InverseTimeDecay", "config": {}}}, "InverseTimeDecay"),
        (Adadelta, {"rho": 1.5}, "rho=1.5. Expected a number from 0 to 1"),
        (Adadelta, {"epsilon": -1e-7}, "epsilon=-1e-07"),
        (SGD, {"momentum": 1.1}, "momentum=1.1"),
        (SGD, {"momentum": None}, "momentum=None"),
        (SGD, {"nesterov": "yes"}, "nesterov='yes'"),
        (RMSprop, {"momentum": -0.1}, "momentum=-0.1"),
        (RMSprop, {"centered": 2}, "centered=2"),
        (Adagrad, {"initial_accumulator_value": -0.1}, "initial_accumulator_value=-0.1"),
        (Adam, {"beta_1": 2}, "beta_1=2"),
        (Adam, {"beta_2": -1}, "beta_2=-1"),
        (Adam, {"amsgrad": None}, "amsgrad=None"),
        (Adam, {"weight_decay": -1}, "weight_decay=-1"),
        (AdamW, {"weight_decay": None}, "weight_decay=None"),
        (SGD, {"clipnorm": -1}, "clipnorm=-1"),
        (SGD, {"clipnorm": 1.0, "global_clipnorm": 1.0}, "clipnorm=1.0, global_clipnorm=1.0. Expected one"),
        (SGD, {"clipnorm": 1.0, "clipvalue": 0.0}, "clipnorm=1.0, clipvalue=0.0"),
        (SGD, {"name": "a/b"}, "name='a/b'"),
        (SGD, {"name": 3}, "name=3"),
    ],
)
def test_options_that_can_not_be_are_refused(kind, options, words):
    with pytest.raises(ScratchnetError) as refused:
        kind(**options)
    assert words in str(refused.value)


def test_numbers_become_floats():
    """Keras reads no learning rate from a file that is a whole number."""
    config = SGD(1, momentum=np.float32(0.5), clipnorm=2).get_config()
    assert [type(config[name]) for name in ("learning_rate", "momentum", "clipnorm")] == [float] * 3


def test_places_of_arguments_are_keras():
    assert SGD(0.1, 0.5, True).get_config() | {"name": ""} == SGD(
        learning_rate=0.1, momentum=0.5, nesterov=True, name="x"
    ).get_config() | {"name": ""}
    assert (AdamW(0.1, 0.2, 0.3).weight_decay, AdamW(0.1, 0.2, 0.3).beta_1) == (0.2, 0.3)
    assert Adam(0.1, 0.2, 0.3, 0.4, True).amsgrad is True


def test_by_name_or_itself():
    own = Adadelta(0.3)
    assert optimizers.get(own) is own
    for name, kind in (
        ("adadelta", Adadelta),
        ("Adadelta", Adadelta),
        ("SGD", SGD),
        ("rmsprop", RMSprop),
        ("AdamW", AdamW),
    ):
        assert type(optimizers.get(name)) is kind
    for unknown in ("nadam", None, SGD, 0.1):
        with pytest.raises(ScratchnetError, match=r"optimizer=.*SGD, Adagrad, RMSprop, Adadelta, Adam, AdamW"):
            optimizers.get(unknown)


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
def test_written_and_read_again(kind):
    own = kind(ExponentialDecay(0.5, 3, 0.9), clipvalue=0.25, weight_decay=0.01)
    again = optimizers.get(optimizers.serialize(own))
    assert type(again) is kind
    assert again.get_config() == own.get_config()
    assert again.learning_rate == own.learning_rate


def test_from_keras_config():
    config = {"learning_rate": 0.5, "rho": 0.9, "epsilon": 1e-6, "name": "mine", "clipnorm": None, "use_ema": False}
    optimizer = optimizers.from_config({"class_name": "Adadelta", "config": config | {"ema_momentum": 0.99}})
    assert (optimizer.name, optimizer.learning_rate, optimizer.rho, optimizer.epsilon) == ("mine", 0.5, 0.9, 1e-6)
    legacy = {"decay": 0.0, "jit_compile": True, "is_legacy_optimizer": False}
    assert optimizers.from_config({"class_name": "SGD", "config": legacy}).learning_rate == 0.01


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("use_ema", True), ("loss_scale_factor", 2.0), ("gradient_accumulation_steps", 4), ("decay", 0.1),
        ("ema_overwrite_frequency", 3), ("centred", True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_only_keras_has_is_refused_by_name(name, option, value):
    with pytest.raises(ModelFileError, match=f"The optimizer {name} has {option}={value}"):
        optimizers.from_config({"class_name": name, "config": {option: value}})


def test_an_optimizer_that_only_keras_has_is_refused_by_name():
    with pytest.raises(ModelFileError, match="Nadam"):
        optimizers.from_config({"class_name": "Nadam", "config": {}})


def test_an_optimizer_of_ones_own():
    class Sign(Optimizer):
        def update(self, w, g, slots, rate, kernels):
            w -= rate * np.sign(g)

    own, w = Sign(0.5), np.ones(2)
    assert optimizers.get(own) is own
    own.build({"a": w})
    own.step({"a": w}, {"a": np.array([3.0, -2.0])}, plain)
    assert w.tolist() == [0.5, 1.5]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ExponentialDecay(0.1, 0, 0.9), "decay_steps=0"),
        (lambda: ExponentialDecay(0.1, 2.5, 0.9), "decay_steps=2.5"),
        (lambda: ExponentialDecay("x", 2, 0.9), "initial_learning_rate='x'"),
        (lambda: ExponentialDecay(0.1, 2, -0.9), "decay_rate=-0.9"),
        (lambda: ExponentialDecay(0.1, 2, 0.9, staircase=3), "staircase=3"),
        (lambda: CosineDecay(0.1, 2, alpha=None), "alpha=None"),
        (lambda: CosineDecay(0.1, 2, warmup_steps=-1), "warmup_steps=-1"),
        (lambda: CosineDecay(0.1, 2, warmup_target="x"), "warmup_target='x'"),
        (lambda: PiecewiseConstantDecay([], [0.1]), "boundaries=()"),
        (lambda: PiecewiseConstantDecay([3, 3], [0.1, 0.2, 0.3]), "boundaries=(3, 3)"),
        (lambda: PiecewiseConstantDecay([3], [0.1]), "values=(0.1,)"),
        (lambda: PiecewiseConstantDecay(3, [0.1]), "boundaries=3"),
        (lambda: PiecewiseConstantDecay([3], ["x", 0.1]), "values='x'"),
        (lambda: schedules.get({"class_name": "CosineDecayRestarts", "config": {}}), "CosineDecayRestarts"),
        (lambda: schedules.get({"class_name": "CosineDecay", "config": {"decay_steps": 1}}), "no initial_learning_rate"),
        (lambda: schedules.get("CosineDecay"), "has no initial_learning_rate"),
    ],
)  # fmt: skip
def test_schedules_that_can_not_be_are_refused(make, words):
    with pytest.raises(ScratchnetError) as refused:
        make()
    assert words in str(refused.value)
