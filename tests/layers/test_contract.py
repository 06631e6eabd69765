"""What every layer keeps to, over the table of all layers."""

import json
from dataclasses import fields

import numpy as np
import pytest

from scratchnet import kernels
from scratchnet.activations import ACTIVATIONS
from scratchnet.errors import ScratchnetError
from scratchnet.layers import LAYERS, Draw, Run, from_config
from tests.layers.cases import CASES

N = 5
every_case = pytest.mark.parametrize("case", CASES, ids=str)
both_kernels = pytest.mark.parametrize("name", kernels.NAMES)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def built(case, dtype="float64"):
    """The case's layer with parameters that are nowhere zero, a batch for it, and a gradient of its answer."""
    layer, rng = case.make(), np.random.default_rng(1)
    layer.place, layer.input_shape, layer.output_shape = 3, case.input_shape, case.output_shape
    assert layer.build(case.input_shape, rng=rng, dtype=np.dtype(dtype)) == case.output_shape
    for array in layer.params.values():
        array[...] = rng.standard_normal(array.shape)
    for array in layer.state.values():
        array[...] = rng.uniform(0.5, 2, array.shape)
    x = rng.standard_normal((N, *case.input_shape)).astype(dtype)
    dy = rng.standard_normal((N, *case.output_shape)).astype(dtype)
    return layer, x, dy


def run(name="plain", samples=range(N), *, training=True):
    return Run(kernels.load(name), training=training, draw=Draw(7, 0, np.array(samples)))


def both_ways(layer, x, dy, how):
    y, cache = layer.forward(x, how)
    state = layer.new_state(cache)
    dx, grads = layer.backward(dy, cache, how)
    return {"y": y, "dx": dx, **grads, **state}


def assert_close(ours, theirs, tolerance):
    """Each array within `tolerance` of the largest number in it."""
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        np.testing.assert_allclose(
            array, theirs[name], rtol=0, atol=tolerance * np.abs(theirs[name]).max(), err_msg=name
        )


def test_every_layer_has_a_case():
    assert {case.name for case in CASES} == set(LAYERS)


@every_case
@both_kernels
@both_dtypes
def test_shapes_and_dtypes(case, name, dtype):
    layer, x, dy = built(case, dtype)
    arrays = both_ways(layer, x, dy, run(name))
    assert {key: array.shape for key, array in arrays.items()} == {
        "y": (N, *case.output_shape),
        "dx": x.shape,
        **{key: array.shape for key, array in layer.params.items()},
        **{key: array.shape for key, array in layer.state.items() if layer.trainable},
    }
    assert {array.dtype for array in (*arrays.values(), *layer.weights.values())} == {np.dtype(dtype)}
    if name == "compiled":
        assert all(array.flags.c_contiguous for array in arrays.values())


@every_case
@both_dtypes
def test_compiled_and_fused_are_plain(case, dtype):
    layer, x, dy = built(case, dtype)
    plain, *others = (both_ways(layer, x, dy, run(name)) for name in kernels.NAMES)
    for other in others:
        assert_close(other, plain, 16 * np.finfo(dtype).eps)  # sums of up to 600 terms, some of which cancel


@every_case
@both_kernels
def test_gradients_are_slopes(case, name):
    """Along a random direction, L = Σ dy·y rises as dx, and each parameter's gradient, say: central differences."""
    layer, x, dy = built(case)
    how, rng = run(name), np.random.default_rng(2)
    arrays = {"dx": x, **layer.params}
    grads = both_ways(layer, x, dy, how)
    for key, array in arrays.items():
        direction, kept, step = rng.standard_normal(array.shape), array.copy(), 1e-6
        sides = []
        for sign in (1, -1):
            array[...] = kept + sign * step * direction
            sides.append(float((layer.forward(x, how)[0] * dy).sum()))
        array[...] = kept
        assert (sides[0] - sides[1]) / (2 * step) == pytest.approx((grads[key] * direction).sum(), rel=1e-7, abs=1e-7)


@every_case
@both_kernels
def test_a_cut_batch_is_the_whole(case, name):
    layer, x, dy = built(case)

    def part_of(part):
        return both_ways(layer, x[part], dy[part], run(name, np.arange(N)[part], training=not case.whole))

    whole, parts = part_of(slice(N)), [part_of(slice(2)), part_of(slice(2, N))]
    joined = {key: np.concatenate if key in ("y", "dx") else sum for key in whole}
    assert_close({key: join([part[key] for part in parts]) for key, join in joined.items()}, whole, 1e-14)


