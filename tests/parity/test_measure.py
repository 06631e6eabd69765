"""What a comparison rests on: the measure, the shadow, the decisions, and what a recording keeps."""

from types import SimpleNamespace

import numpy as np
import pytest

from scratchnet import Sequential
from scratchnet.layers import BatchNormalization, Conv2D, Dense, Flatten, GlobalMaxPooling2D, Input, MaxPooling2D, ReLU
from scratchnet.parity.decisions import undecided
from scratchnet.parity.digest import digest
from scratchnet.parity.measure import FLOAT32, FLOAT64, difference, usual
from scratchnet.parity.ours import Ours
from scratchnet.parity.shadow import LARGEST, cancelled, shadow, silent, terms
from scratchnet.parity.sides import Batch
from scratchnet.parity.weights import drawn, spread


# ---------- the measure
@pytest.mark.parametrize(
    ("came", "reference", "options", "expected"),
    [
        ([1, 2, 4], [1, 2, 4], {}, 0),
        ([0, 0], [0, 0], {}, 0),
        ([1.0, -8.4], [1.5, -8.0], {}, 0.5 / 8),  # to the largest value, not to its own
        ([0.5, 0.1], [0.5, 0.0], {"start": np.array([0.5, 0.1])}, 0.1 / 0.5),  # the change is smaller than the value
        ([0.1, 0.1], [0.1, 0.0], {"start": np.array([0.1, 2.0])}, 0.1 / 2),  # and here it isn't
        ([1e-9], [0], {"terms": 10.0}, 1e-10),
        ([0.2], [0.1], {"terms": 0.05}, 1),  # larger than its terms
        ([1e-9], [0], {}, np.inf),
        ([np.nan, 1], [0.5, 1], {}, np.inf),
        ([np.inf], [1], {}, np.inf),
        ([1], [np.nan], {}, np.inf),
        ([1, 1], [1], {}, np.inf),
        (None, [1], {}, np.inf),
    ],
)
def test_differences(came, reference, options, expected):
    came = None if came is None else np.array(came, float)
    assert difference(came, np.array(reference, float), **options) == pytest.approx(expected)


def test_differences_of_float32_are_taken_in_float64():
    one = np.array([1e-30, 1], "float32")
    assert difference(one * np.float32(1e-15), one * np.float32(2e-15)) == pytest.approx(0.5)


def test_tolerances():
    assert (usual("float64"), usual("float32")) == (FLOAT64, FLOAT32)
    assert FLOAT64.difference == 1e-12
    assert FLOAT32.difference == 1e-5


# ---------- the shadow
def made(*layers, dtype="float64"):
    model = Sequential([Input((6, 5, 2)), *layers], dtype=dtype, kernels="plain")
    model.compile("sgd", "mse")
    return Ours(model)


@pytest.mark.parametrize(("dtype", "eps"), [("float64", 2.0**-52), ("float32", 2.0**-23)])
def test_a_shadow_starts_one_rounding_away(dtype, eps):
    ours = made(Conv2D(3, 3), dtype=dtype)
    weights = drawn(ours.weights(), 0)
    ours.carry(weights)
    twin = shadow(ours, weights)
    for name, array in weights.items():
        apart = np.abs(twin.weights()[name] - array) / np.abs(array)
        assert (apart > 0).all()
        assert apart.max() < 1.5 * eps  # rounded once more
        np.testing.assert_array_equal(ours.weights()[name], array)  # which stays where it is


def test_terms_are_what_a_rounding_moves():
    came = {"a/y": np.array([3.0]), "b/y": np.array([1e-17, 2e-17]), "c/y": np.ones(2), "d/y": np.ones(1)}
    moved = {"a/y": np.array([3.0]), "b/y": np.array([1e-17, 3e-17]), "c/y": np.ones(3), "d/y": np.array([np.nan])}
    found = terms(came, moved, 1e-16, 1)
    assert found == pytest.approx({"a/y": 0, "b/y": 0.1, "c/y": 0, "d/y": 0}, abs=1e-14)


