"""A model's own names and dtypes for what a file holds."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from scratchnet.errors import ModelFileError
from scratchnet.saving import ModelData, Variables


def numbered(variables: Variables) -> Variables:
    return {str(number): array for number, array in enumerate(variables.values())}


def as_in_a_file(data: ModelData) -> ModelData:
    weights = {layer: numbered(variables) for layer, variables in data.weights.items()}
    return replace(data, weights=weights, optimizer=numbered(data.optimizer))


def test_puts_in_names_and_keeps_the_arrays(data: ModelData) -> None:
    named = as_in_a_file(data).named(data.weights, data.optimizer)
    assert {layer: list(variables) for layer, variables in named.weights.items()} == {
        "flatten": [],
        "dense": ["kernel", "bias"],
    }
    assert list(named.optimizer) == list(data.optimizer)
    assert all(named.optimizer[name] is data.optimizer[name] for name in data.optimizer)
    assert (named.config, named.training) == (data.config, data.training)


def test_takes_the_models_dtypes(data: ModelData) -> None:
    wide = {"flatten": {}, "dense": {name: a.astype("f8") for name, a in data.weights["dense"].items()}}
    named = as_in_a_file(data).named(wide, {name: np.asarray(a, "f8") for name, a in data.optimizer.items()})
    assert (
        named.weights["dense"]["kernel"].dtype == named.optimizer["dense/kernel/accumulated_grad"].dtype == np.float64
    )
    assert np.array_equal(named.weights["dense"]["kernel"], data.weights["dense"]["kernel"])


def test_leaves_out_the_state_that_nobody_asks_for(data: ModelData) -> None:
    assert as_in_a_file(data).named(data.weights).optimizer is None
    assert replace(data, optimizer=None).named(data.weights, data.optimizer).optimizer is None


def test_a_state_from_before_the_first_step(data: ModelData) -> None:
    scalars = dict(list(data.optimizer.items())[:2])
    named = replace(data, optimizer=numbered(scalars)).named(data.weights, data.optimizer)
    assert named.optimizer == scalars


def without_bias(data: ModelData) -> ModelData:
    return replace(data, weights={"dense": {"0": data.weights["dense"]["kernel"]}})


def without_dense(data: ModelData) -> ModelData:
    return replace(data, weights={"flatten": {}})


def transposed(data: ModelData) -> ModelData:
    kernel, bias = data.weights["dense"].values()
    return replace(data, weights={"dense": {"0": kernel.T, "1": bias}})


def of_another_kind(data: ModelData) -> ModelData:
    return replace(data, optimizer={**data.optimizer, "iteration": np.asarray(7.5)})


def without_half_the_state(data: ModelData) -> ModelData:
    return replace(data, optimizer=dict(list(data.optimizer.items())[:4]))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (without_bias, r"its layer 'dense', 1 variables. Expected 2: kernel, bias"),
        (without_dense, r"its layer 'dense', 0 variables"),
        (transposed, r"its layer 'dense', kernel as float32 \(3, 4\). Expected float32 \(4, 3\)"),
        (of_another_kind, r"its optimizer, iteration as float64 \(\). Expected int64 \(\)"),
        (without_half_the_state, r"its optimizer, 4 variables. Expected 6"),
    ],
)
def test_refuses_what_does_not_fit(data: ModelData, fault: Callable[[ModelData], ModelData], message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        fault(data).named(data.weights, data.optimizer)
