"""Settings: the notebook's by default, and nothing that can't be meant."""

from dataclasses import asdict

import pytest

from scratchnet.errors import ScratchnetError
from scratchnet.runs import Settings


def test_defaults_are_the_notebooks():
    assert asdict(Settings()) == {
        "model": "dropout",
        "epochs": 12,
        "batch_size": 128,
        "learning_rate": 1.0,
        "seed": 0,
        "data": None,
        "limit": None,
        "threads": None,
        "kernels": "fused",
        "checkpoints": "last",
    }


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("model", "lenet"),
        ("kernels", "fast"),
        ("epochs", 0),
        ("epochs", 1.5),
        ("epochs", None),
        ("epochs", True),
        ("batch_size", -3),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("learning_rate", -0.1),
        ("learning_rate", "1"),
        ("seed", -1),
        ("seed", None),
        ("data", 7),
        ("limit", 0),
        ("threads", 0),
        ("checkpoints", "all"),
        ("checkpoints", None),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_name(option, value):
    with pytest.raises(ScratchnetError) as caught:
        Settings(**{option: value})
    assert caught.value.came == f"{option}={value!r}"


def test_smallest_values_are_allowed():
    chosen = Settings(epochs=1, batch_size=1, learning_rate=0, seed=0, limit=1, threads=1)
    assert (chosen.epochs, chosen.batch_size, chosen.learning_rate, chosen.limit) == (1, 1, 0, 1)
