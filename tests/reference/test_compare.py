"""The measure, the decisions and the sums of terms that a comparison rests on."""

import numpy as np
import pytest
from reference.compare import EXACT, FLOAT32, FLOAT64, difference, tolerance
from reference.decisions import undecided
from reference.sides import Batch
from reference.terms import largest_terms

from scratchnet import Sequential
from scratchnet.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D


# ---------- the measure
@pytest.mark.parametrize(
    ("came", "reference", "options", "expected"),
    [
        ([1, 2, 4], [1, 2, 4], {}, 0),
        ([0, 0], [0, 0], {}, 0),
        ([1.0, -8.4], [1.5, -8.0], {}, 0.5 / 8),  # to the largest value, not to its own
        ([0.5, 0.1], [0.5, 0.0], {"start": np.array([0.5, 0.1])}, 0.1 / 0.5),  # the change is smaller than the value
        ([0.1, 0.1], [0.1, 0.0], {"start": np.array([0.1, 2.0])}, 0.1 / 2),  # and here it isn't
        ([1e-9], [0], {"terms": lambda: 10.0}, 1e-10),
        ([2e-6], [1e-6], {"terms": lambda: 1.0}, 1e-6),  # cancels: a millionth of its terms is left
        ([0.2], [0.1], {"terms": lambda: 1.0}, 1),  # doesn't
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


def test_tolerances_follow_the_kind_and_the_dtype():
    assert tolerance("conv2d/dkernel", "float64") is tolerance("loss", "float64") is FLOAT64
    assert tolerance("conv2d/dkernel", "float32") is FLOAT32["dkernel"]
    assert tolerance("conv2d/bias/accumulated_grad", "float32") is FLOAT32["accumulated_grad"]
    assert tolerance("iteration", "float32") is EXACT


# ---------- decisions
def decided(came, reference, *, layer="relu"):
    """How many decisions of one layer on 2 × 2 numbers are undecided, within a thousandth."""
    came, reference = (np.array(x, float).reshape(1, 2, 2, 1) for x in (came, reference))
    layers = [Conv2D(1, 1, activation="relu" if layer == "relu" else None, name="conv2d"), MaxPooling2D(name="pool")]
    tensors = [{"conv2d/y": x, "pool/y": x.max(axis=(1, 2), keepdims=True)} for x in (came, reference)]
    return undecided(layers, came, *tensors, 1e-3)


@pytest.mark.parametrize(
    ("came", "reference", "expected"),
    [
        ([1, 0, 0, 5], [1, 0, 0, 5], 0),
        ([1, 1e-9, 0, 5], [1, 0, 0, 5], 1),
        ([1, 0, 0, 5], [1, 1e-9, 4e-3, 5], 2),
        ([1, 0.1, 0, 5], [1, 0, 0, 5], 0),  # that isn't rounding, but wrong
    ],
)
def test_gates_within_rounding(came, reference, expected):
    assert decided(came, reference) == expected


@pytest.mark.parametrize(
    ("came", "reference", "expected"),
    [
        ([1, 2, 3, 5], [1, 2, 3, 5], 0),
        ([5, 5, 1, 1], [5, 5, 1, 1], 0),  # equals on both sides: the first wins, no doubt
        ([5, 5.001, 1, 1], [5.001, 5, 1, 1], 1),
        ([5, 5.001, 1, 1], [5, 5, 1, 1], 1),  # equal by rounding
        ([5, 5.1, 1, 1], [5.1, 5, 1, 1], 0),  # wrong
    ],
)
def test_winners_within_rounding(came, reference, expected):
    assert decided(came, reference, layer="pool") == expected


# ---------- terms
def test_terms_are_what_the_formulas_sum():
    model = Sequential([Input((4, 4, 1)), Conv2D(2, 3, activation="relu"), Flatten(), Dense(3, activation="softmax")],
                       dtype="float64", kernels="plain")  # fmt: skip
    model.compile("adadelta", "categorical_crossentropy")
    rng = np.random.default_rng(0)
    for array in model.params.values():
        array[...] = rng.standard_normal(array.shape)
    x, t = rng.standard_normal((5, 4, 4, 1)), np.eye(3)[[0, 1, 2, 0, 1]]
    conv, flatten, dense = model.trace(x, t).layers
    names = [layer.name for layer in model.layers]
    y = dict(zip((f"{name}/y" for name in names), (conv.y, flatten.y, None), strict=True))
    tensors = y | {f"{names[1]}/dx": flatten.dx, f"{names[2]}/dx": dense.dx, f"{names[2]}/dz": dense.dy}
    tensors[f"{names[2]}/z"] = dense.y

    found = largest_terms(model.layers, Batch(x, t, {}), tensors)

    w, b = (np.abs(model.params[f"{names[2]}/{variable}"]) for variable in ("kernel", "bias"))
    assert found[f"{names[2]}/z"] == pytest.approx((np.abs(flatten.y) @ w + b).max(), rel=1e-14)
    assert found[f"{names[2]}/dx"] == pytest.approx((np.abs(dense.dy) @ w.T).max(), rel=1e-14)
    assert found[f"{names[2]}/dkernel"] == pytest.approx((np.abs(flatten.y).T @ np.abs(dense.dy)).max(), rel=1e-14)
    dz = np.where(conv.y > 0, np.abs(flatten.dx), 0)
    assert found[f"{names[0]}/dbias"] == pytest.approx(dz.sum(axis=(0, 1, 2)).max(), rel=1e-14)
    corner = np.einsum("nij,nijf->f", np.abs(x[:, :2, :2, 0]), dz)  # of dw[0, 0]: windows start at 0 and 1
    assert found[f"{names[0]}/dkernel"] >= corner.max() > 0
    assert all(found[name] >= np.abs(array).max() for name, array in {
        f"{names[0]}/y": conv.y, f"{names[0]}/dx": conv.dx, f"{names[0]}/dkernel": conv.grads["kernel"],
    }.items())  # fmt: skip