def test_a_shadow_that_goes_elsewhere_hides_nothing():
    assert terms({"a/y": np.array([2.0])}, {"a/y": np.array([3.0])}, 1e-16, 1) == {"a/y": 2 * LARGEST}


def test_nothing_is_held_to_more_than_eight_roundings_of_the_largest_of_its_kind():
    came = {
        "a/y": 100.0,
        "a/dkernel": 3.0,
        "a/dx": 1e-9,
        "a/kernel/velocity": 0.5,
        "b/kernel/velocity": 1e-9,
        "a/kernel": 7.0,
    }
    came = {name: np.array([value]) for name, value in came.items()} | {"iteration": np.array(1000)}
    found = terms(came, came, 1e-16, 1e-12)
    assert found["a/dx"] == found["a/dkernel"] == pytest.approx(8e-4 * 3)
    assert found["b/kernel/velocity"] == pytest.approx(8e-4 * 0.5)
    assert found["a/kernel"] == found["a/y"] == pytest.approx(8e-4 * 100)


def test_gradients_of_an_image_are_relative_to_an_answer_that_cancels():
    trace = {"a/y": 3.0, "b/z": 9.0, "b/y": 0.8, "loss": 1e-9, "b/dz": -2e-9, "b/dkernel": 1e-6, "a/dx": 0.0}
    arrays = {name: np.array([size]) for name, size in trace.items()}
    found = cancelled(arrays, "b")
    assert found == pytest.approx({"b/dz": 0.8, "b/dkernel": 400.0, "a/dx": 4e8})
    arrays["b/dy"] = arrays.pop("b/dz")
    assert cancelled(arrays, "b")["b/dy"] == pytest.approx(0.8)
    arrays["b/dy"] = np.zeros(1)
    assert cancelled(arrays, "b")["b/dkernel"] == np.inf


def test_what_is_kept_of_noise_is_noise():
    trace = {"a/y": 1e9, "a/dkernel": 0.5, "a/dbias": 1e-17, "b/dkernel": 0.0, "b/dx": 1e-3}
    assert silent({name: np.array([size]) for name, size in trace.items()}, 2.0**-52) == {"a/bias", "b/kernel"}


def test_a_bias_before_a_normalization_is_noise():
    """On paper its gradient is 0; of what is left of it, the terms tell that it is nothing."""
    ours = made(Conv2D(3, 3, name="conv"), BatchNormalization(), Flatten(), Dense(2))
    weights = drawn(ours.weights(), 0)
    ours.carry(weights)
    rng = np.random.default_rng(0)
    batch = ours.masked(Batch(rng.standard_normal((4, 6, 5, 2)), rng.standard_normal((4, 2))))
    came, moved = ours.trace(batch), shadow(ours, weights).trace(batch)
    sizes = terms(came, moved, 2.0**-52, 1e-12)
    assert np.abs(came["conv/dbias"]).max() < 1e-15
    assert 1e-3 < sizes["conv/dbias"] < 1e3
    assert sizes["conv/dkernel"] < 100 * np.abs(came["conv/dkernel"]).max()


# ---------- decisions
LAYERS = {
    "relu": Conv2D(1, 1, activation="relu", name="layer"),
    "layer": ReLU(name="layer"),
    "pool": MaxPooling2D(name="layer"),
    "largest": GlobalMaxPooling2D(name="layer"),
    "tanh": Conv2D(1, 1, activation="tanh", name="layer"),
}


def decided(kind, came, reference):
    """How many decisions of a layer differ between two traces: what it gave, or took, if it decides on that."""
    layer = LAYERS[kind]
    numbers = [np.array(x, float).reshape(1, 2, 2, 1) for x in (came, reference)]
    layer.build((2, 2, 1), rng=np.random.default_rng(0), dtype=np.dtype(float))
    if layer.weights:
        return undecided([layer], numbers[0], *({"layer/y": y} for y in numbers))
    first = SimpleNamespace(name="first", activation="linear", weights={"any": 0})
    shape = (1, 1, 1, 1) if kind == "pool" else (1, 1) if kind == "largest" else (1, 2, 2, 1)
    traces = ({"first/y": x, "layer/y": np.zeros(shape)} for x in numbers)
    return undecided([first, layer], numbers[0], *traces)