@every_case
@both_kernels
def test_two_forwards_before_one_backward(case, name):
    layer, x, dy = built(case)
    alone = both_ways(layer, x, dy, run(name))
    _, cache = layer.forward(x, run(name))
    layer.forward(x[::-1] + 1, run(name))
    dx, grads = layer.backward(dy, cache, run(name))
    for key, array in {"dx": dx, **grads}.items():
        np.testing.assert_array_equal(array, alone[key], err_msg=key)


@every_case
@both_kernels
def test_nothing_handed_in_is_written_to(case, name):
    layer, x, dy = built(case)
    before = {key: array.copy() for key, array in {"x": x, "dy": dy, **layer.weights}.items()}
    both_ways(layer, x, dy, run(name))
    for key, array in {"x": x, "dy": dy, **layer.weights}.items():
        np.testing.assert_array_equal(array, before[key], err_msg=key)


@every_case
def test_the_lowest_layer_with_parameters_is_spared_dx(case):
    layer, x, dy = built(case)
    if not layer.params:
        return  # where nothing below is trained, it isn't asked
    _, cache = layer.forward(x, run())
    dx, grads = layer.backward(dy, cache, run(), need_dx=False)
    assert dx is None
    assert grads.keys() == layer.params.keys()


@every_case
def test_config_round_trip(case):
    layer = case.make()
    again = from_config(case.name, json.loads(json.dumps(layer.get_config())))
    options = [option.name for option in fields(layer) if option.init]
    assert type(again) is type(layer)
    assert {name: getattr(again, name) for name in options} == {name: getattr(layer, name) for name in options}


@every_case
def test_up_to_the_activation(case):
    """`linear` shares the parameters, and the activation makes the layer's answer of its."""
    layer, x, _ = built(case)
    twin = layer.linear()
    assert twin.params is layer.params
    assert twin.activation == "linear"
    z, _ = twin.forward(x, run())
    y, _ = layer.forward(x, run())
    np.testing.assert_allclose(y, ACTIVATIONS[layer.activation](z), rtol=1e-14)


@every_case
@pytest.mark.parametrize("training", [False, True])
def test_keras_has_the_same_numbers(case, training, keras):
    if case.random and training:
        return  # tests/reference compares it with shared masks
    layer, x, dy = built(case)
    ours = both_ways(layer, x, dy, run("compiled", training=training))

    theirs = getattr(keras.layers, case.name)(**case.options, dtype="float64")
    theirs.build(x.shape)
    theirs.set_weights(list(layer.weights.values()))
    import tensorflow as tf

    tensor = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        y = theirs(tensor, training=training)
    dx, *grads = tape.gradient(y, [tensor, *theirs.trainable_variables], output_gradients=tf.constant(dy))
    assert [variable.name for variable in theirs.weights] == list(layer.weights)
    names = [variable.name for variable in theirs.trainable_variables]
    arrays = {"y": y, "dx": dx, **dict(zip(names, grads, strict=True))}
    if training and layer.trainable:
        arrays |= {variable.name: variable for variable in theirs.non_trainable_variables}
    if not layer.trainable:
        ours = {key: ours[key] for key in arrays}
    assert_close(ours, {key: array.numpy() for key, array in arrays.items()}, 1e-13)


