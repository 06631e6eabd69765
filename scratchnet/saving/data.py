"""A model as plain data: what a file holds and what a model is made of, knowing neither."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from scratchnet.errors import ModelFileError
from scratchnet.typing import Array

Json: TypeAlias = dict[str, Any]
Variables: TypeAlias = Mapping[str, Array]  # a variable's name → its value, in Keras's order


@dataclass(frozen=True, eq=False)
class ModelData:
    """A Sequential model without its code.

    config: `{"name": "sequential", "dtype": "float32", "input_shape": [28, 28, 1], "layers": [{"class_name": "Conv2D",
        "config": {"name": "conv2d", "filters": 32, …}}, …]}`, without the InputLayer. `input_shape` is None where the
        model has met no input yet, and leaves out the batch. From a .keras, layers also have Keras's "build_config"
    weights: each layer's variables: `{"conv2d": {"kernel": …, "bias": …}, "dropout": {}, …}`
    compile: what `compile` was given: `{"optimizer": {"class_name": "Adadelta", "config": {"rho": 0.95, …}},
        "loss": "categorical_crossentropy", "metrics": ["accuracy"], …}`; None: nothing. The optimizer is None in a
        .keras that Keras wrote after an .h5: writing that one makes it forget
    optimizer: its variables in one row: `"iteration"`, `"learning_rate"`, then `"conv2d/kernel/accumulated_grad"`,
        `"conv2d/kernel/accumulated_delta_var"`, …; before the first step there are only the scalars. None: no state
    training: scratchnet's record of the run so far, as JSON; None in an .h5, which has no place for it

    Keras goes by order, not by name: a .keras numbers its variables ("0", "1", …), and in an .h5 those of the optimizer
    have names that can't be taken apart. So data from a file gets its names from the model that `config` makes: `named`.
    """

    config: Json
    weights: Mapping[str, Variables]
    compile: Json | None = None
    optimizer: Variables | None = None
    training: Json | None = None

    def named(self, weights: Mapping[str, Variables], optimizer: Variables | None = None) -> "ModelData":
        """The same data, with the names and dtypes of a model's own variables.

        weights, optimizer: the model's, in the form of the fields. Without `optimizer` no state is taken over.
        Raises ModelFileError where the number of variables, a shape or a kind of number differs.
        """
        state = None
        if self.optimizer is not None and optimizer is not None:
            stepped = any(value.ndim for value in self.optimizer.values())
            expected = {name: own for name, own in optimizer.items() if stepped or not own.ndim}
            state = _named(self.optimizer, expected, "its optimizer")
        layers = {name: _named(self.weights.get(name, {}), own, f"its layer {name!r}") for name, own in weights.items()}
        return replace(self, weights=layers, optimizer=state)


def _named(found: Variables, own: Variables, owner: str) -> Variables:
    if len(found) != len(own):
        raise _mismatch(owner, f"{len(found)} variables", f"{len(own)}: {', '.join(own) or 'none'}")
    for value, (name, mine) in zip(found.values(), own.items(), strict=True):
        if value.shape != mine.shape or not np.can_cast(value.dtype, mine.dtype, "same_kind"):
            raise _mismatch(owner, f"{name} as {value.dtype} {value.shape}", f"{mine.dtype} {mine.shape}")
    return {
        name: value.astype(mine.dtype, copy=False)
        for value, (name, mine) in zip(found.values(), own.items(), strict=True)
    }


def _mismatch(owner: str, came: str, expected: str) -> ModelFileError:
    return ModelFileError(
        came=f"the file has, for {owner}, {came}",
        expected=f"{expected}, by the configuration in the same file",
        do="It was damaged or put together by hand: save the model anew.",
    )