@pytest.mark.parametrize(
    ("kind", "came", "reference", "expected"),
    [
        ("relu", [1, 0, 0, 5], [1, 0, 0, 5], 0),
        ("relu", [1, 1e-9, 0, 5], [1, 0, 0, 5], 1),
        ("relu", [1, 0, 0, 5], [1, 1e-9, 4e-9, 5], 2),
        ("layer", [1, 1e-9, -1, 5], [1, -1e-9, -1, 5], 1),
        ("tanh", [0.1, 1e-9, 0.5, 0.9], [0.1, -1e-9, 0.5, 0.9], 0),  # nothing to decide
        ("pool", [1, 2, 3, 5], [1, 2, 3, 5.001], 0),
        ("pool", [5, 5, 1, 1], [5, 5, 1, 1], 0),  # equals on both sides: the first wins, no doubt
        ("pool", [5, 5.001, 1, 1], [5.001, 5, 1, 1], 2),
        ("largest", [5, 5.001, 1, 1], [5, 5, 1, 1], 2),
    ],
)
def test_decisions(kind, came, reference, expected):
    assert decided(kind, came, reference) == expected


def test_what_is_missing_or_misshapen_is_left_to_the_comparison():
    x = np.zeros((1, 2, 2, 1))
    assert undecided([LAYERS["relu"]], x, {}, {"layer/y": x}) == 0
    assert undecided([LAYERS["relu"]], x, {"layer/y": x}, {"layer/y": x[0]}) == 0


# ---------- what a recording keeps
def test_a_small_tensor_is_its_own_digest():
    small = np.arange(120.0).reshape(4, 30)
    assert digest(small) is small


def test_a_digest_shows_what_changes():
    rng = np.random.default_rng(0)
    large = rng.standard_normal((50, 40))
    before = digest(large)
    assert before.shape == (69,)
    assert before[0] == np.abs(large).max()
    assert np.isin(before[1:65], large).all()
    assert len(np.unique(before[1:65])) > 55
    for place in ((0, 0), (49, 39), (17, 23)):
        changed = large.copy()
        changed[place] += 1e-3
        np.testing.assert_allclose(np.abs(digest(changed) - before)[65:], 1e-3 / np.sqrt(2000), rtol=1e-6)
    assert difference(digest(large * (1 + 1e-9)), before) == pytest.approx(1e-9, rel=0.1)
    assert difference(digest(large[:, ::-1]), before) > 0.1


# ---------- drawn weights
def test_weights_are_drawn_as_wide_as_they_were():
    weights = {
        "a/kernel": np.linspace(-0.3, 0.2, 500).reshape(50, 10),
        "a/gamma": np.ones(400),
        "a/bias": np.zeros(400),
    }
    assert [spread(array) for array in weights.values()] == [(0.0, 0.3), (1.0, 0.1), (0.0, 0.1)]
    found = drawn(weights, 1)
    for name, (centre, width) in {"a/kernel": (0, 0.3), "a/gamma": (1, 0.1), "a/bias": (0, 0.1)}.items():
        values = found[name] - centre
        assert found[name].shape == weights[name].shape
        assert 0.95 * width < values.max() <= width
        assert -0.95 * width > values.min() >= -width
        assert abs(values.mean()) < 0.1 * width
    assert not np.array_equal(found["a/bias"], found["a/gamma"] - 1)
    assert not np.array_equal(drawn(weights, 2)["a/bias"], found["a/bias"])
    np.testing.assert_array_equal(drawn({"a/bias": weights["a/bias"]}, 1)["a/bias"], found["a/bias"])


def test_drawn_weights_are_pinned():
    """Recordings rely on them."""
    found = drawn({"dense/kernel": np.array([0.5, -0.25])}, 1)["dense/kernel"]
    assert found.tolist() == [0.0010683759732463827, 0.08989029667981951]