@pytest.mark.parametrize(
    ("name", "options", "input_shape", "words"),
    [
        ("Conv2D", {"filters": 0, "kernel_size": 3}, None, "filters=0"),
        ("Conv2D", {"filters": True, "kernel_size": 3}, None, "filters=True"),
        ("Conv2D", {"filters": 2, "kernel_size": (3, -1)}, None, "kernel_size=-1"),
        ("Conv2D", {"filters": 2, "kernel_size": 3, "activation": "swishy"}, None, "activation='swishy'"),
        ("Conv2D", {"filters": 2, "kernel_size": 3, "padding": "causal"}, None, "padding='causal'"),
        ("Conv2D", {"filters": 2, "kernel_size": 3, "strides": 2, "dilation_rate": 2}, None, "dilation_rate=(2, 2)"),
        ("Conv2D", {"filters": 2, "kernel_size": 3, "kernel_initializer": "best"}, None, "initializer='best'"),
        ("Conv2D", {"filters": 2, "kernel_size": 3, "bias_regularizer": "l3"}, None, "regularizer='l3'"),
        ("Conv2D", {"filters": 2, "kernel_size": 3}, (2, 9, 1), "(2, 9, 1)"),
        ("Conv2D", {"filters": 2, "kernel_size": 3, "dilation_rate": 2}, (9, 4, 1), "W ≥ 5"),
        ("Conv2D", {"filters": 2, "kernel_size": 3}, (9, 9), "(9, 9)"),
        ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 0}, None, "depth_multiplier=0"),
        ("Dense", {"units": 2.5}, None, "units=2.5"),
        ("Dense", {"units": 2, "name": "a/b"}, None, "name='a/b'"),
        ("Dense", {"units": 2}, (), "()"),
        ("Dropout", {"rate": 1}, None, "rate=1"),
        ("Dropout", {"rate": float("nan")}, None, "rate=nan"),
        ("SpatialDropout2D", {"rate": 0.5}, (4,), "(4,)"),
        ("MaxPooling2D", {"pool_size": (2, 2, 2)}, None, "pool_size=(2, 2, 2)"),
        ("MaxPooling2D", {"pool_size": 4}, (3, 8, 1), "(3, 8, 1)"),
        ("AveragePooling2D", {"pool_size": 2, "strides": 0}, None, "strides=0"),
        ("GlobalMaxPooling2D", {}, (4,), "(4,)"),
        ("GlobalAveragePooling2D", {}, (4,), "(4,)"),
        ("BatchNormalization", {"axis": 1}, (4, 3, 2), "axis=1"),
        ("BatchNormalization", {"momentum": 1.5}, None, "momentum=1.5"),
        ("ReLU", {"max_value": -1}, None, "max_value=-1"),
        ("LeakyReLU", {"negative_slope": None}, None, "negative_slope=None"),
        ("Softmax", {"axis": 1}, (4, 3), "axis=1"),
        ("Rescaling", {"scale": [1, 2]}, None, "scale=[1, 2]"),
        ("Reshape", {"target_shape": (-1, -1)}, None, "target_shape=(-1, -1)"),
        ("Reshape", {"target_shape": (5, -1)}, (4, 3), "(4, 3)"),
        ("ZeroPadding2D", {"padding": (1, -1)}, None, "padding=(1, -1)"),
        ("ZeroPadding2D", {"padding": (1, 2, 3)}, None, "padding=(1, 2, 3)"),
    ],
)
def test_what_does_not_fit_is_refused(name, options, input_shape, words):
    with pytest.raises(ScratchnetError) as refused:
        LAYERS[name](**options).build(input_shape, rng=np.random.default_rng(0), dtype=np.dtype("float32"))
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("name", "config", "words"),
    [
        ("LSTM", {}, "LSTM"),
        ("Conv2D", {"filters": 2, "kernel_size": [3, 3], "groups": 2}, "groups=2"),
        ("Conv2D", {"filters": 2, "kernel_size": [3, 3], "data_format": "channels_first"}, "channels_first"),
        ("Conv2D", {"filters": 2, "kernel_size": [3, 3], "kernel_constraint": "max_norm"}, "kernel_constraint"),
        ("Conv2D", {"filters": 2, "kernel_size": [3, 3], "kernel_initializer": "orthogonal"}, "orthogonal"),
        ("Dense", {"units": 2, "activity_regularizer": "l2"}, "activity_regularizer='l2'"),
        ("BatchNormalization", {"renorm": True}, "renorm=True"),
        ("Dropout", {"rate": 0.5, "noise_shape": [1]}, "noise_shape=[1]"),
    ],
)
def test_what_keras_has_and_we_do_not_is_refused(name, config, words):
    with pytest.raises(ScratchnetError) as refused:
        from_config(name, config)
    assert words in str(refused.value)


def test_a_layer_that_drops_says_what_it_keeps():
    """What `mask` tells is what a pass in training does; the other layers keep all."""
    for case in CASES:
        layer, x, _ = built(case)
        mask = layer.mask(run().draw, kernels.load("plain"))
        if case.random:
            y, _ = layer.forward(np.ones_like(x), run())
            keep = mask.reshape(y.shape) if mask.size == y.size else mask[:, None, None]
            np.testing.assert_array_equal(y != 0, np.broadcast_to(keep, y.shape))
            assert 0 < mask.mean() < 1
        else:
            assert mask is None or not layer.rate
