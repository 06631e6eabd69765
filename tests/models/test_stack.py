"""Layers on top of each other."""

import numpy as np
import pytest

from scratchnet import Input, Sequential
from scratchnet.errors import ScratchnetError
from scratchnet.layers import Conv2D, Dense, Flatten
from tests.models.examples import SHAPE, assert_same, data, model, stack


def test_shapes_and_numbers_of_parameters():
    made = model()
    assert [layer.output_shape for layer in made.layers] == [(4, 5, 3), (2, 2, 3), (2, 2, 3), (12,), (4,)]
    assert [array.shape for array in made.get_weights()] == [(3, 3, 1, 3), (3,), (12, 4), (4,)]
    assert made.count_params() == 27 + 3 + 48 + 4
    assert made.output_shape == (4,)
    assert [layer.place for layer in made.layers] == [0, 1, 2, 3, 4]


def test_without_an_input_the_data_builds_it():
    late = Sequential(stack())
    assert not late.built
    with pytest.raises(ScratchnetError, match="before it is built"):
        late.count_params()
    late.predict(data(2)[0])
    assert_same(late, model())


def test_the_seed_and_the_place_make_the_first_weights():
    assert_same(model(seed=5), model(seed=5))
    assert not np.array_equal(model(seed=5).get_weights()[0], model(seed=6).get_weights()[0])
    twins = Sequential([Input((4,)), Dense(4), Dense(4)])
    assert not np.array_equal(twins.get_weights()[0], twins.get_weights()[2])


def test_a_layer_that_does_not_fit_changes_nothing():
    made = Sequential([Input((4, 4, 1)), Conv2D(2, 3)])
    with pytest.raises(ScratchnetError, match=r"W ≥ 9"):
        made.add(Conv2D(2, 9))
    made.add(Flatten())
    assert [type(layer).__name__ for layer in made.layers] == ["Conv2D", "Flatten"]
    with pytest.raises(ScratchnetError, match="'conv'"):
        Sequential([Dense(3, name="conv"), Dense(3, name="conv")])
    with pytest.raises(ScratchnetError, match="An Input on other layers"):
        Sequential([Dense(3), Input((3,))])


def test_layers_are_found_by_name_and_place():
    made = model()
    assert made.get_layer(index=1) is made.get_layer(made.layers[1].name) is made.get_layer(index=-4) is made.layers[1]
    for wanted, words in (({"name": "nobody"}, "'nobody'"), ({"index": 5}, "index=5"), ({}, "one of them")):
        with pytest.raises(ScratchnetError, match=words):
            made.get_layer(**wanted)


def test_what_is_no_layer_is_refused():
    with pytest.raises(ScratchnetError, match="need Keras"):
        Sequential([Input(SHAPE), "LSTM"])


def test_set_weights_takes_only_its_shapes():
    one, two = model(seed=1), model(seed=2)
    arrays = list(two.params.values())
    two.set_weights(one.get_weights())
    assert_same(one, two)
    assert all(a is b for a, b in zip(arrays, two.params.values(), strict=True)), "written in place"
    with pytest.raises(ScratchnetError, match=r"\(3, 3, 1, 3\)"):
        two.set_weights(one.get_weights()[1:])
